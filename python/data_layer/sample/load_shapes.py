"""Electricity and gas demand of a site, half-hour by half-hour, without faults, gaps or planted waste.

Levels are illustrative; the ratios follow what is known of British shops and offices: refrigeration is about half of
a convenience store's electricity, an office uses about 95 kWh a square metre.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from data_layer.sample.randomness import generator, lasting_noise
from data_layer.sample.settlement_calendar import SettlementCalendar
from data_layer.sample.site_plans import SitePlan, Timetable

HEATING_BASE_C = 15.5


@dataclass(frozen=True)
class OpeningState:
    """When a site is open. All arrays over half-hours.

    is_open: any part of the half-hour lies within opening hours (bool); closed is its opposite.
    activity: 0 closed to 1 open, with the hour of setting up and of cleaning in between (float64).
    is_open_day: over days, bool.
    """

    is_open: np.ndarray
    activity: np.ndarray
    is_open_day: np.ndarray


def opening_state(calendar: SettlementCalendar, timetables: list[Timetable], nation: str) -> OpeningState:
    """Opening hours laid on the half-hours of the span, by local clock."""
    kinds = calendar.day_kind(nation)
    opens = np.full(calendar.days, -1, dtype=np.int64)
    closes = np.full(calendar.days, -1, dtype=np.int64)
    for table in timetables:
        since = max(0, calendar.day_index(table.valid_from_date))
        table_opens, table_closes = np.full(9, -1, dtype=np.int64), np.full(9, -1, dtype=np.int64)
        for kind, (minute_from, minute_to) in table.hours.items():
            table_opens[kind], table_closes[kind] = minute_from, minute_to
        opens[since:] = table_opens[kinds[since:]]
        closes[since:] = table_closes[kinds[since:]]
    opens_at, closes_at = opens[calendar.day_of_half_hour], closes[calendar.day_of_half_hour]
    minute = calendar.local_minute
    has_hours = opens_at >= 0
    is_open = has_hours & (minute + 30 > opens_at) & (minute < closes_at)
    before = has_hours & ~is_open & (minute < opens_at) & (minute >= opens_at - 60)
    after = has_hours & ~is_open & (minute >= closes_at) & (minute < closes_at + 60)
    activity = np.where(is_open, 1.0, np.where(before, 0.35, np.where(after, 0.25, 0.0)))
    return OpeningState(is_open, activity, opens >= 0)


@dataclass(frozen=True)
class SiteLoad:
    """Mean power over each half-hour in kW (float64): what the meters would see, and the reactive power in kVAr."""

    electricity_kw: np.ndarray
    reactive_kvar: np.ndarray
    gas_kw: np.ndarray | None


def site_load(
    plan: SitePlan, calendar: SettlementCalendar, state: OpeningState, outdoor_c: np.ndarray, seed: int
) -> SiteLoad:
    """Demand of one site. `calendar` and `outdoor_c` cover the whole span, also before a late opening."""
    random = generator(seed, "load", plan.number)
    day = calendar.day_of_half_hour
    here_c = outdoor_c + random.normal(0.0, 0.5)
    trend = 1.0 + random.normal(0.0, 0.012) * (np.arange(calendar.days) / 365.25)
    level = trend * np.exp(0.02 * lasting_noise(random, calendar.days, 0.985))
    busy = np.exp(0.05 * lasting_noise(random, calendar.days, 0.6)) * level
    steady = np.exp(0.02 * lasting_noise(random, calendar.days, 0.75)) * level
    jitter = 1.0 + 0.05 * lasting_noise(random, calendar.half_hours, 0.5)
    hours_of_trade = _trade(plan.site_type, calendar)

    base_kw, open_kw, heat_kw_per_c, cool_kw_per_c = _levels(plan, random)
    electricity = base_kw * steady[day] + open_kw * state.activity * (busy * hours_of_trade)[day]
    electricity += cool_kw_per_c * np.maximum(here_c - 18.0, 0.0) * state.activity
    electricity += _refrigeration(plan, calendar, here_c, state) * steady[day]

    heat_kw, gas_kw = _heating(plan, calendar, state, here_c, heat_kw_per_c, random), None
    heat_kw = heat_kw * np.exp(0.06 * lasting_noise(random, calendar.days, 0.6))[day]
    if plan.gas_meter_id:
        hot_water = 0.08 * heat_kw_per_c * 10.0 * state.activity
        gas_kw = (heat_kw / 0.85 + hot_water) * jitter
    else:
        # A heat pump or direct heaters: half the heat comes from outdoors on average.
        electricity = electricity + heat_kw / 2.0
    electricity = np.maximum(electricity * jitter, 0.02)
    # Power factor 0.90 to 0.98: motors of refrigeration and ventilation draw reactive power.
    ratio = random.uniform(0.22, 0.42)
    reactive = electricity * ratio * (1.0 + 0.04 * lasting_noise(random, calendar.half_hours, 0.7))
    return SiteLoad(electricity, np.maximum(reactive, 0.0), gas_kw)


def _levels(plan: SitePlan, random: np.random.Generator) -> tuple[float, float, float, float]:
    """Base kW, extra kW when open, heating kW a degree, cooling kW a degree."""
    area = plan.floor_area_m2
    vary = float(np.exp(0.1 * random.standard_normal()))
    if plan.site_type == "food_store":
        sales = plan.sales_area_m2 or area
        return 0.010 * sales * vary, 0.052 * sales * vary, 0.0045 * sales, 0.0035 * sales
    if plan.site_type == "funeral_home":
        size = 0.35 if plan.role == "small_supply" else 1.0
        base_kw, open_kw = (0.5 + 0.0016 * area) * vary * size, (1.0 + 0.011 * area) * vary * size
        return base_kw, open_kw, 0.004 * area * size, 0.0015 * area
    if plan.site_type == "office":
        return 0.0042 * area * vary, 0.019 * area * vary, 0.0019 * area, 0.0010 * area
    return 0.0030 * area * vary, 0.0085 * area * vary, 0.0016 * area, 0.0002 * area


def _trade(site_type: str, calendar: SettlementCalendar) -> np.ndarray:
    """Activity of each day against an ordinary one: the retail year for shops, the quiet week for offices."""
    if site_type == "food_store":
        return calendar.christmas_trading
    if site_type == "depot":
        return np.sqrt(calendar.christmas_trading)
    quiet = [(when.month, when.day) >= (12, 24) or (when.month, when.day) <= (1, 1) for when in calendar.dates]
    return np.where(quiet, 0.55, 1.0)


def _refrigeration(plan: SitePlan, calendar: SettlementCalendar, here_c: np.ndarray, state: OpeningState) -> np.ndarray:
    """Draw of fixed refrigeration in kW: half its rating in mild weather, more when warm, a little more when open."""
    if not plan.refrigeration_kw:
        return np.zeros(calendar.half_hours)
    rated = np.full(calendar.days, plan.refrigeration_kw)
    if plan.refit_date:
        rated[_days_from(calendar, plan.refit_date) :] = plan.refit_refrigeration_kw
    warmth = 1.0 + 0.017 * (here_c - 10.0) + 0.018 * np.maximum(here_c - 20.0, 0.0)
    demand = 0.48 * warmth * (1.0 + 0.07 * state.is_open)
    return rated[calendar.day_of_half_hour] * np.clip(demand, 0.25, 1.0)


def _heating(
    plan: SitePlan,
    calendar: SettlementCalendar,
    state: OpeningState,
    here_c: np.ndarray,
    heat_kw_per_c: float,
    random: np.random.Generator,
) -> np.ndarray:
    """Heat demand in kW: to comfort when open (and in the two hours before), to frost protection when closed."""
    ahead = np.zeros_like(state.activity)
    ahead[:-4] = state.activity[4:]
    wanted = np.maximum(state.is_open.astype(float), 0.9 * (ahead > 0.3))
    comfort = heat_kw_per_c * np.maximum(HEATING_BASE_C - here_c, 0.0) * wanted
    frost_from_c = random.uniform(4.0, 5.0) if plan.role == "frost_heating" else 1.0
    frost = heat_kw_per_c * 1.4 * np.maximum(frost_from_c - here_c, 0.0) * (wanted == 0.0)
    return comfort + frost


def _days_from(calendar: SettlementCalendar, when: date) -> int:
    return min(max(calendar.day_index(when), 0), calendar.days)
