"""The whole job on one estate, by the functions that the command line calls, and the figures that came out."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from data_layer.forecast import forecast_energy
from data_layer.landing.load import LoadReport, load_landing
from data_layer.metrics.query import MetricStore
from data_layer.quality.find import find_quality
from data_layer.savings.detect import detect_savings
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession


@dataclass
class Outcome:
    """What the job left behind.

    totals       every metric's total, as `data-layer metrics --all` prints it
    consumption  energy_consumption_kwh by fuel, from the semantic layer
    seconds      wall time by step
    """

    config: WarehouseConfig
    load: LoadReport
    totals: dict[str, Any] = field(default_factory=dict)
    consumption: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def rows(self, sql: str) -> list[tuple]:
        """Rows of a query; `{energy}`, `{savings}` ... stand for the estate's schemas."""
        with open_warehouse(self.config) as warehouse:
            names = ("raw_forecasts", "raw_load", "raw_quality", "raw_savings", "core", "energy", "savings")
            return warehouse.fetch_rows(sql.format(**{name: warehouse.schema(name) for name in names}))


def run_whole_job(config: WarehouseConfig) -> Outcome:
    """Load, build, judge the readings, forecast, detect, build what follows from both, and read the metrics."""
    seconds: dict[str, float] = {}

    @contextmanager
    def step(name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        seconds[name] = round(time.monotonic() - started, 1)

    with step("load"):
        load = load_landing(config)
    outcome = Outcome(config, load, seconds=seconds)
    with DbtSession(config) as dbt:
        with step("build"):
            dbt.build()
        with step("quality"):
            find_quality(config)
        with step("forecast"):
            forecast_energy(config)
        with step("detect"):
            outcome.warnings = list(detect_savings(config).warnings)
        with step("build_after"):
            dbt.build(select="source:quality+ source:forecasts+ source:savings+")
    with step("metrics"), MetricStore(config) as store:
        outcome.totals = dict(store.totals())
        outcome.consumption = _by_fuel(store.query(["energy_consumption_kwh"], group_by=["fuel"]))
    return outcome


def figures(outcome: Outcome) -> dict[str, Any]:
    """What a person would want to know of the run, for the record."""
    forecast_meters, forecast_days = outcome.rows(
        "select count(distinct meter_id), count(*) from {raw_forecasts}.energy_daily"
    )[0]
    refusals = outcome.rows("select reason, count(*) from {raw_forecasts}.refusals group by reason order by 2 desc, 1")
    exclusions = outcome.rows(
        "select detector_id, reason_code, count(distinct meter_id), sum(excluded_days) from {raw_savings}.exclusions "
        "group by detector_id, reason_code order by 1, 2"
    )
    quality = outcome.rows(
        "select status_code, count(distinct meter_id), count(*), sum(excluded_kwh) "
        "from {energy}.fct_energy_data_quality group by status_code order by status_code"
    )
    as_of = outcome.rows("select period_start_date, as_of_date from {energy}.dim_energy_as_of")[0]
    return {
        "target": outcome.config.target,
        "files": {result.file_name: result.rows_read for result in outcome.load.files},
        "rows_loaded": outcome.load.rows_loaded,
        "rows_quarantined": outcome.load.rows_quarantined,
        "files_refused": len(outcome.load.refused),
        "period": [str(day) for day in as_of],
        "consumption_kwh": {fuel: str(value) for fuel, value in outcome.consumption.items()},
        "metrics": {name: str(value) for name, value in outcome.totals.items()},
        "forecast_meters": forecast_meters,
        "forecast_days": forecast_days,
        "forecast_refusals": dict(refusals),
        "candidates": outcome.rows("select count(*) from {raw_savings}.candidates")[0][0],
        "exclusions": [
            {"detector_id": detector, "reason_code": code, "meters": meters, "days_in_the_year": int(days)}
            for detector, code, meters, days in exclusions
        ],
        "quality": [
            {"status_code": code, "meters": meters, "days": days, "excluded_kwh": str(kwh)}
            for code, meters, days, kwh in quality
        ],
        "warnings": outcome.warnings,
        "seconds": outcome.seconds,
        "seconds_in_all": round(sum(outcome.seconds.values()), 1),
    }


def publish(name: str, values: dict[str, Any]) -> str:
    """The figures as text; also kept as a file in DATA_LAYER_FIGURES_DIR, when that is set."""
    text = json.dumps(values, indent=2, default=str)
    folder = os.environ.get("DATA_LAYER_FIGURES_DIR")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return text


def _by_fuel(table: pa.Table) -> dict[str, Any]:
    (fuel_column,) = [name for name in table.column_names if name != "energy_consumption_kwh"]
    return dict(zip(table[fuel_column].to_pylist(), table["energy_consumption_kwh"].to_pylist(), strict=True))
