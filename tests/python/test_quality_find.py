"""The quality run on a small estate: what it writes, what the mart makes of it, and what follows from it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from conftest import drop_schemas, own_warehouse
from data_layer.forecast.history import read_histories
from data_layer.landing.load import load_landing
from data_layer.quality.find import find_quality
from data_layer.savings.arrays import EstateReader
from data_layer.savings.detect import detect_savings
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession

QUALITY, SAVINGS = "source:quality+", "source:savings+ source:forecasts+"


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def judged(landing4, tmp_path_factory, request):
    """The sample of four sites and one year: loaded, built, judged, and then looked over for savings."""
    folder = tmp_path_factory.mktemp("quality")
    config = own_warehouse(folder, request.param)
    shutil.copytree(landing4, config.landing, dirs_exist_ok=True)
    load_landing(config)
    with DbtSession(config) as dbt:
        dbt.build(exclude=f"{QUALITY} {SAVINGS} resource_type:test resource_type:unit_test")
        report = find_quality(config)
        # With its tests: one row a meter and day, nothing lost, nothing counted twice.
        dbt.build(select=QUALITY, exclude=SAVINGS)
        detect_savings(config)
        # With the test that holds exclusions against the days.
        dbt.build(select="source:savings+")
    yield config, report
    drop_schemas(config)


def rows(config, sql):
    with open_warehouse(config) as warehouse:
        return warehouse.fetch_rows(sql.format(energy=warehouse.schema("energy"), raw=warehouse.schema("raw_quality")))


def test_report_counts_what_was_written(judged):
    config, report = judged
    written = rows(config, "select status_code, count(*), count(distinct meter_id) from {raw}.day_findings group by 1")
    assert written
    assert report.days == {code: days for code, days, _ in written}
    assert report.meters_found == {code: meters for code, _, meters in written}
    assert "estimated_reads" in report.summary()


def test_every_day_in_service_has_one_status(judged):
    config, _ = judged
    days = rows(config, "select status_code, count(*) from {energy}.fct_energy_data_quality group by 1")
    assert {"ok", "estimated_reads"} <= dict(days).keys()
    spans = rows(
        config,
        "select quality.meter_id, count(*), max(settlement_date) - min(settlement_date) + 1 "
        "from {energy}.fct_energy_data_quality as quality group by quality.meter_id",
    )
    assert spans and all(count == length for _, count, length in spans)


def test_a_forecast_is_fitted_on_just_the_days_that_are_not_left_out(judged):
    config, _ = judged
    left_out = {
        (meter_id, day)
        for meter_id, day in rows(
            config,
            "select meter_id, settlement_date from {energy}.fct_energy_data_quality where is_left_out_of_forecasts",
        )
    }
    assert left_out
    with open_warehouse(config) as warehouse:
        estate = EstateReader(warehouse)
        for history in read_histories(warehouse, estate):
            past = history.dates <= np.datetime64(estate.period.as_of_date)
            not_fitted = history.dates[past & np.isnan(history.consumption_kwh)].tolist()
            in_mart = {day for meter_id, day in left_out if meter_id == history.meter_id}
            # A supply that follows another has days before its first reading; none is in its history.
            first = history.dates[0].astype(object)
            assert set(not_fitted) == {day for day in in_mart if day >= first}


def test_a_second_run_replaces_the_first(judged):
    config, report = judged
    count = rows(config, "select count(*) from {raw}.day_findings")
    assert find_quality(config) == report
    assert rows(config, "select count(*) from {raw}.day_findings") == count
