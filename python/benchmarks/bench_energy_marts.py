"""Half-hourly readings from raw tables to marts: dbt against the same SQL, and the daily mart against peers.

    python python/benchmarks/bench_energy_marts.py --meters 1000 --years 3 --repeats 5

DuckDB, 1,000 meters (52 million readings):
  1. the SQL of fct_energy_reading_days and fct_energy_daily as dbt runs it, against their compiled SQL sent to DuckDB
     directly; a full refresh of both
  2. the daily mart, built from the reading days that the warehouse keeps, against Polars and pandas that make it from
     the landing files, and store it as Parquet. pandas works on one meter in `PANDAS_SHARE`; its time a row is taken
  3. the largest resident memory of our process while it loads and builds

PostgreSQL, 100 meters: the daily mart against the same from a long fact (a row a half-hour) joined to its dimensions,
and the size of both with their indexes.

All sides are taken in turns; medians are compared. Every peer's rows must be those of the mart, or the run stops.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
import psycopg2

from data_layer.landing.load import load_landing
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.postgres_server import postgres_uri
from measure import (
    GIGABYTE,
    Line,
    Seconds,
    SqlTimingSession,
    bench_warehouse,
    drop_schemas,
    median,
    medians,
    peak_memory,
    print_table,
    say,
    seconds_lines,
    server_cpu,
    timed,
)
from peers import (
    DAILY_COLUMNS,
    DAILY_FROM_LONG_SQL,
    DAILY_SUMMED_FIRST_SQL,
    LONG_FACT_KEY_SQL,
    LONG_FACT_SQL,
    pandas_daily,
    polars_daily,
)
from readings_estate import write_estate

READING_DAYS, DAILY = "fct_energy_reading_days", "fct_energy_daily"
PANDAS_SHARE = 20


class PeerDiffersError(Exception):
    """A peer made other rows than the mart: its time would mean nothing."""


def bench_duckdb(folder: Path, meters: int, days: int, repeats: int) -> list[Line]:
    """Lines of DuckDB's table."""
    config = bench_warehouse(folder, "duckdb", "bench_marts")
    say(f"DuckDB: writing {meters:,} meters x {days:,} days")
    write_estate(config.landing, meters, days)
    with peak_memory() as load_peak:
        load = timed(lambda: load_all(config))
    say(f"loaded in {load.wall:.1f} s")
    with SqlTimingSession(config) as session:
        with peak_memory() as build_peak:
            first = session.build_up_to(DAILY)
        say(f"built: {READING_DAYS} {first[READING_DAYS].wall:.1f} s, {DAILY} {first[DAILY].wall:.1f} s of SQL")
        compiled = session.compiled(READING_DAYS, DAILY)
        files, tables = peer_inputs(config)
        small_files, small_meters = meters_for_pandas(files, tables["meters"], folder)
        with open_warehouse(config) as warehouse:
            ours = mart_rows(warehouse)
        check_rows("Polars", as_rows(polars_daily(files, **tables)), ours)
        pandas_tables = {name: frame.to_pandas() for name, frame in {**tables, "meters": small_meters}.items()}
        known = set(small_meters["meter_id"])
        check_rows(
            "pandas",
            as_rows(pl.from_pandas(pandas_daily(small_files, **pandas_tables))),
            [row for row in ours if row[0] in known],
        )
        say("peers agree")
        stored = folder / "daily.parquet"
        ours_by_model: dict[str, list[Seconds]] = {READING_DAYS: [], DAILY: []}

        def run_dbt() -> Seconds:
            found = session.run_models(READING_DAYS, DAILY, full_refresh=True)
            for name, each in ours_by_model.items():
                each.append(found[name])
            return found[READING_DAYS] + found[DAILY]

        found = medians(
            {
                "dbt": run_dbt,
                "raw": lambda: run_directly(config, compiled),
                "polars": lambda: timed(lambda: polars_daily(files, **tables).write_parquet(stored)),
                "pandas": lambda: timed(lambda: pandas_daily(small_files, **pandas_tables).to_parquet(stored)),
            },
            repeats,
        )
    daily = median(ours_by_model[DAILY])
    rows, pandas_rows = len(ours), sum(row[0] in known for row in ours)
    scaled = Seconds(found["pandas"].wall * rows / pandas_rows, found["pandas"].cpu * rows / pandas_rows)
    peak = max(load_peak[0], build_peak[0])
    return [
        *seconds_lines("SQL to both marts: dbt / sent directly", found["dbt"], found["raw"], "<= 1.25"),
        *seconds_lines("daily mart: Polars from the files / ours", daily, found["polars"], ">= 3"),
        *seconds_lines(f"daily mart: pandas a row (1/{PANDAS_SHARE}) / ours", daily, scaled, ">= 8"),
        *seconds_lines("both marts / Polars' daily mart alone", found["dbt"], found["polars"], "<="),
        Line("peak memory, load and build / 2 GB", f"{peak / GIGABYTE:.2f} GB", "2 GB", peak / GIGABYTE / 2, "<= 1"),
        Line("  while loading", f"{load_peak[0] / GIGABYTE:.2f} GB", "", None),
        Line("load of the files", f"{load.wall:.1f} s", "", None),
    ]


