"""The half-hours of a span of local days, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np

LOCAL_ZONE = ZoneInfo("Europe/London")
HALF_HOUR_SECONDS = 1800
NIGHT_ENDS_MINUTE = 7 * 60
BANK_HOLIDAY_KIND = 8
HOLIDAY_SUBDIVISIONS = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern_ireland": "NIR"}


@dataclass(frozen=True)
class SettlementCalendar:
    """Half-hours from local midnight of `first_date` to the end of `last_date` (both inclusive).

    Arrays over days have length `days`, arrays over half-hours length `half_hours`; half-hours run in UTC order, so a
    clock-change day has 46 or 50 of them.
    """

    first_date: date
    last_date: date

    @property
    def days(self) -> int:
        return (self.last_date - self.first_date).days + 1

    @cached_property
    def midnight_utc_seconds(self) -> np.ndarray:
        """Start of each local day and of the day after the last, in seconds since 1970 (int64, days + 1)."""
        midnight = datetime.min.time()
        days = [self.first_date + timedelta(days=day) for day in range(self.days + 1)]
        moments = [datetime.combine(day, midnight, LOCAL_ZONE).timestamp() for day in days]
        return np.array(moments, dtype=np.int64)

    @cached_property
    def periods_in_day(self) -> np.ndarray:
        """46, 48 or 50 a day (int64)."""
        return np.diff(self.midnight_utc_seconds) // HALF_HOUR_SECONDS

    @cached_property
    def first_half_hour_of_day(self) -> np.ndarray:
        """Position of each day's first half-hour, with the total at the end (int64, days + 1)."""
        return np.concatenate([[0], np.cumsum(self.periods_in_day)])

    @property
    def half_hours(self) -> int:
        return int(self.first_half_hour_of_day[-1])

    @cached_property
    def day_of_half_hour(self) -> np.ndarray:
        """Number of the local day of each half-hour, from 0 (int64)."""
        return np.repeat(np.arange(self.days), self.periods_in_day)

    @cached_property
    def settlement_period(self) -> np.ndarray:
        """1 to 46, 48 or 50 (int64)."""
        return np.arange(self.half_hours) - self.first_half_hour_of_day[self.day_of_half_hour] + 1

    @cached_property
    def utc_seconds(self) -> np.ndarray:
        """Start of each half-hour in seconds since 1970 (int64)."""
        return self.midnight_utc_seconds[0] + HALF_HOUR_SECONDS * np.arange(self.half_hours, dtype=np.int64)

    @cached_property
    def offset_seconds(self) -> np.ndarray:
        """Local time minus UTC at the start of each half-hour (int64): 0 or 3600."""
        offset = np.zeros(self.half_hours, dtype=np.int64)
        for day in range(self.days):
            begin, end = self.first_half_hour_of_day[day], self.first_half_hour_of_day[day + 1]
            if self.periods_in_day[day] == 48:
                offset[begin:end] = _offset_at(int(self.utc_seconds[begin]))
            else:
                offset[begin:end] = [_offset_at(int(moment)) for moment in self.utc_seconds[begin:end]]
        return offset

    @cached_property
    def local_minute(self) -> np.ndarray:
        """Clock minutes after local midnight at the start of each half-hour (int64); repeats on the long autumn day."""
        return ((self.utc_seconds + self.offset_seconds) % 86400) // 60

    @cached_property
    def is_night(self) -> np.ndarray:
        """True where the half-hour starts before 07:00 local time: the night rate band."""
        return self.local_minute < NIGHT_ENDS_MINUTE

    @cached_property
    def dates(self) -> list[date]:
        return [self.first_date + timedelta(days=day) for day in range(self.days)]

    @cached_property
    def day_numbers(self) -> np.ndarray:
        """Days since 1970-01-01 (int32), as Arrow's date32 holds them."""
        first = (self.first_date - date(1970, 1, 1)).days
        return np.arange(first, first + self.days, dtype=np.int32)

    @cached_property
    def weekday(self) -> np.ndarray:
        """1 Monday to 7 Sunday (int64)."""
        return (self.day_numbers.astype(np.int64) + 3) % 7 + 1

    @cached_property
    def month_numbers(self) -> np.ndarray:
        """Months since year 0 of each day (int64)."""
        return np.array([day.year * 12 + day.month - 1 for day in self.dates], dtype=np.int64)

    @cached_property
    def day_of_year(self) -> np.ndarray:
        return np.array([day.timetuple().tm_yday for day in self.dates], dtype=np.int64)

    @cached_property
    def christmas_trading(self) -> np.ndarray:
        """Trade against an ordinary week (float64), by the retail week (Sunday to Saturday) that holds each day.

        Retail weeks, not dates: in a 53-week year the busy weeks fall a week later in the calendar.
        """
        uplift = np.ones(self.days)
        for day, when in enumerate(self.dates):
            saturday = when + timedelta(days=(5 - when.weekday()) % 7)
            days_to_christmas = (date(saturday.year, 12, 25) - saturday).days
            if saturday.month == 12 and -6 <= days_to_christmas <= 0:
                uplift[day] = 1.10
            elif saturday.month == 12 and 0 < days_to_christmas <= 21:
                uplift[day] = 1.06
            elif saturday.month == 1 and saturday.day <= 28:
                uplift[day] = 0.96
            if (when.month, when.day) == (12, 25):
                uplift[day] = 0.12
        return uplift

    def day_kind(self, nation: str) -> np.ndarray:
        """1 Monday to 7 Sunday, 8 bank holiday of the nation (int64)."""
        kinds = self.weekday.copy()
        wanted = bank_holidays(nation, self.first_date.year, self.last_date.year)
        kinds[[when in wanted for when in self.dates]] = BANK_HOLIDAY_KIND
        return kinds

    def day_index(self, when: date) -> int:
        return (when - self.first_date).days


def _offset_at(moment: int) -> int:
    offset = datetime.fromtimestamp(moment, UTC).astimezone(LOCAL_ZONE).utcoffset()
    return int(offset.total_seconds()) if offset else 0


@lru_cache(maxsize=16)
def bank_holidays(nation: str, first_year: int, last_year: int) -> frozenset[date]:
    """Bank holidays of a nation. A holiday at the weekend is kept only as its substitute, as gov.uk lists it."""
    known = holidays.country_holidays(
        "GB", subdiv=HOLIDAY_SUBDIVISIONS[nation], years=range(first_year, last_year + 1), observed=True
    )
    return frozenset(when for when in known if when.weekday() < 5)


@lru_cache(maxsize=4)
def calendar_between(first_date: date, last_date: date) -> SettlementCalendar:
    """The calendar of a span; made once, since every site of an estate shares it."""
    return SettlementCalendar(first_date, last_date)
