"""Found against planted: the arithmetic of the comparison, on a truth made by hand."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_layer.landing.raw_tables import create_raw_tables
from data_layer.savings.evaluate import NoTruthError, evaluate
from data_layer.warehouse.connection import open_warehouse

DAY = date(2025, 6, 1)


def saving(detector, meter, gbp, kwh=0.0):
    return {
        "truth_id": f"{meter}-{detector}",
        "kind": "saving",
        "detector_id": detector,
        "meter_id": meter,
        "site_id": "S1",
        "from_date": "2025-01-01",
        "to_date": "2025-12-31",
        "kwh_12m": kwh,
        "gbp_12m": gbp,
        "note": "",
    }


@pytest.fixture
def estate(duckdb_config):
    """Planted: capacity on m1 (100 GBP) and m2 (50), 3 kWh on m3. Found: m1 at 101, 2 kWh of 3 and 1 not planted."""
    truth = duckdb_config.landing / "_truth"
    truth.mkdir(parents=True)
    planted = [
        saving("capacity_above_need", "m1", 100.0),
        saving("capacity_above_need", "m2", 50.0),
        saving("load_when_closed", "m3", 0.75, 3.0),
        {**saving("dead-meter", "m4", 0.0), "kind": "fault", "detector_id": None},
    ]
    (truth / "planted.json").write_text(json.dumps(planted))
    (truth / "estate.json").write_text(json.dumps({"seed": 9, "planted_union_gbp_12m": 150.75}))
    planted_bills = [
        {
            "invoice_id": "B1",
            "meter_id": "m1",
            "element": "unit",
            "error_code": "wrong_unit_rate",
            "gbp": "12.34",
        }
    ]
    (truth / "planted_bills.json").write_text(json.dumps(planted_bills))
    half_hours = {
        "truth_id": ["m3-load_when_closed"] * 4,
        "meter_id": ["m3"] * 4,
        "settlement_date": [DAY, DAY, DAY, date(2024, 6, 1)],
        "settlement_period": [1, 2, 3, 1],
        "kwh": [1.0, 1.0, 1.0, 9.0],
    }
    pq.write_table(pa.table(half_hours), truth / "planted_half_hours.parquet")
    evidence = duckdb_config.state_dir / "evidence"
    evidence.mkdir(parents=True)
    found = {
        "detector_id": ["load_when_closed"] * 3,
        "meter_id": ["m3", "m3", "m5"],
        "settlement_date": [DAY] * 3,
        "settlement_period": [1, 2, 1],
        "allocated_wh": [1000, 1500, 500],
    }
    pq.write_table(pa.table(found), evidence / "half_hours.parquet")
    with open_warehouse(duckdb_config) as warehouse:
        create_raw_tables(warehouse)
        warehouse.execute("create schema energy")
        warehouse.execute("create table energy.dim_energy_as_of (period_start_date date, as_of_date date)")
        warehouse.execute("insert into energy.dim_energy_as_of values (date '2025-01-01', date '2025-12-31')")
        warehouse.execute(
            "create table energy.fct_energy_invoice_reconciliation (invoice_id text, invoice_status text, "
            "element text, billed_gbp numeric(18, 4), virtual_gbp numeric(18, 4))"
        )
        warehouse.execute(
            "insert into energy.fct_energy_invoice_reconciliation values "
            "('B1', 'standing', 'unit', 112.34, 100), ('B2', 'standing', 'unit', 100.4, 100), "
            "('B2', 'standing', 'vat', 20, 5), ('B3', 'cancelled', 'unit', 100, 0)"
        )
        warehouse.execute(
            "insert into raw_savings.bill_findings (finding_id, detector_id, detector_version, invoice_id, meter_id, "
            "element, error_code, basis, sentence, evidence, found_gbp, sequenced_gbp, period_start_date, "
            "period_end_date) values ('f1', 'wrong_rate', '1.0', 'B1', 'm1', 'unit', 'wrong_unit_rate', "
            "'recoverable', 'Wrong.', '{}', 12.34, 12.34, date '2025-06-01', date '2025-06-30')"
        )
        for detector, meter, kwh, gbp in (
            ("capacity_above_need", "m1", 0, 101),
            ("load_when_closed", "m3", 2.5, 0.6),
            ("load_when_closed", "m5", 0.5, 0.1),
        ):
            warehouse.execute(
                "insert into raw_savings.claims (candidate_id, detector_id, meter_id, rate_band, standalone_kwh, "
                "sequenced_kwh, standalone_gbp, sequenced_gbp, settlement_date) values (?, ?, ?, 'all', ?, ?, ?, ?, ?)",
                [f"{detector}{meter}", detector, meter, kwh, kwh, gbp, gbp, DAY],
            )
        warehouse.execute(
            "insert into raw_quality.day_findings (meter_id, settlement_date, status_code, reason, "
            "affected_half_hours, excluded_kwh, sequenced_excluded_kwh, is_left_out_of_savings, "
            "is_left_out_of_forecasts) values ('m4', date '2025-06-01', 'dead_meter', 'Dead.', 48, 0, 0, true, true)"
        )
    return evaluate(duckdb_config)


def test_capacity_is_compared_case_by_case(estate):
    capacity = estate["detectors"]["capacity_above_need"]
    assert (capacity["planted"], capacity["found"], capacity["missed"]) == (2, 1, ["m2"])
    assert capacity["cases"][0]["error_pct"] == 1.0


def test_closed_load_is_compared_half_hour_by_half_hour(estate):
    closed = estate["detectors"]["load_when_closed"]
    assert closed["planted_kwh"] == 3.0
    assert closed["recall_kwh"] == pytest.approx(2 / 3, abs=1e-4)
    assert closed["precision_kwh"] == pytest.approx(2 / 3, abs=1e-4)
    assert [row["meter_id"] for row in closed["false"]] == ["m5"]


def test_total_faults_and_goals(estate):
    assert estate["total"]["ratio"] == pytest.approx(101.7 / 150.75, abs=1e-4)
    assert (estate["faults"]["planted"], estate["faults"]["found"]) == (1, 1)
    assert [goal["met"] for goal in estate["goals"]] == [
        *(False, True, False, False, False),
        *(True, True, True, True, True),
    ]
    assert estate["all_goals_met"] is False
    assert json.loads(json.dumps(estate)) == estate


def test_a_real_estate_has_no_truth_and_is_told_so(duckdb_config):
    with pytest.raises(NoTruthError, match="only a sample estate"):
        evaluate(duckdb_config)


def test_bills_are_compared_with_what_was_planted_on_them(estate):
    assert (estate["bills"]["planted"], estate["bills"]["found"], estate["bills"]["to_the_penny"]) == (1, 1, 1)
    # B1 is wrong, B3 was cancelled: one right bill, within 0.5 % without its VAT.
    assert (estate["bills"]["right_bills"], estate["bills"]["right_bills_within"]) == (1, 1)
