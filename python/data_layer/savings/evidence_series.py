"""Short series that go with a candidate's figures, so that a reader can see what a detector saw."""

from __future__ import annotations

import math

import numpy as np


def monthly_highest_kva(dates: np.ndarray, squared_va: np.ndarray, in_scope: np.ndarray) -> dict[str, float | None]:
    """Highest demand of each month, from the first to the last month with a half-hour in scope.

    dates       datetime64[D] (n,)
    squared_va  int64 (n, 50): square of the demand in VA
    in_scope    bool (n, 50)
    Returns {"2025-01": kVA to two places}, None for a month without any.
    """
    rows = np.flatnonzero(in_scope.any(axis=1))
    if rows.size == 0:
        return {}
    months = dates.astype("datetime64[M]")
    highest_of_day = np.where(in_scope, squared_va, -1).max(axis=1)
    found: dict[str, float | None] = {}
    for month in np.arange(months[rows[0]], months[rows[-1]] + 1):
        highest = int(highest_of_day[months == month].max(initial=-1))
        found[str(month)] = None if highest < 0 else round(math.sqrt(highest) / 1000, 2)
    return found


def weekly_kwh(dates: np.ndarray, used_wh: np.ndarray, reference_wh: np.ndarray) -> list[list]:
    """What was used and what the reference says, a week at a time.

    dates                  datetime64[D] (m,): the day of each half-hour, in any order
    used_wh, reference_wh  (m,): of the same half-hours
    Returns [[Monday, used kWh, reference kWh], ...] without gaps; None in a week without any half-hour. A week at
    either end that has not all its days is left out: it would look like a fall.
    """
    if dates.size == 0:
        return []
    # 1970-01-01 was a Thursday: three days after a Monday.
    week = (dates.astype("datetime64[D]").astype(np.int64) + 3) // 7
    position = week - week.min()
    counts = np.bincount(position)
    used = np.bincount(position, weights=used_wh) / 1000
    reference = np.bincount(position, weights=reference_wh) / 1000
    mondays = np.datetime64("1970-01-01", "D") + (np.arange(len(counts)) + int(week.min())) * 7 - 3
    weeks = [
        [str(monday), round(float(kwh), 1), round(float(usual), 1)] if count else [str(monday), None, None]
        for monday, count, kwh, usual in zip(mondays, counts, used, reference, strict=True)
    ]
    days = [len(np.unique(dates[position == place])) for place in (0, len(counts) - 1)]
    first = 0 if days[0] == 7 else 1
    last = len(weeks) if days[1] == 7 else len(weeks) - 1
    return weeks[first:last]
