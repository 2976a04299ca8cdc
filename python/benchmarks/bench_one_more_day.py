"""One more day of readings for every meter: what it costs must not grow with the history.

    python python/benchmarks/bench_one_more_day.py --meters 1000 --years 3 --repeats 5

On each engine two warehouses of the same meters, one with four months of history and one with all years. Day after day
a file with one more day is loaded into both, and the incremental marts are run as the product runs them; what counts is
the time from each SQL statement's start to its end, all of dbt's own among them, for fct_energy_reading_days and
fct_energy_daily.

On PostgreSQL the same day is also merged by keys into the same mart, in a transaction that is rolled back: the merge
against the delete and insert of the mart's own strategy, both from a table that holds the day's finished rows. A merge
with a unique index on its keys is measured too; the overwrite needs none.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import psycopg2

from bench_energy_marts import DAILY, READING_DAYS, load_all
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.postgres_server import postgres_uri
from measure import (
    CpuClock,
    Line,
    Seconds,
    SqlTimingSession,
    bench_warehouse,
    drop_schemas,
    median,
    medians,
    print_table,
    say,
    seconds_lines,
    server_cpu,
    timed,
)
from readings_estate import FIRST_DAY, meter_ids, write_days, write_estate

MODELS = {
    READING_DAYS: ["meter_id", "measurement_quantity", "settlement_date"],
    DAILY: ["meter_id", "settlement_date"],
}
"""The marts, and the keys that a merge would go by."""

SHORT_HISTORY_DAYS = 122
SHORT_STATEMENT_REPEATS = 5


class History:
    """One warehouse: an estate of `days` days up to the day before `next_day`, loaded and built."""

    def __init__(self, config: WarehouseConfig, meters: int, days: int, next_day: date, cpu_clock: CpuClock):
        self.config = config
        self.meters = meter_ids(meters)
        drop_schemas(config)
        write_estate(config.landing, meters, days, next_day - timedelta(days=days))
        load_all(config)
        self.session = SqlTimingSession(config, cpu_clock)
        self.session.build_up_to(DAILY)

    def add(self, day: date) -> dict[str, Seconds]:
        """Load one more day and run the marts; seconds of SQL by mart."""
        write_days(self.config.landing, f"{day:%Y_%m_%d}", self.meters, [day])
        load_all(self.config)
        found = self.session.run_models("int_energy__readings_load", *MODELS)
        return {name: found[name] for name in MODELS}

    def rows_of(self, day: date) -> dict[str, list[tuple]]:
        """The day's totals in each mart."""
        with open_warehouse(self.config) as warehouse:
            marts = {
                name: f"{warehouse.schema('energy')}.{name} where settlement_date = ? order by meter_id"
                for name in MODELS
            }
            return {
                READING_DAYS: warehouse.fetch_rows(
                    f"select meter_id, consumption_wh from {marts[READING_DAYS]}", [day]
                ),
                DAILY: warehouse.fetch_rows(f"select meter_id, consumption_kwh from {marts[DAILY]}", [day]),
            }


class HistoriesDifferError(Exception):
    """The new day is not the same in both warehouses: their times would mean nothing."""


def bench(folder: Path, target: str, meters: int, days: int, repeats: int) -> list[Line]:
    """Lines of one engine's table."""
    first_new_day = FIRST_DAY + timedelta(days=days)
    spans = {"long": days, "short": min(SHORT_HISTORY_DAYS, days)}
    configs = {name: bench_warehouse(folder / name, target, f"bench_day_{name}") for name in spans}
    try:
        with closing(_postgres(target, configs["long"])) as connection:
            cpu_clock = server_cpu(connection.info.backend_pid) if connection else time.process_time
            histories = {}
            for name, span in spans.items():
                say(f"{target}: {meters:,} meters x {span:,} days")
                histories[name] = History(configs[name], meters, span, first_new_day, cpu_clock)
            found: dict[tuple[str, str], list[Seconds]] = defaultdict(list)
            # One day more than is counted: the first run finds dbt and the files cold.
            for number in range(repeats + 1):
                day = first_new_day + timedelta(days=number)
                for name, history in histories.items():
                    for model, seconds in history.add(day).items():
                        if number:
                            found[name, model].append(seconds)
                check_day(day, len(meter_ids(meters)), histories)
            lines = []
            for model in MODELS:
                all_years, four_months = median(found["long", model]), median(found["short", model])
                lines += seconds_lines(f"{model}: {days:,} days / {spans['short']}", all_years, four_months, "<= 1.3")
            if connection:
                for model, keys in MODELS.items():
                    lines += merge_lines(connection, configs["long"], model, keys, day, repeats, cpu_clock)
            return lines
    finally:
        for config in configs.values():
            drop_schemas(config)


