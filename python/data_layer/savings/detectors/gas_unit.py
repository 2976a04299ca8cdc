"""Gas volume read in one unit and billed in another, or converted with a factor too many."""

from __future__ import annotations

from decimal import Decimal

from data_layer.savings.bill_detection import (
    BillDetection,
    BillFinding,
    SkippedBill,
    amount_of,
    claim_text,
    energy_matches,
    energy_ratio,
    finding,
    in_words,
    is_beyond_rounding,
    is_covered,
    money,
    period_text,
    quantity_text,
    recoverable_or_undercharged,
    skipped,
)
from data_layer.savings.bill_inputs import Bill, BillElement, BillInputs

CUBIC_FEET = Decimal("2.8316846592")
FACTORS = {
    "hundreds of cubic feet taken for cubic metres or the reverse": CUBIC_FEET,
    "a digit of the register too many or too few": Decimal(10),
    "cubic feet taken for cubic metres or the reverse": Decimal(100) / CUBIC_FEET,
    "the conversion to kWh made twice or left out": Decimal("11.2"),
    "volume correction made twice or left out": Decimal("1.02264"),
}
FACTOR_TOLERANCE = Decimal("0.005")
ELEMENTS = ("unit", "ccl")


def detect(bills: BillInputs) -> BillDetection:
    """Look for billed energy that is a known factor off the readings. Formula, guards and source: the card."""
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    for bill in bills.bills:
        ratio = energy_ratio(bill)
        if ratio is None or ratio <= 0 or energy_matches(bill) or bill.already_billed_by_invoice_id is not None:
            continue
        cause = _cause(ratio)
        if cause is None:
            continue
        amounts = {
            name: amount
            for name in ELEMENTS
            if name in bill.elements and is_beyond_rounding(amount := _amount(bill.elements[name]))
        }
        total = sum(amounts.values(), Decimal(0))
        has_other_unit = None not in (bill.read_unit, bills.read_unit) and bill.read_unit != bills.read_unit
        if not is_covered(bill):
            reason = f"{bill.name} is x {ratio:.3f} of the readings, of which fewer than 99 % were delivered."
            held_back.append(skipped(bill, "low_coverage", reason, total))
        elif bill.is_estimated and not has_other_unit:
            reason = f"{bill.name} is estimated, so a ratio of {ratio:.3f} to the readings says nothing about units."
            held_back.append(skipped(bill, "estimated", reason, total))
        else:
            findings += [
                _finding(bills, bill, bill.elements[name], amount, ratio, cause) for name, amount in amounts.items()
            ]
    return BillDetection(tuple(findings), tuple(held_back))


def _cause(ratio: Decimal) -> str | None:
    for cause, factor in FACTORS.items():
        for expected in (factor, 1 / factor):
            if abs(ratio / expected - 1) <= FACTOR_TOLERANCE:
                return cause
    return None


def _amount(element: BillElement) -> Decimal:
    if element.element == "ccl" and not (element.billed_gbp and element.virtual_gbp):
        return element.difference_gbp
    return amount_of(element, element.estimate_gbp, element.volume_difference_gbp)


def _finding(
    bills: BillInputs, bill: Bill, element: BillElement, amount: Decimal, ratio: Decimal, cause: str
) -> BillFinding:
    unit = bill.elements["unit"]
    billed, metered = (quantity_text(one, "kWh") for one in (unit.billed_quantity, unit.virtual_quantity))
    units = ""
    if bill.read_unit and bills.read_unit and bill.read_unit != bills.read_unit:
        units = f" The bill reads the register in {bill.read_unit}, the meter counts {bills.read_unit}."
    return finding(
        bill,
        element.element,
        "wrong_gas_unit",
        recoverable_or_undercharged(amount),
        amount,
        f"{bill.name} charges {billed} for {period_text(bill)}, x {ratio:.3f} of the {metered} metered: {cause}.{units}"
        f" {money(amount)} {'more' if amount > 0 else 'less'} for {in_words(element.element)} than is due. "
        f"{claim_text(amount)}",
        evidence={
            "billed_kwh": str(unit.billed_quantity),
            "metered_kwh": str(unit.virtual_quantity),
            "ratio": f"{ratio:.4f}",
            "billed_read_unit": bill.read_unit,
            "meter_read_unit": bills.read_unit,
            "billed_gbp": str(element.billed_gbp),
            "due_gbp": str(element.virtual_gbp),
        },
    )
