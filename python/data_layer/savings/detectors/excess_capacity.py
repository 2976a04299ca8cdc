"""Charges for demand above the agreed capacity that agreeing what is needed would have made smaller."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from data_layer.savings.bill_detection import (
    AVOIDABLE,
    PENNY,
    BillDetection,
    finding,
    is_beyond_rounding,
    money,
    period_text,
    rate_text,
    refused_bills,
    to_the_penny,
)
from data_layer.savings.bill_inputs import Bill, BillInputs, CapacityTerm
from data_layer.savings.detectors.capacity_above_need import need_kva

ELEMENT = "excess_capacity"
LEAST_BILLS = 11
LEAST_BILLS_ABOVE = 3
LEAST_DAYS_SHARE = Decimal("0.9")


def detect(bills: BillInputs) -> BillDetection:
    """Claim excess charges less the capacity that would replace them. Formula, guards and source: the card."""
    year = [
        bill
        for bill in bills.bills
        if bills.period.start_date <= bill.end_date <= bills.period.as_of_date
        and bill.already_billed_by_invoice_id is None
    ]
    paid = {
        bill.invoice_id: bill.elements[ELEMENT].billed_gbp
        for bill in year
        if ELEMENT in bill.elements and bill.elements[ELEMENT].billed_gbp > 0
    }
    if not paid:
        return BillDetection()
    if refusal := _refusal(bills, year, paid):
        return refused_bills(*refusal)
    # The square is of the energy of half an hour; of the power it is four times that.
    need = need_kva(4 * bills.peak_squared)
    cost = _cost(bills, need)
    saved = to_the_penny(sum(paid.values(), Decimal(0)) - cost)
    if saved <= 0 or not is_beyond_rounding(saved):
        return BillDetection()
    agreed = _term(bills.capacity_terms, "capacity", bills.period.as_of_date).agreed_kva
    shares, total = _shared(saved, paid), sum(paid.values(), Decimal(0))
    rate = _term(bills.capacity_terms, "capacity", bills.period.as_of_date).rate_gbp
    return BillDetection(
        tuple(
            finding(
                bill,
                ELEMENT,
                "excess_capacity",
                AVOIDABLE,
                shares[bill.invoice_id],
                f"{bill.name} charges {money(paid[bill.invoice_id])} for demand above the agreed {agreed:,.0f} kVA in "
                f"{period_text(bill)}, one of {len(paid)} bills of the 12 months. Agreeing {need:,} kVA at "
                f"{rate_text(rate)} a kVA and day would have cost {money(cost)} and spared {money(total)}: "
                f"{money(shares[bill.invoice_id])} is this bill's share. Ask the distributor for more capacity, or "
                "lower the peaks.",
                evidence={
                    "agreed_kva": str(agreed),
                    "need_kva": need,
                    "highest_kva": str(bill.highest_kva),
                    "bills_above": len(paid),
                    "bills_judged": len(year),
                    "excess_charges_gbp": str(total),
                    "cost_of_agreeing_gbp": str(to_the_penny(cost)),
                    "saving_of_all_bills_gbp": str(saved),
                },
            )
            for bill in year
            if shares.get(bill.invoice_id)
        )
    )


def _refusal(bills: BillInputs, year: list[Bill], paid: dict[str, Decimal]) -> tuple[str, str] | None:
    """Code and reason of the first guard that fails."""
    last = _term(bills.capacity_terms, "capacity", bills.period.as_of_date)
    if last is None or last.agreed_kva is None or last.rate_gbp is None:
        return "no_capacity_contract", "No contract states an agreed capacity and its rate."
    if bills.site_close_date is not None and bills.site_close_date <= bills.period.as_of_date:
        return "site_closed", "The site is closed: more capacity is not needed."
    metered = [bill for bill in year if bill.demand_days >= LEAST_DAYS_SHARE * bill.days]
    if len(metered) < LEAST_BILLS or not bills.peak_squared:
        return "short_history", f"Demand is known for {len(metered)} bills of the 12 months; {LEAST_BILLS} are needed."
    if len(paid) < LEAST_BILLS_ABOVE:
        return (
            "one_off_spike",
            f"Demand passed the agreed capacity on {len(paid)} bills of the 12 months: look for what ran on these days "
            "before agreeing more.",
        )
    return None


def _term(terms: tuple[CapacityTerm, ...], element: str, day: date) -> CapacityTerm | None:
    """The last term that began on or before the day: where it has ended, it is what would be agreed again."""
    begun = [term for term in terms if term.element == element and term.valid_from <= day]
    return max(begun, key=lambda term: term.valid_from, default=None)


def _cost(bills: BillInputs, need: int) -> Decimal:
    """What the missing capacity would have cost on all days of the 12 months, those without an excess too."""
    cost = Decimal(0)
    day = bills.period.start_date
    while day <= bills.period.as_of_date:
        term = _term(bills.capacity_terms, "capacity", day)
        day += timedelta(days=1)
        if term is not None and term.agreed_kva is not None and term.rate_gbp is not None:
            cost += max(need - term.agreed_kva, Decimal(0)) * term.rate_gbp
    return cost


def _shared(saved: Decimal, paid: dict[str, Decimal]) -> dict[str, Decimal]:
    """The saving by bill, in proportion to what each charged, to the penny by largest remainder."""
    total = sum(paid.values(), Decimal(0))
    exact = {invoice_id: saved * amount / total for invoice_id, amount in paid.items()}
    shares = {invoice_id: (amount // PENNY) * PENNY for invoice_id, amount in exact.items()}
    missing = int((saved - sum(shares.values(), Decimal(0))) / PENNY)
    by_remainder = sorted(exact, key=lambda invoice_id: (shares[invoice_id] - exact[invoice_id], invoice_id))
    for invoice_id in by_remainder[:missing]:
        shares[invoice_id] += PENNY
    return shares
