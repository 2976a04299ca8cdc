"""The whole job on two real schools, half-hourly, 48 values a day whatever the clock does, on both engines.

What is known beforehand: two values too many on each spring clock-change day, two too few on each autumn one; whole
days missing; Castle's main supply unmetered from June 2015 to December 2016, after a meter exchange.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from conftest import drop_schemas, own_warehouse
from real_data import schools
from real_data.whole_job import figures, publish, run_whole_job


@pytest.fixture(scope="module")
def converted(real_data, tmp_path_factory):
    source = real_data / "energy_sparks_schools"
    if not source.is_dir():
        pytest.skip(f"the schools are not there: {source}")
    return schools.convert(source, tmp_path_factory.mktemp("schools") / "landing")


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def outcome(converted, request):
    config = own_warehouse(converted.landing.parent, request.param)
    result = run_whole_job(config)
    sys.stdout.write(publish(f"real_schools_{request.param}", figures(result)) + "\n")
    yield result
    drop_schemas(config)


def test_every_row_is_accounted_for(converted, outcome):
    results = {result.file_name: result for result in outcome.load.files}
    assert {name: result.rows_read for name, result in results.items()} == converted.rows_by_file
    for result in results.values():
        assert result.rows_read == result.rows_loaded + result.rows_quarantined + result.rows_suppressed
    assert outcome.load.refused == []


def test_metric_is_the_sum_of_the_source_without_the_surplus_of_spring_days(converted, outcome):
    assert outcome.consumption == converted.consumption_kwh
    total = Decimal(outcome.totals["energy_consumption_kwh"])
    # Each half-hour is held in whole Wh: gas, a volume times a factor, is off by half a Wh at most a half-hour.
    difference = abs(total + converted.facts["surplus_kwh"] - converted.facts["source_kwh"])
    assert difference <= Decimal("0.0005") * 48 * converted.rows_by_file["energy/readings_hh.csv"]


def test_clock_changes_are_counted(converted, outcome):
    surplus, missing = outcome.rows(
        "select sum(surplus_half_hours), sum(case when periods_in_day = 50 then missing_half_hours else 0 end) "
        "from {energy}.fct_energy_reading_days"
    )[0]
    assert surplus == converted.facts["surplus_half_hours"]
    assert missing == converted.facts["missing_half_hours_of_long_days"]


def test_unmetered_supply_is_missing_not_zero(outcome):
    days = outcome.rows(
        "select count(*) from {energy}.fct_energy_daily where meter_id in ('2200015105145', '2200015105163', "
        "'2200042676990') and settlement_date between date '2015-06-03' and date '2016-12-13'"
    )
    assert days == [(0,)]


def test_annual_energy_of_each_meter_is_that_of_the_file(real_data, outcome):
    """Added up from the file, half-hour by half-hour in whole Wh, without the two of a spring day that no clock has."""
    wanted: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    path = real_data / "energy_sparks_schools" / "hh_kwh_by_day_48cols.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["reading_date"])
            values = [Decimal(row[f"{minute // 60:02d}:{minute % 60:02d}"]) for minute in range(0, 1440, 30)]
            kept = values[:46] if day.month == 3 and day.day > 24 and day.isoweekday() == 7 else values
            wanted[row["meter_id"], day.year] += sum(value.quantize(Decimal("0.001"), ROUND_HALF_UP) for value in kept)
    found = outcome.rows(
        "select meter_id, cast(extract(year from settlement_date) as integer), sum(consumption_kwh) "
        "from {energy}.fct_energy_daily where consumption_kwh is not null group by 1, 2"
    )
    assert {(meter_id, year): kwh for meter_id, year, kwh in found} == dict(wanted)


def test_unmetered_months_are_an_exchange_gap_and_nothing_is_saved_or_lost_across_them(outcome):
    gap = outcome.rows(
        "select min(settlement_date), max(settlement_date), count(*), sum(excluded_kwh), min(reason) "
        "from {energy}.fct_energy_data_quality where meter_id = '2200042676990' and status_code = 'exchange_gap'"
    )
    [(first, last, days, kwh, reason)] = gap
    assert (str(first), str(last), days, kwh) == ("2015-06-03", "2016-12-13", 560, 0)
    assert "2200015105163" in reason
    assert outcome.rows("select count(*) from {energy}.fct_energy_data_quality where status_code = 'exchange_gap'") == [
        (560,)
    ]
    # The old supplies end with their last reading: no day after it is missing, a saving or a loss.
    ends = outcome.rows(
        "select meter_id, max(settlement_date) from {energy}.fct_energy_data_quality "
        "where meter_id in ('2200015105145', '2200015105163') group by meter_id order by meter_id"
    )
    assert [str(day) for _, day in ends] == ["2015-06-01", "2015-06-02"]
    castle = "meter_id in ('2200015105145', '2200015105163', '2200042676990')"
    assert outcome.rows(f"select count(*) from {{raw_savings}}.claims where {castle}") == [(0,)]
    forecast = {row[0] for row in outcome.rows("select distinct meter_id from {raw_forecasts}.energy_daily")}
    assert not forecast & {"2200015105145", "2200015105163"}


def test_electricity_was_delivered_in_utc(outcome):
    """48 values on every day of the year say it too: by local time a day in March has 46, one in October 50."""
    found = outcome.rows(
        "select meter_id, min(reason), max(ratio) from {raw_quality}.day_findings "
        "where status_code = 'wrong_time_zone' group by meter_id order by meter_id"
    )
    assert [meter_id for meter_id, *_ in found] == ["2200011955152", "2200041803451", "2200042676990"]
    assert all("an hour earlier" in reason and share == 1 for _, reason, share in found)


def test_holidays_are_closed_days(outcome):
    open_days = outcome.rows(
        "select settlement_date from {energy}.fct_site_opening_days where site_id = 'castle' and not is_closed_all_day "
        "and settlement_date in (date '2016-08-10', date '2016-09-14', date '2016-09-17')"
    )
    assert [str(row[0]) for row in open_days] == ["2016-09-14"]


def test_without_contracts_nothing_is_worth_a_pound(outcome):
    assert outcome.rows("select count(*) from {raw_savings}.candidates") == [(0,)]
    assert outcome.rows("select count(*) from {raw_savings}.claims") == [(0,)]
    assert outcome.rows("select count(*) from {raw_savings}.exclusions where detector_id <> 'all'") != [(0,)]
    assert Decimal(outcome.totals["savings_cautious_gbp"] or 0) == 0


def test_every_live_meter_is_forecast_or_refused_with_a_reason(converted, outcome):
    forecast = {row[0] for row in outcome.rows("select distinct meter_id from {raw_forecasts}.energy_daily")}
    refused = dict(outcome.rows("select meter_id, reason from {raw_forecasts}.refusals"))
    assert not forecast & set(refused)
    assert forecast | set(refused) <= {row[0] for row in outcome.rows("select meter_id from {energy}.dim_meters")}
    assert len(forecast) >= 3, refused
    # The two supplies that ended in 2015 have no present level.
    assert {"2200015105145", "2200015105163"} <= set(refused)
    assert all(reason.strip() for reason in refused.values())
