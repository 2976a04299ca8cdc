"""The whole job on real buildings: hourly electricity and gas of the Cambridge estate, 2017 to 2019.

What is known of the data beforehand: two meters without any reading; zeros that stand for missing readings; electricity
meters that record nothing for days while in use; a gas meter (b0) whose readings fall by a factor of 35 in January
2018, from cubic feet to cubic metres. No contract and no invoice is at hand, so nothing may be worth a pound.
"""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest

from conftest import own_warehouse
from real_data import cambridge
from real_data.whole_job import figures, publish, run_whole_job


@pytest.fixture(scope="module")
def converted(real_data, tmp_path_factory):
    source = real_data / "cambridge_estates"
    if not source.is_dir():
        pytest.skip(f"the Cambridge buildings are not there: {source}")
    return cambridge.convert(source, tmp_path_factory.mktemp("cambridge") / "landing")


@pytest.fixture(scope="module")
def outcome(converted):
    result = run_whole_job(own_warehouse(converted.landing.parent, "duckdb"))
    sys.stdout.write(publish("real_cambridge", figures(result)) + "\n")
    return result


def test_every_row_is_accounted_for(converted, outcome):
    results = {result.file_name: result for result in outcome.load.files}
    assert {name: result.rows_read for name, result in results.items()} == converted.rows_by_file
    for result in results.values():
        assert result.rows_read == result.rows_loaded + result.rows_quarantined + result.rows_suppressed
    assert outcome.load.refused == []


def test_metric_is_the_sum_of_the_source(converted, outcome):
    assert outcome.consumption == converted.consumption_kwh
    assert Decimal(outcome.totals["energy_consumption_kwh"]) == sum(converted.consumption_kwh.values())


def test_zero_is_not_missing_and_missing_is_not_zero(converted, outcome):
    zeros = outcome.rows(
        "select fuel, count(*) from {energy}.fct_energy_readings where consumption_kwh = 0 group by fuel"
    )
    # An hour is two half-hours.
    assert dict(zeros) == {fuel: 2 * converted.facts[f"{fuel}_zero_hours"] for fuel in cambridge.FUELS}
    with_days = {row[0] for row in outcome.rows("select distinct meter_id from {energy}.fct_energy_daily")}
    assert len(with_days) == converted.meters - len(converted.facts["meters_without_readings"])
    assert not with_days & set(converted.facts["meters_without_readings"])


def test_dead_meters_and_the_unit_break_are_faults(converted, outcome):
    faults = set(outcome.rows("select meter_id, reason_code from {raw_savings}.exclusions where detector_id = 'all'"))
    dead = converted.facts["meters_dead_two_days"]
    assert dead
    assert {(meter_id, "dead_meter") for meter_id in dead} <= faults
    assert ("b0-gas", "scale_break") in faults


def test_without_contracts_nothing_is_worth_a_pound(outcome):
    assert outcome.rows("select count(*) from {raw_savings}.candidates") == [(0,)]
    assert outcome.rows("select count(*) from {raw_savings}.claims") == [(0,)]
    reasons = {
        row[0]
        for row in outcome.rows("select distinct reason_code from {raw_savings}.exclusions where detector_id <> 'all'")
    }
    assert reasons & {"no_price", "no_contract"}, reasons
    assert Decimal(outcome.totals["savings_cautious_gbp"] or 0) == 0


def test_every_meter_with_readings_is_forecast_or_refused_with_a_reason(converted, outcome):
    forecast = {row[0] for row in outcome.rows("select distinct meter_id from {raw_forecasts}.energy_daily")}
    refused = dict(outcome.rows("select meter_id, reason from {raw_forecasts}.refusals"))
    assert not forecast & set(refused)
    assert len(forecast) + len(refused) >= converted.meters - len(converted.facts["meters_without_readings"])
    assert all(reason.strip() for reason in refused.values())
    # Half of the meters at least have two years of live readings.
    assert len(forecast) > converted.meters / 2
    negative = "select count(*) from {raw_forecasts}.energy_daily where predicted_kwh < 0 or lower_kwh > upper_kwh"
    assert outcome.rows(negative) == [(0,)]
