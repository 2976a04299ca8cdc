"""The quality run: marts in, findings by day out, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from data_layer.quality.faults import find_faults
from data_layer.quality.findings import DAY_FINDINGS, day_findings, read_precedence
from data_layer.quality.gaps import find_gaps
from data_layer.savings.arrays import EstateReader
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse

ROWS_AT_ONCE = 200_000


@dataclass(frozen=True)
class QualityReport:
    """What a run found.

    meters         metering points looked at
    days           days with a finding, by status
    meters_found   metering points with a finding, by status
    """

    as_of_date: date
    meters: int
    days: dict[str, int]
    meters_found: dict[str, int]

    def summary(self) -> str:
        """One line for the terminal."""
        found = ", ".join(
            f"{code} {days:,} days on {self.meters_found[code]:,}" for code, days in sorted(self.days.items())
        )
        return f"{self.meters:,} metering points to {self.as_of_date}: {found or 'nothing found'}"


def find_quality(config: WarehouseConfig, progress: Callable[..., None] | None = None) -> QualityReport:
    """Look for faults in the readings of every metering point and replace raw_quality as a whole.

    progress  called with (metering points done, all, id)
    Raises NoReadingsError when the warehouse holds no complete day.
    """
    precedence = read_precedence(config.root)
    days: Counter[str] = Counter()
    meters_found: Counter[str] = Counter()
    tables: list[pa.Table] = []
    with open_warehouse(config) as warehouse:
        estate = EstateReader(warehouse)
        for done, meter in enumerate(estate.meters()):
            table = day_findings(meter, find_faults(meter), find_gaps(meter), precedence)
            if table.num_rows:
                tables.append(table)
                counts = pc.value_counts(table.column("status_code")).to_pylist()
                days.update({row["values"]: row["counts"] for row in counts})
                meters_found.update(row["values"] for row in counts)
            if progress:
                progress(done + 1, len(estate.meter_ids), meter.meter_id)
        rows = pa.concat_tables(tables) if tables else DAY_FINDINGS.empty_table()
        schema = warehouse.schema("raw_quality")
        with warehouse.transaction():
            warehouse.execute(f"delete from {schema}.day_findings")
            for start in range(0, rows.num_rows, ROWS_AT_ONCE):
                warehouse.append(schema, "day_findings", rows.slice(start, ROWS_AT_ONCE))
    return QualityReport(estate.period.as_of_date, len(estate.meter_ids), dict(days), dict(meters_found))
