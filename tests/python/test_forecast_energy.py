"""The forecast run: rows and refusals are replaced as a whole, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_layer.forecast import energy
from data_layer.landing.raw_tables import create_raw_tables
from data_layer.savings.arrays import Period
from data_layer.warehouse.connection import open_warehouse
from test_forecast_prophet import history


class Estate:
    """Stands for EstateReader."""

    def __init__(self, warehouse):
        self.period = Period(as_of_date=date(2025, 12, 30), start_date=date(2024, 12, 31))


@pytest.fixture
def run(monkeypatch, warehouse_config):
    """Function that forecasts given histories and returns the report and the stored rows."""
    with open_warehouse(warehouse_config) as warehouse:
        create_raw_tables(warehouse)
    monkeypatch.setattr(energy, "EstateReader", Estate)

    def on(*histories):
        monkeypatch.setattr(energy, "read_histories", lambda warehouse, estate: iter(histories))
        report = energy.forecast_energy(warehouse_config, workers=1)
        with open_warehouse(warehouse_config) as warehouse:
            schema = warehouse.schema("raw_forecasts")
            rows = warehouse.fetch_arrow(
                f"select * from {schema}.energy_daily order by meter_id, forecast_date"
            ).to_pylist()
            refusals = warehouse.fetch_rows(f"select meter_id, reason from {schema}.refusals order by meter_id")
        return report, rows, refusals

    return on


def test_rows_and_refusals_replace_those_of_the_run_before(run):
    empty = replace(history("m2"), consumption_kwh=np.full(1095, np.nan))
    report, rows, refusals = run(history("m1"), empty)
    assert (report.meters_forecast, report.rows) == (1, 365)
    assert len(rows) == 365
    assert {row["meter_id"] for row in rows} == {"m1"}
    assert [row["horizon_days"] for row in rows] == list(range(1, 366))
    assert rows[0]["forecast_date"] == date(2025, 12, 31)
    assert all(0 <= row["lower_kwh"] <= row["predicted_kwh"] <= row["upper_kwh"] for row in rows)
    assert refusals == [("m2", "Only 0 whole days of actual readings outside faults; 180 are needed.")]
    assert "1 refused" in report.summary()

    _, rows, refusals = run(empty)
    assert rows == []
    assert len(refusals) == 1
