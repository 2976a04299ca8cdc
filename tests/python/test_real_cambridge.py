"""The whole job on real buildings: hourly electricity (2017 to 2019) and gas (2014 to 2019) of the Cambridge estate.

What is known of the data beforehand: meters without any reading; zeros that stand for missing readings; electricity
meters that record nothing for days while in use; five gas meters whose use of a month falls to a thirtieth about 2018,
from cubic feet to cubic metres; buildings whose hours are local time though the column says UTC. No contract and no
invoice is at hand, so nothing may be worth a pound.
"""

from __future__ import annotations

import statistics
import sys
from decimal import Decimal

import pytest

from conftest import own_warehouse
from real_data import cambridge
from real_data.whole_job import figures, publish, run_whole_job

pytestmark = pytest.mark.large


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


SCALE_BREAKS = {
    # The first day on the new scale, read off the sums of days in the source. Each of the meters stood still before it,
    # b0 for a day, b40 for 25 days, b118 for two months and b64 for six; b2 has no readings at all in 2017.
    "b0-gas": "2018-01-20",
    "b2-gas": "2018-01-01",
    "b40-gas": "2018-06-05",
    "b64-gas": "2018-01-01",
    "b118-gas": "2018-01-01",
}


@pytest.fixture(scope="module")
def source(real_data):
    return real_data / "cambridge_estates"


def test_all_scale_breaks_about_2018_are_listed_and_no_other_meter_is(source, outcome):
    falls = cambridge.falls_in_gas(source)
    fallen = {f"{name}-gas" for name, ratio in falls.items() if ratio > 10}
    assert fallen == set(SCALE_BREAKS)
    # Nothing lies between those and ordinary change: the list does not hang on where the line is drawn.
    assert all(0.5 < ratio < 2 for name, ratio in falls.items() if f"{name}-gas" not in fallen)
    found = outcome.rows(
        "select meter_id, ratio, min(settlement_date) from {raw_quality}.day_findings "
        "where status_code = 'scale_break' group by meter_id, ratio order by meter_id, ratio"
    )
    assert {meter_id: str(day) for meter_id, ratio, day in found if ratio == 1} == SCALE_BREAKS
    # Before it the readings are on a scale 25 to 40 times that in force since, and on one such scale only.
    before = {meter_id: ratio for meter_id, ratio, _ in found if ratio != 1}
    assert before.keys() == SCALE_BREAKS.keys() and len(found) == 2 * len(SCALE_BREAKS)
    assert all(25 < ratio < 40 for ratio in before.values())
    sys.stdout.write(publish("cambridge_scale_breaks", {"month_on_month": falls, "found": found}) + "\n")


def test_zeros_that_stand_for_missing_are_flagged(source, outcome):
    runs = {f"{name}-electricity": found for name, found in cambridge.zero_runs(source, "electricity").items()}
    flagged = outcome.rows(
        "select day_findings.meter_id, day_findings.status_code, day_findings.settlement_date, "
        "day_findings.affected_half_hours, reading_days.half_hours_wh from {raw_quality}.day_findings as day_findings "
        "inner join {energy}.fct_energy_reading_days as reading_days on day_findings.meter_id = reading_days.meter_id "
        "and day_findings.settlement_date = reading_days.settlement_date "
        "where day_findings.status_code in ('zero_run', 'dead_meter')"
    )
    for _, code, _, half_hours, values in flagged:
        # A zero run is made of zeros; a dead meter's days may hold the first and the last reading of its use.
        assert code == "dead_meter" or half_hours <= sum(value == 0 for value in values)
    days = {(meter_id, str(day)) for meter_id, _, day, *_ in flagged}
    long = [(meter_id, at) for meter_id, found in runs.items() for at, length in found if length >= 24]
    assert long
    assert [(meter_id, str(at)) for meter_id, at in long if (meter_id, str(at.date())) not in days] == []
    flagged_hours = sum(half_hours for meter_id, code, _, half_hours, _ in flagged if code == "zero_run") // 2
    assert flagged_hours > 0
    short = sum(length for found in runs.values() for _, length in found if length < 24)
    figures_of_zeros = {
        "zero_run_hours": flagged_hours,
        "zero_run_meters": len({row[0] for row in flagged if row[1] == "zero_run"}),
        "dead_meter_days": sum(row[1] == "dead_meter" for row in flagged),
        "dead_meter_meters": len({row[0] for row in flagged if row[1] == "dead_meter"}),
        "electricity_hours_in_shorter_runs": short,
        "electricity_hours_in_longer_runs": sum(length for found in runs.values() for _, length in found) - short,
    }
    sys.stdout.write(publish("cambridge_zeros", figures_of_zeros) + "\n")


def test_buildings_that_do_not_follow_utc_are_listed(source, outcome):
    """Held against the hour at which the median weekday rises, reckoned apart from the product."""
    listed = {
        row[0]
        for row in outcome.rows(
            "select distinct meter_id from {raw_quality}.day_findings where status_code = 'wrong_time_zone'"
        )
    }
    assert len(listed) > 10
    mornings = {f"{name}-electricity": found for name, found in cambridge.morning_in_utc(source).items()}
    local = {name for name, found in mornings.items() if len(found) > 1 and abs(statistics.median(found)) < 0.4}
    utc = {name for name, found in mornings.items() if len(found) > 1 and 0.6 < statistics.median(found) < 1.6}
    agreed = (local & listed) | (utc - listed)
    assert len(local) > 10 and len(utc) > 10
    assert len(agreed) >= 0.9 * len(local | utc), sorted((local | utc) - agreed)
    values = {
        "listed": sorted(listed),
        "local": sorted(local),
        "utc": sorted(utc),
        "differ": sorted((local | utc) - agreed),
    }
    sys.stdout.write(publish("cambridge_time_zones", values) + "\n")


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
