"""Planted savings: what they add to the readings and what they are truly worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from data_layer.sample.contracts import Contract
from data_layer.sample.load_shapes import OpeningState
from data_layer.sample.metering import ACTUAL, MeteredSeries, delivered_wh
from data_layer.sample.periods import months_before, twelve_months_to
from data_layer.sample.randomness import generator
from data_layer.sample.regulated import (
    DUOS_BANDS,
    ccl_micro_gbp,
    distributor_of,
    duos_band_of_half_hours,
    is_small,
)
from data_layer.sample.settlement_calendar import SettlementCalendar
from data_layer.sample.site_plans import SitePlan

HEADROOM_PCT = 110
EXCESS_RATIO = 1.7
MICRO_GBP_WH = 1_000_000_000  # One pound in millionths of a pound a kWh times Wh.


@dataclass(frozen=True)
class Truth:
    """One entry of planted.json. Money in pounds without VAT, over the 12 months to the as-of date."""

    truth_id: str
    kind: str
    detector_id: str | None
    meter_id: str
    site_id: str
    from_date: date
    to_date: date
    kwh_12m: float
    gbp_12m: float
    note: str


def closed_load_wh(
    plan: SitePlan, calendar: SettlementCalendar, state: OpeningState, closed_kw: float, seed: int
) -> tuple[np.ndarray, date, str]:
    """Waste in closed hours, in whole Wh over the half-hours of the span (int64), its first day, and what it is.

    `closed_kw` is the site's usual mean power when closed. On the nights it happens it lasts from closing to opening;
    nights after an open day and whole closed days have shares of their own.
    """
    random = generator(seed, "closed load", plan.number)
    earliest = int(calendar.days * 0.45)
    start_day = max(earliest, calendar.days - int(random.integers(150, 421)))
    share = {"office": (0.4, 0.8), "funeral_home": (0.7, 1.3), "depot": (0.35, 0.6), "food_store": (0.25, 0.4)}
    extra_kw = max(0.6, closed_kw * float(random.uniform(*share[plan.site_type])))
    after_open_share, all_day_share = random.uniform(0.8, 1.0), random.uniform(0.6, 1.0)

    day = calendar.day_of_half_hour
    # Hours before opening belong to the night that began the evening before.
    has_opened = np.maximum.accumulate(np.where(state.is_open, np.arange(calendar.half_hours), -1))
    begins_day = np.maximum(calendar.first_half_hour_of_day[day], 0)
    belongs_to_eve = state.is_open_day[day] & (has_opened < begins_day)
    night = np.where(belongs_to_eve, np.maximum(day - 1, 0), day)
    draws = random.random(calendar.days)
    happens = np.where(state.is_open_day, draws < after_open_share, draws < all_day_share)
    happens[:start_day] = False
    level = 1.0 + 0.05 * random.standard_normal(calendar.days)

    on = happens[night] & ~state.is_open & (day >= start_day)
    wh = np.floor(np.where(on, extra_kw * 500.0 * level[night], 0.0) + 0.5).astype(np.int64)
    first_date = calendar.first_date + timedelta(days=start_day)
    cause = {
        "office": "ventilation and lights left running",
        "funeral_home": "electric heaters left on",
        "depot": "warehouse lighting left on",
        "food_store": "sales floor lighting left on after closing",
    }[plan.site_type]
    return np.maximum(wh, 0), first_date, f"About {extra_kw:.1f} kW of {cause} in closed hours on most nights."


def closed_load_truth(
    plan: SitePlan,
    calendar: SettlementCalendar,
    planted_wh: np.ndarray,
    series: MeteredSeries,
    contract: Contract,
    first_date: date,
    note: str,
) -> tuple[Truth, np.ndarray]:
    """Worth of the planted load at what a kWh less would have saved; and its Wh as delivered (int64).

    The price of a half-hour is the unit rate of its band, the distributor's charge of its band where it is billed, and
    the levy where the supply's mean use of the 12 months is above the de minimis. Only half-hours with an actual
    reading count: what was not read was not billed either.
    """
    read_wh = np.where(series.status == ACTUAL, planted_wh, 0)
    since = max(0, calendar.day_index(twelve_months_to(calendar.last_date)))
    in_last_year = calendar.day_of_half_hour >= since
    in_year = in_last_year & (read_wh > 0)
    use_wh = int(delivered_wh(series, calendar)[in_last_year].sum())
    pays_levy = not is_small(contract.fuel, use_wh, calendar.days - since)
    duos = duos_band_of_half_hours(calendar, distributor_of(series.meter_id)) if contract.is_network_charged else None
    micro = 0
    month = calendar.month_numbers[calendar.day_of_half_hour]
    for number in np.unique(month[in_year]).tolist():
        when = date(number // 12, number % 12 + 1, 1)
        in_month = in_year & (month == number)
        levy = ccl_micro_gbp(contract.fuel, when) if pays_levy else 0
        for band in contract.unit_bands:
            in_band = in_month & {"all": True, "day": ~calendar.is_night, "night": calendar.is_night}[band]
            micro += int(read_wh[in_band].sum()) * (contract.micro_gbp("unit", band, when) + levy)
        for place, band in enumerate(DUOS_BANDS) if duos is not None else ():
            micro += int(read_wh[in_month & (duos == place)].sum()) * contract.micro_gbp("duos", band, when)
    truth = Truth(
        truth_id=f"{plan.site_id}-load-when-closed",
        kind="saving",
        detector_id="load_when_closed",
        meter_id=series.meter_id,
        site_id=plan.site_id,
        from_date=first_date,
        to_date=calendar.last_date,
        kwh_12m=round(int(read_wh[in_year].sum()) / 1000, 3),
        gbp_12m=round(micro / MICRO_GBP_WH, 2),
        note=note,
    )
    return truth, read_wh


def maximum_demand_kva(calendar: SettlementCalendar, active: MeteredSeries, reactive: MeteredSeries) -> float:
    """Highest kVA of the 24 months to the last day, over half-hours with actual active and reactive readings."""
    since = max(0, calendar.day_index(months_before(calendar.last_date, 24)))
    usable = (active.status == ACTUAL) & (reactive.status == ACTUAL) & (calendar.day_of_half_hour >= since)
    if not usable.any():
        return 0.0
    kw = active.thousandths[usable] / 500.0
    kvar = reactive.thousandths[usable] / 500.0
    return float(np.sqrt(kw**2 + kvar**2).max())


def needed_capacity_kva(maximum_kva: float) -> int:
    """Whole kVA that cover the maximum demand with a tenth in hand."""
    # Rounded before the ceiling, since 100 x 1.1 is a hair over 110 in floating point.
    return math.ceil(round(maximum_kva * HEADROOM_PCT / 100, 6))


def short_capacity_kva(plan: SitePlan, needed_kva: int, monthly_kva: list[float], seed: int) -> int:
    """An agreed capacity so far below demand that agreeing the need would be cheaper; `monthly_kva` of the last year.

    With excess at `EXCESS_RATIO` times the charge for agreed capacity both ways cost the same at
    agreed = (ratio x mean monthly demand - need) / (ratio - 1).
    """
    random = generator(seed, "agreed capacity", plan.number)
    mean_kva = sum(monthly_kva) / len(monthly_kva)
    break_even = (EXCESS_RATIO * mean_kva - needed_kva) / (EXCESS_RATIO - 1)
    return max(10, math.floor(break_even * random.uniform(0.25, 0.5)))


def agreed_capacity_kva(plan: SitePlan, needed_kva: int, is_planted: bool, seed: int) -> int:
    """Agreed capacity of the supply: well above the need where planted, otherwise at or slightly under it."""
    random = generator(seed, "agreed capacity", plan.number)
    if is_planted:
        return max(needed_kva + 10, 5 * math.ceil(needed_kva * random.uniform(1.35, 1.9) / 5))
    return max(1, math.floor(needed_kva * random.uniform(0.94, 1.0)))


def capacity_truth(
    plan: SitePlan, calendar: SettlementCalendar, contract: Contract, needed_kva: int, agreed_kva: int
) -> Truth:
    """Worth of the capacity above need, day by day at the rate then in force."""
    since = twelve_months_to(calendar.last_date)
    micro = 0
    for day in range((calendar.last_date - since).days + 1):
        micro += (agreed_kva - needed_kva) * contract.micro_gbp("capacity", "all", since + timedelta(days=day))
    return Truth(
        truth_id=f"{plan.site_id}-capacity-above-need",
        kind="saving",
        detector_id="capacity_above_need",
        meter_id=contract.meter_id,
        site_id=plan.site_id,
        from_date=since,
        to_date=calendar.last_date,
        kwh_12m=0.0,
        gbp_12m=round(micro / 1_000_000, 2),
        note=f"Agreed {agreed_kva} kVA; {needed_kva} kVA would do with a tenth in hand.",
    )
