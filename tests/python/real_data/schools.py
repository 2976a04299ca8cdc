"""Castle and Paulton schools, 2013 to 2018, as landing files.

A row a meter and day with 48 half-hours, on clock-change days too: the spring day has two values that no half-hour of
the clock can hold, the long autumn day lacks two. Whole days are missing. Readings are taken as actual; the source
does not say. Two old supplies of Castle ended at a meter exchange and the new one began a year and a half later.

School days are not in the source, holidays are: 08:00 to 16:00 on weekdays of term is assumed, and nothing is open in
the holidays. Bath's temperatures are taken as UTC.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from real_data.landing_files import METER_HEADER, OPENING_HEADER, SITE_HEADER, WEATHER_HEADER, Converted, weekday_hours

STATION = "bath"
SITE_IDS = {"Castle Primary School": "castle", "Paulton Junior School": "paulton"}
TIMES = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 1440, 30)]
PLACE = ("South West", "england", STATION)
REPLACED = {"2200042676990": "2200015105163"}
"""The new supply of Castle and the larger of the two that ended; the source's names say so ("New Supply", "##")."""
FIRST_WEATHER_YEAR = 2013


def convert(source: Path, landing: Path) -> Converted:
    """Write the landing files of both schools. source: folder energy_sparks_schools."""
    done = Converted(landing)
    with (source / "meters.csv").open(encoding="utf-8-sig", newline="") as file:
        meters = list(csv.DictReader(file))
    with gzip.open(source / "hh_kwh_by_day_48cols.csv.gz", "rt", encoding="utf-8-sig", newline="") as file:
        days = list(csv.DictReader(file))
    read_dates: dict[str, list[str]] = {}
    for day in days:
        read_dates.setdefault(day["meter_id"], []).append(day["reading_date"])
    first_day = min(min(dates) for dates in read_dates.values())
    last_day = max(max(dates) for dates in read_dates.values())

    schools = {meter["school"]: meter for meter in meters}
    done.write_csv(
        "energy/sites.csv",
        SITE_HEADER,
        [
            (
                SITE_IDS[name],
                first_day,
                name,
                "school",
                school["school_postcode"],
                *PLACE,
                school["school_floor_area"],
                0,
            )
            for name, school in schools.items()
        ],
    )
    done.write_csv(
        "energy/meters.csv",
        METER_HEADER,
        [
            (
                meter["meter_id"],
                min(read_dates[meter["meter_id"]]),
                max(read_dates[meter["meter_id"]]) if meter["meter_deprecated"] == "true" else None,
                SITE_IDS[meter["school"]],
                "electricity" if meter["id_kind"] == "mpan" else "gas",
                30,
                REPLACED.get(meter["meter_id"]),
                "replaces" if meter["meter_id"] in REPLACED else None,
            )
            for meter in meters
        ],
    )
    done.meters = len(meters)
    _write_readings(done, days)
    _write_weather(done, source / "bath_temperatures_halfhourly_48cols.csv.gz")
    holidays = _holidays(source / "bath_school_holidays.csv")
    done.write_csv(
        "energy/opening_hours.csv",
        OPENING_HEADER,
        [
            row
            for site_id in SITE_IDS.values()
            for row in _timetables(site_id, holidays, date.fromisoformat(first_day), date.fromisoformat(last_day))
        ],
    )
    return done


def is_short_day(day: date) -> bool:
    """Clocks go forward on the last Sunday of March."""
    return day.month == 3 and day.day > 24 and day.isoweekday() == 7


def is_long_day(day: date) -> bool:
    """Clocks go back on the last Sunday of October."""
    return day.month == 10 and day.day > 24 and day.isoweekday() == 7


def _write_readings(done: Converted, days: list[dict[str, str]]) -> None:
    totals, surplus_kwh = {"electricity": Decimal(0), "gas": Decimal(0)}, Decimal(0)
    source_kwh = Decimal(0)
    short_days = long_days = 0
    rows = []
    for day in days:
        values = [Decimal(day[time]) for time in TIMES]
        settlement_date = date.fromisoformat(day["reading_date"])
        periods = 46 if is_short_day(settlement_date) else 48
        # Some gas is a volume times a factor, with eight decimals; the warehouse holds whole Wh a half-hour.
        whole_wh = [value.quantize(Decimal("0.001"), ROUND_HALF_UP) for value in values]
        totals[day["fuel"]] += sum(whole_wh[:periods])
        surplus_kwh += sum(whole_wh[periods:])
        source_kwh += sum(values)
        short_days += is_short_day(settlement_date)
        long_days += is_long_day(settlement_date)
        rows.append((day["meter_id"], "AI", day["reading_date"], "kWh", "A", *(day[time] for time in TIMES)))
    header = ("meter_id", "measurement_quantity", "settlement_date", "unit", "reading_type")
    done.write_csv("energy/readings_hh.csv", (*header, *(f"hh_{number:02d}" for number in range(1, 49))), rows)
    done.consumption_kwh = totals
    done.facts |= {
        "surplus_half_hours": 2 * short_days,
        "surplus_kwh": surplus_kwh,
        "missing_half_hours_of_long_days": 2 * long_days,
        "source_kwh": source_kwh,
    }


def _write_weather(done: Converted, path: Path) -> None:
    def observations() -> Iterator[tuple]:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                day = datetime.strptime(row["at"], "%d/%m/%Y").date()
                if day.year >= FIRST_WEATHER_YEAR:
                    yield from (
                        (STATION, f"{day}T{time}:00Z", row[time]) for time in TIMES if (row[time] or "").strip()
                    )

    done.write_csv("energy/weather.csv", WEATHER_HEADER, observations())


def _holidays(path: Path) -> set[date]:
    days: set[date] = set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file, skipinitialspace=True):
            if len(row) >= 3:
                first, last = (datetime.strptime(text.strip(), "%a %d-%b-%y").date() for text in row[1:3])
                days |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return days


def _timetables(site_id: str, holidays: set[date], first_day: date, last_day: date) -> list[tuple]:
    """A timetable from each first day of term and of holiday. A holiday's says that Sunday is open for no time at all:
    a timetable needs a row, and kinds of day that it does not list are closed."""
    rows: list[tuple] = []
    was_holiday = None
    for number in range((last_day - first_day).days + 1):
        day = first_day + timedelta(days=number)
        is_holiday = day in holidays
        if is_holiday != was_holiday:
            rows += (
                [(site_id, day, 7, "00:00", "00:00")] if is_holiday else weekday_hours(site_id, day, "08:00", "16:00")
            )
            was_holiday = is_holiday
    return rows
