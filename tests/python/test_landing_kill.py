"""A load that is killed leaves nothing half-done: repeated, it ends where an undisturbed one does."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import pyarrow as pa

from conftest import drop_schemas, own_warehouse
from data_layer.landing.load import load_landing
from data_layer.warehouse.config import WarehouseConfig
from landing_files import COST_CENTRES, cost_centres, csv_text, raw_content, write

KILLS = 10
METERS = 150


def test_killed_load_ends_like_an_undisturbed_one(tmp_path: Path, engine: str) -> None:
    # A helper process imports everything once; every load is then a fork of it and starts at once.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["data_layer.landing.load", "adbc_driver_postgresql.dbapi"])
    undisturbed = _prepared(tmp_path / "undisturbed", engine)
    duration = _run(processes, undisturbed, kill_after=None)
    expected = raw_content(undisturbed)
    drop_schemas(undisturbed)
    assert expected["energy.readings_hh"].num_rows == METERS * 2 * 20
    assert expected["load.files"]["load_status"].to_pylist().count("replaced") == 2

    moments = random.Random(20_250_301)
    cut_short = 0
    for number in range(KILLS):
        config = _prepared(tmp_path / f"killed_{number}", engine)
        # A random moment in each tenth of the load's time, so that no part of it goes untried.
        _run(processes, config, kill_after=duration * (number + moments.random()) / KILLS)
        before = raw_content(config)
        cut_short += before != expected
        assert _rows_by_file(before) == _ledger_counts(before), "rows and ledger agree right after the kill"
        load_landing(config)
        assert raw_content(config) == expected, f"killed at moment {number}"
        drop_schemas(config)
        shutil.rmtree(tmp_path / f"killed_{number}")
    assert cut_short >= KILLS // 2, "most kills came too late to disturb anything"


def _prepared(folder: Path, engine: str) -> WarehouseConfig:
    """A warehouse with a first delivery loaded, and a second one in its landing folder: corrections and new files."""
    config = own_warehouse(folder, engine)
    _readings(config, "readings_hh_1", "2025-01-01", surplus=0)
    write(config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, cost_centres(50)))
    load_landing(config)
    _readings(config, "readings_hh_1", "2025-01-01", surplus=1)
    _readings(config, "readings_hh_2", "2025-02-01", surplus=0)
    write(config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, [*cost_centres(60), "C61,,food"]))
    write(config.landing, "core/business_units.csv", "business_unit_id,business_unit_name\nfood,Food\n")
    return config


def _readings(config: WarehouseConfig, name: str, first_day: str, surplus: int) -> None:
    folder = config.landing / "energy"
    folder.mkdir(exist_ok=True)
    periods = [f"((row + {number}) % 97 + {surplus})::decimal(18, 6) as hh_{number:02d}" for number in range(1, 49)]
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    'm' || (row // 20) as meter_id, 'AI' as measurement_quantity,
                    date '{first_day}' + (row % 20)::int as settlement_date, 'kwh' as unit, 'A' as reading_type,
                    {", ".join(periods)}
                from range({METERS * 20}) as days (row)
            ) to '{folder}/{name}.parquet'
            """
        )


def _run(processes: multiprocessing.context.BaseContext, config: WarehouseConfig, kill_after: float | None) -> float:
    """Load in a process of its own and kill it after so many seconds; returns how long it ran."""
    here, there = processes.Pipe()
    process = processes.Process(target=_load, args=(there, config, load_landing))
    process.start()
    here.recv()
    started = time.monotonic()
    if kill_after is None:
        process.join()
        assert process.exitcode == 0
    else:
        time.sleep(kill_after)
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
    return time.monotonic() - started


def _load(ready: Connection, config: WarehouseConfig, load: Callable[[WarehouseConfig], object]) -> None:
    ready.send(True)
    load(config)


def _ledger_counts(content: dict[str, pa.Table]) -> dict[int, list[int]]:
    """Rows loaded and quarantined of each file that the ledger calls loaded."""
    return {
        row["file_id"]: [row["rows_loaded"], row["rows_quarantined"]]
        for row in content["load.files"].to_pylist()
        if row["load_status"] == "loaded"
    }


def _rows_by_file(content: dict[str, pa.Table]) -> dict[int, list[int]]:
    """Rows of each file that are in raw tables, and in quarantine."""
    counts: dict[int, list[int]] = {}
    for table in ("energy.readings_hh", "core.cost_centres", "core.business_units"):
        for file_id in content[table]["_file_id"].to_pylist():
            counts.setdefault(file_id, [0, 0])[0] += 1
    for file_id in content["load.quarantine"]["file_id"].to_pylist():
        counts.setdefault(file_id, [0, 0])[1] += 1
    return counts
