"""Found against planted: how far the results agree with the truth that the sample estate wrote aside."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_layer.quality.evaluate import compare_with_planted, read_finding_spans
from data_layer.savings.evaluate_bills import NoTruthError, evaluate_bills
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse

CAPACITY, CLOSED = "capacity_above_need", "load_when_closed"
GOALS = {
    "capacity_gbp_error_pct": 1.0,
    "closed_recall": 0.7,
    "closed_precision": 0.8,
    "total_ratio": (0.8, 1.05),
}


def evaluate(config: WarehouseConfig) -> dict[str, Any]:
    """Compare the warehouse's candidates and half-hour evidence with `_truth/` of the landing folder.

    Returns a JSON-able dict: per detector what was planted, found, missed and falsely claimed; £ error of each capacity
    case; recall and precision by kWh of load when closed, in the 12 months; the errors on bills; the sequenced total
    against the planted union; and for each goal whether it is met. Raises NoTruthError.
    """
    truth = config.landing / "_truth"
    if not (truth / "planted.json").is_file():
        raise NoTruthError(f"{truth} holds no planted.json: only a sample estate can be evaluated.")
    planted = json.loads((truth / "planted.json").read_text(encoding="utf-8"))
    estate = json.loads((truth / "estate.json").read_text(encoding="utf-8"))
    with open_warehouse(config) as warehouse:
        schema = warehouse.schema("raw_savings")
        rows = warehouse.fetch_rows(
            f"select detector_id, meter_id, sum(sequenced_gbp), sum(sequenced_kwh) from {schema}.claims "
            "group by detector_id, meter_id order by detector_id, meter_id"
        )
        cautious = warehouse.fetch_rows(f"select sum(cautious_gbp) from {schema}.candidates")[0][0]
        period = warehouse.fetch_rows(
            f"select period_start_date, as_of_date from {warehouse.schema('energy')}.dim_energy_as_of"
        )[0]
        faults = compare_with_planted(planted, read_finding_spans(warehouse))
    claims = {(row[0], row[1]): {"gbp": row[2], "kwh": row[3]} for row in rows}
    savings = [row for row in planted if row["kind"] == "saving" and _is_in_period(row, period)]
    capacity = _capacity(savings, claims)
    closed = _closed(savings, claims, truth, config.state_dir, period)
    bills = evaluate_bills(config)
    total = _total(claims, estate, cautious)
    goals = [*_goals(capacity, closed, total), _goal_of_faults(faults), *bills.pop("goals")]
    return {
        "landing": str(config.landing),
        "seed": estate.get("seed"),
        "period_start_date": str(period[0]),
        "as_of_date": str(period[1]),
        "detectors": {CAPACITY: capacity, CLOSED: closed},
        "bills": bills,
        "total": total,
        "faults": faults,
        "goals": goals,
        "all_goals_met": all(goal["met"] for goal in goals),
    }


def _is_in_period(row: dict, period: tuple) -> bool:
    return bool(row["gbp_12m"]) and row["from_date"] <= str(period[1]) and (row["to_date"] or "9999") >= str(period[0])


def _goals(capacity: dict, closed: dict, total: dict) -> list[dict[str, Any]]:
    """Each goal with the figure seen; a goal about nothing that was planted or claimed is met."""
    worst = max((abs(case["error_pct"]) for case in capacity["cases"] if case["found_gbp"]), default=0.0)
    recall, precision, ratio = closed["recall_kwh"], closed["precision_kwh"], total["ratio"]
    low, high = GOALS["total_ratio"]
    found = f"{capacity['found']} of {capacity['planted']}"
    return [
        {"goal": "capacity: every planted case found", "figure": found, "met": not capacity["missed"]},
        {
            "goal": "capacity: each within 1 % of its pounds",
            "figure": f"worst {worst:.3f} %",
            "met": worst <= GOALS["capacity_gbp_error_pct"],
        },
        {
            "goal": "load when closed: recall by kWh at least 0.7",
            "figure": recall,
            "met": recall is None or recall >= GOALS["closed_recall"],
        },
        {
            "goal": "load when closed: precision by kWh at least 0.8",
            "figure": precision,
            "met": precision is None or precision >= GOALS["closed_precision"],
        },
        {
            "goal": "sequenced total between 0.8 and 1.05 of the planted union",
            "figure": ratio,
            "met": ratio is None or low <= ratio <= high,
        },
    ]


def _capacity(planted: list[dict], claims: dict) -> dict[str, Any]:
    cases, wanted = [], {}
    for row in planted:
        if row["detector_id"] == CAPACITY:
            wanted[row["meter_id"]] = wanted.get(row["meter_id"], Decimal(0)) + Decimal(str(row["gbp_12m"]))
    for meter_id, truth_gbp in sorted(wanted.items()):
        found = claims.get((CAPACITY, meter_id), {"gbp": Decimal(0)})["gbp"]
        error = float((found - truth_gbp) / truth_gbp * 100) if truth_gbp else 0.0
        cases.append(
            {
                "meter_id": meter_id,
                "planted_gbp": float(truth_gbp),
                "found_gbp": float(found),
                "error_pct": round(error, 3),
            }
        )
    false = sorted(meter for detector, meter in claims if detector == CAPACITY and meter not in wanted)
    return {
        "planted": len(wanted),
        "found": sum(case["found_gbp"] > 0 for case in cases),
        "missed": [case["meter_id"] for case in cases if case["found_gbp"] <= 0],
        "false": [{"meter_id": meter, "gbp": float(claims[CAPACITY, meter]["gbp"])} for meter in false],
        "cases": cases,
    }


def _closed(planted: list[dict], claims: dict, truth: Path, state_dir: Path, period: tuple) -> dict[str, Any]:
    wanted_ids = [row["truth_id"] for row in planted if row["detector_id"] == CLOSED]
    true_wh = _truth_wh(truth, wanted_ids, period)
    found = _found_wh(state_dir)
    joined = true_wh.join(found, ["meter_id", "settlement_date", "settlement_period"], join_type="full outer")
    true_column = pc.fill_null(joined.column("true_wh"), 0.0)
    found_column = pc.fill_null(joined.column("found_wh"), 0.0)
    right = pc.sum(pc.min_element_wise(true_column, found_column)).as_py() or 0.0
    all_true, all_found = pc.sum(true_column).as_py() or 0.0, pc.sum(found_column).as_py() or 0.0
    meters = sorted({row["meter_id"] for row in planted if row["detector_id"] == CLOSED})
    claimed = sorted(meter for detector, meter in claims if detector == CLOSED)
    return {
        "planted": len(meters),
        "found": len(set(meters) & set(claimed)),
        "missed": sorted(set(meters) - set(claimed)),
        "false": [
            {"meter_id": meter, "kwh": float(claims[CLOSED, meter]["kwh"])} for meter in claimed if meter not in meters
        ],
        "planted_kwh": round(all_true / 1000, 1),
        "found_kwh": round(all_found / 1000, 1),
        "found_and_planted_kwh": round(right / 1000, 1),
        "recall_kwh": round(right / all_true, 4) if all_true else None,
        "precision_kwh": round(right / all_found, 4) if all_found else None,
    }


def _truth_wh(truth: Path, wanted_ids: list[str], period: tuple) -> pa.Table:
    table = pq.read_table(truth / "planted_half_hours.parquet")
    keep = pc.and_(
        pc.is_in(table.column("truth_id"), value_set=pa.array(wanted_ids, type=table.schema.field("truth_id").type)),
        pc.and_(
            pc.greater_equal(table.column("settlement_date"), pa.scalar(period[0])),
            pc.less_equal(table.column("settlement_date"), pa.scalar(period[1])),
        ),
    )
    table = table.filter(keep)
    table = pa.table(
        {
            "meter_id": table.column("meter_id").cast(pa.string()),
            "settlement_date": table.column("settlement_date").cast(pa.date32()),
            "settlement_period": table.column("settlement_period").cast(pa.int32()),
            "true_wh": pc.multiply(table.column("kwh").cast(pa.float64()), 1000.0),
        }
    )
    grouped = table.group_by(["meter_id", "settlement_date", "settlement_period"]).aggregate([("true_wh", "sum")])
    return grouped.rename_columns(["meter_id", "settlement_date", "settlement_period", "true_wh"])


def _found_wh(state_dir: Path) -> pa.Table:
    table = pq.read_table(state_dir / "evidence" / "half_hours.parquet")
    table = table.filter(pc.equal(table.column("detector_id"), CLOSED))
    return pa.table(
        {
            "meter_id": table.column("meter_id"),
            "settlement_date": table.column("settlement_date"),
            "settlement_period": table.column("settlement_period").cast(pa.int32()),
            "found_wh": table.column("allocated_wh").cast(pa.float64()),
        }
    )


def _total(claims: dict, estate: dict, cautious: Decimal | None) -> dict[str, Any]:
    sequenced = sum((claim["gbp"] for claim in claims.values()), Decimal(0))
    union = float(estate["planted_union_gbp_12m"])
    return {
        "sequenced_gbp": float(sequenced),
        "cautious_gbp": float(cautious or 0),
        "planted_union_gbp": union,
        "ratio": round(float(sequenced) / union, 4) if union else None,
    }


def _goal_of_faults(faults: dict[str, Any]) -> dict[str, Any]:
    return {
        "goal": "faults of readings: every planted one found by its name",
        "figure": f"{faults['found']} of {faults['planted']}",
        "met": not faults["missed"],
    }
