"""An estate of half-hourly electricity meters for the benchmarks, written by numpy as landing files.

A row is a meter and a day, as suppliers send it, in whole Wh, one Parquet file a month in the order of dates. Days of
46 and 50 half-hours, half-hours that are missing or estimated, and a file of corrected days are among them: a peer
that leaves a rule out comes to other totals.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_layer.landing.supply_numbers import mpan_check_digit

FIRST_DAY = date(2021, 1, 1)
HALF_HOURS = [f"hh_{number:02d}" for number in range(1, 51)]
LONDON = ZoneInfo("Europe/London")
MISSING_SHARE, ESTIMATED_SHARE, CORRECTED_SHARE = 0.001, 0.01, 0.002


def write_estate(landing: Path, meters: int, days: int, first_day: date = FIRST_DAY) -> None:
    """Sites, meters and their readings of `days` days from `first_day`, into the landing folder's `energy`."""
    folder = landing / "energy"
    folder.mkdir(parents=True)
    ids = meter_ids(meters)
    sites = [f"S{number:05d}" for number in range(len(ids))]
    started = pa.array([date(2015, 1, 1)] * meters)
    pq.write_table(
        pa.table(
            {
                "site_id": sites,
                "valid_from_date": started,
                "site_name": sites,
                "site_type": ["food_store"] * meters,
                "nation": ["england"] * meters,
            }
        ),
        folder / "sites.parquet",
    )
    pq.write_table(
        pa.table(
            {
                "meter_id": ids,
                "valid_from_date": started,
                "site_id": sites,
                "fuel": ["electricity"] * meters,
                "interval_minutes": pa.array([30] * meters, pa.int32()),
            }
        ),
        folder / "meters.parquet",
    )
    all_days = [first_day + timedelta(days=number) for number in range(days)]
    for month in sorted({day.replace(day=1) for day in all_days}):
        write_days(landing, f"{month:%Y_%m}", ids, [day for day in all_days if day.replace(day=1) == month])
    # The last file by name: its half-hours replace those of the files before it.
    write_days(landing, "corrected", ids, all_days, corrected_share=CORRECTED_SHARE)


def write_days(
    landing: Path, name: str, meter_ids: list[str], days: list[date], corrected_share: float | None = None
) -> Path:
    """One landing file with every meter's row of each day, in the order of dates.

    corrected_share  only so many of the rows, at random, whole and actual
    """
    random = np.random.default_rng([len(meter_ids), days[0].toordinal(), len(days), corrected_share is not None])
    rows = np.arange(len(meter_ids) * len(days))
    if corrected_share is not None:
        rows = rows[random.random(rows.size) < corrected_share]
    day_numbers, meter_numbers = np.divmod(rows, len(meter_ids))
    lengths = np.array([half_hours_of(day) for day in days])[day_numbers]
    shape = (rows.size, len(HALF_HOURS))
    profile = 1000 + 600 * np.sin((np.arange(len(HALF_HOURS)) - 14) * np.pi / 24)
    values = (profile * (1 + meter_numbers % 40)[:, None] * random.uniform(0.8, 1.2, shape)).astype(np.int32)
    beyond_the_day = np.arange(len(HALF_HOURS)) >= lengths[:, None]
    is_first_delivery = corrected_share is None
    is_missing = (random.random(shape) < MISSING_SHARE) & is_first_delivery | beyond_the_day
    has_estimates = (random.random(rows.size) < ESTIMATED_SHARE) & is_first_delivery
    letters = np.array([("AAAE" * 13)[:length] for length in lengths], dtype=object)
    columns = {
        "meter_id": pa.array(meter_ids).take(pa.array(meter_numbers)),
        "measurement_quantity": pa.repeat("AI", rows.size),
        "settlement_date": pa.array(days).take(pa.array(day_numbers)),
        "unit": pa.repeat("wh", rows.size),
        "reading_type": pa.repeat("A", rows.size),
        "reading_types": pa.array(letters, pa.string(), mask=~has_estimates),
    } | {name: pa.array(values[:, index], mask=is_missing[:, index]) for index, name in enumerate(HALF_HOURS)}
    path = landing / "energy" / f"readings_hh_{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def meter_ids(count: int) -> list[str]:
    """MPANs, each with its check digit."""
    cores = [f"12{number:05d}00000" for number in range(count)]
    return [f"{core}{mpan_check_digit(core)}" for core in cores]


def half_hours_of(day: date) -> int:
    """46, 48 or 50: half-hours of a local day."""
    starts = [np.datetime64(_midnight(each)) for each in (day, day + timedelta(days=1))]
    return int((starts[1] - starts[0]) / np.timedelta64(30, "m"))


def _midnight(day: date) -> str:
    from datetime import UTC, datetime

    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC).replace(tzinfo=None).isoformat()
