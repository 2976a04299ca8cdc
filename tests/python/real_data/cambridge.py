"""Cambridge University Estates buildings as landing files: electricity of 2017 to 2019, gas of 2014 to 2019.

Hourly, a column a building, named by the start of the hour in UTC. Empty: the building is not in that year's set. Zero:
either nothing was used or the reading was missing and was set to zero upstream; zeros are kept as zeros. The unit is
kWh as the file's name says, though many gas meters are known to count in other units.

Opening hours are not in the source. Weekdays 08:00 to 18:00 are assumed, so that the detectors have something to judge.
"""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from real_data.landing_files import METER_HEADER, OPENING_HEADER, SITE_HEADER, WEATHER_HEADER, Converted, weekday_hours

FIRST_DAY = "2014-01-01"
FROM = {"electricity": datetime(2017, 1, 1, tzinfo=UTC), "gas": datetime(2014, 1, 1, tzinfo=UTC)}
"""Gas from further back: one meter has no readings in 2017, and only the years before show its change of scale."""
TO = datetime(2020, 1, 1, tzinfo=UTC)
STATION = "bedford"
FUELS = ("electricity", "gas")


def convert(source: Path, landing: Path, buildings: int | None = None) -> Converted:
    """Write the landing files of all buildings, or of the first few.

    source  folder cambridge_estates
    """
    done = Converted(landing)
    with (source / "building_floor_roof_areas.csv").open(encoding="utf-8", newline="") as file:
        floor_areas = {row["Building ID"]: row["GIA (m2)"] for row in csv.DictReader(file)}
    chosen = sorted(floor_areas, key=lambda name: int(name[1:]))[:buildings]
    done.write_csv(
        "energy/sites.csv",
        SITE_HEADER,
        [
            (name, FIRST_DAY, f"Building {name}", "other", None, "East of England", "england", STATION, area, 0)
            for name in chosen
            for area in [floor_areas[name]]
        ],
    )
    done.write_csv(
        "energy/opening_hours.csv",
        OPENING_HEADER,
        [row for name in chosen for row in weekday_hours(name, FIRST_DAY, "08:00", "18:00")],
    )
    meters, empty_meters = [], []
    for fuel in FUELS:
        wide = hours(source, fuel)
        columns = [name for name in wide.column_names if name in chosen]
        meters += [(f"{name}-{fuel}", FIRST_DAY, None, name, fuel, 60, None, None) for name in columns]
        empty_meters += [f"{name}-{fuel}" for name in columns if wide[name].null_count == len(wide)]
        _write_readings(done, fuel, wide, columns)
    done.write_csv("energy/meters.csv", METER_HEADER, meters)
    done.meters = len(meters)
    done.facts["meters_without_readings"] = sorted(empty_meters)
    _write_weather(done, source / "weather_bedford_hourly.csv.gz")
    return done


def hours(source: Path, fuel: str) -> pa.Table:
    """The archive's hours of a fuel that are used here: timestamp_utc and a column a building."""
    wide = pq.read_table(source / f"{fuel}_kwh_hourly_wide.parquet")
    start = wide["timestamp_utc"].cast(pa.timestamp("us", tz="UTC"))
    inside = pc.and_(pc.greater_equal(start, pa.scalar(FROM[fuel])), pc.less(start, pa.scalar(TO)))
    return wide.set_column(0, "timestamp_utc", start).filter(inside)