def load_all(config: WarehouseConfig) -> None:
    """Load the landing folder; nothing of it may be refused or set aside."""
    report = load_landing(config)
    if report.refused or report.rows_quarantined:
        raise RuntimeError(f"The benchmark's files were not loaded whole: {report.summary()} {report.warnings[:3]}")


def run_directly(config: WarehouseConfig, compiled: dict[str, str]) -> Seconds:
    """The compiled SQL of both models, into tables of another schema, without dbt."""
    with closing(duckdb.connect(str(config.duckdb_path))) as connection:
        connection.execute("create schema if not exists direct")
        total = Seconds(0, 0)
        for name in (READING_DAYS, DAILY):
            sql = f"create or replace table direct.{name} as {compiled[name]}"
            total += timed(lambda sql=sql: connection.execute(sql).fetchall())
        connection.execute("drop schema direct cascade")
    return total


def peer_inputs(config: WarehouseConfig) -> tuple[list[Path], dict[str, pl.DataFrame]]:
    """The landing files in the order of their names, and the small tables that a peer joins."""
    files = sorted((config.landing / "energy").glob("readings_hh_*.parquet"))
    meters = pl.read_parquet(config.landing / "energy" / "meters.parquet").select("meter_id", "site_id", "fuel")
    with open_warehouse(config) as warehouse:
        core = warehouse.schema("core")
        dates = warehouse.fetch_arrow(
            f"select date_day as settlement_date, periods_in_day, calendar_year from {core}.dim_dates"
        )
        factors = warehouse.fetch_arrow(
            "select fuel, cast(extract(year from valid_from_date) as integer) as calendar_year, "
            f"cast(emissions_kgco2e_per_kwh * 1000000 as bigint) as factor_e6 from {core}.dim_carbon_factors"
        )
    return files, {"meters": meters, "dates": pl.from_arrow(dates), "factors": pl.from_arrow(factors)}


def meters_for_pandas(files: list[Path], meters: pl.DataFrame, folder: Path) -> tuple[list[Path], pl.DataFrame]:
    """One meter in PANDAS_SHARE, in files of their own."""
    some = meters.gather_every(PANDAS_SHARE)
    target = folder / "pandas"
    target.mkdir()
    small_files = [target / file.name for file in files]
    for file, small in zip(files, small_files, strict=True):
        pl.read_parquet(file).filter(pl.col("meter_id").is_in(some["meter_id"].to_list())).write_parquet(small)
    return small_files, some


def mart_rows(warehouse) -> list[tuple]:
    """fct_energy_daily as the peers give it."""
    energy = warehouse.schema("energy")
    return warehouse.fetch_rows(
        "select meter_id, site_id, cast(consumption_kwh * 1000 as bigint), "
        "cast(emissions_kgco2e * 1000000 as bigint), estimated_half_hours, read_half_hours, expected_half_hours, "
        f"settlement_date from {energy}.{DAILY} order by settlement_date, meter_id"
    )


def as_rows(daily: pl.DataFrame) -> list[tuple]:
    """A peer's rows with the types of `mart_rows`."""
    whole = [name for name in DAILY_COLUMNS if name.endswith(("_wh", "_mgco2e", "_hours"))]
    return daily.with_columns(pl.col(whole).cast(pl.Int64), pl.col("settlement_date").cast(pl.Date)).rows()


def check_rows(name: str, rows: list[tuple], ours: list[tuple]) -> None:
    """Raise PeerDiffersError unless all rows are the same."""
    if rows == ours:
        return
    first = next(((theirs, our) for theirs, our in zip(rows, ours, strict=False) if theirs != our), None)
    raise PeerDiffersError(f"{name} gives {len(rows)} rows, the mart has {len(ours)}; the first that differ: {first}")


