"""Findings on bills against planted errors: bill by bill, element by element, to the penny."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from data_layer.errors import BadInputError
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import Warehouse, open_warehouse

FALSE_ABOVE_GBP = Decimal(5)
WITHIN_SHARE = Decimal("0.005")
LEAST_WITHIN = 0.95
NOT_TO_THE_PENNY = ("excess_capacity",)
"""What rests on a need of the future and not on documents alone: within 1 %."""
NEAR_SHARE = Decimal("0.01")

Place = tuple[str, str]


class NoTruthError(BadInputError):
    """The landing folder has no planted truth beside it."""


def evaluate_bills(config: WarehouseConfig) -> dict[str, Any]:
    """Compare raw_savings.bill_findings with `_truth/planted_bills.json` of the landing folder.

    A planted error is found when a finding names the same bill, element and error; a finding above GBP 5 on a bill and
    element where nothing was planted is false, also where another error has caused it. Returns a JSON-able dict: per
    error what was planted, found, equal to the penny, missed; the false findings; how many right bills the virtual bill
    meets within 0.5 %; and for each goal whether it is met. Raises NoTruthError.
    """
    path = config.landing / "_truth" / "planted_bills.json"
    if not path.is_file():
        raise NoTruthError(f"{path.parent} holds no planted_bills.json: only a sample estate can be evaluated.")
    with open_warehouse(config) as warehouse:
        return compare(_planted(path), _findings(warehouse), _right_bills(warehouse))


def compare(planted: list[dict], findings: list[dict], bills: list[tuple[str, Decimal, Decimal]]) -> dict[str, Any]:
    """The arithmetic of the comparison, pure.

    planted   rows of planted_bills.json with gbp as Decimal
    findings  invoice_id, meter_id, element, error_code, found_gbp
    bills     (invoice_id, billed and virtual net) of standing bills
    """
    found_gbp: dict[tuple, Decimal] = defaultdict(Decimal)
    for row in findings:
        found_gbp[row["invoice_id"], row["element"], row["error_code"]] += row["found_gbp"]
        found_gbp[None, row["meter_id"], row["element"], row["error_code"]] += row["found_gbp"]
    errors: dict[str, dict[str, Any]] = {}
    for row in planted:
        result = errors.setdefault(
            row["error_code"], {"planted": 0, "found": 0, "to_the_penny": 0, "missed": [], "off": []}
        )
        # What belongs to a metering point as such, and to no single bill, is compared as the sum over its bills.
        key = (
            (row["invoice_id"], row["element"], row["error_code"])
            if row["invoice_id"]
            else (None, row["meter_id"], row["element"], row["error_code"])
        )
        case = {
            "invoice_id": row["invoice_id"],
            "meter_id": row["meter_id"],
            "element": row["element"],
            "planted_gbp": str(row["gbp"]),
        }
        result["planted"] += 1
        if key not in found_gbp:
            result["missed"].append(case)
            continue
        result["found"] += 1
        if _is_equal(row, found_gbp[key]):
            result["to_the_penny"] += 1
        else:
            result["off"].append({**case, "found_gbp": str(found_gbp[key])})
    places: set[Place] = {(row["invoice_id"] or row["meter_id"], row["element"]) for row in planted}
    false = [
        {**{key: row[key] for key in ("invoice_id", "element", "error_code")}, "gbp": str(row["found_gbp"])}
        for row in findings
        if abs(row["found_gbp"]) > FALSE_ABOVE_GBP
        and not {(row["invoice_id"], row["element"]), (row["meter_id"], row["element"])} & places
    ]
    wrong = {row["invoice_id"] for row in planted if row["element"] != "all"}
    right = [(billed, virtual) for invoice_id, billed, virtual in bills if invoice_id not in wrong]
    within = sum(abs(billed - virtual) <= WITHIN_SHARE * abs(billed) for billed, virtual in right)
    summary = {
        "errors": dict(sorted(errors.items())),
        "planted": sum(one["planted"] for one in errors.values()),
        "found": sum(one["found"] for one in errors.values()),
        "to_the_penny": sum(one["to_the_penny"] for one in errors.values()),
        "false": sorted(false, key=lambda row: (row["invoice_id"], row["element"])),
        "right_bills": len(right),
        "right_bills_within": int(within),
        "right_bills_within_share": round(within / len(right), 4) if right else None,
    }
    return {**summary, "goals": _goals(summary)}


def _goals(summary: dict[str, Any]) -> list[dict[str, Any]]:
    share = summary["right_bills_within_share"]
    return [
        {
            "goal": "bills: every planted error found and named by element",
            "figure": f"{summary['found']} of {summary['planted']}",
            "met": summary["found"] == summary["planted"],
        },
        {
            "goal": "bills: pounds to the penny where documents decide",
            "figure": f"{summary['to_the_penny']} of {summary['planted']}",
            "met": summary["to_the_penny"] == summary["planted"],
        },
        {
            "goal": "bills: no false finding above £5",
            "figure": len(summary["false"]),
            "met": not summary["false"],
        },
        {
            "goal": "bills: virtual bill within 0.5 % on at least 95 % of right bills",
            "figure": share,
            "met": share is None or share >= LEAST_WITHIN,
        },
    ]


def _is_equal(row: dict, found_gbp: Decimal) -> bool:
    if row["error_code"] in NOT_TO_THE_PENNY:
        return abs(found_gbp - row["gbp"]) <= NEAR_SHARE * abs(row["gbp"])
    return found_gbp == row["gbp"]


def _planted(path: Path) -> list[dict]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [{**row, "gbp": Decimal(row["gbp"])} for row in rows]


def _findings(warehouse: Warehouse) -> list[dict]:
    return warehouse.fetch_arrow(
        "select invoice_id, meter_id, element, error_code, found_gbp "
        f"from {warehouse.schema('raw_savings')}.bill_findings order by finding_id"
    ).to_pylist()


def _right_bills(warehouse: Warehouse) -> list[tuple[str, Decimal, Decimal]]:
    return warehouse.fetch_rows(
        "select invoice_id, sum(billed_gbp), sum(virtual_gbp) "
        f"from {warehouse.schema('energy')}.fct_energy_invoice_reconciliation "
        "where invoice_status = 'standing' and element != 'vat' group by invoice_id order by invoice_id"
    )
