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
LEAST_DECIDED = 2  # clock changes
LEAST_SHARE = 0.75  # of the decided ones


@dataclass(frozen=True)
class ClockChange:
    """row: day of the change in the meter's arrays; hours: by how much the profile is later in summer than in winter.

    1 later, -1 earlier, 0 stays where it is by local time, None: the profiles do not tell.
    """

    row: int
    is_spring: bool
    hours: int | None


def find_wrong_time_zone(meter: MeterArrays, known_bad: np.ndarray) -> Fault | None:
    """Days of summer time on which the profile stands an hour off its place in winter.

    known_bad  bool (days, 50): faults found before, left out here
    At least LEAST_DECIDED clock changes must tell, and LEAST_SHARE of those that do must tell the same. A summer with a
    clock change that shows the profile in its place is not counted among the wrong ones.
    """
    changes = clock_changes(meter, known_bad)
    decided = [change for change in changes if change.hours is not None]
    if len(decided) < LEAST_DECIDED:
        return None
    hours = max((1, -1), key=lambda one: sum(change.hours == one for change in decided))
    shown = sum(change.hours == hours for change in decided)
    share = shown / len(decided)
    if shown < LEAST_DECIDED or share < LEAST_SHARE:
        return None
    is_off = is_summer_time(meter)
    for first, last in _summers(meter):
        if any(change.hours == 0 and change.row in (first, last) for change in changes):
            is_off[max(first, 0) : last] = False
    cause = "local time delivered as UTC" if hours > 0 else "UTC delivered as local time"
    reason = (
        f"In summer time the daily profile stands an hour {'later' if hours > 0 else 'earlier'} than in winter, at "
        f"{shown} of {len(decided)} clock changes that tell: {cause}, or time switches that are not put forward."
    )
    nothing = np.zeros_like(meter.exists)
    return Fault("wrong_time_zone", reason, on_days(meter, is_off), nothing, np.where(is_off, share, np.nan))


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


def is_summer_time(meter: MeterArrays) -> np.ndarray:
    """bool (n,): the day begins an hour earlier in UTC than a winter's; the day of the spring change is not one."""
    is_summer = np.zeros(len(meter.dates), dtype=bool)
    for first, last in _summers(meter):
        is_summer[max(first + 1, 0) : last + 1] = True
    return is_summer


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
