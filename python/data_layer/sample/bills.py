"""What a supply should be billed: quantities from delivered readings, rates from contract and seeds, whole pence.

The rules: a line is quantity x rate, rounded half up to the penny; one line an element and rate band. A period never
crosses a change of rates. Energy is that of the delivered half-hours, estimates among them; missing ones count 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from data_layer.sample.contracts import RATE_UNITS, Contract
from data_layer.sample.metering import ACTUAL, ESTIMATED, MISSING, MeteredSeries, delivered_wh, kwh_per_gas_unit
from data_layer.sample.regulated import (
    DUOS_BANDS,
    ccl_micro_gbp,
    distributor_of,
    duos_band_of_half_hours,
    is_small,
    vat_pct,
)
from data_layer.sample.settlement_calendar import SettlementCalendar

# Reactive energy free of charge at a power factor of 0.95, in millionths of a varh a Wh: sqrt(0.95^-2 - 1).
FREE_MICRO_VARH_PER_WH = 328_684
ISSUED_AFTER_DAYS = 6


@dataclass(frozen=True)
class InvoiceLine:
    """A line of a bill; `quantity_ten_thousandths` of `quantity_unit`, money in whole pence."""

    element: str
    rate_band: str
    quantity_ten_thousandths: int
    quantity_unit: str
    micro_gbp: int
    net_pence: int
    vat_rate_pct: int
    vat_pence: int


@dataclass(eq=False)
class Invoice:
    """A bill or credit note for the days from start to end (inclusive). Register reads in thousandths of `read_unit`.

    `invoice_id` is given last, in the order of issue, so that a number says nothing about what is wrong.
    """

    meter_id: str
    supplier_id: str
    issue_date: date
    period_start_date: date
    period_end_date: date
    is_estimated: bool
    lines: list[InvoiceLine]
    read_unit: str | None = None
    opening_read: int | None = None
    closing_read: int | None = None
    cancels: Invoice | None = None
    invoice_id: str = ""

    @property
    def is_credit_note(self) -> bool:
        return self.cancels is not None

    @property
    def days(self) -> int:
        return (self.period_end_date - self.period_start_date).days + 1

    @property
    def net_pence(self) -> int:
        return sum(line.net_pence for line in self.lines)

    @property
    def vat_pence(self) -> int:
        return sum(line.vat_pence for line in self.lines)

    def net_pence_by_element(self) -> dict[str, int]:
        """Net of each element, in the order of the lines."""
        totals: dict[str, int] = {}
        for line in self.lines:
            totals[line.element] = totals.get(line.element, 0) + line.net_pence
        return totals


class Charge(NamedTuple):
    """A quantity (ten-thousandths of its unit) at a rate (millionths of a pound)."""

    element: str
    rate_band: str
    quantity: int
    micro_gbp: int

    @property
    def net_pence(self) -> int:
        return (self.quantity * self.micro_gbp + 50_000_000) // 100_000_000


@dataclass(frozen=True)
class DailyUse:
    """What was delivered for one metering point, as running totals over days (int64, one longer than the days).

    wh: by band (all, day, night, red, amber, green). chargeable_micro_varh and varh: over half-hours that have both
    readings. register: thousandths of the register's unit (gas). uncertain: half-hours that are not actual readings.
    peak_squared: by day, highest Wh^2 + varh^2 of a half-hour that has both.
    """

    calendar: SettlementCalendar
    wh: dict[str, np.ndarray]
    chargeable_micro_varh: np.ndarray
    varh: np.ndarray
    register: np.ndarray
    uncertain: np.ndarray
    estimated_or_missing: np.ndarray
    peak_squared: np.ndarray

    def total(self, running: np.ndarray, first: date, last: date) -> int:
        """Sum over the days from `first` to `last`."""
        return int(running[self.calendar.day_index(last) + 1] - running[self.calendar.day_index(first)])

    def wh_between(self, first: date, last: date, band: str = "all") -> int:
        return self.total(self.wh[band], first, last)

    def demand_tenths_kva(self, first: date, last: date) -> int:
        """Highest kVA of a half-hour, in tenths, rounded half up."""
        days = slice(self.calendar.day_index(first), self.calendar.day_index(last) + 1)
        squared = int(self.peak_squared[days].max())
        # 2 sqrt(p) / 1000 kVA; the root of 4p in whole numbers, so that no float decides a rounding.
        return (math.isqrt(4 * squared) + 50) // 100


def daily_use(
    calendar: SettlementCalendar,
    active: MeteredSeries,
    reactive: MeteredSeries | None = None,
    register_unit: str | None = None,
) -> DailyUse:
    """Running totals of a metering point's delivered readings."""
    wh = delivered_wh(active, calendar)
    split = {"all": wh, "night": np.where(calendar.is_night, wh, 0), "day": np.where(calendar.is_night, 0, wh)}
    none = np.zeros(calendar.half_hours, dtype=np.int64)
    varh, chargeable, squared = none, none, none
    if reactive is not None:
        duos = duos_band_of_half_hours(calendar, distributor_of(active.meter_id))
        split |= {band: np.where(duos == number, wh, 0) for number, band in enumerate(DUOS_BANDS)}
        both = active.delivered & reactive.delivered
        varh = np.where(both, reactive.thousandths, 0)
        chargeable = np.where(both, np.maximum(1_000_000 * varh - FREE_MICRO_VARH_PER_WH * wh, 0), 0)
        squared = np.where(both, wh**2 + varh**2, 0)
    running_wh = {band: _running(calendar, values) for band, values in split.items()}
    register = _running(calendar, none)
    if register_unit is not None and active.unit == register_unit:
        register = _running(calendar, active.thousandths)
    elif register_unit is not None:
        # Rounded from the running total, as a register does, so that roundings do not add up.
        register = np.floor(running_wh["all"] / kwh_per_gas_unit(register_unit) + 0.5).astype(np.int64)
    unsure = (active.status == ESTIMATED) | (active.status == MISSING)
    return DailyUse(
        calendar=calendar,
        wh=running_wh,
        chargeable_micro_varh=_running(calendar, chargeable),
        varh=_running(calendar, varh),
        register=register,
        uncertain=_running(calendar, (active.status != ACTUAL).astype(np.int64)),
        estimated_or_missing=_running(calendar, unsure.astype(np.int64)),
        peak_squared=np.maximum.reduceat(squared, calendar.first_half_hour_of_day[:-1]),
    )