def bench_postgres(folder: Path, meters: int, days: int, repeats: int) -> list[Line]:
    """Lines of PostgreSQL's table."""
    config = bench_warehouse(folder, "postgres", "bench_marts")
    say(f"PostgreSQL: writing {meters:,} meters x {days:,} days")
    write_estate(config.landing, meters, days)
    drop_schemas(config)
    try:
        load = timed(lambda: load_all(config))
        say(f"loaded in {load.wall:.1f} s")
        with closing(psycopg2.connect(postgres_uri(config.root))) as connection:
            connection.autocommit = True
            return _bench_postgres(config, connection, load, repeats)
    finally:
        drop_schemas(config)


def _bench_postgres(config: WarehouseConfig, connection, load: Seconds, repeats: int) -> list[Line]:
    cursor = connection.cursor()
    cpu_clock = server_cpu(connection.info.backend_pid)
    names = {name: f"{config.schema_prefix}{name}" for name in ("core", "energy", "intermediate")}
    names["schema"] = f"{config.schema_prefix}peer"

    def query(sql: str) -> list[tuple]:
        cursor.execute(sql.format(**names))
        return cursor.fetchall() if cursor.description else []

    with SqlTimingSession(config, cpu_clock) as session:
        first = session.build_up_to(DAILY)
        say(f"built: {READING_DAYS} {first[READING_DAYS].wall:.1f} s, {DAILY} {first[DAILY].wall:.1f} s of SQL")
        query("create schema {schema}")
        query(LONG_FACT_SQL)
        query(LONG_FACT_KEY_SQL)
        query("vacuum analyze {schema}.long_fact")
        for sql in (DAILY_FROM_LONG_SQL, DAILY_SUMMED_FIRST_SQL):
            query("drop table if exists {schema}.long_daily")
            query(sql)
            check_rows("the long fact", query(_DAILY_ROWS.format(table="{schema}.long_daily")), query(_OUR_DAILY_ROWS))
        say("the long fact agrees")

        def from_long_fact(sql: str) -> Seconds:
            query("drop table {schema}.long_daily")
            return timed(lambda: query(sql), cpu_clock)

        found = medians(
            {
                "ours": lambda: session.run_models(DAILY, full_refresh=True)[DAILY],
                "peer": lambda: from_long_fact(DAILY_FROM_LONG_SQL),
                "summed_first": lambda: from_long_fact(DAILY_SUMMED_FIRST_SQL),
            },
            repeats,
        )
    readings = query("select count(*) from {schema}.long_fact")[0][0]
    ours_bytes = query(f"select pg_total_relation_size('{{energy}}.{READING_DAYS}')")[0][0]
    peer_bytes = query("select pg_total_relation_size('{schema}.long_fact')")[0][0]
    return [
        *seconds_lines("daily mart: long fact with joins / ours", found["ours"], found["peer"], ">= 10"),
        *seconds_lines("  summed before it is joined / ours", found["ours"], found["summed_first"], ">="),
        Line(
            "bytes a reading: long heap and unique index / ours",
            f"{ours_bytes / readings:.1f}",
            f"{peer_bytes / readings:.1f}",
            round(peer_bytes / ours_bytes, 2),
            ">= 8",
        ),
        Line("load of the files", f"{load.wall:.1f} s", "", None),
    ]


_DAILY_ROWS = (
    "select meter_id, site_id, consumption_kwh, emissions_kgco2e, estimated_half_hours, read_half_hours, "
    "expected_half_hours, settlement_date from {table} order by settlement_date, meter_id"
)
# A day without any reading has no row in a long fact.
_OUR_DAILY_ROWS = _DAILY_ROWS.format(
    table="(select * from {energy}.fct_energy_daily where read_half_hours > 0) as days"
)


def main(arguments: list[str] | None = None) -> dict[str, list[Line]]:
    """Measure, print a table an engine, and return the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, default=1000, help="on DuckDB; PostgreSQL gets a tenth")
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--target", choices=["duckdb", "postgres"], action="append", help="default: both")
    options = parser.parse_args(arguments)
    days = round(options.years * 365.25)
    lines = {}
    benches: dict[str, tuple[Callable[..., list[Line]], int]] = {
        "duckdb": (bench_duckdb, options.meters),
        "postgres": (bench_postgres, max(options.meters // 10, 1)),
    }
    for target in options.target or list(benches):
        bench, meters = benches[target]
        with tempfile.TemporaryDirectory() as folder:
            lines[target] = bench(Path(folder), meters, days, options.repeats)
        size = f"{meters:,} meters x {days:,} days = {meters * days * 48:,} readings"
        print_table(f"{target}: {size}, medians of {options.repeats}", lines[target])
    return lines


if __name__ == "__main__":
    main()
