"""Small made-up metering points for the tests of savings and forecasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data_layer.savings.arrays import NOT_KNOWN, PERIODS, MeterArrays, uk_periods_in_day
from data_layer.savings.detection import Inputs, Window

OPENS, CLOSES = 8 * 60, 18 * 60


def starts_minute(dates: np.ndarray) -> np.ndarray:
    """Local clock minute of each half-hour; the hour from 01:00 is missing in spring and comes twice in autumn."""
    rows = []
    for count in uk_periods_in_day(dates):
        clock = list(range(0, 24 * 60, 30))
        if count == 46:
            clock = [minute for minute in clock if not 60 <= minute < 120]
        if count == 50:
            clock = [*clock[:4], 60, 90, *clock[4:]]
        rows.append(clock + [NOT_KNOWN] * (PERIODS - count))
    return np.array(rows, dtype=np.int16)


def office(first: str = "2023-01-01", last: str = "2025-12-31", seed: int = 1, noise: float = 0.05) -> MeterArrays:
    """Office, open 08:00 to 18:00 on weekdays: 2 kW when closed, 12 kW when open, some answer to cold when open."""
    random = np.random.default_rng(seed)
    dates = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    n = len(dates)
    periods_in_day = uk_periods_in_day(dates)
    exists = np.arange(PERIODS)[None, :] < periods_in_day[:, None]
    minutes = starts_minute(dates)
    closed_all_day = (dates.astype(int) + 3) % 7 >= 5
    is_closed = exists & (closed_all_day[:, None] | (minutes + 30 <= OPENS) | (minutes >= CLOSES))
    year = 2 * np.pi * (dates.astype(int) - 110) / 365.25
    mean_c = 10 + 6 * np.sin(year) + random.normal(0, 2, n)
    temperature = mean_c[:, None] + 3 * np.sin(2 * np.pi * (minutes - 540) / 1440)
    used_kw = np.where(is_closed, 2.0, 12.0 + 0.2 * np.maximum(15.5 - temperature, 0))
    used_kw = used_kw * (1 + noise * random.standard_normal((n, PERIODS)))
    used_wh = np.where(exists, np.rint(np.maximum(used_kw, 0.02) * 500), 0).astype(np.int64)
    return MeterArrays(
        meter_id="1000000000001",
        site_id="S1",
        site_type="office",
        fuel="electricity",
        dates=dates,
        periods_in_day=periods_in_day,
        used_wh=used_wh,
        is_read=exists.copy(),
        is_actual=exists.copy(),
        reactive_varh=np.where(exists, used_wh // 3, 0),
        is_reactive_delivered=exists.copy(),
        is_reactive_read=exists.copy(),
        is_hours_known=np.ones(n, dtype=bool),
        is_closed_all_day=closed_all_day,
        opens_minute=np.where(closed_all_day, NOT_KNOWN, OPENS).astype(np.int16),
        closes_minute=np.where(closed_all_day, NOT_KNOWN, CLOSES).astype(np.int16),
        is_closed=is_closed,
        is_site_open=np.ones(n, dtype=bool),
        starts_minute=minutes,
        temperature_c=np.where(exists, temperature, np.nan),
        price_micro_gbp=np.where(exists, 240_000, -1).astype(np.int64),
        price_band=np.zeros((n, PERIODS), dtype=np.int8),
        agreed_centi_kva=np.full(n, 100_00, dtype=np.int64),
        capacity_micro_gbp=np.full(n, 50_000, dtype=np.int64),
        is_profiled=np.zeros((n, PERIODS), dtype=bool),
        device_starts=np.array([], dtype="datetime64[D]"),
        last_service_date=dates[-1],
        is_submeter=False,
        replaces_meter_id=None,
        replaced_last_date=None,
    )


def with_waste(meter: MeterArrays, kw: float, first: str, last: str = "2025-12-31") -> tuple[MeterArrays, np.ndarray]:
    """The same meter with so many kW more in every closed half-hour of these days; and the Wh added (days, 50)."""
    days = (meter.dates >= np.datetime64(first)) & (meter.dates <= np.datetime64(last))
    added = np.where(meter.is_closed & days[:, None], int(kw * 500), 0)
    return replace(meter, used_wh=meter.used_wh + added), added


def inputs_of(meter: MeterArrays, is_usable: np.ndarray | None = None, **changes: object) -> Inputs:
    """Inputs for the last 365 days of the arrays."""
    window = Window(len(meter.dates) - 365, len(meter.dates) - 1)
    given = {
        "meter": meter,
        "is_usable": meter.is_actual if is_usable is None else is_usable,
        "window": window,
        "allocated_wh": np.zeros_like(meter.used_wh),
    }
    return Inputs(**(given | changes))
