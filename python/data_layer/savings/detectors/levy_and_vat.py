"""Climate Change Levy and VAT that the use of the supply, or the year's rate, does not bear out."""

from __future__ import annotations

from decimal import Decimal

from data_layer.savings.bill_detection import (
    VAT,
    BillDetection,
    BillFinding,
    SkippedBill,
    claim_text,
    decimals,
    energy_matches,
    finding,
    is_beyond_rounding,
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
            amount = element.difference_gbp - element.timing_gbp
            if not is_beyond_rounding(amount):
                continue
            if bill.is_small_supply is None:
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
                        f"{bill.name} charges other energy than was metered; its levy and VAT follow that.",
                        amount,
                    )
                )
            else:
                findings.append((_vat if name == VAT else _levy)(bill, element, amount))
    return BillDetection(tuple(findings), tuple(held_back))


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
