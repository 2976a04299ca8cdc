"""Climate Change Levy and VAT that the use of the supply, or the year's rate, does not bear out."""

from __future__ import annotations

from decimal import Decimal

from data_layer.savings.bill_detection import (
    PENNY,
    ROUNDING_GBP,
    VAT,
    BillDetection,
    BillFinding,
    SkippedBill,
    claim_text,
    decimals,
    energy_matches,
    finding,
    is_covered,
    is_split_otherwise,
    money,
    period_text,
    quantity_text,
    rates,
    rates_text,
    recoverable_or_undercharged,
    skipped,
)
from data_layer.savings.bill_inputs import Bill, BillElement, BillInputs


def detect(bills: BillInputs) -> BillDetection:
    """Compare levy and VAT with what is due. Formula, guards and source: the card beside this file."""
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    for bill in bills.bills:
        for name in ("ccl", VAT):
            element = bill.elements.get(name)
            if element is None or bills.explained.get((bill.invoice_id, name)):
                continue
            # of days billed before no levy is missing where the bill repeats none
            repeated = min(element.timing_gbp, max(element.difference_gbp, Decimal(0)))
            amount = element.difference_gbp - repeated
            # VAT may be rounded by line or by bill: half a penny a line
            if abs(amount) <= max(ROUNDING_GBP, (len(bill.lines) + 1) * PENNY / 2):
                continue
            if bill.is_small_supply is None or not (_is_energy_billed(bill) or is_covered(bill)):
                held_back.append(
                    skipped(
                        bill,
                        "use_not_known",
                        f"The energy of {bill.name} is not known, so nothing says whether the supply is small.",
                        amount,
                    )
                )
            elif not energy_matches(bill):
                held_back.append(
                    skipped(
                        bill,
                        "kwh_differs",
                        f"Billed and metered energy of {bill.name} do not agree, or are not both known; its levy and "
                        "VAT follow the energy.",
                        amount,
                    )
                )
            elif _is_at_the_limit(bill, bills.small_supply_kwh_a_day):
                held_back.append(
                    skipped(
                        bill,
                        "at_the_limit",
                        f"By its own energy {bill.name} is on the other side of the limit of a small supply than by "
                        "the readings, which differ by no more than meters do.",
                        amount,
                    )
                )
            elif name != VAT and is_split_otherwise(bill, name):
                held_back.append(
                    skipped(
                        bill,
                        "split_differs",
                        f"The levy changed within {bill.name}: both rates are right, and only the share of energy at "
                        "each differs.",
                        amount,
                    )
                )
            else:
                findings.append((_vat if name == VAT else _levy)(bill, element, amount))
    return BillDetection(tuple(findings), tuple(held_back))


def _is_energy_billed(bill: Bill) -> bool:
    unit = bill.elements.get("unit")
    return unit is not None and bool(unit.billed_quantity)


def _is_at_the_limit(bill: Bill, limit: Decimal | None) -> bool:
    """Billed energy makes the supply small and metered energy does not, or the reverse."""
    unit = bill.elements.get("unit")
    if limit is None or unit is None or not unit.billed_quantity:
        return False
    return (abs(unit.billed_quantity) <= limit * bill.days) != bill.is_small_supply


def _daily_use(bill: Bill) -> str:
    unit = bill.elements.get("unit")
    kwh = Decimal(0) if unit is None or unit.virtual_quantity is None else unit.virtual_quantity
    return quantity_text((kwh / bill.days).quantize(Decimal("0.1")), "kWh a day")


def _levy(bill: Bill, element: BillElement, amount: Decimal) -> BillFinding:
    billed, due = rates(bill.lines, "ccl"), rates(bill.virtual_lines, "ccl")
    if bill.is_small_supply and amount > 0:
        why = f"is charged though the supply used {_daily_use(bill)}, which is within the limit under which none is due"
    elif not element.billed_gbp:
        why = f"is left out though the supply used {_daily_use(bill)}"
    else:
        why = f"is charged at {rates_text(billed)} a kWh where {rates_text(due)} was in force"
    more = "more" if amount > 0 else "less"
    return finding(
        bill,
        "ccl",
        "wrong_ccl",
        recoverable_or_undercharged(amount),
        amount,
        f"On bill {bill.invoice_id} the Climate Change Levy {why}: {money(amount)} {more} than is due for "
        f"{period_text(bill)}. {claim_text(amount)}",
        evidence={
            "is_small_supply": bill.is_small_supply,
            "billed_rate_gbp": decimals(billed),
            "rate_in_force_gbp": decimals(due),
            "billed_gbp": str(element.billed_gbp),
            "due_gbp": str(element.virtual_gbp),
        },
    )


def _vat(bill: Bill, element: BillElement, amount: Decimal) -> BillFinding:
    limit = "within" if bill.is_small_supply else "above"
    due = "the reduced rate" if bill.is_small_supply else "the standard rate"
    more = "more" if amount > 0 else "less"
    return finding(
        bill,
        VAT,
        "wrong_vat",
        recoverable_or_undercharged(amount),
        amount,
        f"{bill.name} charges {money(element.billed_gbp)} VAT; the supply used {_daily_use(bill)}, {limit} the limit "
        f"of a small supply, so that {due} and {money(element.virtual_gbp)} are due: {money(amount)} {more}. "
        f"{claim_text(amount)}",
        evidence={
            "is_small_supply": bill.is_small_supply,
            "billed_gbp": str(element.billed_gbp),
            "due_gbp": str(element.virtual_gbp),
        },
    )
