"""Metrics of a tiny estate with known totals, on both engines."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from data_layer.metrics.query import MetricError, MetricStore
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import write_profiles
from metrics_estate import (
    AVERAGE_LEAD_TIME_DAYS,
    AVERAGE_UNIT_RATE,
    AVOIDABLE_UNIT_RATE,
    ESTIMATED_READ_SHARE,
    TOTALS,
    UNEXPLAINED_BILL_SHARE,
)


@pytest.fixture(scope="module")
def store(metrics_config):
    with MetricStore(metrics_config) as opened:
        yield opened


def values(table: pa.Table) -> list[tuple]:
    return [tuple(row.values()) for row in table.to_pylist()]


def test_totals_are_those_on_paper(store):
    totals = store.totals()
    assert {name: totals[name] for name in TOTALS} == {name: str(value) for name, value in TOTALS.items()}
    assert float(totals["average_lead_time_days"]) == AVERAGE_LEAD_TIME_DAYS
    assert float(totals["estimated_read_share"]) == ESTIMATED_READ_SHARE
    assert float(totals["unexplained_bill_share"]) == pytest.approx(UNEXPLAINED_BILL_SHARE, rel=1e-9)
    assert float(totals["average_unit_rate_gbp_per_kwh"]) == pytest.approx(AVERAGE_UNIT_RATE, rel=1e-9)
    assert float(totals["avoidable_unit_rate_gbp_per_kwh"]) == pytest.approx(AVOIDABLE_UNIT_RATE, rel=1e-9)
    assert float(totals["capacity_headroom_share"]) == pytest.approx(0.95, rel=1e-9)


def test_cost_can_be_told_by_element(store):
    costs = store.query(["energy_cost_gbp"], group_by=["energy_invoice_line__element"])
    assert values(costs) == [("standing", Decimal("11.0000")), ("unit", Decimal("50.2500"))]


def test_virtual_bill_can_be_told_by_element(store):
    bills = store.query(["virtual_bill_gbp"], group_by=["reconciled_element__element"])
    assert values(bills) == [
        ("capacity", Decimal("31.0000")),
        ("standing", Decimal("11.0000")),
        ("unit", Decimal("48.2400")),
    ]


def test_every_metric_is_listed_with_what_it_is(store):
    listed = {definition.name: definition for definition in store.list()}
    assert listed.keys() == store.totals().keys()
    spend = listed["travel_spend_gbp"]
    assert (spend.unit, spend.mart, spend.time_column, spend.additive) == (
        "GBP",
        "fct_travel_spend",
        "spend_date",
        True,
    )
    lead_time = listed["average_lead_time_days"]
    assert (lead_time.kind, lead_time.inputs) == ("ratio", ("travel_lead_time_days", "travel_bookings"))
    for definition in listed.values():
        assert all([definition.label, definition.description, definition.unit, definition.owner, definition.steward])
        assert definition.good_direction in {"higher", "lower", "neutral"}


def test_additive_metrics_are_exact_and_add_up_over_months(store):
    additive = [definition.name for definition in store.list() if definition.additive]
    assert len(additive) > 10
    totals = store.totals()
    for name in additive:
        column = store.query([name], group_by=["month"]).column(name)
        assert not pa.types.is_floating(column.type), name
        assert str(sum(value for value in column.to_pylist() if value is not None)) == totals[name]


def test_site_keeps_the_attributes_of_its_day(store):
    found = store.query(["energy_consumption_kwh"], group_by=["site", "site_type", "year"])
    assert found.column_names == ["site", "site_type", "year", "energy_consumption_kwh"]
    assert values(found) == [
        ("S1", "food_store", date(2024, 1, 1), Decimal("12.000")),
        ("S1", "food_store", date(2025, 1, 1), Decimal("164.000")),
        ("S1", "office", date(2025, 1, 1), Decimal("37.000")),
        ("S2", "funeral_home", date(2025, 1, 1), Decimal("12.000")),
    ]


def test_cost_centre_leads_to_the_business_unit(store):
    assert values(store.query(["travel_spend_gbp"], group_by=["business_unit"])) == [
        ("care", Decimal("172.5000")),
        ("food", Decimal("208.0500")),
    ]


def test_members_of_a_month_are_those_at_its_end(store, metrics_config):
    months = values(store.query(["members"], group_by=["month"]))
    assert months[-7:] == [
        (date(2025, 1, 1), 3),
        (date(2025, 2, 1), 2),
        (date(2025, 3, 1), 1),
        (date(2025, 4, 1), 1),
        (date(2025, 5, 1), 2),
        (date(2025, 6, 1), 2),
        (date(2025, 7, 1), 3),
    ]
    with open_warehouse(metrics_config) as warehouse:
        for month, count in months:
            following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
            rows = warehouse.fetch_rows(
                f"select count(*) from {warehouse.schema('membership')}.fct_membership_periods "
                "where joined_date < ? and (left_date is null or left_date >= ?)",
                [following, following],
            )
            assert rows == [(count,)], month


def test_members_add_up_over_regions(store):
    assert values(store.query(["members"], group_by=["home_region"])) == [("Scotland", 0), ("Wales", 1), (None, 2)]


def test_local_day_dates_a_joining(store):
    joined = values(store.query(["joiners"], group_by=["month"], from_date=date(2025, 5, 1)))
    assert joined == [(date(2025, 5, 1), 1), (date(2025, 7, 1), 1)]


def test_current_members_are_no_leavers_without_a_date(store):
    assert values(store.query(["leavers"], group_by=["month"])) == [(date(2025, 2, 1), 1), (date(2025, 3, 1), 1)]


def test_both_dates_are_inclusive(store):
    one_day = store.query(["travel_spend_gbp"], from_date=date(2025, 3, 11), to_date=date(2025, 3, 11))
    assert values(one_day) == [(Decimal("112.8000"),)]


def test_sequenced_claims_leave_out_the_overlap_and_earlier_days(store):
    claims = store.query(
        ["savings_sequenced_gbp", "savings_standalone_gbp"], group_by=["detector"], order_by=["-savings_sequenced_gbp"]
    )
    assert values(claims) == [
        ("capacity_above_need", Decimal("12.0000"), Decimal("12.0000")),
        ("load_when_closed", Decimal("2.0000"), Decimal("2.0000")),
        ("night_load", Decimal("1.5000"), Decimal("5.5000")),
    ]


def test_filter_order_and_limit(store):
    found = store.query(
        ["travel_spend_gbp"],
        group_by=["travel_category"],
        where="{{ Dimension('travel_cost__cost_source') }} = 'agency_booking'",
        order_by=["-travel_spend_gbp"],
        limit=2,
    )
    assert values(found) == [("hotel", Decimal("230.0000")), ("rail", Decimal("100.0000"))]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ({"metrics": ["turnover"]}, "There is no metric 'turnover'. There are: agreed_capacity_kva, "),
        ({"metrics": []}, "No metric was named"),
        (
            {"metrics": ["members"], "group_by": ["fuel"]},
            "There is no 'fuel' to group these metrics by. There are: day, ",
        ),
        ({"metrics": ["members"], "group_by": ["home_region"], "order_by": ["month"]}, "Cannot order by 'month'"),
        ({"metrics": ["members"], "group_by": ["month", "metric_time__month"]}, "Two of the groups are the same"),
        ({"metrics": ["members"], "where": "{{ Dimension('site__site_type') }} = 'office'"}, "cannot be answered"),
    ],
)
def test_question_without_an_answer_says_why(store, question, answer):
    with pytest.raises(MetricError) as refusal:
        store.query(**question)
    assert answer in str(refusal.value)


def test_every_group_that_is_offered_can_be_asked_for(store):
    for metric in ("energy_consumption_kwh", "travel_spend_gbp", "joiners", "savings_cautious_gbp"):
        for name in store.group_bys([metric]):
            assert store.query([metric], group_by=[name]).num_rows > 0, (metric, name)


def test_a_query_costs_a_fraction_of_a_second(store):
    durations = []
    for _ in range(5):
        started = time.perf_counter()
        store.query(["energy_consumption_kwh"], group_by=["site", "month"])
        durations.append(time.perf_counter() - started)
    assert min(durations) < 0.5


def test_additive_metric_in_floats_is_refused(store):
    definition = next(item for item in store.list() if item.name == "travel_spend_gbp")
    with pytest.raises(MetricError, match="would not add up to the penny"):
        store._metric_column(pa.table({"travel_spend_gbp": [1.5]}), definition)


def test_estates_do_not_mix_in_one_process(metrics_config, tmp_path):
    if metrics_config.target != "duckdb":
        pytest.skip("copies the warehouse's file")
    other = replace(metrics_config, duckdb_path=tmp_path / "other.duckdb", dbt_target_path=tmp_path / "target")
    shutil.copyfile(metrics_config.duckdb_path, other.duckdb_path)
    with open_warehouse(other) as warehouse:
        warehouse.execute("delete from travel.fct_travel_spend where is_travelled_booking")
    for config, bookings in ((metrics_config, 3), (other, 0), (metrics_config, 3)):
        with MetricStore(config) as store:
            assert values(store.query(["travel_bookings"])) == [(bookings,)]


def test_same_as_the_mf_command(store, metrics_config, tmp_path):
    """MetricFlow's own command, in a process of its own, gives the same rows."""
    asked = ["travel_spend_gbp", "average_lead_time_days"]
    ours = store.query(asked, group_by=["business_unit", "travel_category"])
    store.close()  # two processes cannot have one DuckDB file open
    profiles = write_profiles(metrics_config)
    command = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("mf")), "query", "--csv", "rows.csv", "--metrics", ",".join(asked)),
            *("--group-by", "business_unit,travel_cost__travel_category"),
        ],
        cwd=_project_for_mf(metrics_config, tmp_path),
        env={**os.environ, "DBT_PROFILES_DIR": str(profiles)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert command.returncode == 0, command.stdout + command.stderr
    with (tmp_path / "rows.csv").open(encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["business_unit", "travel_cost__travel_category", *asked]
    theirs = sorted((unit, kind, _number(spend), _number(days)) for unit, kind, spend, days in rows)
    assert theirs == [(unit, kind, float(spend), days) for unit, kind, spend, days in values(ours)]


def _number(text: str) -> float | None:
    return float(text) if text not in ("", "None") else None


def _project_for_mf(config: WarehouseConfig, folder: Path) -> Path:
    """`mf` looks for dbt's artefacts in target/ of the project: a folder of links with this estate's there."""
    for name in ("dbt_project.yml", "models", "macros", "seeds", "analyses", "tests"):
        (folder / name).symlink_to(config.root / name)
    (folder / "target").mkdir()
    shutil.copyfile(config.dbt_target_path / "semantic_manifest.json", folder / "target" / "semantic_manifest.json")
    return folder