def _running(calendar: SettlementCalendar, values: np.ndarray) -> np.ndarray:
    by_day = np.add.reduceat(values, calendar.first_half_hour_of_day[:-1])
    return np.concatenate([[0], np.cumsum(by_day)])


@dataclass
class Account:
    """A supply as its supplier sees it: what was agreed, what was used, and the bills in order of their periods.

    extra: second bills of a period, credit notes and rebills. taken: bills that carry something planted, or stand
    beside one. is_closed_to_planting: nothing else may be planted here.
    """

    contract: Contract
    use: DailyUse
    site_id: str
    register_unit: str | None
    register_start: int
    bills: list[Invoice] = field(default_factory=list)
    extra: list[Invoice] = field(default_factory=list)
    taken: set[Invoice] = field(default_factory=set)
    is_closed_to_planting: bool = False

    @property
    def fuel(self) -> str:
        return self.contract.fuel

    def all_invoices(self) -> list[Invoice]:
        return [*self.bills, *self.extra]


def charges_due(account: Account, first: date, last: date, part: tuple[date, date] | None = None) -> list[Charge]:
    """Right charges of a bill from `first` to `last`.

    With `part`, the charges of these days alone: rates, highest demand and the size of the supply stay the bill's.
    """
    contract, use = account.contract, account.use
    begin, end = part or (first, last)
    days = (end - begin).days + 1

    def charge(element: str, band: str, quantity: int) -> Charge:
        return Charge(element, band, quantity, contract.micro_gbp(element, band, first))

    charges = [charge("unit", band, use.wh_between(begin, end, band) * 10) for band in contract.unit_bands]
    charges.append(charge("standing", "all", days * 10_000))
    agreed = contract.agreed_capacity_kva
    if agreed is not None:
        charges += [charge("duos", band, use.wh_between(begin, end, band) * 10) for band in DUOS_BANDS]
        charges.append(charge("capacity", "all", agreed * days * 10_000))
        excess = max(use.demand_tenths_kva(first, last) - agreed * 10, 0) * days * 1_000
        if excess:
            charges.append(charge("excess_capacity", "all", excess))
        reactive = (use.total(use.chargeable_micro_varh, begin, end) + 500_000) // 1_000_000 * 10
        if reactive:
            charges.append(charge("reactive", "all", reactive))
        charges.append(charge("tnuos", "all", days * 10_000))
    if not is_small_bill(account, first, last):
        levy = ccl_micro_gbp(account.fuel, first)
        charges.append(Charge("ccl", "all", use.wh_between(begin, end) * 10, levy))
    return charges