def check_day(day: date, meters: int, histories: dict[str, History]) -> None:
    """Raise HistoriesDifferError unless both warehouses hold the same new day, whole."""
    rows = [history.rows_of(day) for history in histories.values()]
    if any(each != rows[0] for each in rows) or any(len(each) != meters for each in rows[0].values()):
        raise HistoriesDifferError(f"{day}: {[{name: len(each) for name, each in found.items()} for found in rows]}")


def merge_lines(
    connection, config: WarehouseConfig, model: str, keys: list[str], day: date, repeats: int, cpu_clock: CpuClock
) -> list[Line]:
    """The day's rows put into the mart by range and by keys, each rolled back."""
    table = f"{config.schema_prefix}energy.{model}"
    cursor = connection.cursor()
    cursor.execute(f"create temp table new_day as select * from {table} where settlement_date = date '{day}'")
    cursor.execute("analyze new_day")
    cursor.execute(f"vacuum analyze {table}")
    cursor.execute("select * from new_day limit 0")
    columns = [column.name for column in cursor.description]
    values = ", ".join(f"new_day.{name}" for name in columns)
    merge = (
        f"merge into {table} as mart using new_day "
        f"on {' and '.join(f'mart.{key} = new_day.{key}' for key in keys)} "
        f"when matched then update set {', '.join(f'{name} = new_day.{name}' for name in columns if name not in keys)} "
        f"when not matched then insert ({', '.join(columns)}) values ({values})"
    )
    # As macros/get_incremental_range_overwrite_sql.sql writes them, with the day of slack on either side.
    overwrite = [
        f"delete from {table} where (settlement_date between date '{day}' and date '{day}' + 1)",
        f"insert into {table} ({', '.join(columns)}) select {', '.join(columns)} from new_day order by settlement_date",
    ]

    def rolled_back(statements: list[str], expected: int) -> Seconds:
        cursor.execute("begin")

        def run() -> None:
            for statement in statements:
                cursor.execute(statement)
                if cursor.rowcount != expected:
                    raise HistoriesDifferError(f"{model}: {cursor.rowcount} rows instead of {expected}: {statement}")

        seconds = timed(run, cpu_clock)
        cursor.execute("rollback")
        # What was rolled back lies in the table as dead rows, which the next run of either side would have to read.
        cursor.execute(f"vacuum {table}")
        return seconds

    cursor.execute("select count(*) from new_day")
    rows = cursor.fetchone()[0]
    # Statements of a millisecond: of few repeats the median would be that of the machine's other work.
    repeats *= SHORT_STATEMENT_REPEATS
    found = medians(
        {"ours": lambda: rolled_back(overwrite, rows), "merge": lambda: rolled_back([merge], rows)}, repeats
    )
    cursor.execute(f"create unique index bench_key on {table} ({', '.join(keys)})")
    cursor.execute(f"analyze {table}")
    keyed = medians({"merge": lambda: rolled_back([merge], rows)}, repeats)
    cursor.execute(f"select pg_relation_size('{config.schema_prefix}energy.bench_key')")
    size = cursor.fetchone()[0]
    cursor.execute(f"drop index {config.schema_prefix}energy.bench_key")
    cursor.execute("drop table new_day")
    return [
        *seconds_lines(f"{model}: merge by keys / overwrite", found["ours"], found["merge"], ">= 50"),
        *seconds_lines(f"  with a unique index of {size / 1e6:.0f} MB", found["ours"], keyed["merge"], ">="),
    ]


class _NoConnection:
    """Stands for a connection on DuckDB, which needs none."""

    def __bool__(self) -> bool:
        return False

    def close(self) -> None:
        pass


def _postgres(target: str, config: WarehouseConfig):
    if target != "postgres":
        return _NoConnection()
    connection = psycopg2.connect(postgres_uri(config.root))
    connection.autocommit = True
    return connection


def main(arguments: list[str] | None = None) -> dict[str, list[Line]]:
    """Measure, print a table an engine, and return the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, default=1000, help="on DuckDB; PostgreSQL gets half")
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--target", choices=["duckdb", "postgres"], action="append", help="default: both")
    options = parser.parse_args(arguments)
    days = round(options.years * 365.25)
    lines = {}
    for target in options.target or ["duckdb", "postgres"]:
        meters = options.meters if target == "duckdb" else max(options.meters // 2, 1)
        with tempfile.TemporaryDirectory() as folder:
            lines[target] = bench(Path(folder), target, meters, days, options.repeats)
        print_table(f"{target}: one more day for {meters:,} meters, medians of {options.repeats}", lines[target])
    return lines


if __name__ == "__main__":
    main()
