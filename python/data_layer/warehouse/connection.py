"""One small interface to the two engines: SQL in, Arrow in and out, transactions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data_layer.errors import BadInputError
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.postgres_server import check_version, postgres_uri


class Warehouse(Protocol):
    """An open connection. `?` marks a parameter on both engines."""

    config: WarehouseConfig
    dialect: str

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> None: ...
    def fetch_arrow(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table: ...
    def fetch_rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple]: ...
    def append(self, schema: str, table: str, data: pa.Table | pa.RecordBatchReader) -> int: ...
    def schema(self, name: str) -> str: ...
    def table_exists(self, schema: str, table: str) -> bool: ...
    def transaction(self) -> Any: ...
    def close(self) -> None: ...


@contextmanager
def open_warehouse(config: WarehouseConfig) -> Iterator[Warehouse]:
    """Connect to the estate's warehouse; it is made when it is not there. Schemas are addressed by `schema(name)`."""
    warehouse: Warehouse = DuckDBWarehouse(config) if config.target == "duckdb" else PostgresWarehouse(config)
    try:
        yield warehouse
    finally:
        warehouse.close()


class DuckDBWarehouse:
    """The embedded engine: one file, one writing process."""

    dialect = "duckdb"

    def __init__(self, config: WarehouseConfig):
        self.config = config
        config.duckdb_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.connection = duckdb.connect(str(config.duckdb_path))
        except duckdb.IOException as error:
            raise BadInputError(
                f"The warehouse {config.duckdb_path} cannot be opened. Most likely another process has it open: "
                f"close that one first. DuckDB says: {str(error).splitlines()[0]}"
            ) from error

    def schema(self, name: str) -> str:
        return self.config.schema(name)

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> None:
        self.connection.execute(sql, parameters)

    def fetch_arrow(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        return self.connection.sql(sql, params=parameters).to_arrow_table()

    def fetch_rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple]:
        return self.connection.execute(sql, parameters).fetchall()

    def append(self, schema: str, table: str, data: pa.Table | pa.RecordBatchReader) -> int:
        """Append by column name; returns the number of rows."""
        columns = ", ".join(f'"{name}"' for name in data.schema.names)
        self.connection.register("appended_rows", data)
        try:
            # Fetched to the end: DuckDB refuses other work on a connection with a result half read.
            result = self.connection.execute(
                f'insert into {schema}.{table} ({columns}) select {columns} from "appended_rows"'
            ).fetchall()
        finally:
            self.connection.unregister("appended_rows")
        return int(result[0][0]) if result else 0

    def table_exists(self, schema: str, table: str) -> bool:
        return _table_exists(self, schema, table)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def close(self) -> None:
        self.connection.close()


class PostgresWarehouse:
    """The reference warehouse, over ADBC: rows travel as Arrow, and go in by binary COPY."""

    dialect = "postgres"

    def __init__(self, config: WarehouseConfig):
        # Imported here: a user of DuckDB alone need not load the driver.
        import adbc_driver_postgresql.dbapi as adbc

        self.config = config
        try:
            self.connection = adbc.connect(postgres_uri(config.root), autocommit=True)
        except adbc.Error as error:
            raise BadInputError(
                "PostgreSQL cannot be reached by the PG* variables: check that the server is up and that they name it. "
                f"It says: {str(error).splitlines()[0]}"
            ) from error
        try:
            check_version(int(self.fetch_rows("select current_setting('server_version_num')")[0][0]))
        except BaseException:
            self.connection.close()
            raise

    def schema(self, name: str) -> str:
        return self.config.schema(name)

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(_numbered(sql), parameters)

    def fetch_arrow(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        with self.connection.cursor() as cursor:
            cursor.execute(_numbered(sql), parameters)
            return _with_decimals(cursor.fetch_arrow_table())

    def fetch_rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple]:
        table = self.fetch_arrow(sql, parameters)
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_columns else []

    def append(self, schema: str, table: str, data: pa.Table | pa.RecordBatchReader) -> int:
        """Append by column name with a binary COPY; Arrow types must be those of the columns. Returns the rows."""
        with self.connection.cursor() as cursor:
            return cursor.adbc_ingest(table, data, mode="append", db_schema_name=schema)

    def table_exists(self, schema: str, table: str) -> bool:
        return _table_exists(self, schema, table)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        handle = self.connection.adbc_connection
        handle.set_autocommit(False)
        try:
            yield
        except BaseException:
            handle.rollback()
            raise
        else:
            handle.commit()
        finally:
            handle.set_autocommit(True)

    def close(self) -> None:
        self.connection.close()


def _table_exists(warehouse: Warehouse, schema: str, table: str) -> bool:
    rows = warehouse.fetch_rows(
        "select count(*) from information_schema.tables where table_schema = ? and table_name = ?", [schema, table]
    )
    return rows[0][0] > 0


def _numbered(sql: str) -> str:
    """`?` to PostgreSQL's $1, $2 ...; a question mark inside quotes is left alone."""
    count = 0

    def number(match: re.Match[str]) -> str:
        nonlocal count
        if match.group(0) != "?":
            return match.group(0)
        count += 1
        return f"${count}"

    return re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|\?", number, sql)


def _with_decimals(table: pa.Table) -> pa.Table:
    """PostgreSQL's numeric comes as text in an opaque type: make it a decimal, of the column's own scale if any."""
    for index, field in enumerate(table.schema):
        if not isinstance(field.type, pa.OpaqueType) or field.type.type_name != "numeric":
            continue
        text = pa.chunked_array([chunk.storage for chunk in table.column(index).chunks], type=field.type.storage_type)
        modifier = int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1"))
        if modifier > 0:
            precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0xFFFF
        else:
            fraction = pc.utf8_length(pc.replace_substring_regex(text, r"^-?[0-9]*\.?", ""))
            precision, scale = 38, pc.max(fraction).as_py() or 0
        kind = pa.decimal128(precision, scale) if scale <= 18 else pa.float64()
        table = table.set_column(index, pa.field(field.name, kind), text.cast(kind))
    return table
