"""What a user needs to know when something does not work: versions, engine, places, what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.postgres_server import data_directory, uses_own_server

PACKAGES = ("dbt-core", "dbt-duckdb", "dbt-postgres", "dbt-metricflow", "duckdb", "pandas", "prophet", "pyarrow")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Optional things may be missing without harm."""

    what: str
    detail: str
    is_ok: bool = True
    is_optional: bool = False


def examine(config: WarehouseConfig) -> list[Finding]:
    """Findings in reading order: machine, packages, estate, engine, browser."""
    findings = [
        Finding(
            "Python",
            f"{platform.python_version()} on {platform.system()}",
            is_ok=(3, 11) <= sys.version_info[:2] <= (3, 13),
        )
    ]
    for package in PACKAGES:
        try:
            findings.append(Finding(package, version(package)))
        except PackageNotFoundError:
            findings.append(Finding(package, "not installed: run `make setup`", is_ok=False))
    has_landing = config.landing.exists()
    findings += [
        Finding("project", str(config.root)),
        Finding(
            "landing",
            str(config.landing) if has_landing else f"{config.landing} is not there; `run` makes a sample",
            is_ok=has_landing,
            is_optional=True,
        ),
        Finding("estate", config.name),
        _engine(config),
        _warehouse(config),
    ]
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    findings.append(
        Finding("browser", browser or "none found: browser checks are skipped", bool(browser), is_optional=True)
    )
    return findings


def _engine(config: WarehouseConfig) -> Finding:
    if config.target == "duckdb":
        return Finding("engine", f"DuckDB, {config.duckdb_path}")
    if uses_own_server():
        return Finding("engine", "PostgreSQL, your own server (PG* variables)")
    return Finding("engine", f"PostgreSQL from the wheel, data in {data_directory(config.root)}")


def _warehouse(config: WarehouseConfig) -> Finding:
    """Whether the warehouse can be reached, and how many files it has loaded."""
    from data_layer.warehouse.connection import open_warehouse

    if config.target == "duckdb" and not config.duckdb_path.exists():
        return Finding("warehouse", "not made yet: `data-layer load` makes it", is_ok=False, is_optional=True)
    try:
        with open_warehouse(config) as warehouse:
            ledger = warehouse.schema("raw_load")
            if not warehouse.table_exists(ledger, "files"):
                return Finding("warehouse", "reached; nothing is loaded", is_ok=False, is_optional=True)
            count = warehouse.fetch_rows(f"select count(*) from {ledger}.files where load_status = 'loaded'")[0][0]
            return Finding("warehouse", f"reached; {count} files loaded")
    except Exception as error:  # whatever the driver raises, the reader needs its words, not its traceback
        return Finding("warehouse", f"cannot be reached: {error}", is_ok=False)
