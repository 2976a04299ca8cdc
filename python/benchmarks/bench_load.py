"""How fast half-hourly readings load, against a peer that does no checks, in the same run.

    python python/benchmarks/bench_load.py --meters 300 --days 1096 --repeats 5

Peers: on DuckDB a plain `insert ... select` from the Parquet file; on PostgreSQL psycopg2's CSV COPY of the same rows.
Ours checks each row against its contract, looks for repeated keys, writes the ledger, and commits. Runs are
interleaved; the medians and their ratios are written as JSON. The file is written once, and read from the page cache by
all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import psycopg2

from data_layer.landing.contracts import read_contracts
from data_layer.landing.load import load_landing
from data_layer.landing.raw_tables import create_raw_tables
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.postgres_server import ensure_postgres, postgres_uri

PREFIX = "bench_load_"


def write_readings(path: Path, meters: int, days: int) -> None:
    """A Parquet file of readings_hh: a row a meter and day, 48 values with six decimals."""
    values = ", ".join(
        f"((hash(row * 50 + {number}) % 30_000_000) / 1e6)::decimal(18, 6) as hh_{number:02d}"
        for number in range(1, 49)
    )
    path.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    (1200000000000 + row % {meters})::varchar as meter_id, 'AI' as measurement_quantity,
                    date '2023-01-01' + (row // {meters})::int as settlement_date, 'kwh' as unit,
                    'A' as reading_type, {values}
                from range({meters * days}) as meter_days (row)
            ) to '{path}'
            """
        )


def measure(runs: dict[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """Median seconds of each run, taken in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            seconds[name].append(run())
    return {name: statistics.median(values) for name, values in seconds.items()}


def bench_duckdb(folder: Path, config: WarehouseConfig, file: Path, repeats: int) -> dict[str, float]:
    def ours() -> float:
        config.duckdb_path.unlink(missing_ok=True)
        with open_warehouse(config) as warehouse:
            create_raw_tables(warehouse)
        return timed(lambda: load_landing(config))

    def peer() -> float:
        path = folder / "peer.duckdb"
        path.unlink(missing_ok=True)
        with open_warehouse(replace(config, duckdb_path=path)) as warehouse:
            create_raw_tables(warehouse)

        def insert() -> None:
            with duckdb.connect(str(path)) as connection:
                connection.execute(f"insert into raw_energy.readings_hh by name select * from read_parquet('{file}')")

        return timed(insert)

    return measure({"ours": ours, "peer": peer}, repeats)


def bench_postgres(config: WarehouseConfig, file: Path, repeats: int) -> dict[str, float]:
    def empty() -> None:
        with open_warehouse(config) as warehouse:
            for table in read_contracts(config.root):
                schema = warehouse.schema(table.schema_name)
                if warehouse.table_exists(schema, table.name):
                    warehouse.execute(f"drop schema {schema} cascade")
            create_raw_tables(warehouse)

    def ours() -> float:
        empty()
        return timed(lambda: load_landing(config))

    def peer() -> float:
        empty()

        def copy() -> None:
            text = file.with_name("_peer.csv")
            with duckdb.connect() as connection:
                columns = ", ".join(connection.read_parquet(str(file)).columns)
                connection.execute(f"copy (from read_parquet('{file}')) to '{text}' (header false)")
            with closing(psycopg2.connect(postgres_uri(config.root))) as connection, connection.cursor() as cursor:
                with text.open() as rows:
                    cursor.copy_expert(f"copy {PREFIX}raw_energy.readings_hh ({columns}) from stdin (format csv)", rows)
                connection.commit()

        return timed(copy)

    result = measure({"ours": ours, "peer": peer}, repeats)
    with open_warehouse(config) as warehouse:
        for schema in {warehouse.schema(table.schema_name) for table in read_contracts(config.root)}:
            warehouse.execute(f"drop schema if exists {schema} cascade")
    return result


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, default=300)
    parser.add_argument("--days", type=int, default=1096)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--target", choices=["duckdb", "postgres"], action="append")
    options = parser.parse_args()
    rows = options.meters * options.days
    results = {"rows": rows, "half_hours": rows * 48, "repeats": options.repeats}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "landing" / "energy" / "readings_hh.parquet"
        write_readings(file, options.meters, options.days)
        for target in options.target or ["duckdb", "postgres"]:
            config = replace(
                WarehouseConfig.resolve(landing=folder / "landing", target=target),
                duckdb_path=folder / "bench.duckdb",
                state_dir=folder / "state",
                schema_prefix=PREFIX if target == "postgres" else "",
            )
            if target == "duckdb":
                medians = bench_duckdb(folder, config, file, options.repeats)
            else:
                ensure_postgres(config.root)
                medians = bench_postgres(config, file, options.repeats)
            results[target] = {
                "ours_seconds": round(medians["ours"], 3),
                "peer_seconds": round(medians["peer"], 3),
                "ours_to_peer": round(medians["ours"] / medians["peer"], 2),
                "ours_rows_per_second": round(rows / medians["ours"]),
                "ours_half_hours_per_second": round(rows * 48 / medians["ours"]),
            }
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
