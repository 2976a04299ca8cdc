"""What is left of the difference between a bill and its virtual bill when every other check has had its say."""

from __future__ import annotations

from decimal import Decimal

from data_layer.savings.bill_detection import (
    LEAST_COVERAGE,
    VAT,
    BillDetection,
    BillFinding,
    SkippedBill,
    claim_text,
    decimals,
    energy_matches,
    finding,
    in_words,
    is_illustrative,
    is_split_otherwise,
    money,
    period_text,
    quantity_text,
    rates,
    recoverable_or_undercharged,
    skipped,
)
from data_layer.savings.bill_inputs import ENERGY_ELEMENTS, Bill, BillElement, BillInputs

LEAST_GBP = Decimal(5)
LEAST_SHARE = Decimal("0.005")
CAPACITY = "capacity"
WITHOUT_CONTRACT = ("ccl", VAT)
"""Elements that law sets and no contract."""
DEMAND_ELEMENTS = ("excess_capacity", "reactive")


def detect(bills: BillInputs) -> BillDetection:
    """Name by element what no other check explains. Formula, guards and source: the card beside this file."""
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    for bill in bills.bills:
        for element in bill.elements.values():
            explained = bills.explained.get((bill.invoice_id, element.element), Decimal(0))
            if element.timing_gbp > 0:
                # days billed before are for the check of repeated bills to judge
                explained = max(explained, element.timing_gbp)
            amount = left_over(element.difference_gbp, explained)
            if abs(amount) <= max(LEAST_GBP, LEAST_SHARE * abs(element.virtual_gbp)):
                continue
            if not element.billed_gbp and _is_billed_apart(bill, element.element, bills.bills):
                reason = f"Another bill charges {in_words(element.element)} for days of {bill.name}."
                held_back.append(skipped(bill, "billed_apart", reason, amount))
            elif is_split_otherwise(bill, element.element):
                reason = (
                    f"Rates of {in_words(element.element)} changed within {bill.name}: only the share at each differs."
                )
                held_back.append(skipped(bill, "split_differs", reason, amount))
            elif guard := _guard(bill, element):
                held_back.append(skipped(bill, *guard, amount))
            else:
                findings.append(_finding(bill, element, amount))
    return BillDetection(tuple(findings), tuple(held_back))


def _is_billed_apart(bill: Bill, name: str, others: tuple[Bill, ...]) -> bool:
    return any(
        name in other.elements and other.elements[name].billed_gbp
        for other in others
        if other is not bill and other.start_date <= bill.end_date and other.end_date >= bill.start_date
    )


def left_over(difference_gbp: Decimal, explained_gbp: Decimal) -> Decimal:
    """The part of a difference that has not been named, never on the other side of nothing."""
    if difference_gbp > 0:
        return max(difference_gbp - max(explained_gbp, Decimal(0)), Decimal(0))
    return min(difference_gbp - min(explained_gbp, Decimal(0)), Decimal(0))


def _guard(bill: Bill, element: BillElement) -> tuple[str, str] | None:
    """Code and reason of the first guard that fails."""
    name = element.element
    if name not in WITHOUT_CONTRACT and not element.has_contract:
        return "no_contract", f"No rate of {in_words(name)} is known for all days of {bill.name}."
    if name not in WITHOUT_CONTRACT and element.is_contract_expired:
        return "contract_expired", f"The contract of {name} had ended when {bill.name} began."
    if name in ENERGY_ELEMENTS or name == VAT:
        if not energy_matches(bill):
            return "kwh_differs", (
                f"Billed and metered energy of {bill.name} do not agree, or are not both known, so {in_words(name)} "
                "cannot be judged."
            )
        if bill.coverage_share is not None and bill.coverage_share < LEAST_COVERAGE:
            return "low_coverage", f"Fewer than 99 % of the half-hours of {bill.name} were delivered."
    if name in DEMAND_ELEMENTS and bill.demand_days < LEAST_COVERAGE * bill.days:
        return "low_coverage", f"Demand was metered on {bill.demand_days} of {bill.days} days of {bill.name}."
    return None


def _finding(bill: Bill, element: BillElement, amount: Decimal) -> BillFinding:
    name = element.element
    more = "more" if amount > 0 else "less"
    note = ""
    if (
        name == CAPACITY
        and None not in (element.billed_quantity, element.virtual_quantity)
        and element.billed_quantity != element.virtual_quantity
        and bill.already_billed_by_invoice_id is None
    ):
        error = "wrong_capacity"
        billed, agreed = (
            quantity_text((quantity / bill.days).quantize(Decimal("0.01")), "kVA")
            for quantity in (element.billed_quantity, element.virtual_quantity)
        )
        mean = " on average" if sum(line.element == CAPACITY for line in bill.virtual_lines) > 1 else ""
        what = f"{bill.name} charges capacity for {billed} a day where {agreed} are agreed{mean}"
    else:
        error = f"unexplained_{name}"
        what = (
            f"{bill.name} charges {money(element.billed_gbp)} for {in_words(name)} where contract and readings give "
            f"{money(element.virtual_gbp)}"
        )
        note = " The rate is illustrative: check the published one." if is_illustrative(bill, name) else ""
    return finding(
        bill,
        name,
        error,
        recoverable_or_undercharged(amount),
        amount,
        f"{what}: {money(amount)} {more} for {period_text(bill)}. {claim_text(amount)}{note}",
        evidence={
            "billed_gbp": str(element.billed_gbp),
            "due_gbp": str(element.virtual_gbp),
            "billed_quantity": None if element.billed_quantity is None else str(element.billed_quantity),
            "due_quantity": None if element.virtual_quantity is None else str(element.virtual_quantity),
            "billed_rate_gbp": decimals(rates(bill.lines, name)),
            "due_rate_gbp": decimals(rates(bill.virtual_lines, name)),
            "is_rate_published": not is_illustrative(bill, name),
        },
    )
