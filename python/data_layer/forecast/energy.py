"""The forecast run: marts in, daily forecasts and refusals out, in one transaction."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa

from data_layer.forecast.history import read_histories, write_histories
from data_layer.forecast.prophet_daily import INTERVAL_PCT, MODEL_ID, MeterForecast, refusal
from data_layer.forecast.workers import forecast_in_parallel
from data_layer.savings.arrays import EstateReader
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse

ENERGY_DAILY = pa.schema(
    [
        ("meter_id", pa.string()),
        ("model_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("forecast_date", pa.date32()),
        ("horizon_days", pa.int32()),
        ("predicted_kwh", pa.decimal128(18, 4)),
        ("lower_kwh", pa.decimal128(18, 4)),
        ("upper_kwh", pa.decimal128(18, 4)),
        ("interval_pct", pa.decimal128(5, 2)),
    ]
)
REFUSALS = pa.schema([("meter_id", pa.string()), ("as_of_date", pa.date32()), ("reason", pa.string())])


@dataclass(frozen=True)
class ForecastReport:
    """What a run forecast: metering points, rows, and those refused with the reason."""

    as_of_date: date
    meters_forecast: int
    rows: int
    refusals: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def summary(self) -> str:
        """One line for the terminal, and one a warning."""
        text = (
            f"{self.meters_forecast} metering points forecast for 365 days after {self.as_of_date}; "
            f"{len(self.refusals)} refused"
        )
        return "\n  ".join([text, *(f"warning: {warning}" for warning in self.warnings)])


def forecast_energy(
    config: WarehouseConfig, workers: int | None = None, progress: Callable[..., None] | None = None
) -> ForecastReport:
    """Forecast the daily active import of every metering point and replace raw_forecasts as a whole.

    workers   processes; default one a core
    progress  called with (metering points done, all, id)
    Raises NoReadingsError when the warehouse holds no complete day.
    """
    with open_warehouse(config) as warehouse:
        estate = EstateReader(warehouse)
        as_of = estate.period.as_of_date
        refused: dict[str, str] = {}
        wanted = []
        for history in read_histories(warehouse, estate):
            reason = refusal(history)
            if reason is None:
                wanted.append(history)
            else:
                refused[history.meter_id] = reason
        without_weather = sum(history.heating_c is None for history in wanted)
        tables = []
        with tempfile.TemporaryDirectory(prefix="forecast-") as folder:
            path = Path(folder) / "histories.parquet"
            meter_ids = [history.meter_id for history in wanted]
            write_histories(wanted, path)
            wanted.clear()
            if meter_ids:
                for done, (meter_id, outcome) in enumerate(forecast_in_parallel(path, meter_ids, workers)):
                    if isinstance(outcome, MeterForecast):
                        tables.append(_rows(outcome, as_of))
                    else:
                        refused[meter_id] = outcome
                    if progress:
                        progress(done + 1, len(meter_ids), meter_id)
        refusals = sorted(refused.items())
        rows = pa.concat_tables(tables) if tables else ENERGY_DAILY.empty_table()
        refusal_rows = pa.table(
            [
                pa.array([meter_id for meter_id, _ in refusals], pa.string()),
                pa.array([as_of] * len(refusals), pa.date32()),
                pa.array([reason for _, reason in refusals], pa.string()),
            ],
            schema=REFUSALS,
        )
        schema = warehouse.schema("raw_forecasts")
        with warehouse.transaction():
            for name, table in (("energy_daily", rows), ("refusals", refusal_rows)):
                warehouse.execute(f"delete from {schema}.{name}")
                if table.num_rows:
                    warehouse.append(schema, name, table)
    warnings = []
    if without_weather:
        warnings.append(f"{without_weather} metering points have less than a year of weather: forecast without it.")
    return ForecastReport(as_of, len(tables), rows.num_rows, tuple(refusals), tuple(warnings))


def _rows(forecast: MeterForecast, as_of: date) -> pa.Table:
    size = len(forecast.dates)
    kwh = pa.decimal128(18, 4)
    return pa.table(
        [
            pa.array([forecast.meter_id] * size),
            pa.array([MODEL_ID] * size),
            pa.array([as_of] * size, pa.date32()),
            pa.array(forecast.dates),
            pa.array(np.arange(1, size + 1, dtype=np.int32)),
            pa.array(np.round(forecast.predicted_kwh, 4)).cast(kwh),
            pa.array(np.round(forecast.lower_kwh, 4)).cast(kwh),
            pa.array(np.round(forecast.upper_kwh, 4)).cast(kwh),
            pa.array([Decimal(INTERVAL_PCT)] * size, pa.decimal128(5, 2)),
        ],
        schema=ENERGY_DAILY,
    )
