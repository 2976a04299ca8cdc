"""Faults found against faults planted in a sample estate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from data_layer.warehouse.connection import Warehouse

STATUS_OF_TRUTH = {
    "dead-meter": "dead_meter",
    "scale-break": "scale_break",
    "gas-unit-break": "scale_break",
    "summer-time-ignored": "wrong_time_zone",
    "metering-gap": "exchange_gap",
    "profiled-days": "profiled_reads",
}
"""Status by the end of a truth_id."""
MAY_BE_UNPLANTED = {"estimated_reads", "exchange_gap", "before_exchange_gap"}
"""What an ordinary estate has anyway: estimates, and days without readings while a device is exchanged."""


def read_finding_spans(warehouse: Warehouse) -> list[tuple[str, str, date, date, int]]:
    """meter_id, status, first day, last day and number of days of what the quality step found."""
    return warehouse.fetch_rows(
        "select meter_id, status_code, min(settlement_date), max(settlement_date), count(*) "
        f"from {warehouse.schema('raw_quality')}.day_findings group by meter_id, status_code order by 1, 2"
    )


def compare_with_planted(
    planted: Iterable[dict[str, Any]], found: Iterable[tuple[str, str, date, date, int]]
) -> dict[str, Any]:
    """Faults planted, found under the right status on overlapping days, missed, and found where none was planted.

    planted  rows of planted.json
    found    rows of read_finding_spans
    """
    spans = {(meter_id, status): (str(first), str(last), days) for meter_id, status, first, last, days in found}
    wanted = [(row, status) for row in planted if (status := _status_of(row["truth_id"]))]
    keys = {(row["meter_id"], status) for row, status in wanted}
    missed = [
        {"truth_id": row["truth_id"], "meter_id": row["meter_id"], "status_code": status, "note": row["note"]}
        for row, status in wanted
        if not _overlaps(spans.get((row["meter_id"], status)), row)
    ]
    false = [
        {"meter_id": meter_id, "status_code": status, "from_date": first, "to_date": last, "days": days}
        for (meter_id, status), (first, last, days) in spans.items()
        if (meter_id, status) not in keys and status not in MAY_BE_UNPLANTED
    ]
    return {"planted": len(wanted), "found": len(wanted) - len(missed), "missed": missed, "false": false}


def _status_of(truth_id: str) -> str | None:
    return next((status for name, status in STATUS_OF_TRUTH.items() if truth_id.endswith(name)), None)


def _overlaps(span: tuple[str, str, int] | None, row: dict[str, Any]) -> bool:
    return span is not None and span[0] <= row["to_date"] and span[1] >= row["from_date"]
