"""Meters whose clock is not local time: the day's profile moves by an hour when the clocks change.

People come and go by local time, so in settlement days a building's profile stays where it is when the clocks change. A
meter that keeps UTC all year but is delivered as local time shows everything an hour early in summer; local time
delivered as UTC shows it an hour late. So does a building whose time switches nobody puts forward: readings do not tell
these apart, and in all three cases the hours of opening do not fit the readings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_layer.quality.fault import Fault, on_days
from data_layer.savings.arrays import MeterArrays

SIDE_DAYS = 28  # on either side of a clock change
LEAST_WEEKDAYS = 10
HOUR = 2  # half-hours
DECIDED = 0.5
"""A change is decided where the misfit of one position is at most this share of the misfit of the others."""


@dataclass(frozen=True)
class ClockChange:
    """row: day of the change in the meter's arrays; hours: by how much the profile is later in summer than in winter.

    1 later, -1 earlier, 0 stays where it is by local time, None: the profiles do not tell.
    """

    row: int
    is_spring: bool
    hours: int | None


def find_wrong_time_zone(meter: MeterArrays, known_bad: np.ndarray) -> Fault | None:
    """Summers in whose days the profile stands an hour off its place in winter.

    known_bad  bool (days, 50): faults found before, left out here
    A spring and an autumn change must show it, with none between them that shows the profile in its place: what comes
    with the season (dusk, terms, heating) moves a profile one way in spring and the same way by the clock in autumn.
    """
    changes = clock_changes(meter, known_bad)
    decided = [change for change in changes if change.hours is not None]
    is_off = np.zeros(len(meter.dates), dtype=bool)
    shown: dict[int, int] = {}
    for hours in (1, -1):
        stretches = _stretches(changes, hours)
        for first, last in _summers(meter):
            if any({row for row in (first, last) if 0 <= row < len(meter.dates)} <= rows for rows in stretches):
                is_off[max(first + 1, 0) : last + 1] = True
                shown[hours] = sum(change.hours == hours for change in decided)
    if not shown:
        return None
    hours = max(shown, key=lambda one: shown[one])
    cause = "local time delivered as UTC" if hours > 0 else "UTC delivered as local time"
    reason = (
        f"In summer time the daily profile stands an hour {'later' if hours > 0 else 'earlier'} than in winter, at "
        f"{shown[hours]} of {len(decided)} clock changes that tell: {cause}, or time switches that are not put forward."
    )
    share = shown[hours] / len(decided)
    nothing = np.zeros_like(meter.exists)
    return Fault("wrong_time_zone", reason, on_days(meter, is_off), nothing, np.where(is_off, share, np.nan))


def _stretches(changes: list[ClockChange], hours: int) -> list[set[int]]:
    """Rows of clock changes that follow each other without one that shows another position; a spring and an autumn
    change in each must show this one."""
    stretches: list[list[ClockChange]] = [[]]
    for change in changes:
        if change.hours in (None, hours):
            stretches[-1].append(change)
        else:
            stretches.append([])
    return [
        {change.row for change in stretch}
        for stretch in stretches
        if {change.is_spring for change in stretch if change.hours == hours} == {True, False}
    ]


def clock_changes(meter: MeterArrays, known_bad: np.ndarray) -> list[ClockChange]:
    """What the weekdays before and after each clock change say, in order of day."""
    is_weekday = (meter.dates.astype(int) + 3) % 7 < 5
    whole = (meter.is_read & ~known_bad)[:, :48].all(axis=1) & (meter.periods_in_day == 48)
    days = np.flatnonzero(is_weekday & whole)
    found = []
    for row in np.flatnonzero(meter.periods_in_day != 48):
        before = days[(days >= row - SIDE_DAYS) & (days < row)]
        after = days[(days > row) & (days <= row + SIDE_DAYS)]
        is_spring = bool(meter.periods_in_day[row] == 46)
        winter, summer = (before, after) if is_spring else (after, before)
        found.append(ClockChange(int(row), is_spring, _hours_later(meter.used_wh[winter], meter.used_wh[summer])))
    return found


def _summers(meter: MeterArrays) -> list[tuple[int, int]]:
    """Rows of the spring and the autumn change of every summer in the arrays; before the first row or behind the last
    where the change itself is not in them."""
    changes = np.flatnonzero(meter.periods_in_day != 48)
    n = len(meter.dates)
    if not len(changes):
        month = int(meter.dates[0].astype("datetime64[M]").astype(int)) % 12 + 1
        return [(-1, n)] if n and 4 <= month <= 10 else []
    summers = []
    if meter.periods_in_day[changes[0]] == 50:
        summers.append((-1, int(changes[0])))
    for row in changes[meter.periods_in_day[changes] == 46]:
        later = changes[changes > row]
        summers.append((int(row), int(later[0]) if len(later) else n))
    return summers


def _hours_later(winter_wh: np.ndarray, summer_wh: np.ndarray) -> int | None:
    """How much later the profile of summer days is than that of winter days, each (m, 50) Wh; None where not clear."""
    if min(len(winter_wh), len(summer_wh)) < LEAST_WEEKDAYS:
        return None
    winter, summer = (_shape(values[:, :48]) for values in (winter_wh, summer_wh))
    if winter is None or summer is None:
        return None
    misfit = {hours: float(np.mean((summer - np.roll(winter, hours * HOUR)) ** 2)) for hours in (-1, 0, 1)}
    best = min(misfit, key=lambda hours: misfit[hours])
    others = min(value for hours, value in misfit.items() if hours != best)
    return best if misfit[best] <= DECIDED * others else None


def _shape(values: np.ndarray) -> np.ndarray | None:
    """Median day, with mean 0 and variance 1; None where it is flat."""
    profile = np.median(values, axis=0)
    spread = profile.std()
    return (profile - profile.mean()) / spread if spread > 0 else None
