"""The contract of each raw table, read from the dbt sources YAML, where it is written once."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from data_layer.errors import BadInputError

LANDED_SOURCES = ("core", "energy", "membership", "travel")
"""Sources whose tables come in as files. The other raw tables are written by the product itself."""

TYPES = ("string", "numeric", "integer", "bigint", "boolean", "date", "timestamp")

FILE_COLUMNS = ("_file_id", "_row_number")
"""Columns that the loader adds to every landed table: the ledger's file, and the row in it counted from 1."""


class ContractError(BadInputError):
    """A sources YAML says something that the loader cannot follow."""


@dataclass(frozen=True)
class Column:
    """One column of a raw table and the rules that its values keep.

    on_the_half_hour  a moment at which a half-hour of the clock begins
    not_after_load    a day or moment that has not come yet cannot have been measured
    supply_number_of  the column that says electricity or gas, for a column that holds MPANs, MPRNs and our own ids
    """

    name: str
    data_type: str
    precision: int | None = None
    scale: int | None = None
    is_required: bool = False
    allowed_values: tuple[str | int, ...] = ()
    ignores_case: bool = False
    minimum: Decimal | date | None = None
    maximum: Decimal | date | None = None
    pattern: str | None = None
    requires_offset: bool = False
    on_the_half_hour: bool = False
    not_after_load: bool = False
    supply_number_of: str | None = None

    @property
    def sql_type(self) -> str:
        """The type in words that DuckDB and PostgreSQL both know."""
        if self.data_type == "string":
            return "text"
        if self.data_type == "numeric":
            return f"numeric({self.precision}, {self.scale})"
        return self.data_type


@dataclass(frozen=True)
class InStep:
    """A column whose values go with those of another: `allowed` are the other's values and its own, in lower case."""

    column: str
    follows: str
    allowed: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class TableContract:
    """One raw table.

    require_one_of  groups of columns of which one must be filled
    in_order        pairs of columns of which the second is not below the first
    in_step         columns whose values go with those of another
    whole_group     columns that tell rows that mean something only together: a fault in one sets all of them aside
    dates           columns from which the days touched by a load are told
    history_of      the table whose withdrawn rows this one keeps; it has the same columns, and no file claims it
    """

    source: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    require_one_of: tuple[tuple[str, ...], ...] = ()
    in_order: tuple[tuple[str, ...], ...] = ()
    in_step: tuple[InStep, ...] = ()
    whole_group: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    history_of: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.source}.{self.name}"

    @property
    def schema_name(self) -> str:
        """Schema without the estate's prefix."""
        return f"raw_{self.source}"

    @property
    def is_landed(self) -> bool:
        return self.source in LANDED_SOURCES

    @property
    def sql_columns(self) -> list[tuple[str, str]]:
        """Name and SQL type of every column of the raw table, in order."""
        own = [(column.name, column.sql_type) for column in self.columns]
        return [*own, *((name, "bigint") for name in FILE_COLUMNS)] if self.is_landed else own

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Contracts:
    """All raw tables of the project, by source and name."""

    tables: tuple[TableContract, ...]

    def __iter__(self) -> Iterator[TableContract]:
        return iter(self.tables)

    def table(self, source: str, name: str) -> TableContract:
        for table in self.tables:
            if (table.source, table.name) == (source, name):
                return table
        raise KeyError(f"No sources YAML has a table {source}.{name}")

    def landed(self, source: str) -> tuple[TableContract, ...]:
        """Tables that come in as files in the landing folder's `<source>/`."""
        return tuple(
            table for table in self.tables if table.source == source and table.is_landed and not table.history_of
        )

    def history(self, table: TableContract) -> TableContract | None:
        """The table that keeps rows which a corrected file has withdrawn; None when they are not kept."""
        kept = (other for other in self.tables if (other.source, other.history_of) == (table.source, table.name))
        return next(kept, None)


def read_contracts(root: Path) -> Contracts:
    """Read every `models/staging/*/_*__sources.yml` under the project's root.

    Raises ContractError when a table has no key or no columns, or a column's type is not one that travels.
    """
    tables: list[TableContract] = []
    for path in sorted((root / "models" / "staging").glob("*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8")).get("sources", []):
            listed = {table["name"]: table for table in source.get("tables", [])}
            tables.extend(_table(source["name"], table, listed, path) for table in listed.values())
    if not tables:
        raise ContractError(f"No contracts were found in {root / 'models' / 'staging'}/*/_*__sources.yml.")
    return Contracts(tuple(tables))


def _table(source: str, table: dict[str, Any], siblings: dict[str, Any], path: Path) -> TableContract:
    meta = _meta(table)
    if "history_of" in meta:
        return _history_table(source, table, meta, siblings, path)
    columns = tuple(_column(column, f"{source}.{table['name']}", path) for column in table.get("columns", []))
    known = {column.name for column in columns}
    groups = tuple(tuple(group) for group in meta.get("require_one_of", []))
    pairs = tuple(tuple(pair) for pair in meta.get("in_order", []))
    key, dates = tuple(meta.get("key", [])), tuple(meta.get("dates", []))
    if not key or not columns:
        raise ContractError(f"{path.name}: table {source}.{table['name']} needs columns and a meta key.")
    steps = tuple(_in_step(step, f"{source}.{table['name']}", path) for step in meta.get("in_step", []))
    whole = tuple(meta.get("whole_group", []))
    followed = [(step.column, step.follows) for step in steps]
    followed += [(column.name, column.supply_number_of) for column in columns if column.supply_number_of]
    for name in (*key, *dates, *whole, *(name for group in (*groups, *pairs, *followed) for name in group)):
        if name not in known:
            raise ContractError(f"{path.name}: {source}.{table['name']} names '{name}', which is not a column of it.")
    return TableContract(source, table["name"], columns, key, groups, pairs, steps, whole, dates)


