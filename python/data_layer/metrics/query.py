"""Metrics of an estate, read from the semantic layer and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data_layer.metrics.names import resolve, short_names
from data_layer.metrics.semantic_layer import TIME_GRAINS, MetricDefinition, MetricError, SemanticLayer
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import Warehouse, open_warehouse
from data_layer.warehouse.dbt_session import DbtSession

__all__ = ["MetricDefinition", "MetricError", "MetricStore"]

PROJECT_FOLDERS = ("models", "macros", "seeds")


class MetricStore:
    """The metrics of one estate. Use as a context manager.

    The project is parsed again only when one of its files is newer than what dbt wrote of it. The warehouse is opened
    at the first query and kept; on DuckDB close the store before dbt builds.
    """

    def __init__(self, config: WarehouseConfig, session: DbtSession | None = None):
        self.config = config
        self._session = session
        self._stack = ExitStack()
        self._layer: SemanticLayer | None = None
        self._warehouse: Warehouse | None = None

    def __enter__(self) -> MetricStore:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the warehouse; the next query opens it again."""
        self._warehouse = None
        self._stack.close()

    def list(self) -> list[MetricDefinition]:
        """Every metric, in alphabetical order."""
        return [*self._semantics().definitions.values()]

    def group_bys(self, metrics: Sequence[str]) -> list[str]:
        """Names that `query` takes for `group_by` with these metrics."""
        return short_names(self._semantics().group_bys(metrics))

    def query(
        self,
        metrics: Sequence[str],
        group_by: Sequence[str] = (),
        where: str | None = None,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
    ) -> pa.Table:
        """Values of metrics: one row per combination of the groups that has any.

        group_by            site, site_type, fuel, business_unit, day, month ...: see `group_bys`
        where               filter in MetricFlow's syntax, such as "{{ Dimension('site__site_type') }} = 'office'"
        order_by            names of groups or metrics, "-" before a name for largest first; else the groups in order
        from_date, to_date  days of the metric's own time, both inclusive

        Columns: the groups under the names asked for (text, boolean, number; a period as the date of its first day),
        then the metrics. Sums are decimals and counts integers, exact; ratios are doubles. A group that is not known
        and a value that is missing are null. Raises MetricError in plain words.
        """
        layer = self._semantics()
        available = layer.group_bys(metrics)
        asked = [*dict.fromkeys(group_by)]
        names = [resolve(name, available) for name in asked]
        if len(set(names)) < len(names):
            raise MetricError(f"Two of the groups are the same: {', '.join(asked)}.")
        wanted = [*dict.fromkeys(metrics)]
        table = self._fetch(layer.sql(wanted, names, where, from_date, to_date))
        columns = [_column(table, name, is_period=name.rpartition("__")[2] in TIME_GRAINS) for name in names]
        columns += [self._metric_column(table, layer.definitions[name]) for name in wanted]
        result = pa.table(columns, names=[*asked, *wanted])
        return _ordered(result, order_by or asked).slice(0, limit)

    def totals(self) -> dict[str, str | None]:
        """Every metric's total by name: sums and counts as exact decimal text, ratios with all digits of a double.

        None where there is nothing to sum: missing is not zero.
        """
        return {name: _text(self.query([name]).column(name)[0].as_py()) for name in self._semantics().definitions}

    def sql(self, metrics: Sequence[str], group_by: Sequence[str] = (), where: str | None = None) -> str:
        """The SQL that `query` runs, for who wants to check it."""
        layer = self._semantics()
        available = layer.group_bys(metrics)
        return layer.sql(metrics, [resolve(name, available) for name in group_by], where)

    def _semantics(self) -> SemanticLayer:
        if self._layer is None:
            self._layer = self._current_layer() or self._parsed_layer()
        return self._layer

    def _current_layer(self) -> SemanticLayer | None:
        """The semantic layer as dbt last wrote it for this estate, unless the project has changed since."""
        path = self.config.dbt_target_path / "semantic_manifest.json"
        if not path.is_file() or path.stat().st_mtime_ns <= _newest_change(self.config.root):
            return None
        layer = SemanticLayer(path.read_text(encoding="utf-8"), self.config.target)
        return layer if self._is_of_this_estate(layer) else None

    def _parsed_layer(self) -> SemanticLayer:
        with self._session or DbtSession(self.config) as session:
            session.parse()
        path = self.config.dbt_target_path / "semantic_manifest.json"
        return SemanticLayer(path.read_text(encoding="utf-8"), self.config.target)

    def _is_of_this_estate(self, layer: SemanticLayer) -> bool:
        """The manifest names the estate's own schemas: another prefix or another file may have been in use."""
        folders = {path.name for path in (self.config.root / "models" / "marts").iterdir()}
        schemas = {self.config.schema(folder) for folder in folders}
        return all(
            schema in schemas and (self.config.target != "duckdb" or database == self.config.duckdb_path.stem)
            for database, schema in layer.relations
        )

    def _fetch(self, sql: str) -> pa.Table:
        if self._warehouse is None:
            self._warehouse = self._stack.enter_context(open_warehouse(self.config))
            if self._warehouse.dialect == "postgres":
                # date_trunc makes a moment of a date, in the session's zone: read in another zone, July becomes June.
                self._warehouse.execute("set time zone 'UTC'")
        return self._warehouse.fetch_arrow(sql)

    @staticmethod
    def _metric_column(table: pa.Table, definition: MetricDefinition) -> pa.ChunkedArray:
        column = _column(table, definition.name)
        if definition.additive and pa.types.is_floating(column.type):
            raise MetricError(
                f"{definition.name} is additive, but its column is a float: it would not add up to the penny. "
                "Make the column that it sums a decimal or an integer."
            )
        return column


def _column(table: pa.Table, name: str, is_period: bool = False) -> pa.ChunkedArray:
    """A result column: periods as dates, whole numbers as 64-bit integers (engines sum integers to wider types)."""
    column = table.column(name)
    if is_period and pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp(column.type.unit)).cast(pa.date32())
    if pa.types.is_integer(column.type) or (pa.types.is_decimal(column.type) and column.type.scale == 0):
        return column.cast(pa.int64())
    return column


def _ordered(table: pa.Table, order_by: Sequence[str]) -> pa.Table:
    """Sorted by bytes of text and value of numbers, nulls last: the engines' own collations differ."""
    keys = [(name.removeprefix("-"), "descending" if name.startswith("-") else "ascending") for name in order_by]
    unknown = [name for name, _ in keys if name not in table.column_names]
    if unknown:
        raise MetricError(f"Cannot order by '{unknown[0]}': name one of {', '.join(table.column_names)}.")
    if not keys:
        return table
    return table.take(pc.sort_indices(table, sort_keys=keys))


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    return None if value is None else repr(value)


def _newest_change(root: Path) -> int:
    """When the newest file of the dbt project was changed, in nanoseconds."""
    files = [root / "dbt_project.yml", *(path for name in PROJECT_FOLDERS for path in (root / name).rglob("*"))]
    return max(path.stat().st_mtime_ns for path in files)
