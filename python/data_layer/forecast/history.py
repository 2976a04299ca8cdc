"""Marts to the history that a forecast is fitted on; one Parquet row group a metering point for the workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_layer.forecast.prophet_daily import HORIZON_DAYS, MeterHistory
from data_layer.forecast.temperature import LEAST_DAYS, climate_normal, degree_days, fill_short_gaps
from data_layer.quality.faults import find_faults, history_half_hours
from data_layer.savings.arrays import EstateReader, MeterArrays
from data_layer.warehouse.connection import Warehouse

NATIONS = ("england", "wales", "scotland", "northern_ireland")
HISTORY = pa.schema(
    [
        ("ds", pa.date32()),
        ("consumption_kwh", pa.float64()),
        ("heating_c", pa.float64()),
        ("cooling_c", pa.float64()),
        ("holiday", pa.string()),
        ("has_trend", pa.bool_()),
    ]
)


def read_histories(warehouse: Warehouse, estate: EstateReader) -> Iterator[MeterHistory]:
    """Every metering point's history with 365 days to come, in order of meter_id.

    A day counts when each of its half-hours has an actual reading in no fault; all other days are NaN.
    """
    weather = _read_weather(warehouse)
    holidays = _read_holidays(warehouse)
    for meter in estate.meters():
        station = estate.weather_station_id(meter.site_id)
        yield meter_history(meter, weather.get(station), holidays.get(estate.nation(meter.site_id) or "", {}))


def meter_history(
    meter: MeterArrays,
    weather: tuple[np.ndarray, np.ndarray] | None,
    holidays: dict[str, np.ndarray],
    horizon_days: int = HORIZON_DAYS,
) -> MeterHistory:
    """History of one metering point. `weather`: a station's dates and daily means in C; None without a station."""
    is_usable = history_half_hours(meter, find_faults(meter))
    is_whole = (is_usable | ~meter.exists).all(axis=1)
    past_kwh = np.where(is_whole, np.where(meter.exists, meter.used_wh, 0).sum(axis=1) / 1000, np.nan)
    future = meter.dates[-1] + 1 + np.arange(horizon_days)
    heating = cooling = None
    if weather is not None and (~np.isnan(weather[1])).sum() >= LEAST_DAYS:
        station_dates, station_means = weather
        below_above = degree_days(station_means)
        heating, cooling = (
            np.concatenate(
                [_on_days(station_dates, values, meter.dates), climate_normal(station_dates, values, future)]
            )
            for values in (below_above.heating_c, below_above.cooling_c)
        )
    return MeterHistory(
        meter_id=meter.meter_id,
        dates=np.concatenate([meter.dates, future]),
        consumption_kwh=np.concatenate([past_kwh, np.full(horizon_days, np.nan)]),
        heating_c=heating,
        cooling_c=cooling,
        holidays=holidays,
        has_trend=meter.fuel != "gas",
    )


def write_histories(histories: list[MeterHistory], path: Path) -> None:
    """One row group a metering point, in the order given. A day has one holiday at most: names exclude each other."""
    with pq.ParquetWriter(path, HISTORY) as writer:
        for history in histories:
            names = np.full(len(history.dates), None, dtype=object)
            for name, days in history.holidays.items():
                names[np.isin(history.dates, days)] = name
            none = np.full(len(history.dates), np.nan)
            table = pa.table(
                [
                    pa.array(history.dates),
                    pa.array(history.consumption_kwh),
                    pa.array(none if history.heating_c is None else history.heating_c),
                    pa.array(none if history.cooling_c is None else history.cooling_c),
                    pa.array(names, type=pa.string()),
                    pa.array([history.has_trend] * len(names)),
                ],
                schema=HISTORY,
            )
            writer.write_table(table, row_group_size=max(len(names), 1))


def read_history(path: str, row_group: int, meter_id: str) -> MeterHistory:
    """The history that `write_histories` wrote as this row group."""
    with pq.ParquetFile(path) as file:
        table = file.read_row_group(row_group)
    dates = table.column("ds").to_numpy().astype("datetime64[D]")
    heating, cooling = (table.column(name).to_numpy() for name in ("heating_c", "cooling_c"))
    has_weather = not np.isnan(heating).all()
    names = np.array(table.column("holiday").to_pylist(), dtype=object)
    kinds = sorted({name for name in names if name is not None})
    return MeterHistory(
        meter_id=meter_id,
        dates=dates,
        consumption_kwh=table.column("consumption_kwh").to_numpy(),
        heating_c=heating if has_weather else None,
        cooling_c=cooling if has_weather else None,
        holidays={kind: dates[names == kind] for kind in kinds},
        has_trend=table.column("has_trend")[0].as_py(),
    )


def _on_days(dates: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    rows = (wanted - dates[0]).astype(int)
    inside = (rows >= 0) & (rows < len(values))
    found = np.full(len(wanted), np.nan)
    found[inside] = values[rows[inside]]
    return fill_short_gaps(found)


def _read_weather(warehouse: Warehouse) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rows = warehouse.fetch_rows(
        "select weather_station_id, weather_date, mean_temperature_c "
        f"from {warehouse.schema('energy')}.fct_weather_days where mean_temperature_c is not null "
        "order by weather_station_id, weather_date"
    )
    by_station: dict[str, list[tuple[date, float]]] = {}
    for station, day, mean in rows:
        by_station.setdefault(station, []).append((day, float(mean)))
    weather = {}
    for station, days in by_station.items():
        first, last = np.datetime64(days[0][0]), np.datetime64(days[-1][0])
        dates = first + np.arange(int((last - first).astype(int)) + 1)
        means = np.full(len(dates), np.nan)
        for day, mean in days:
            means[int((np.datetime64(day) - first).astype(int))] = mean
        weather[station] = (dates, means)
    return weather


def _read_holidays(warehouse: Warehouse) -> dict[str, dict[str, np.ndarray]]:
    """Per nation: Christmas Day apart, because shops trade on the other bank holidays and not on it."""
    columns = ", ".join(f"is_bank_holiday_{nation}" for nation in NATIONS)
    rows = warehouse.fetch_rows(
        f"select date_day, {columns} from {warehouse.schema('core')}.dim_dates order by date_day"
    )
    holidays = {}
    for index, nation in enumerate(NATIONS):
        christmas = [row[0] for row in rows if (row[0].month, row[0].day) == (12, 25)]
        others = [row[0] for row in rows if row[1 + index] and (row[0].month, row[0].day) != (12, 25)]
        holidays[nation] = {
            "bank_holiday": np.array(others, dtype="datetime64[D]"),
            "christmas_day": np.array(christmas, dtype="datetime64[D]"),
        }
    return holidays
