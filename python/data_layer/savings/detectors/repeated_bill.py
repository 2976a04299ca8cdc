"""Days billed twice or not at all: a bill sent again, one that begins before the last ended, one that is missing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from data_layer.savings.bill_detection import (
    ALL_ELEMENTS,
    RECOVERABLE,
    ROUNDING_GBP,
    UNBILLED,
    VAT,
    BillDetection,
    BillFinding,
    SkippedBill,
    finding,
    in_words,
    is_beyond_rounding,
    is_covered,
    money,
    period_text,
    skipped,
)
from data_layer.savings.bill_inputs import Bill, BillElement, BillInputs


def detect(bills: BillInputs) -> BillDetection:
    """Name what is billed twice and what is not billed. Formula, guards and source: the card beside this file."""
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    repeated_days = _repeated_days(bills.bills)
    by_id = {bill.invoice_id: bill for bill in bills.bills}
    for bill in bills.bills:
        days = repeated_days[bill.invoice_id]
        if bill.already_billed_by_invoice_id is None or not days:
            continue
        is_whole = len(days) == bill.days
        others = [by_id[invoice_id] for invoice_id in sorted(set(days.values()))]
        for element in bill.elements.values():
            if element.element == VAT:
                continue
            amount = _charged_twice(element, is_whole, others)
            if amount > 0:
                findings.append(_repeated(bill, element, amount, days, is_whole))
    for gap in bills.gaps:
        amount = sum((element.virtual_gbp for element in gap.elements.values() if element.element != VAT), Decimal(0))
        before = _bill_before(bills.bills, gap)
        if not is_beyond_rounding(amount):
            continue
        if before is None:
            held_back.append(
                skipped(gap, "no_bill_before", f"No bill comes before the days {period_text(gap)}.", amount)
            )
            continue
        findings.append(
            BillFinding(
                invoice_id=before.invoice_id,
                element=ALL_ELEMENTS,
                error_code="missing_bill",
                basis=UNBILLED,
                found_gbp=amount,
                sentence=(
                    f"No bill has come for {period_text(gap)}, after bill {before.invoice_id}: "
                    f"{'' if is_covered(gap) else 'at least '}{money(amount)} without VAT is still to be charged. "
                    "Keep the money ready and ask the supplier for the bill."
                ),
                start_date=gap.start_date,
                end_date=gap.end_date,
                evidence={
                    "days_without_bill": gap.days,
                    "expected_gbp_by_element": {
                        name: str(element.virtual_gbp) for name, element in gap.elements.items() if name != VAT
                    },
                },
            )
        )
    return BillDetection(tuple(findings), tuple(held_back))


def _charged_twice(element: BillElement, is_whole: bool, others: list[Bill]) -> Decimal:
    """What the bills before have charged as well.

    A bill that comes to less than its repeated days are worth takes off what was charged before, and may charge what
    the bills before left out: a true-up of an estimate repeats nothing.
    """
    before = [bill.elements[element.element] for bill in others if element.element in bill.elements]
    charged_before = sum((max(one.billed_gbp, Decimal(0)) for one in before), Decimal(0))
    left_out = sum((max(one.virtual_gbp - one.billed_gbp, Decimal(0)) for one in before), Decimal(0))
    repeated = element.billed_gbp if is_whole else min(element.timing_gbp, element.difference_gbp)
    if element.timing_gbp - element.difference_gbp > ROUNDING_GBP:
        repeated -= left_out
    return min(repeated, charged_before)


def _repeated(
    bill: Bill, element: BillElement, amount: Decimal, repeated: dict[date, str], is_whole: bool
) -> BillFinding:
    days, others = list(repeated), sorted(set(repeated.values()))
    other = others[-1]
    named = f"bill {other} has" if len(others) == 1 else f"bills {', '.join(others[:-1])} and {other} have"
    if is_whole:
        sentence = (
            f"{bill.name} bills {period_text(bill)} again, which {named} charged and no credit note has taken "
            f"back: {money(amount)} for {in_words(element.element)} is charged twice. Ask the supplier to cancel it."
        )
    else:
        sentence = (
            f"{bill.name} bills {len(days)} days again ({days[0]:%-d %B %Y} to {days[-1]:%-d %B %Y}) that {named} "
            f"charged: {money(amount)} for {in_words(element.element)} is charged twice. Ask the supplier for a "
            "credit."
        )
    return finding(
        bill,
        element.element,
        "duplicate_bill" if is_whole else "overlapping_bill",
        RECOVERABLE,
        amount,
        sentence,
        other_invoice_id=other,
        evidence={
            "repeated_days": len(days),
            "days_billed": bill.days,
            "billed_gbp": str(element.billed_gbp),
            "first_repeated_date": str(days[0]),
            "last_repeated_date": str(days[-1]),
        },
    )


def _repeated_days(bills: tuple[Bill, ...]) -> dict[str, dict[date, str]]:
    """Days of each bill that a bill issued earlier covers too, with the first that does."""
    covered: dict[date, str] = {}
    repeated = {}
    for bill in sorted(bills, key=lambda one: (one.issue_date or date.max, one.invoice_id)):
        days = [bill.start_date + timedelta(days=at) for at in range(bill.days)]
        repeated[bill.invoice_id] = {day: covered[day] for day in days if day in covered}
        for day in days:
            covered.setdefault(day, bill.invoice_id)
    return repeated


def _bill_before(bills: tuple[Bill, ...], gap: Bill) -> Bill | None:
    before = [bill for bill in bills if bill.end_date < gap.start_date]
    return max(before, key=lambda bill: (bill.end_date, bill.invoice_id), default=None)
