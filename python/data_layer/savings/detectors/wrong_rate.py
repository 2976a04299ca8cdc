"""Unit and standing rates that differ from those signed, and rates charged after a contract has ended."""

from __future__ import annotations

from decimal import Decimal

from data_layer.savings.bill_detection import (
    AVOIDABLE,
    BillDetection,
    BillFinding,
    SkippedBill,
    amount_of,
    claim_text,
    decimals,
    energy_matches,
    finding,
    in_words,
    is_beyond_rounding,
    is_split_otherwise,
    money,
    period_text,
    rates,
    rates_text,
    recoverable_or_undercharged,
    refused_bills,
    skipped,
)
from data_layer.savings.bill_inputs import Bill, BillElement, BillInputs

UNITS = {"unit": "a kWh", "standing": "a day"}


def detect(bills: BillInputs) -> BillDetection:
    """Compare billed with signed rates. Formula, guards and source: the card beside this file."""
    judged = [
        (bill, bill.elements[name])
        for bill in bills.bills
        if bill.already_billed_by_invoice_id is None
        for name in UNITS
        if name in bill.elements
    ]
    if judged and not any(element.has_contract for _, element in judged):
        return refused_bills("no_contract", "No contract states a unit rate or a standing charge for this supply.")
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    for bill, element in judged:
        amount = amount_of(element, element.rate_difference_gbp)
        if not is_beyond_rounding(amount) or bills.explained.get((bill.invoice_id, element.element)):
            continue
        if not element.has_contract:
            held_back.append(
                skipped(
                    bill,
                    "no_contract",
                    f"No contract states a rate of {in_words(element.element)} for all days of {bill.name}.",
                    amount,
                )
            )
        elif not energy_matches(bill):
            held_back.append(
                skipped(
                    bill,
                    "kwh_differs",
                    f"Billed and metered energy of {bill.name} do not agree, or are not both known, so its rates are "
                    "not judged.",
                    amount,
                )
            )
        elif is_split_otherwise(bill, element.element):
            held_back.append(
                skipped(
                    bill,
                    "split_differs",
                    f"Rates changed within {bill.name}: each is the one signed, and only the share charged at each "
                    "differs.",
                    amount,
                )
            )
        elif not element.is_contract_expired:
            findings.append(_wrong(bill, element, amount))
        elif amount > 0:
            findings.append(_expired(bill, element, amount))
    return BillDetection(tuple(findings), tuple(held_back))


def _wrong(bill: Bill, element: BillElement, amount: Decimal) -> BillFinding:
    billed, signed = rates(bill.lines, element.element), rates(bill.virtual_lines, element.element)
    more = "more" if amount > 0 else "less"
    return finding(
        bill,
        element.element,
        f"wrong_{element.element}_rate",
        recoverable_or_undercharged(amount),
        amount,
        f"{bill.name} charges {in_words(element.element)} at {rates_text(billed)} {UNITS[element.element]} where the "
        f"contract says {rates_text(signed)}: {money(amount)} {more} than is due for {period_text(bill)}. "
        f"{claim_text(amount)}",
        evidence=_evidence(element, billed, signed),
    )


def _expired(bill: Bill, element: BillElement, amount: Decimal) -> BillFinding:
    billed, signed = rates(bill.lines, element.element), rates(bill.virtual_lines, element.element)
    return finding(
        bill,
        element.element,
        "expired_contract",
        AVOIDABLE,
        amount,
        f"{bill.name} charges {in_words(element.element)} at {rates_text(billed)} {UNITS[element.element]} because no "
        f"contract holds any more; the last one said {rates_text(signed)}. A signed contract at those rates would have "
        f"cost {money(amount)} less for {period_text(bill)}. Sign a new contract, at the rates that the market now "
        "offers: until then this goes on.",
        evidence=_evidence(element, billed, signed),
    )


def _evidence(element: BillElement, billed: dict[str, Decimal], signed: dict[str, Decimal]) -> dict:
    return {
        "billed_rate_gbp": decimals(billed),
        "contract_rate_gbp": decimals(signed),
        "billed_quantity": str(element.billed_quantity),
        "billed_gbp": str(element.billed_gbp),
        "due_gbp": str(element.virtual_gbp),
    }
