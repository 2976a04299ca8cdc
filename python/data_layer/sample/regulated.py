"""Regulated charges, levy and VAT as the seeds have them. Money in millionths of a pound (int), dates inclusive."""

from __future__ import annotations

import csv
from bisect import bisect_right
from datetime import date
from decimal import Decimal
from functools import lru_cache

import numpy as np

from data_layer.sample.settlement_calendar import SettlementCalendar
from data_layer.warehouse.config import project_root

DUOS_BANDS = ("red", "amber", "green")
ANY_DISTRIBUTOR = ("", "all")
NETWORK_ELEMENTS = {"duos": DUOS_BANDS, "capacity": ("all",), "excess_capacity": ("all",), "reactive": ("all",)}


@lru_cache(maxsize=16)
def _seed(name: str) -> tuple[dict[str, str], ...]:
    with (project_root() / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def _millionths(text: str) -> int:
    return int(Decimal(text) * 1_000_000)


class _Dated:
    """Values by first day; a day before the first has the first, as nothing older is known."""

    def __init__(self, pairs: list[tuple[date, int]]):
        ordered = sorted(pairs)
        self.first_dates = [since for since, _ in ordered]
        self.values = [value for _, value in ordered]

    def on(self, when: date) -> int:
        return self.values[max(0, bisect_right(self.first_dates, when) - 1)]


def _by_key(name: str, key: tuple[str, ...], value: str) -> dict[tuple[str, ...], _Dated]:
    pairs: dict[tuple[str, ...], list[tuple[date, int]]] = {}
    for row in _seed(name):
        since = date.fromisoformat(row["valid_from_date"])
        pairs.setdefault(tuple(row[part] for part in key), []).append((since, _millionths(row[value])))
    return {names: _Dated(values) for names, values in pairs.items()}


@lru_cache(maxsize=1)
def _levies() -> dict[tuple[str, ...], _Dated]:
    return _by_key("climate_change_levy_rates", ("fuel",), "rate_gbp_per_kwh")


@lru_cache(maxsize=1)
def _duos_rates() -> dict[tuple[str, ...], _Dated]:
    return _by_key("duos_rates", ("distributor_id", "element", "rate_band"), "rate_gbp")


@lru_cache(maxsize=1)
def _residuals() -> dict[tuple[str, ...], _Dated]:
    return _by_key("tnuos_residual_rates", ("charging_band",), "rate_gbp_per_day")


def ccl_micro_gbp(fuel: str, when: date) -> int:
    """Climate Change Levy on a day, a kWh."""
    return _levies()[(fuel,)].on(when)


def ccl_of_other_years(fuel: str, when: date) -> list[int]:
    """Levies of other years that are dearer than the one in force, nearest year first."""
    levy = _levies()[(fuel,)]
    right = levy.on(when)
    dated = zip(levy.first_dates, levy.values, strict=True)
    dearer = [(abs((since - when).days), value) for since, value in dated if value > right]
    return [value for _, value in sorted(dearer)]


@lru_cache(maxsize=8)
def _vat(fuel: str) -> tuple[int, int, int]:
    (row,) = (row for row in _seed("vat_rates") if row["fuel"] == fuel)
    daily_wh = int(Decimal(row["de_minimis_kwh_per_day"]) * 1000)
    return int(Decimal(row["standard_rate_pct"])), int(Decimal(row["reduced_rate_pct"])), daily_wh


def standard_vat_pct(fuel: str) -> int:
    return _vat(fuel)[0]


def vat_pct(fuel: str, wh: int, days: int) -> int:
    """VAT on a bill of so much energy: the reduced rate at or under the de minimis."""
    return _vat(fuel)[1] if is_small(fuel, wh, days) else _vat(fuel)[0]


def de_minimis_wh_per_day(fuel: str) -> int:
    return _vat(fuel)[2]


def is_small(fuel: str, wh: int, days: int) -> bool:
    """At or under the de minimis: domestic use, so reduced VAT and no levy."""
    return wh <= _vat(fuel)[2] * days


def distributor_of(mpan: str) -> str:
    """Distribution area: the first two digits of the supply number."""
    return mpan[:2]


def network_micro_gbp(distributor_id: str, element: str, rate_band: str, when: date) -> int:
    """A distributor's charge on a day: duos a kWh, capacity and excess_capacity a kVA and day, reactive a kVArh."""
    return _duos_rates()[(distributor_id, element, rate_band)].on(when)


def residual_micro_gbp(charging_band: str, when: date) -> int:
    """Transmission residual of a band, a day."""
    return _residuals()[(charging_band,)].on(when)


@lru_cache(maxsize=1)
def charging_bands() -> tuple[tuple[str, Decimal, Decimal], ...]:
    """Name, lower limit (exclusive) and upper limit (inclusive) in kVA of each band, lowest first."""
    bands = {
        (row["charging_band"], Decimal(row["agreed_above_kva"]), Decimal(row["agreed_up_to_kva"]))
        for row in _seed("tnuos_residual_rates")
    }
    return tuple(sorted(bands, key=lambda band: band[1]))


def charging_band_of(agreed_kva: int) -> str:
    """Residual charging band of a supply with an agreed capacity."""
    return next(name for name, above, up_to in charging_bands() if above < agreed_kva <= up_to)


@lru_cache(maxsize=32)
def _band_by_slot(distributor_id: str) -> np.ndarray:
    """Number of the band (place in DUOS_BANDS) by day type (0 weekday, 1 weekend) and half-hour of the clock."""
    rows = _seed("duos_bands")
    own = [row for row in rows if row.get("distributor_id", "") == distributor_id]
    if not own:
        own = [row for row in rows if (row.get("distributor_id") or "") in ANY_DISTRIBUTOR]
    slots = np.full((2, 48), -1, dtype=np.int64)
    for row in own:
        begin, end = int(row["starts_minute"]) // 30, int(row["ends_minute"]) // 30
        slots[0 if row["day_type"] == "weekday" else 1, begin:end] = DUOS_BANDS.index(row["duos_band"])
    if (slots < 0).any():
        raise ValueError(f"seeds/duos_bands.csv does not cover the day of distributor {distributor_id}.")
    return slots


@lru_cache(maxsize=32)
def duos_band_of_half_hours(calendar: SettlementCalendar, distributor_id: str) -> np.ndarray:
    """Place in DUOS_BANDS of each half-hour (int64); a bank holiday counts as the day of the week it falls on."""
    is_weekend = (calendar.weekday >= 6).astype(np.int64)[calendar.day_of_half_hour]
    return _band_by_slot(distributor_id)[is_weekend, calendar.local_minute // 30]
