"""Small landing files for tests, and what a load made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from data_layer.landing.contracts import read_contracts
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse

COST_CENTRES = "cost_centre_id,cost_centre_name,business_unit_id"
READINGS_HH = "meter_id,measurement_quantity,settlement_date,unit,reading_type"
LOAD_TIMES = ("started_at", "finished_at")


def write(landing: Path, name: str, content: str | bytes) -> Path:
    """Write one landing file, text as UTF-8 with the line ends that it has."""
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def csv_text(header: str, rows: Iterable[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def cost_centres(count: int, name: str = "Centre") -> list[str]:
    """Rows of cost_centres.csv with ids C1, C2, ..."""
    return [f"C{number},{name} {number},food" for number in range(1, count + 1)]


def select(config: WarehouseConfig, sql: str, parameters: Sequence[object] | None = None) -> list[tuple]:
    """Rows of a query; `{raw_energy}` and the like stand for the estate's schemas."""
    with open_warehouse(config) as warehouse:
        schemas = {f"raw_{source}": warehouse.schema(f"raw_{source}") for source in _sources(config)}
        return warehouse.fetch_rows(sql.format(**schemas), parameters)


def raw_content(config: WarehouseConfig) -> dict[str, pa.Table]:
    """All rows of all raw tables, ordered, without the moments at which files were loaded."""
    content = {}
    with open_warehouse(config) as warehouse:
        for table in read_contracts(config.root):
            columns = [name for name, _ in table.sql_columns if name not in LOAD_TIMES]
            name = f"{warehouse.schema(table.schema_name)}.{table.name}"
            order = ", ".join(str(number + 1) for number in range(len(columns)))
            content[table.full_name] = warehouse.fetch_arrow(
                f"select {', '.join(columns)} from {name} order by {order}"
            )
    return content


def _sources(config: WarehouseConfig) -> set[str]:
    return {table.source for table in read_contracts(config.root)}
