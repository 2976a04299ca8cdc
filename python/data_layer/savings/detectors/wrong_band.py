"""Transmission residual charged in another band than the supply's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from data_layer.savings.bill_detection import (
    BillDetection,
    BillFinding,
    SkippedBill,
    amount_of,
    claim_text,
    decimals,
    finding,
    is_beyond_rounding,
    is_illustrative,
    money,
    period_text,
    rate_text,
    rates,
    recoverable_or_undercharged,
    refused_bills,
    skipped,
)
from data_layer.savings.bill_inputs import BandRate, Bill, BillElement, BillInputs

ELEMENT = "tnuos"


def detect(bills: BillInputs) -> BillDetection:
    """Compare the band billed with the supply's. Formula, guards and source: the card beside this file."""
    judged = [bill for bill in bills.bills if ELEMENT in bill.elements and bill.already_billed_by_invoice_id is None]
    if judged and bills.charging_band is None:
        return refused_bills("band_not_known", "The charging band of the supply is not known.")
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    for bill in judged:
        element = bill.elements[ELEMENT]
        amount = amount_of(element, element.rate_difference_gbp)
        if not is_beyond_rounding(amount) or bills.explained.get((bill.invoice_id, ELEMENT)):
            continue
        billed = rates(bill.lines, ELEMENT).get("all")
        due = rates(bill.virtual_lines, ELEMENT).get("all")
        other, own = (
            None if rate is None else _band_of(bills.residual_rates, rate, bill.start_date) for rate in (billed, due)
        )
        own = own or bills.charging_band
        if other is None or other == own:
            held_back.append(
                skipped(
                    bill,
                    "no_band_has_this_rate",
                    f"{bill.name} charges the transmission residual at a rate that no band had.",
                    amount,
                )
            )
            continue
        findings.append(_finding(own, bill, element, amount, billed, other))
    return BillDetection(tuple(findings), tuple(held_back))


def _band_of(residual_rates: tuple[BandRate, ...], rate_gbp: Decimal, day: date) -> str | None:
    for rate in residual_rates:
        if rate.rate_gbp == rate_gbp and rate.valid_from <= day and (rate.valid_to is None or day <= rate.valid_to):
            return rate.charging_band
    return None


def _finding(own: str, bill: Bill, element: BillElement, amount: Decimal, billed: Decimal, other: str) -> BillFinding:
    due = rates(bill.virtual_lines, ELEMENT)
    note = " The rates compared are illustrative: check the published ones." if is_illustrative(bill, ELEMENT) else ""
    return finding(
        bill,
        ELEMENT,
        "wrong_band",
        recoverable_or_undercharged(amount),
        amount,
        f"{bill.name} charges the transmission residual (TNUoS) of band {other}, {rate_text(billed)} a day; the supply "
        f"is in {own}: {money(amount)} {'more' if amount > 0 else 'less'} than is due for "
        f"{period_text(bill)}. {claim_text(amount)} "
        f"Bands rest on past use and may be disputed for a limited time only.{note}",
        evidence={
            "billed_band": other,
            "charging_band": own,
            "billed_rate_gbp": decimals({"all": billed}),
            "band_rate_gbp": decimals(due),
            "billed_gbp": str(element.billed_gbp),
            "due_gbp": str(element.virtual_gbp),
            "is_rate_published": not is_illustrative(bill, ELEMENT),
        },
    )
