"""Supplies still billed after their site has closed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from data_layer.savings.bill_detection import (
    RECOVERABLE,
    VAT,
    BillDetection,
    BillFinding,
    SkippedBill,
    finding,
    in_words,
    is_covered,
    money,
    period_text,
    refused_bills,
    skipped,
)
from data_layer.savings.bill_inputs import Bill, BillInputs

GRACE_DAYS = 28
IN_USE_SHARE = Decimal("0.25")


def detect(bills: BillInputs) -> BillDetection:
    """Claim bills that start after the grace. Formula, guards and source: the card beside this file."""
    closed = bills.site_close_date
    if closed is None:
        return BillDetection()
    after = [bill for bill in bills.bills if bill.start_date > closed + timedelta(days=GRACE_DAYS)]
    usual = _daily_kwh([bill for bill in bills.bills if bill.end_date <= closed and is_covered(bill)])
    if after and usual is None:
        return refused_bills("use_before_not_known", "No bill covers days before the site closed, to compare use with.")
    findings: list[BillFinding] = []
    held_back: list[SkippedBill] = []
    for bill in after:
        if bill.already_billed_by_invoice_id is not None:
            continue
        amounts = {
            name: element.billed_gbp
            for name, element in bill.elements.items()
            if name != VAT and element.billed_gbp > 0
        }
        is_metered = is_covered(bill)
        use = _daily_kwh([bill]) if is_metered else _billed_kwh_a_day(bill)
        if use is not None and usual is not None and use > IN_USE_SHARE * usual:
            held_back.append(
                skipped(
                    bill,
                    "supply_in_use",
                    f"{bill.name} is for a closed site, but "
                    f"{'the meter still counts' if is_metered else 'it is called actual and charges'} {use:,.1f} kWh a "
                    "day: a landlord or a new tenant may use the supply. Ask who, and have it billed to them.",
                    sum(amounts.values(), Decimal(0)),
                )
            )
            continue
        metered = use if is_metered else None
        use_text = "an unknown amount of energy was" if metered is None else f"{metered:,.1f} kWh a day were"
        for name, amount in amounts.items():
            findings.append(
                finding(
                    bill,
                    name,
                    "closed_site",
                    RECOVERABLE,
                    amount,
                    f"{bill.name} charges {money(amount)} for {in_words(name)} for {period_text(bill)}, though the "
                    f"site closed on {closed:%-d %B %Y} and {use_text} used. Tell the supplier when the supply "
                    "ended, and ask for the bill to be cancelled.",
                    evidence={
                        "site_close_date": str(closed),
                        "days_after_closing": (bill.start_date - closed).days,
                        "kwh_a_day": None if metered is None else f"{metered:.2f}",
                        "kwh_a_day_before": f"{usual:.2f}",
                        "billed_gbp": str(amount),
                    },
                )
            )
    return BillDetection(tuple(findings), tuple(held_back))


def _billed_kwh_a_day(bill: Bill) -> Decimal | None:
    """What an actual bill charges a day; None where it is an estimate or charges no energy."""
    unit = bill.elements.get("unit")
    if bill.is_estimated or unit is None or not unit.billed_quantity:
        return None
    return unit.billed_quantity / bill.days


def _daily_kwh(bills: list[Bill]) -> Decimal | None:
    """Metered kWh a day over the bills; None without any."""
    days = sum(bill.days for bill in bills)
    if not days:
        return None
    metered = [bill.elements["unit"].virtual_quantity for bill in bills if "unit" in bill.elements]
    return sum((kwh for kwh in metered if kwh is not None), Decimal(0)) / days
