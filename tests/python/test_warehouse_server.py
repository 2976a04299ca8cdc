"""Which PostgreSQL is meant, and what is said when it or a name cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_layer.errors import BadInputError
from data_layer.warehouse import connection, postgres_server
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.postgres_server import STARTED_MARK

STARTED = {"PGHOST": "/run/started", "PGPORT": "5432", "PGUSER": "postgres", "PGPASSWORD": "", "PGDATABASE": "postgres"}


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """No PG* variable is set; the roots for which a server was started."""
    roots: list[Path] = []
    for name in (*postgres_server.SERVER_VARIABLES, *postgres_server.POSTGRES_VARIABLES, STARTED_MARK):
        # Set before it is deleted, so that what the product sets is taken back after the test too.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    def start(root: Path) -> dict[str, str]:
        roots.append(root)
        return STARTED

    monkeypatch.setattr(postgres_server, "start_postgres", start)
    return roots


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({"PGHOST": "db.example"}, "db.example"),
        ({"PGHOSTADDR": "192.0.2.1"}, "192.0.2.1"),
        ({"PGPORT": "5433"}, "localhost"),
        ({"PGDATABASE": "energy"}, "localhost"),
    ],
)
def test_any_variable_that_names_a_server_is_the_users(
    starts: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], host: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    uri = postgres_server.postgres_uri(tmp_path)

    assert f"?host={host}&port={variables.get('PGPORT', '5432')}&" in uri
    assert uri.startswith(f"postgresql:///{variables.get('PGDATABASE', 'postgres')}?")
    assert postgres_server.uses_own_server()
    assert starts == []


def test_a_started_server_is_not_taken_for_the_users(starts: list[Path], tmp_path: Path) -> None:
    first, again = postgres_server.postgres_uri(tmp_path), postgres_server.postgres_uri(tmp_path)

    assert first == again
    assert starts == [tmp_path]
    assert not postgres_server.uses_own_server()


def test_user_alone_names_no_server(starts: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PGUSER", "alice")

    postgres_server.ensure_postgres(tmp_path)

    assert starts == [tmp_path]


def test_service_file_is_refused_in_plain_words(
    starts: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGSERVICE", "energy")

    with pytest.raises(BadInputError, match="set PGHOST"):
        postgres_server.ensure_postgres(tmp_path)
    assert starts == []


def test_old_server_is_refused_when_it_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    adbc = pytest.importorskip("adbc_driver_postgresql.dbapi")
    closed: list[bool] = []

    class OldServer:
        def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr(adbc, "connect", lambda *_, **__: OldServer())
    monkeypatch.setattr(connection, "postgres_uri", lambda _: "")
    monkeypatch.setattr(connection.PostgresWarehouse, "fetch_rows", lambda *_: [("150012",)])

    with pytest.raises(BadInputError, match="has version 15, and data-layer needs 16"):
        connection.PostgresWarehouse(WarehouseConfig.resolve(landing=tmp_path, target="postgres"))
    assert closed == [True]
    postgres_server.check_version(160000)


@pytest.mark.parametrize("name", ["Alice", "1a", "a-b", "a b", 'a"; drop', "a" * 31])
def test_developer_that_cannot_begin_a_schema_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DATA_LAYER_DEVELOPER", name)

    with pytest.raises(BadInputError, match="DATA_LAYER_DEVELOPER"):
        WarehouseConfig.resolve(target="postgres")


def test_developer_stands_before_every_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_LAYER_DEVELOPER", "alice")

    assert WarehouseConfig.resolve(target="postgres").schema("energy") == "alice_energy"
