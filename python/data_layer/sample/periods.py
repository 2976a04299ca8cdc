"""Spans of whole months and years that end on a day."""

from __future__ import annotations

from datetime import date, timedelta


def twelve_months_to(as_of_date: date) -> date:
    """First day (inclusive) of the 12 months that end on `as_of_date`."""
    next_day = as_of_date + timedelta(days=1)
    try:
        return next_day.replace(year=next_day.year - 1)
    except ValueError:  # 29 February has no twin in the year before
        return date(next_day.year - 1, 3, 1)


def months_before(when: date, months: int) -> date:
    """First day (inclusive) of so many whole years, given in months, that end on `when`."""
    first = when
    for _ in range(months // 12):
        first = twelve_months_to(first) - timedelta(days=1)
    return first + timedelta(days=1)