def _history_table(
    source: str, table: dict[str, Any], meta: dict[str, Any], siblings: dict[str, Any], path: Path
) -> TableContract:
    """The table of `history_of`, under its own name; the columns must be those of that table, by a YAML alias."""
    of, name = str(meta["history_of"]), f"{source}.{table['name']}"
    if of not in siblings or _meta(siblings[of]).get("history_of"):
        raise ContractError(f"{path.name}: {name} is the history of '{of}', which is no landed table of {source}.")
    if table.get("columns") != siblings[of].get("columns"):
        raise ContractError(f"{path.name}: {name} must have the columns of {of}: write `columns: *{of}_columns`.")
    return replace(_table(source, siblings[of], siblings, path), name=table["name"], history_of=of)


def _column(column: dict[str, Any], table: str, path: Path) -> Column:
    meta = _meta(column)
    declared = str(column.get("data_type", ""))
    parts = re.fullmatch(r"(\w+)(?:\((\d+), *(\d+)\))?", declared)
    if parts is None or parts[1] not in TYPES or (parts[1] == "numeric") != bool(parts[2]):
        raise ContractError(
            f"{path.name}: column {table}.{column['name']} has the type '{declared}'. "
            "Use string, numeric(p, s), integer, bigint, boolean, date or timestamp."
        )
    name = f"{table}.{column['name']}"
    if meta.get("on_the_half_hour") and parts[1] != "timestamp":
        raise ContractError(f"{path.name}: on_the_half_hour is for timestamps, and {name} is {declared}.")
    if meta.get("not_after_load") and parts[1] not in ("date", "timestamp"):
        raise ContractError(f"{path.name}: not_after_load is for dates and timestamps, and {name} is {declared}.")
    return Column(
        name=column["name"],
        data_type=parts[1],
        precision=int(parts[2]) if parts[2] else None,
        scale=int(parts[3]) if parts[3] else None,
        is_required=bool(meta.get("required", False)),
        allowed_values=tuple(meta.get("allowed_values", ())) or _seed_values(meta, name, path),
        ignores_case="allowed_from_seed" in meta,
        minimum=_limit(meta.get("minimum")),
        maximum=_limit(meta.get("maximum")),
        pattern=meta.get("pattern"),
        requires_offset=bool(meta.get("requires_offset", False)),
        on_the_half_hour=bool(meta.get("on_the_half_hour", False)),
        not_after_load=bool(meta.get("not_after_load", False)),
        supply_number_of=meta.get("supply_number_of"),
    )


def _seed_values(meta: dict[str, Any], column: str, path: Path) -> tuple[str, ...]:
    """Values of `allowed_from_seed: <seed>.<column>`: a list that dbt needs too is written once, as a seed.

    In lower case and each once: they are compared whatever their case, and a dated seed repeats them.
    """
    if "allowed_from_seed" not in meta:
        return ()
    seed, _, field = str(meta["allowed_from_seed"]).partition(".")
    return tuple(dict.fromkeys(row[field].lower() for row in _seed_rows(seed, (field,), column, path)))


def _in_step(step: dict[str, Any], table: str, path: Path) -> InStep:
    """`in_step: {column, follows, seed, measures: {value of follows: [what the seed's row may measure]}}`.

    The seed lists the values of `column` in a column of that name, and what each measures in `measures`.
    """
    column, measures = step["column"], step["measures"]
    rows = _seed_rows(step["seed"], (column, "measures"), f"{table}.{column}", path)
    unknown = {kind for kinds in measures.values() for kind in kinds} - {row["measures"] for row in rows}
    if unknown:
        raise ContractError(
            f"{path.name}: {table}: nothing in {step['seed']}.csv measures {', '.join(sorted(unknown))}."
        )
    allowed = tuple(
        (value, tuple(row[column].lower() for row in rows if row["measures"] in kinds))
        for value, kinds in measures.items()
    )
    return InStep(column, step["follows"], allowed)


def _seed_rows(seed: str, fields: tuple[str, ...], column: str, path: Path) -> list[dict[str, str]]:
    file = path.parents[3] / "seeds" / f"{seed}.csv"
    if not file.is_file():
        raise ContractError(f"{path.name}: {column} takes its values from {file.name}, which is not in seeds/.")
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for field in fields:
        if not rows or field not in rows[0]:
            raise ContractError(f"{path.name}: {column} takes its values from {seed}.{field}, which has none.")
    return rows


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return (node.get("config") or {}).get("meta") or {}


def _limit(value: float | date | None) -> Decimal | date | None:
    return value if value is None or isinstance(value, date) else Decimal(str(value))
