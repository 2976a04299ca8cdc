"""Benchmarks at a tiny scale: they run, and both sides of each comparison make the same rows. Times are not tested."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import bench_energy_marts
import bench_one_more_day
from bench_energy_marts import PeerDiffersError, as_rows, check_rows, load_all, mart_rows, peer_inputs
from bench_one_more_day import HistoriesDifferError, check_day
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession
from measure import Line, Seconds, median, peak_memory, seconds_lines
from peers import pandas_daily, polars_daily
from readings_estate import half_hours_of, write_days, write_estate

# Over the end of March, so that a day of 46 half-hours is among them.
METERS, DAYS = 20, 95
TINY = ["--meters", str(METERS), "--years", "0.26", "--repeats", "1"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory):
    """A built DuckDB warehouse of a tiny estate, its daily rows, and a peer's inputs."""
    config = bench_energy_marts.bench_warehouse(tmp_path_factory.mktemp("bench"), "duckdb", "bench_test")
    write_estate(config.landing, METERS, DAYS)
    load_all(config)
    with DbtSession(config) as session:
        session.build(select="+fct_energy_daily", exclude="resource_type:test resource_type:unit_test")
    with open_warehouse(config) as warehouse:
        rows = mart_rows(warehouse)
    return rows, *peer_inputs(config)


def test_peers_make_the_rows_of_the_daily_mart(built) -> None:
    rows, files, tables = built
    assert len(rows) == METERS * DAYS
    assert {row[6] for row in rows} == {46, 48}
    assert any(row[4] for row in rows) and any(row[5] < row[6] for row in rows)
    assert as_rows(polars_daily(files, **tables)) == rows
    in_pandas = pandas_daily(files, **{name: frame.to_pandas() for name, frame in tables.items()})
    assert as_rows(pl.from_pandas(in_pandas)) == rows


def test_peer_that_leaves_a_delivery_out_is_refused(built) -> None:
    rows, files, tables = built
    without_corrections = as_rows(polars_daily(files[:-1], **tables))
    assert len(without_corrections) == len(rows)
    with pytest.raises(PeerDiffersError):
        check_rows("Polars", without_corrections, rows)
    with pytest.raises(PeerDiffersError):
        check_rows("Polars", rows[:-1], rows)


@pytest.mark.postgres
def test_marts_benchmark_runs_on_both_engines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = bench_energy_marts.main(TINY)
    assert set(lines) == {"duckdb", "postgres"}
    assert [line.goal for line in lines["duckdb"] if line.is_met is not None] == ["<= 1.25", ">= 3", ">= 8", "<= 1"]
    assert [line.goal for line in lines["postgres"] if line.is_met is not None] == [">= 10", ">= 8"]
    assert all(line.ratio > 0 for each in lines.values() for line in each if line.is_met is not None)
    assert f"{METERS} meters x {DAYS} days = {METERS * DAYS * 48:,} readings" in capsys.readouterr().out


@pytest.mark.postgres
def test_one_more_day_benchmark_runs_on_both_engines() -> None:
    lines = bench_one_more_day.main([*TINY, "--repeats", "2"])
    assert [line.goal for line in lines["duckdb"] if line.is_met is not None] == ["<= 1.3"] * 2
    assert [line.goal for line in lines["postgres"] if line.is_met is not None] == ["<= 1.3"] * 2 + [">= 50"] * 2


def test_days_that_differ_between_histories_are_refused() -> None:
    class Warehouse:
        def __init__(self, rows: list[tuple]):
            self.rows = rows

        def rows_of(self, _: date) -> dict[str, list[tuple]]:
            return {"fct_energy_daily": self.rows}

    same = [("M1", 1), ("M2", 2)]
    check_day(date(2024, 1, 1), 2, {"long": Warehouse(same), "short": Warehouse(same)})
    for other in ([("M1", 1), ("M2", 3)], same[:1]):
        with pytest.raises(HistoriesDifferError):
            check_day(date(2024, 1, 1), 2, {"long": Warehouse(same), "short": Warehouse(other)})
    with pytest.raises(HistoriesDifferError):
        check_day(date(2024, 1, 1), 3, {"long": Warehouse(same), "short": Warehouse(same)})


def test_written_days_have_the_half_hours_of_the_clock(tmp_path: Path) -> None:
    days = [date(2021, 3, 28), date(2021, 3, 29), date(2021, 10, 31)]
    assert [half_hours_of(day) for day in days] == [46, 48, 50]
    (tmp_path / "energy").mkdir()
    rows = pl.read_parquet(write_days(tmp_path, "clock", ["M1"] * 200, days))
    last_period = {
        day: max(number for number in range(1, 51) if group[f"hh_{number:02d}"].is_not_null().any())
        for (day,), group in rows.group_by("settlement_date")
    }
    assert last_period == dict(zip(days, [46, 48, 50], strict=True))


def test_a_goal_is_met_by_the_right_side() -> None:
    faster, slower = Seconds(1, 1), Seconds(4, 2)
    assert [line.ratio for line in seconds_lines("", faster, slower, ">= 3")] == [4, 2]
    assert seconds_lines("", faster, slower, ">= 3")[0].is_met
    assert not seconds_lines("", slower, faster, ">= 3")[0].is_met
    assert seconds_lines("", slower, faster, "<= 1.3")[0].ratio == 4
    assert seconds_lines("", faster, slower, "<= 1.3")[0].is_met
    at_bound = Line("", "", "", 1.3, "<= 1.3")
    assert at_bound.is_met and not replace(at_bound, ratio=1.31).is_met
    assert replace(at_bound, goal="<=").is_met is None
    assert median([Seconds(3, 1), Seconds(1, 5), Seconds(2, 2)]) == Seconds(2, 2)


def test_peak_memory_sees_what_is_held_for_a_moment() -> None:
    with peak_memory(every_seconds=0.01) as peak:
        held = b"x" * 400_000_000
        time.sleep(0.2)
        with_it = len(held)
        del held
    assert peak[0] > with_it
