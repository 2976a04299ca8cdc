"""Raw tables as their contracts say, on either engine."""

from __future__ import annotations

from data_layer.errors import BadInputError
from data_layer.landing.contracts import Contracts, TableContract, read_contracts
from data_layer.warehouse.connection import Warehouse


class ContractChangedError(BadInputError):
    """A raw table with rows in it has other columns than its contract now says."""


def create_raw_tables(warehouse: Warehouse, contracts: Contracts | None = None) -> None:
    """Make every raw table that is not there, so that dbt builds before the first file has come.

    `contracts` are those of the warehouse's project unless given.

    A table whose contract has changed is made anew when it holds no landed rows; else ContractChangedError is raised,
    since its rows may come from files that are no longer there.
    """
    existing = _existing_columns(warehouse)
    tables = list(contracts or read_contracts(warehouse.config.root))
    # One transaction for all: a commit a table costs more than the tables.
    with warehouse.transaction():
        for schema in sorted({warehouse.schema(table.schema_name) for table in tables}):
            warehouse.execute(f"create schema if not exists {schema}")
        for table in tables:
            columns = existing.get((warehouse.schema(table.schema_name), table.name))
            if columns is None:
                _create(warehouse, table)
            elif columns != [name for name, _ in table.sql_columns]:
                _recreate(warehouse, table)


def full_name(warehouse: Warehouse, table: TableContract) -> str:
    """Schema and name of a raw table in this warehouse."""
    return f"{warehouse.schema(table.schema_name)}.{table.name}"


def _create(warehouse: Warehouse, table: TableContract) -> None:
    name = full_name(warehouse, table)
    columns = ", ".join(f"{column} {kind}" for column, kind in table.sql_columns)
    warehouse.execute(f"create table {name} ({columns})")
    if warehouse.dialect == "postgres" and table.is_landed and table.dates:
        # Readings come in date order: BRIN finds a range of days at no cost, the b-tree a corrected file's rows.
        warehouse.execute(f"create index on {name} using btree (_file_id)")
        for column in table.dates:
            warehouse.execute(f"create index on {name} using brin ({column})")


def _recreate(warehouse: Warehouse, table: TableContract) -> None:
    name = full_name(warehouse, table)
    rows = warehouse.fetch_rows(f"select count(*) from {name}")[0][0]
    if rows and (table.is_landed or table.source == "load"):
        raise ContractChangedError(
            f"The contract of {table.full_name} has changed, but the warehouse holds {rows:,} rows in its old form. "
            "Load into a new warehouse (--warehouse NAME), or remove the old one and load again."
        )
    warehouse.execute(f"drop table {name}" + (" cascade" if warehouse.dialect == "postgres" else ""))
    _create(warehouse, table)


def _existing_columns(warehouse: Warehouse) -> dict[tuple[str, str], list[str]]:
    rows = warehouse.fetch_rows(
        "select table_schema, table_name, column_name from information_schema.columns "
        "where table_schema like ? order by table_schema, table_name, ordinal_position",
        [warehouse.schema("raw_") + "%"],
    )
    columns: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in rows:
        columns.setdefault((schema, table), []).append(column)
    return columns
