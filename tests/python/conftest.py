"""Fixtures shared by all tests: both engines, a warehouse of its own for each test, the sample estate, real data."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data_layer.warehouse.config import WarehouseConfig, project_root
from data_layer.warehouse.connection import open_warehouse


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgres: needs a PostgreSQL; one is started when the PG* variables are unset")
    config.addinivalue_line("markers", "large: takes minutes; `make test-large` runs it, `make test` does not")


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs on both engines."""
    return request.param


@pytest.fixture
def warehouse_config(tmp_path: Path, engine: str) -> Iterator[WarehouseConfig]:
    """An empty warehouse for the landing folder `tmp_path/landing`, gone after the test."""
    config = own_warehouse(tmp_path, engine)
    yield config
    drop_schemas(config)


@pytest.fixture
def duckdb_config(tmp_path: Path) -> WarehouseConfig:
    """An empty warehouse on DuckDB, for what is the same on every engine."""
    return own_warehouse(tmp_path, "duckdb")


@pytest.fixture(scope="session")
def landing4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landing folder of a sample estate with 4 sites and one year. Do not write into it."""
    from data_layer.sample import generate

    folder = tmp_path_factory.mktemp("landing4") / "landing"
    generate(sites=4, years=1, seed=1, out=folder)
    return folder


@pytest.fixture(scope="session", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def metrics_config(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WarehouseConfig]:
    """The estate of metrics_estate.py, loaded and built, all of its dbt tests passed. Do not write into it."""
    from metrics_estate import build_estate

    config = own_warehouse(tmp_path_factory.mktemp("metrics"), request.param)
    build_estate(config)
    yield config
    drop_schemas(config)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the real data sets, outside the project: DATA_LAYER_REAL_DATA, or ../shared/data."""
    folder = Path(os.environ.get("DATA_LAYER_REAL_DATA") or project_root().parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"real data are not there: {folder} (set DATA_LAYER_REAL_DATA)")
    return folder


def own_warehouse(folder: Path, engine: str) -> WarehouseConfig:
    """A warehouse that nothing else uses, with all its files under the folder."""
    (folder / "landing").mkdir(parents=True, exist_ok=True)
    config = WarehouseConfig.resolve(landing=folder / "landing", target=engine)
    return replace(
        config,
        duckdb_path=folder / "warehouse" / "test.duckdb",
        state_dir=folder / "warehouse" / "state",
        dbt_target_path=folder / "target",
        schema_prefix=f"t{uuid.uuid4().hex[:10]}_" if engine == "postgres" else "",
    )


def drop_schemas(config: WarehouseConfig) -> None:
    """Leave nothing of a test's warehouse on the PostgreSQL."""
    if config.target != "postgres":
        return
    with open_warehouse(config) as warehouse:
        names = warehouse.fetch_rows(
            "select nspname::text from pg_namespace where starts_with(nspname::text, ?)", [config.schema_prefix]
        )
        for (name,) in names:
            warehouse.execute(f"drop schema {name} cascade")
