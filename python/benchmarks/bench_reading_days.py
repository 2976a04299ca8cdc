"""A row a meter and day with its half-hours as one array, against the same row with 50 columns, on both engines.

    python python/benchmarks/bench_reading_days.py --meters 200 --days 1096 --repeats 5

Daily totals of the whole history, one site's half-hours in long form, and the size on disk.

Runs are interleaved; medians of wall seconds and their ratios are written as JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg2

from data_layer.warehouse.config import project_root
from data_layer.warehouse.postgres_server import ensure_postgres, postgres_uri

SCHEMA = "bench_reading_days"
COLUMNS = [f"hh_{number:02d}" for number in range(1, 51)]


def seconds_of(run: Callable[[], object]) -> float:
    """Wall seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def medians(runs: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each run, taken in turns so that a busy minute falls on all."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            seconds[name].append(seconds_of(run))
    return {name: round(statistics.median(values), 4) for name, values in seconds.items()}


def make_tables(execute: Callable[[str], object], meters: int, days: int, brin: bool) -> None:
    """Tables as_array and as_columns, in order of date."""
    value = "cast(case when {n} > 48 then null else (meter * 7919 + day * 104729 + {n} * 31) % 20000 end as bigint)"
    columns = ", ".join(f"{value.format(n=number)} as {name}" for number, name in enumerate(COLUMNS, start=1))
    days_sql = "generate_series({first}, {last}) as days (day)"
    source = (
        "select cast(1200000000000 + meter as varchar) as meter_id, date '2020-01-01' + cast(day as integer) as "
        f"settlement_date, {columns} from {days_sql} cross join generate_series(1, {meters}) as meters (meter)"
    )
    packed = f"select meter_id, settlement_date, array[{', '.join(COLUMNS[:48])}] as half_hours_wh from as_columns"
    execute(f"create table as_columns as {source.format(first=1, last=days)} order by settlement_date, meter_id")
    execute(f"create table as_array as {packed} order by settlement_date, meter_id")
    if brin:
        for table in ("as_array", "as_columns"):
            execute(f"create index {table}_date on {table} using brin (settlement_date)")
            execute(f"analyze {table}")


def layout_runs(query: Callable[[str], object], total_of_array: str) -> dict[str, Callable[[], object]]:
    """The same two questions to both layouts."""
    total_of_columns = " + ".join(f"coalesce({name}, 0)" for name in COLUMNS)
    one_meter = "where meter_id = '1200000000001'"
    long_of_columns = " union all ".join(
        f"select settlement_date, {number} as period, {name} as wh from as_columns {one_meter}"
        for number, name in enumerate(COLUMNS[:48], start=1)
    )
    return {
        "daily_array": lambda: query(f"select sum(wh) from (select {total_of_array} as wh from as_array) as days"),
        "daily_columns": lambda: query(
            f"select sum(wh) from (select {total_of_columns} as wh from as_columns) as days"
        ),
        "long_array": lambda: query(
            "select sum(period * wh) from as_array cross join unnest(half_hours_wh) with ordinality as hh (wh, period) "
            + one_meter
        ),
        "long_columns": lambda: query(f"select sum(period * wh) from ({long_of_columns}) as half_hours"),
    }


def ratios(seconds: dict[str, float]) -> dict[str, float]:
    """What the decisions rest on: above 1 means that the choice made is the faster one."""
    pairs = {
        "daily_columns_over_array": ("daily_columns", "daily_array"),
        "long_columns_over_array": ("long_columns", "long_array"),
    }
    return {name: round(seconds[over] / seconds[under], 2) for name, (over, under) in pairs.items()}


def bench_duckdb(folder: Path, meters: int, days: int, repeats: int) -> dict[str, object]:
    """DuckDB, a file."""
    with duckdb.connect(str(folder / "bench.duckdb")) as connection:

        def query(sql: str) -> object:
            return connection.execute(sql).fetchall()

        make_tables(query, meters, days, brin=False)
        query("checkpoint")
        blocks = {
            table: query(f"select count(distinct block_id) from pragma_storage_info('{table}') where block_id >= 0")[0][
                0
            ]
            for table in ("as_array", "as_columns")
        }
        seconds = medians(layout_runs(query, "list_sum(half_hours_wh)"), repeats)
    return {"seconds": seconds, "ratios": ratios(seconds), "blocks_of_256_kb": blocks}


def bench_postgres(meters: int, days: int, repeats: int) -> dict[str, object]:
    """PostgreSQL: the one of the PG* variables, else one started on demand."""
    ensure_postgres(project_root())
    connection = psycopg2.connect(postgres_uri(project_root()))
    connection.autocommit = True
    cursor = connection.cursor()

    def query(sql: str) -> object:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None

    query(f"drop schema if exists {SCHEMA} cascade")
    query(f"create schema {SCHEMA}")
    query(f"set search_path to {SCHEMA}")
    try:
        make_tables(query, meters, days, brin=True)
        bytes_of = {table: query(f"select pg_table_size('{table}')")[0][0] for table in ("as_array", "as_columns")}
        bytes_of["as_array_date"] = query("select pg_relation_size('as_array_date')")[0][0]
        total = "(select sum(wh) from unnest(half_hours_wh) as hh (wh))"
        seconds = medians(layout_runs(query, total), repeats)
    finally:
        query(f"drop schema if exists {SCHEMA} cascade")
        connection.close()
    return {"seconds": seconds, "ratios": ratios(seconds), "bytes": bytes_of}


def main() -> None:
    """Measure and write the figures to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, default=200)
    parser.add_argument("--days", type=int, default=1096)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    size = (arguments.meters, arguments.days, arguments.repeats)
    with tempfile.TemporaryDirectory() as folder:
        figures = {
            "half_hours": arguments.meters * arguments.days * 48,
            "duckdb": bench_duckdb(Path(folder), *size),
            "postgres": bench_postgres(*size),
        }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
