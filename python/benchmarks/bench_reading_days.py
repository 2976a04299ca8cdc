"""Two choices about the readings, each measured against its alternative in the same run, on both engines.

    python python/benchmarks/bench_reading_days.py --meters 200 --days 1096 --repeats 5

1. A row a meter and day with its half-hours as one array, against the same row with 50 columns: daily totals of the
   whole history, one site's half-hours in long form, and the size on disk.
2. One more day for every meter: delete a constant range of dates and insert, against a merge by keys, at the full
   history and at a quarter of it. The cost of a day must not grow with the history. On PostgreSQL the merge is measured
   with a unique index on its keys too (table `keyed`); the overwrite needs none.

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
    """Tables as_array, as_columns, quarter (a quarter of the history) in order of date, and new_days (the last day)."""
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
    execute(
        "create table quarter as select * from as_array where settlement_date > date '2020-01-01' + "
        f"{days - days // 4} order by settlement_date, meter_id"
    )
    execute(f"create table new_days as select * from as_array where settlement_date = date '2020-01-01' + {days}")
    if brin:
        for table in ("as_array", "as_columns", "quarter"):
            execute(f"create index {table}_date on {table} using brin (settlement_date)")
            execute(f"analyze {table}")
        execute("create table keyed as select * from as_array order by settlement_date, meter_id")
        execute("create unique index keyed_key on keyed (meter_id, settlement_date)")
        execute("analyze keyed")


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


def day_runs(query: Callable[[str], object], days: int, keyed: bool) -> dict[str, Callable[[], object]]:
    """One day again for every meter, each in a transaction of its own that is rolled back."""

    last_day = f"date '2020-01-01' + {days}"

    def rolled_back(*statements: str) -> Callable[[], object]:
        def run() -> None:
            query("begin")
            for statement in statements:
                query(statement)
            query("rollback")

        return run

    def overwrite(table: str) -> Callable[[], object]:
        return rolled_back(
            f"delete from {table} where settlement_date between {last_day} and {last_day}",
            f"insert into {table} select * from new_days order by settlement_date",
        )

    def merge(table: str) -> Callable[[], object]:
        return rolled_back(
            f"merge into {table} using new_days on {table}.meter_id = new_days.meter_id "
            f"and {table}.settlement_date = new_days.settlement_date "
            "when matched then update set half_hours_wh = new_days.half_hours_wh "
            "when not matched then insert (meter_id, settlement_date, half_hours_wh) "
            "values (new_days.meter_id, new_days.settlement_date, new_days.half_hours_wh)"
        )

    runs = {
        "overwrite_full": overwrite("as_array"),
        "merge_full": merge("as_array"),
        "overwrite_quarter": overwrite("quarter"),
        "merge_quarter": merge("quarter"),
    }
    return {**runs, "merge_keyed": merge("keyed")} if keyed else runs


def ratios(seconds: dict[str, float]) -> dict[str, float]:
    """What the decisions rest on: above 1 means that the choice made is the faster one."""
    pairs = {
        "daily_columns_over_array": ("daily_columns", "daily_array"),
        "long_columns_over_array": ("long_columns", "long_array"),
        "merge_over_overwrite": ("merge_full", "overwrite_full"),
        "overwrite_full_over_quarter": ("overwrite_full", "overwrite_quarter"),
        "merge_full_over_quarter": ("merge_full", "merge_quarter"),
    }
    if "merge_keyed" in seconds:
        pairs["merge_keyed_over_overwrite"] = ("merge_keyed", "overwrite_full")
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
        seconds = medians(
            {**layout_runs(query, "list_sum(half_hours_wh)"), **day_runs(query, days, keyed=False)}, repeats
        )
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
        bytes_of["keyed_key"] = query("select pg_relation_size('keyed_key')")[0][0]
        bytes_of["as_array_date"] = query("select pg_relation_size('as_array_date')")[0][0]
        total = "(select sum(wh) from unnest(half_hours_wh) as hh (wh))"
        seconds = medians({**layout_runs(query, total), **day_runs(query, days, keyed=True)}, repeats)
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