def _write_readings(done: Converted, fuel: str, wide: pa.Table, columns: list[str]) -> None:
    """One Parquet file a fuel, a row a reading, in the order of the meters."""
    name = f"energy/readings_{fuel}.parquet"
    path = done.landing / name
    total, zeros, rows = Decimal(0), 0, 0
    writer = None
    for column in columns:
        is_read = pc.is_valid(wide[column])
        # The source holds one decimal in single precision: rounding gives back what was metered.
        value = pc.round(wide[column].filter(is_read).cast(pa.float64()), 3).cast(pa.decimal128(18, 6))
        if len(value) == 0:
            continue
        constants = {
            "meter_id": f"{column}-{fuel}",
            "measurement_quantity": "AI",
            "interval_minutes": 60,
            "unit": "kWh",
            "reading_type": "A",
        }
        table = pa.table(
            {
                **{key: pa.repeat(value_of, len(value)) for key, value_of in constants.items()},
                "interval_start_at": wide["timestamp_utc"].filter(is_read),
                "reading_value": value,
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        if fuel == "electricity" and 48 <= _longest_run_of_zeros(value) < len(value):
            done.facts.setdefault("meters_dead_two_days", []).append(f"{column}-{fuel}")
        total += pc.sum(value).as_py()
        zeros += pc.sum(pc.equal(value, pa.scalar(Decimal(0), value.type))).as_py()
        rows += len(value)
    if writer is not None:
        writer.close()
        done.rows_by_file[name] = rows
    done.consumption_kwh[fuel] = total
    done.facts[f"{fuel}_zero_hours"] = zeros


def _longest_run_of_zeros(value: pa.ChunkedArray) -> int:
    """Readings in a row that are zero, at most."""
    longest = run = 0
    for reading in value.to_pylist():
        run = 0 if reading else run + 1
        longest = max(longest, run)
    return longest


def _write_weather(done: Converted, path: Path) -> None:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        done.write_csv(
            "energy/weather.csv",
            WEATHER_HEADER,
            (
                (STATION, f"{row['datetime'].replace(' ', 'T')}Z", row["air_temperature [degC]"])
                for row in csv.DictReader(file)
                if FIRST_DAY <= row["datetime"] < f"{TO:%Y-%m-%d}"
            ),
        )


def zero_runs(source: Path, fuel: str) -> dict[str, list[tuple[datetime, int]]]:
    """By building: first hour and length in hours of each unbroken run of zeros, nothing else looked at."""
    wide = hours(source, fuel)
    start = wide["timestamp_utc"].to_pylist()
    found = {}
    for name in wide.column_names[1:]:
        run: list[tuple[datetime, int]] = []
        for at, reading in zip(start, wide[name].to_pylist(), strict=True):
            if reading is None:
                continue
            if reading:
                run.append((at, 0))
            elif run and run[-1][1]:
                run[-1] = (run[-1][0], run[-1][1] + 1)
            else:
                run.append((at, 1))
        found[name] = [(at, length) for at, length in run if length]
    return found


def falls_in_gas(source: Path) -> dict[str, float]:
    """By building: month by month, use before 2018 over use of the same month of 2019, the median of all months that
    have use on both sides. Nothing about days, weather or units goes in."""
    wide = hours(source, "gas")
    month = np.array([at.year * 12 + at.month - 1 for at in wide["timestamp_utc"].to_pylist()])
    found = {}
    for name in wide.column_names[1:]:
        values = wide[name].to_numpy()
        used = np.bincount(month, np.nan_to_num(values))
        ratios = [
            used[year * 12 + one] / used[2019 * 12 + one]
            for year in (2015, 2016, 2017)
            for one in range(12)
            if used[year * 12 + one] > 0 and used[2019 * 12 + one] > 0
        ]
        if ratios:
            found[name] = float(np.median(ratios))
    return found


def morning_in_utc(source: Path) -> dict[str, list[float]]:
    """By building: by how many hours of UTC the rise of the morning comes later in winter time, at each clock change.

    Where people live by local time and the hours are truly UTC, about 1; where the hours are local time, about 0. The
    rise is where the median weekday passes the middle between the least of the night and the most of the day, in three
    weeks of March and April, and of October and November.
    """
    wide = hours(source, "electricity")
    start = wide["timestamp_utc"].to_pylist()
    year, month, day, hour = (
        np.array([getattr(at, part) for at in start]) for part in ("year", "month", "day", "hour")
    )
    is_weekday = np.array([at.weekday() < 5 for at in start])
    sides = [
        (month == 3) & (day <= 24),
        (month == 4) & (day > 5),
        (month == 10) & (day <= 24),
        (month == 11) & (day <= 24),
    ]
    found: dict[str, list[float]] = {}
    for name in wide.column_names[1:]:
        values = wide[name].to_numpy()
        for one in np.unique(year):
            rise = [_rise(values, hour, side & is_weekday & (year == one) & (values > 0)) for side in sides]
            for winter, summer in ((rise[0], rise[1]), (rise[3], rise[2])):
                if winter is not None and summer is not None:
                    found.setdefault(name, []).append(winter - summer)
    return found


def _rise(values: np.ndarray, hour: np.ndarray, where: np.ndarray) -> float | None:
    if len(np.unique(hour[where])) < 24 or where.sum() < 24 * 8:
        return None
    profile = np.array([np.median(values[where & (hour == one)]) for one in range(24)])
    least, most = profile[:6].min(), profile[6:18].max()
    if most < 1.5 * least:
        return None
    middle = (least + most) / 2
    return next(
        (
            at + (middle - profile[at]) / (profile[at + 1] - profile[at])
            for at in range(3, 14)
            if profile[at] < middle <= profile[at + 1]
        ),
        None,
    )
