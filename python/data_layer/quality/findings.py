"""Faults of a metering point as rows, one a day and status."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa

from data_layer.quality.fault import Fault
from data_layer.quality.gaps import Gap
from data_layer.savings.arrays import MeterArrays

DAY_FINDINGS = pa.schema(
    [
        ("meter_id", pa.string()),
        ("settlement_date", pa.date32()),
        ("status_code", pa.string()),
        ("reason", pa.string()),
        ("ratio", pa.decimal128(18, 6)),
        ("affected_half_hours", pa.int32()),
        ("excluded_kwh", pa.decimal128(18, 3)),
        ("sequenced_excluded_kwh", pa.decimal128(18, 3)),
        ("is_left_out_of_savings", pa.bool_()),
        ("is_left_out_of_forecasts", pa.bool_()),
    ]
)


def read_precedence(root: Path) -> dict[str, int]:
    """Precedence by status code, the most serious lowest, from the seed of a project folder."""
    with (root / "seeds" / "energy_quality_statuses.csv").open(encoding="utf-8", newline="") as file:
        return {row["status_code"]: int(row["precedence"]) for row in csv.DictReader(file)}


def day_findings(meter: MeterArrays, faults: list[Fault], gaps: list[Gap], precedence: dict[str, int]) -> pa.Table:
    """Rows of DAY_FINDINGS, the most serious status first, then by day.

    excluded_kwh            left out of savings by this status
    sequenced_excluded_kwh  the part of it that no more serious status leaves out: over all statuses it may be added up
    """
    tables = [_gap_rows(meter, gap) for gap in gaps]
    taken = np.zeros_like(meter.exists)
    for fault in sorted(faults, key=lambda one: precedence[one.reason_code]):
        tables.append(_fault_rows(meter, fault, taken))
        taken |= fault.is_excluded
    return pa.concat_tables(tables) if tables else DAY_FINDINGS.empty_table()


def _gap_rows(meter: MeterArrays, gap: Gap) -> pa.Table:
    none, all_days = np.zeros(len(gap.dates), dtype=np.int64), np.ones(len(gap.dates), dtype=bool)
    return _rows(
        meter.meter_id,
        gap.dates,
        gap.reason_code,
        gap.reason,
        gap.half_hours,
        all_days.astype(float),
        none,
        none,
        all_days,
        all_days,
    )


def _fault_rows(meter: MeterArrays, fault: Fault, taken: np.ndarray) -> pa.Table:
    affected = (fault.is_excluded | fault.is_off_history) & meter.exists
    # Nothing is expected of a meter that has been removed, unless it went on recording.
    is_due = (meter.dates <= meter.last_service_date) | meter.is_read.any(axis=1)
    days = np.flatnonzero(affected.any(axis=1) & is_due)
    count = affected[days].sum(axis=1)
    excluded = fault.is_excluded[days] & meter.is_read[days]
    used = meter.used_wh[days]
    share = count / meter.periods_in_day[days]
    return _rows(
        meter.meter_id,
        meter.dates[days],
        fault.reason_code,
        fault.reason,
        count,
        share if fault.ratio is None else fault.ratio[days],
        np.where(excluded, used, 0).sum(axis=1),
        np.where(excluded & ~taken[days], used, 0).sum(axis=1),
        fault.is_excluded[days].any(axis=1),
        fault.is_off_history[days].any(axis=1),
    )


def _rows(
    meter_id: str,
    dates: np.ndarray,
    status_code: str,
    reason: str,
    affected: np.ndarray,
    ratio: np.ndarray,
    excluded_wh: np.ndarray,
    sequenced_wh: np.ndarray,
    of_savings: np.ndarray,
    of_forecasts: np.ndarray,
) -> pa.Table:
    size = len(dates)
    return pa.table(
        [
            pa.repeat(meter_id, size),
            pa.array(dates),
            pa.repeat(status_code, size),
            pa.repeat(reason, size),
            pa.array(np.round(ratio, 6), from_pandas=True).cast(pa.decimal128(18, 6)),
            pa.array(affected.astype(np.int32)),
            _kilowatt_hours(excluded_wh),
            _kilowatt_hours(sequenced_wh),
            pa.array(of_savings),
            pa.array(of_forecasts),
        ],
        schema=DAY_FINDINGS,
    )


def _kilowatt_hours(watt_hours: np.ndarray) -> pa.Array:
    return pa.array([Decimal(value).scaleb(-3) for value in watt_hours.tolist()], pa.decimal128(18, 3))
