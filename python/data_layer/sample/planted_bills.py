"""Wrong bills, and right ones that look wrong, with the truth about each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from data_layer.sample.bills import (
    Account,
    Charge,
    Invoice,
    charges_due,
    credit_note,
    is_full_month,
    is_small_bill,
    make_bill,
    priced,
)
from data_layer.sample.metering import kwh_per_gas_unit
from data_layer.sample.periods import twelve_months_to
from data_layer.sample.regulated import (
    ccl_micro_gbp,
    ccl_of_other_years,
    charging_bands,
    de_minimis_wh_per_day,
    residual_micro_gbp,
    standard_vat_pct,
)

DETECTOR_BY_ERROR = {
    "wrong_unit_rate": "wrong_rate",
    "wrong_standing_rate": "wrong_rate",
    "expired_contract": "wrong_rate",
    "wrong_vat": "levy_and_vat",
    "wrong_ccl": "levy_and_vat",
    "duplicate_bill": "repeated_bill",
    "overlapping_bill": "repeated_bill",
    "missing_bill": "repeated_bill",
    "estimated_bill": "billed_energy",
    "wrong_capacity": "virtual_bill",
    "wrong_reactive": "reactive_power",
    "wrong_gas_unit": "gas_unit",
    "wrong_band": "wrong_band",
    "closed_site": "closed_site",
    "excess_capacity": "excess_capacity",
}
# A planted error below this is not worth anybody's time, and lies within what a check of bills lets pass.
LEAST_PENCE = 600
# A bill of the last weeks may still be followed by the one that seems to be missing.
QUIET_LAST_DAYS = 61
CLOSED_SITE_GRACE_DAYS = 28
# A shorter history has errors in its last 12 months only, so that their share of the bills stays about the same.
BILLS_OF_A_LONG_HISTORY = 30


@dataclass(frozen=True)
class BillTruth:
    """One entry of planted_bills.json: a bill and an element, in pence without VAT (element vat: the VAT itself).

    Positive is overcharged or not billed yet, negative undercharged. `invoice` is None for a metering point as such.
    """

    error_code: str
    invoice: Invoice | None
    other_invoice: Invoice | None
    meter_id: str
    site_id: str
    element: str
    pence: int
    basis: str
    period_start_date: date
    period_end_date: date
    note: str

    @property
    def detector_id(self) -> str:
        return DETECTOR_BY_ERROR[self.error_code]


def plant_bill_cases(
    cases: tuple[str, ...], accounts: list[Account], last_date: date, random: np.random.Generator
) -> list[BillTruth]:
    """Change bills of one site by its cases: once in the 12 months to `last_date`, and once before in a long history.

    Returns the truth. A bill carries one error at most. Cases for which no bill fits are left out.
    """
    since = twelve_months_to(last_date)
    until = last_date - timedelta(days=QUIET_LAST_DAYS)
    spans = [(since, until)]
    if any(len(account.bills) >= BILLS_OF_A_LONG_HISTORY for account in accounts):
        spans.append((date.min, since - timedelta(days=1)))
    truths = []
    for case in cases:
        if case in _PLANTERS:
            wanted = spans[:1] if case in ("credited_duplicate", "part_months") else spans
            for begin, end in wanted:
                truths += _plant_one(case, accounts, begin, end, random)
    return truths


def _plant_one(
    case: str, accounts: list[Account], begin: date, end: date, random: np.random.Generator
) -> list[BillTruth]:
    """Plant a case on the first bill that ends in the span and fits it, in random order."""
    choices = [
        (account, at)
        for account in accounts
        if not account.is_closed_to_planting
        for at, bill in enumerate(account.bills)
        if begin <= bill.period_end_date <= end and _is_free(account, at)
    ]
    for choice in random.permutation(len(choices)).tolist():
        account, at = choices[choice]
        planted = _PLANTERS[case](account, at, random)
        if planted is not None:
            account.taken.add(account.bills[at])
            return planted
    return []


def _is_free(account: Account, at: int) -> bool:
    """True for a whole month of actual readings, with bills on both sides, that nothing is planted on or beside."""
    bill = account.bills[at]
    first, last = bill.period_start_date, bill.period_end_date
    return (
        0 < at < len(account.bills) - 1
        and bill not in account.taken
        and is_full_month(first, last)
        and account.use.total(account.use.uncertain, first, last) == 0
        and not account.contract.is_expired(first)
    )


def _truth(
    account: Account,
    bill: Invoice,
    error_code: str,
    element: str,
    pence: int,
    basis: str,
    note: str,
    other: Invoice | None = None,
) -> BillTruth:
    return BillTruth(
        error_code=error_code,
        invoice=bill,
        other_invoice=other,
        meter_id=account.contract.meter_id,
        site_id=account.site_id,
        element=element,
        pence=pence,
        basis=basis,
        period_start_date=bill.period_start_date,
        period_end_date=bill.period_end_date,
        note=note,
    )


def _by_element(charges: list[Charge]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for charge in charges:
        totals[charge.element] = totals.get(charge.element, 0) + charge.net_pence
    return totals


def _rebilled(
    account: Account, at: int, charges: list[Charge], error_code: str, basis: str, note: str
) -> list[BillTruth] | None:
    """Bill other charges than are due; None, and nothing changed, when that makes too little difference."""
    bill = account.bills[at]
    due = _by_element(charges_due(account, bill.period_start_date, bill.period_end_date))
    billed = _by_element(charges)
    differences = {element: billed.get(element, 0) - due.get(element, 0) for element in {**due, **billed}}
    if sum(abs(pence) for pence in differences.values()) < LEAST_PENCE:
        return None
    bill.lines = priced(charges, bill.lines[0].vat_rate_pct)
    is_under = sum(differences.values()) < 0
    if basis == "recoverable" and is_under:
        basis = "undercharged"
    return [
        _truth(account, bill, error_code, element, pence, basis, note)
        for element, pence in differences.items()
        if pence
    ]


def _with_rate(charges: list[Charge], element: str, micro_gbp: Callable[[int], int]) -> list[Charge]:
    return [
        charge._replace(micro_gbp=micro_gbp(charge.micro_gbp)) if charge.element == element else charge
        for charge in charges
    ]


def _due(account: Account, at: int) -> list[Charge]:
    bill = account.bills[at]
    return charges_due(account, bill.period_start_date, bill.period_end_date)


def _hundredths_of_a_penny(micro_gbp: float) -> int:
    return round(micro_gbp / 100) * 100


def _wrong_rate(account: Account, at: int, element: str, factor: float, note: str) -> list[BillTruth] | None:
    charges = _with_rate(_due(account, at), element, lambda rate: _hundredths_of_a_penny(rate * factor))
    return _rebilled(account, at, charges, f"wrong_{element}_rate", "recoverable", note)


def _wrong_unit_rate(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    factor = float(random.uniform(1.05, 1.22))
    return _wrong_rate(account, at, "unit", factor, "Unit rates above those of the contract.")


def _low_unit_rate(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    factor = float(random.uniform(0.82, 0.95))
    return _wrong_rate(account, at, "unit", factor, "Unit rates below those of the contract.")


def _wrong_standing_rate(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    factor = float(random.uniform(1.3, 1.9))
    return _wrong_rate(account, at, "standing", factor, "Standing charge above that of the contract.")


def _wrong_vat(account: Account, at: int, _random: np.random.Generator) -> list[BillTruth] | None:
    bill, fuel = account.bills[at], account.fuel
    if not is_small_bill(account, bill.period_start_date, bill.period_end_date):
        return None
    wrong = priced(_due(account, at), standard_vat_pct(fuel))
    pence = sum(line.vat_pence for line in wrong) - bill.vat_pence
    if pence < LEAST_PENCE:
        return None
    bill.lines = wrong
    note = "VAT at the standard rate on a supply at or under the de minimis."
    return [_truth(account, bill, "wrong_vat", "vat", pence, "recoverable", note)]


def _ccl_on_small_supply(account: Account, at: int, _random: np.random.Generator) -> list[BillTruth] | None:
    first, last = account.bills[at].period_start_date, account.bills[at].period_end_date
    if not is_small_bill(account, first, last):
        return None
    levy = Charge("ccl", "all", account.use.wh_between(first, last) * 10, ccl_micro_gbp(account.fuel, first))
    note = "Climate Change Levy on a supply at or under the de minimis."
    return _rebilled(account, at, [*_due(account, at), levy], "wrong_ccl", "recoverable", note)


def _ccl_of_another_year(account: Account, at: int, _random: np.random.Generator) -> list[BillTruth] | None:
    first, last = account.bills[at].period_start_date, account.bills[at].period_end_date
    if is_small_bill(account, first, last):
        return None
    for wrong in ccl_of_other_years(account.fuel, first):
        charges = _with_rate(_due(account, at), "ccl", lambda _right, wrong=wrong: wrong)
        note = "Climate Change Levy at the rate of another year."
        if (planted := _rebilled(account, at, charges, "wrong_ccl", "recoverable", note)) is not None:
            return planted
    return None


def _second_bill(account: Account, at: int, random: np.random.Generator) -> Invoice:
    bill = account.bills[at]
    return replace(
        bill, lines=list(bill.lines), issue_date=bill.issue_date + timedelta(days=int(random.integers(9, 24)))
    )


def _duplicate_bill(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    bill, again = account.bills[at], _second_bill(account, at, random)
    account.extra.append(again)
    note = "The same period was billed before, under another number."
    return [
        _truth(account, again, "duplicate_bill", element, pence, "recoverable", note, other=bill)
        for element, pence in again.net_pence_by_element().items()
        if pence
    ]


def _overlapping_bill(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    bill, before = account.bills[at], account.bills[at - 1]
    overlap = int(random.integers(4, 11))
    first, last = bill.period_start_date - timedelta(days=overlap), bill.period_end_date
    twice = (first, before.period_end_date)
    use = account.use
    # Rates change each 1 April; and the size of the supply must be the same however the days are cut.
    is_one_size = not any(
        _is_near_de_minimis(account, *days) or is_small_bill(account, *days)
        for days in ((first, last), twice, (bill.period_start_date, last))
    )
    if (
        bill.period_start_date.month == 4
        or before in account.taken
        or before.period_start_date > first
        or account.contract.is_expired(first)
        or use.total(use.uncertain, first, last)
        or not is_one_size
    ):
        return None
    longer = make_bill(account, first, last)
    account.bills[at] = longer
    account.taken |= {before, longer}
    note = f"Begins {overlap} days before the bill before it ended."
    timing = _by_element(charges_due(account, first, last, part=twice))
    return [
        _truth(account, longer, "overlapping_bill", element, pence, "recoverable", note, other=before)
        for element, pence in timing.items()
        if pence
    ]


def _is_near_de_minimis(account: Account, first: date, last: date, times: tuple[float, float] = (0.9, 1.1)) -> bool:
    limit = de_minimis_wh_per_day(account.fuel) * ((last - first).days + 1)
    return times[0] * limit <= account.use.wh_between(first, last) <= times[1] * limit


def _missing_bill(account: Account, at: int, _random: np.random.Generator) -> list[BillTruth] | None:
    bill, before, after = account.bills[at], account.bills[at - 1], account.bills[at + 1]
    if {before, after} & account.taken:
        return None
    del account.bills[at]
    account.taken |= {before, after}
    truth = _truth(account, bill, "missing_bill", "all", bill.net_pence, "unbilled", "No bill came for this month.")
    return [replace(truth, invoice=before)]


def _estimated_bill(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    bill = account.bills[at]
    off = float(random.uniform(0.1, 0.4)) * (1 if random.random() < 0.7 else -1)
    first, last = bill.period_start_date, bill.period_end_date
    if is_small_bill(account, first, last) or _is_near_de_minimis(account, first, last, (0.6, 1.7)):
        return None
    charges = _with_energy(_due(account, at), 1 + off)
    planted = _rebilled(account, at, charges, "estimated_bill", "timing", "Estimated, though the readings are there.")
    if planted is not None:
        bill.is_estimated = True
        if bill.opening_read is not None and bill.closing_read is not None:
            bill.closing_read = bill.opening_read + round((bill.closing_read - bill.opening_read) * (1 + off))
    return planted


def _with_energy(charges: list[Charge], factor: float) -> list[Charge]:
    """The charges with all energy times a factor, in whole Wh; the levy is on the sum of the units."""
    scaled = [
        charge._replace(quantity=round(charge.quantity * factor / 10) * 10)
        if charge.element in ("unit", "duos")
        else charge
        for charge in charges
    ]
    total = sum(charge.quantity for charge in scaled if charge.element == "unit")
    # The bands of the network charges add up to the same energy.
    rest = total - sum(charge.quantity for charge in scaled if charge.element == "duos")
    return [
        charge._replace(quantity=total)
        if charge.element == "ccl"
        else charge._replace(quantity=charge.quantity + rest)
        if (charge.element, charge.rate_band) == ("duos", "green")
        else charge
        for charge in scaled
    ]


def _wrong_capacity(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    agreed = account.contract.agreed_capacity_kva
    if agreed is None:
        return None
    billed_kva = agreed + max(10, 5 * math.ceil(agreed * float(random.uniform(0.12, 0.3)) / 5))
    charges = [
        charge._replace(quantity=charge.quantity // agreed * billed_kva) if charge.element == "capacity" else charge
        for charge in _due(account, at)
    ]
    note = f"Billed {billed_kva} kVA; {agreed} kVA are agreed."
    return _rebilled(account, at, charges, "wrong_capacity", "recoverable", note)


def _wrong_reactive(account: Account, at: int, _random: np.random.Generator) -> list[BillTruth] | None:
    if account.contract.agreed_capacity_kva is None:
        return None
    first, last = account.bills[at].period_start_date, account.bills[at].period_end_date
    every = Charge(
        "reactive",
        "all",
        account.use.total(account.use.varh, first, last) * 10,
        account.contract.micro_gbp("reactive", "all", first),
    )
    charges = [charge for charge in _due(account, at) if charge.element != "reactive"]
    place = next(at for at, charge in enumerate(charges) if charge.element == "tnuos")
    charges.insert(place, every)
    note = "All reactive energy is billed instead of the chargeable part."
    return _rebilled(account, at, charges, "wrong_reactive", "recoverable", note)


def _wrong_gas_unit(account: Account, at: int, _random: np.random.Generator) -> list[BillTruth] | None:
    bill, right = account.bills[at], account.register_unit
    if right is None or bill.opening_read is None or bill.closing_read is None:
        return None
    wrong = "hcf" if right == "m3" else "m3"
    wh = math.floor((bill.closing_read - bill.opening_read) * kwh_per_gas_unit(wrong) + 0.5)
    first, last = bill.period_start_date, bill.period_end_date
    # The supply has the same size with the right and the wrong energy, and plainly so.
    limit = de_minimis_wh_per_day(account.fuel) * bill.days
    sizes = [energy / limit for energy in (wh, account.use.wh_between(first, last))]
    if not (min(sizes) > 1.1 or max(sizes) < 0.9):
        return None
    charges = [
        charge._replace(quantity=wh * 10) if charge.element in ("unit", "ccl") else charge
        for charge in _due(account, at)
    ]
    note = f"The register counts {right}; the bill takes it for {wrong}."
    planted = _rebilled(account, at, charges, "wrong_gas_unit", "recoverable", note)
    if planted is not None:
        bill.read_unit = wrong
    return planted


def _wrong_band(account: Account, at: int, _random: np.random.Generator) -> list[BillTruth] | None:
    names = [name for name, _, _ in charging_bands()]
    right = account.contract.charging_band
    if right is None or right == names[-1]:
        return None
    wrong = names[names.index(right) + 1]
    dearer = residual_micro_gbp(wrong, account.bills[at].period_start_date)
    charges = _with_rate(_due(account, at), "tnuos", lambda _right: dearer)
    note = f"Residual charge of band {wrong}; the supply is in {right}."
    return _rebilled(account, at, charges, "wrong_band", "recoverable", note)


def _cancel_and_rebill(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    """No error: a wrong bill is taken back in full and billed again, rightly."""
    bill = account.bills[at]
    factor = float(random.uniform(1.1, 1.5))
    wrong = replace(bill, lines=priced(_with_energy(_due(account, at), factor), bill.lines[0].vat_rate_pct))
    wrong.is_estimated = True
    replace_with_chain(account, at, wrong, int(random.integers(12, 34)))
    return []


def replace_with_chain(account: Account, at: int, wrong: Invoice, days_later: int) -> None:
    """The bill at a place was first issued as `wrong`; a credit note and the right bill followed so many days later."""
    bill = account.bills[at]
    wrong.issue_date = bill.issue_date
    credited = credit_note(wrong, wrong.issue_date + timedelta(days=days_later))
    bill.issue_date = credited.issue_date + timedelta(days=1)
    account.extra += [wrong, credited]
    account.taken.add(bill)


def _credited_duplicate(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    """No error: a second bill of a period, taken back in full."""
    again = _second_bill(account, at, random)
    account.extra += [again, credit_note(again, again.issue_date + timedelta(days=int(random.integers(5, 25))))]
    return []


def _part_months(account: Account, at: int, random: np.random.Generator) -> list[BillTruth] | None:
    """No error: a month in two bills."""
    bill = account.bills[at]
    first, last = bill.period_start_date, bill.period_end_date
    middle = first + timedelta(days=int(random.integers(8, 20)))
    parts = [make_bill(account, first, middle), make_bill(account, middle + timedelta(days=1), last)]
    account.bills[at : at + 1] = parts
    account.taken |= set(parts)
    return []


_PLANTERS: dict[str, Callable[[Account, int, np.random.Generator], list[BillTruth] | None]] = {
    "wrong_unit_rate": _wrong_unit_rate,
    "low_unit_rate": _low_unit_rate,
    "wrong_standing_rate": _wrong_standing_rate,
    "wrong_vat": _wrong_vat,
    "ccl_on_small_supply": _ccl_on_small_supply,
    "ccl_of_another_year": _ccl_of_another_year,
    "duplicate_bill": _duplicate_bill,
    "overlapping_bill": _overlapping_bill,
    "missing_bill": _missing_bill,
    "estimated_bill": _estimated_bill,
    "wrong_capacity": _wrong_capacity,
    "wrong_reactive": _wrong_reactive,
    "wrong_gas_unit": _wrong_gas_unit,
    "wrong_band": _wrong_band,
    "cancel_and_rebill": _cancel_and_rebill,
    "credited_duplicate": _credited_duplicate,
    "part_months": _part_months,
}


def bill_at_deemed_rates(account: Account, random: np.random.Generator) -> list[BillTruth]:
    """Where nothing signed covers a bill, the supplier bills deemed rates: dearer, and avoidable by signing."""
    unit_factor, standing_factor = float(random.uniform(1.45, 1.9)), float(random.uniform(1.2, 1.6))
    truths = []
    for at, bill in enumerate(account.bills):
        if not account.contract.is_expired(bill.period_start_date):
            continue
        charges = _with_rate(_due(account, at), "unit", lambda rate: _hundredths_of_a_penny(rate * unit_factor))
        charges = _with_rate(charges, "standing", lambda rate: _hundredths_of_a_penny(rate * standing_factor))
        note = "The contract had ended; deemed rates are billed instead of the last signed ones."
        truths += _rebilled(account, at, charges, "expired_contract", "avoidable", note) or []
        account.taken.add(bill)
    return truths


def bills_after_closing(account: Account, close_date: date) -> list[BillTruth]:
    """Bills that begin more than the grace after the site has closed: all of each is recoverable."""
    note = f"The site closed on {close_date}."
    return [
        _truth(account, bill, "closed_site", element, pence, "recoverable", note)
        for bill in account.bills
        if bill.period_start_date > close_date + timedelta(days=CLOSED_SITE_GRACE_DAYS)
        for element, pence in bill.net_pence_by_element().items()
        if pence
    ]


def excess_capacity_truth(account: Account, needed_kva: int, last_date: date) -> list[BillTruth]:
    """What agreeing the capacity that is needed would have saved in the 12 months to `last_date`; none if nothing.

    Saving = excess charges of the bills that end in the 12 months
             - sum over the days of the 12 months of (need - agreed kVA) x capacity charge of the day.
    Need = highest kVA of the 24 months to `last_date` (half-hours with actual active and reactive readings) x 1.1,
    rounded up to a whole kVA: the need of the detector of capacity above need. A higher residual band that may follow
    from more capacity is not in it. One entry a metering point, without an invoice.
    """
    agreed = account.contract.agreed_capacity_kva
    if agreed is None or agreed >= needed_kva:
        return []
    since = twelve_months_to(last_date)
    paid = sum(
        line.net_pence
        for bill in account.bills
        if since <= bill.period_end_date <= last_date
        for line in bill.lines
        if line.element == "excess_capacity"
    )
    days = [since + timedelta(days=day) for day in range((last_date - since).days + 1)]
    micro = (needed_kva - agreed) * sum(account.contract.micro_gbp("capacity", "all", day) for day in days)
    pence = (paid * 10_000 - micro + 5_000) // 10_000
    if pence <= 0:
        return []
    return [
        BillTruth(
            error_code="excess_capacity",
            invoice=None,
            other_invoice=None,
            meter_id=account.contract.meter_id,
            site_id=account.site_id,
            element="excess_capacity",
            pence=pence,
            basis="avoidable",
            period_start_date=since,
            period_end_date=last_date,
            note=f"Agreed {agreed} kVA; {needed_kva} kVA would do with a tenth in hand.",
        )
    ]