def is_small_bill(account: Account, first: date, last: date) -> bool:
    """True where the days from `first` to `last` are at or under the de minimis."""
    return is_small(account.fuel, account.use.wh_between(first, last), (last - first).days + 1)


def priced(charges: Sequence[Charge], vat_rate_pct: int) -> list[InvoiceLine]:
    """Lines of a bill; both roundings half up, to the penny."""
    return [
        InvoiceLine(
            charge.element,
            charge.rate_band,
            charge.quantity,
            RATE_UNITS[charge.element],
            charge.micro_gbp,
            charge.net_pence,
            vat_rate_pct,
            (charge.net_pence * vat_rate_pct + 50) // 100,
        )
        for charge in charges
    ]


def make_bill(account: Account, first: date, last: date, charges: Sequence[Charge] | None = None) -> Invoice:
    """A bill for days; right unless other charges are given. VAT follows the metered use."""
    use, unit = account.use, account.register_unit
    if charges is None:
        charges = charges_due(account, first, last)
    rate_pct = vat_pct(account.fuel, use.wh_between(first, last), (last - first).days + 1)
    opening = closing = None
    if unit is not None:
        opening = account.register_start + int(use.register[use.calendar.day_index(first)])
        closing = account.register_start + int(use.register[use.calendar.day_index(last) + 1])
    return Invoice(
        meter_id=account.contract.meter_id,
        supplier_id=account.contract.supplier_id,
        issue_date=last + timedelta(days=ISSUED_AFTER_DAYS),
        period_start_date=first,
        period_end_date=last,
        is_estimated=use.total(use.estimated_or_missing, first, last) > 0,
        lines=priced(charges, rate_pct),
        read_unit=unit,
        opening_read=opening,
        closing_read=closing,
    )


def credit_note(invoice: Invoice, issue_date: date) -> Invoice:
    """Takes a bill back in full: the same lines, negative."""
    lines = [
        replace(
            line,
            quantity_ten_thousandths=-line.quantity_ten_thousandths,
            net_pence=-line.net_pence,
            vat_pence=-line.vat_pence,
        )
        for line in invoice.lines
    ]
    return replace(invoice, issue_date=issue_date, lines=lines, cancels=invoice)


def months_between(first: date, last: date) -> list[tuple[date, date]]:
    """Calendar months, the first and the last cut to the span (dates inclusive)."""
    periods = []
    begin = first
    while begin <= last:
        next_month = date(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
        periods.append((begin, min(next_month - timedelta(days=1), last)))
        begin = next_month
    return periods


def is_full_month(first: date, last: date) -> bool:
    return first.day == 1 and (last + timedelta(days=1)).day == 1 and (last - first).days < 31


def number_invoices(account: Account) -> None:
    """Give the invoices of a supply their numbers, in the order of issue."""
    ordered = sorted(
        account.all_invoices(),
        key=lambda invoice: (invoice.issue_date, not invoice.is_credit_note, invoice.period_start_date),
    )
    stem = f"{account.contract.supplier_id[4:]}-{account.contract.meter_id}"
    for number, invoice in enumerate(ordered, 1):
        invoice.invoice_id = f"{stem}-{number:04d}"
