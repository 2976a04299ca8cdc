"""Energy billed that the meter did not count: estimated bills, and actual ones that do not follow their readings."""

from __future__ import annotations

from decimal import Decimal

from data_layer.savings.bill_detection import (
    KWH_TOLERANCE,
    TIMING,
    BillDetection,
    BillFinding,
    SkippedBill,
    amount_of,
    energy_matches,
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
from data_layer.savings.bill_inputs import ENERGY_ELEMENTS, Bill, BillElement, BillInputs


def detect(bills: BillInputs) -> BillDetection:
    """Compare billed with metered energy, bill by bill. Formula, guards and source: the card beside this file."""
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    estimates: list[Bill] = []
    for bill in bills.bills:
        before, estimates = estimates, [*estimates, bill] if bill.is_estimated else []
        if bill.already_billed_by_invoice_id is not None or energy_matches(bill):
            continue
        named = sum((bills.explained.get((bill.invoice_id, name), Decimal(0)) for name in ENERGY_ELEMENTS), Decimal(0))
        if named:
            continue  # a fault of the unit, or a site that is closed, has explained it
        amounts = {
            name: amount
            for name in ENERGY_ELEMENTS
            if name in bill.elements and is_beyond_rounding(amount := _amount(bill, bill.elements[name]))
        }
        if not amounts:
            continue
        if not all(bill.elements[name].has_contract for name in ("unit", *amounts) if name in bill.elements):
            reason = f"No contract states rates for all days of {bill.name}."
            held_back.append(skipped(bill, "no_contract", reason, sum(amounts.values(), Decimal(0))))
        elif not bill.is_estimated and _makes_up(bill, before):
            held_back.append(
                skipped(
                    bill,
                    "true_up",
                    f"{bill.name} charges other energy than was metered, and evens out the estimate before it "
                    f"({', '.join(one.invoice_id for one in before)}).",
                    sum(amounts.values(), Decimal(0)),
                )
            )
        elif not is_covered(bill):
            held_back.append(
                skipped(
                    bill,
                    "low_coverage",
                    f"{bill.name} differs from the readings, of which fewer than 99 % were delivered.",
                    sum(amounts.values(), Decimal(0)),
                )
            )
        else:
            findings += [_finding(bill, bill.elements[name], amount) for name, amount in amounts.items()]
    return BillDetection(tuple(findings), tuple(held_back))


def _makes_up(bill: Bill, estimates: list[Bill]) -> bool:
    """The energy of the bill and of the estimates just before it, taken together, is what was metered in 0.5 %."""
    units = [one.elements["unit"] for one in (*estimates, bill) if "unit" in one.elements]
    metered = sum((unit.virtual_quantity or Decimal(0) for unit in units), Decimal(0))
    billed = sum((unit.billed_quantity or Decimal(0) for unit in units), Decimal(0))
    return bool(estimates) and abs(billed - metered) <= KWH_TOLERANCE * metered


def _amount(bill: Bill, element: BillElement) -> Decimal:
    if element.element == "ccl" and not (element.billed_gbp and element.virtual_gbp):
        # Energy on the other side of the small-supply limit brings the levy in or leaves it out as a whole.
        return element.difference_gbp
    return amount_of(element, element.estimate_gbp, element.volume_difference_gbp)


def _finding(bill: Bill, element: BillElement, amount: Decimal) -> BillFinding:
    unit = bill.elements["unit"]
    billed, metered = (quantity_text(one, "kWh") for one in (unit.billed_quantity, unit.virtual_quantity))
    much = f"{money(amount)} {'more' if amount > 0 else 'less'} for {in_words(element.element)} than is due"
    if bill.is_estimated:
        error, basis = "estimated_bill", TIMING
        sentence = (
            f"{bill.name} is estimated at {billed} though {metered} were metered from {period_text(bill)}: "
            f"{much}. It comes back with the next actual bill and is no saving; send the readings to the supplier."
        )
    else:
        error, basis = "wrong_volume", recoverable_or_undercharged(amount)
        sentence = (
            f"{bill.name} is called actual and charges {billed}; {metered} were metered from {period_text(bill)}: "
            f"{much}. Send the readings to the supplier and ask for a corrected bill."
        )
    return finding(
        bill,
        element.element,
        error,
        basis,
        amount,
        sentence,
        evidence={
            "billed_kwh": str(unit.billed_quantity),
            "metered_kwh": str(unit.virtual_quantity),
            "coverage_share": str(bill.coverage_share),
            "billed_gbp": str(element.billed_gbp),
            "due_gbp": str(element.virtual_gbp),
        },
    )
