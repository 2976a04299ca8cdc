"""Days without readings between a meter and the one that took its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from data_layer.quality.fault import Fault, on_days
from data_layer.savings.arrays import MeterArrays, uk_periods_in_day

LONG_GAP_DAYS = 28
"""From this many days between two devices on, what was used before is not compared with what is used after."""


@dataclass(frozen=True)
class Gap:
    """Days without any reading: `dates` datetime64[D] (m,), `half_hours` int (m,) that each of them has."""

    reason_code: str
    reason: str
    dates: np.ndarray
    half_hours: np.ndarray


def find_gaps(meter: MeterArrays) -> list[Gap]:
    """Days without readings between two devices, or between the supply that this one replaces and this one.

    Days that are missing for no such reason, and half-hours, are counted by the mart.
    """
    gaps = []
    for first, last in exchange_gaps(meter):
        days = meter.dates[first:last]
        reason = f"{len(days):,} days without readings between two devices, {_span(days)}."
        gaps.append(Gap("exchange_gap", reason, days, meter.periods_in_day[first:last]))
    before = _days_since_replaced_supply(meter)
    if len(before):
        reason = (
            f"{len(before):,} days without readings between supply {meter.replaces_meter_id} and this one, "
            f"{_span(before)}."
        )
        gaps.append(Gap("exchange_gap", reason, before, uk_periods_in_day(before)))
    return gaps


def find_before_exchange_gap(meter: MeterArrays) -> Fault | None:
    """All days before a long gap between two devices: the level after it need not be the level before."""
    long = [(first, last) for first, last in exchange_gaps(meter) if last - first >= LONG_GAP_DAYS]
    if not long:
        return None
    first, last = long[-1]
    days = np.arange(len(meter.dates)) < first
    reason = (
        f"Nothing was read for {last - first:,} days when the device was exchanged, {_span(meter.dates[first:last])}: "
        "the days before are not compared with those after."
    )
    return Fault("before_exchange_gap", reason, on_days(meter, days))


def exchange_gaps(meter: MeterArrays) -> list[tuple[int, int]]:
    """First unread day and the first one read again, about each first day of a further device; rows of the arrays."""
    has_reads = meter.is_read.any(axis=1)
    found = []
    for start in meter.device_starts:
        row = int((start - meter.dates[0]).astype(int))
        before = np.flatnonzero(has_reads[: max(row, 0)])
        after = np.flatnonzero(has_reads[max(row, 0) :])
        if len(before) and len(after) and before[-1] + 1 < row + after[0]:
            found.append((int(before[-1]) + 1, row + int(after[0])))
    return found


def _days_since_replaced_supply(meter: MeterArrays) -> np.ndarray:
    """Days after the last reading of the supply that this one replaces, before its own first one."""
    if meter.replaced_last_date is None:
        return meter.dates[:0]
    first = np.datetime64(meter.replaced_last_date) + 1
    return np.arange(min(first, meter.dates[0]), meter.dates[0])


def _span(days: np.ndarray) -> str:
    first, last = (date.fromisoformat(str(day)) for day in (days[0], days[-1]))
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
