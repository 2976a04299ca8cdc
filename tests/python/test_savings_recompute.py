"""A case of every check of bills is recomputed by SQL of its own, from raw lines and single half-hours."""

from __future__ import annotations

import pytest

from bill_estates import build_bills, judge
from conftest import drop_schemas
from data_layer.savings.registry import find_detectors
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession

CHECKS = [detector.card.id for detector in find_detectors() if detector.card.claims == "bill"]


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def recomputed(request, tmp_path_factory):
    """Rows of each analysis that recomputes a case, by name, on an estate with an error of every kind."""
    config = build_bills(tmp_path_factory.mktemp("recompute"), seed=4, sites=24, years=2, engine=request.param)
    judge(config)
    with DbtSession(config) as dbt:
        dbt.build(
            select="+fct_savings_bill_findings fct_energy_readings",
            exclude="resource_type:test resource_type:unit_test",
        )
        compiled = dbt.compile_sql(" ".join(f"recompute_{name}" for name in CHECKS))
    with open_warehouse(config) as warehouse:
        yield {name: warehouse.fetch_arrow(sql).to_pylist() for name, sql in compiled.items()}
    drop_schemas(config)


def test_every_check_of_bills_has_an_analysis(recomputed):
    assert len(CHECKS) == 10
    assert sorted(recomputed) == sorted(f"recompute_{name}" for name in CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_the_largest_case_comes_out_to_the_penny(recomputed, check):
    [row] = recomputed[f"recompute_{check}"]
    assert row["detected_gbp"] != 0
    assert row["recomputed_gbp"] == row["detected_gbp"]
    assert row["difference_gbp"] == 0
