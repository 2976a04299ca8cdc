"""Reactive energy billed beyond the part that is chargeable."""

from __future__ import annotations

from decimal import Decimal

from data_layer.savings.bill_detection import (
    BillDetection,
    BillFinding,
    SkippedBill,
    amount_of,
    claim_text,
    finding,
    is_beyond_rounding,
    is_illustrative,
    money,
    period_text,
    quantity_text,
    recoverable_or_undercharged,
    refused_bills,
    skipped,
)
from data_layer.savings.bill_inputs import Bill, BillElement, BillInputs

ELEMENT = "reactive"
LEAST_DAYS_SHARE = Decimal("0.99")


def detect(bills: BillInputs) -> BillDetection:
    """Compare billed with chargeable kvarh. Formula, guards and source: the card beside this file."""
    judged = [bill for bill in bills.bills if ELEMENT in bill.elements and bill.already_billed_by_invoice_id is None]
    if judged and not any(bill.demand_days for bill in judged):
        return refused_bills("no_reactive_readings", "Reactive energy is billed and not metered half-hourly.")
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    for bill in judged:
        element = bill.elements[ELEMENT]
        amount = amount_of(element, element.volume_difference_gbp, element.estimate_gbp)
        if not element.virtual_gbp:
            # Nothing chargeable is no line at all, and so no rate: the whole charge is the difference.
            amount = element.difference_gbp - element.timing_gbp
        if not is_beyond_rounding(amount) or bills.explained.get((bill.invoice_id, ELEMENT)):
            continue
        if bill.demand_days < LEAST_DAYS_SHARE * bill.days:
            held_back.append(
                skipped(
                    bill,
                    "low_coverage",
                    f"Active and reactive energy were both metered on {bill.demand_days} of {bill.days} days of "
                    f"{bill.name}.",
                    amount,
                )
            )
            continue
        findings.append(_finding(bill, element, amount))
    return BillDetection(tuple(findings), tuple(held_back))


def _finding(bill: Bill, element: BillElement, amount: Decimal) -> BillFinding:
    billed = quantity_text(element.billed_quantity, "kvarh")
    due = quantity_text(element.virtual_quantity, "kvarh")
    note = " The rate is illustrative: check the published one." if is_illustrative(bill, ELEMENT) else ""
    return finding(
        bill,
        ELEMENT,
        "wrong_reactive",
        recoverable_or_undercharged(amount),
        amount,
        f"{bill.name} charges {billed} reactive for {period_text(bill)}; only what goes beyond a power factor of 0.95 "
        f"is chargeable, half-hour by half-hour: {due}. {money(amount)} {'more' if amount > 0 else 'less'} than is due."
        f" {claim_text(amount)}{note}",
        evidence={
            "billed_kvarh": str(element.billed_quantity),
            "chargeable_kvarh": str(element.virtual_quantity),
            "billed_gbp": str(element.billed_gbp),
            "due_gbp": str(element.virtual_gbp),
            # Due, and avoidable with capacitors: it needs capital and is claimed nowhere.
            "avoidable_with_capital_gbp": str(element.virtual_gbp),
            "is_rate_published": not is_illustrative(bill, ELEMENT),
        },
    )
