"""Each headline metric is proved once by SQL of its own, on both engines."""

from __future__ import annotations

import pytest

from data_layer.metrics.query import MetricStore
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession

PROOF = "proof_"
HEADLINES = {
    "average_lead_time_days",
    "average_unit_rate_gbp_per_kwh",
    "energy_consumption_kwh",
    "energy_cost_gbp",
    "energy_emissions_kgco2e",
    "energy_faulty_day_share",
    "estimated_read_share",
    "joiners",
    "leavers",
    "members",
    "peak_demand_kva",
    "savings_cautious_gbp",
    "savings_sequenced_gbp",
    "savings_standalone_gbp",
    "travel_bookings",
    "travel_spend_gbp",
    "unexplained_bill_share",
}


@pytest.fixture(scope="module")
def analyses(metrics_config):
    """Rows of every analysis, by name, each row as a dict."""
    with DbtSession(metrics_config) as session:
        compiled = session.compile_sql("path:analyses")
    with open_warehouse(metrics_config) as warehouse:
        return {name: warehouse.fetch_arrow(sql).to_pylist() for name, sql in compiled.items()}


def test_every_headline_has_its_proof(analyses):
    assert {name.removeprefix(PROOF) for name in analyses if name.startswith(PROOF)} == HEADLINES


@pytest.mark.parametrize("metric", sorted(HEADLINES))
def test_metric_equals_its_proof(analyses, metrics_config, metric):
    [row] = analyses[PROOF + metric]
    assert list(row) == [metric]
    with MetricStore(metrics_config) as store:
        value = store.query([metric]).column(metric)[0].as_py()
    assert value is not None
    if isinstance(value, float):
        assert float(f"{value:.9g}") == float(f"{row[metric]:.9g}")
    else:
        assert value == row[metric]


@pytest.mark.parametrize("detector", ["capacity_above_need", "load_when_closed"])
def test_a_case_of_each_detector_can_be_recomputed(analyses, detector):
    [row] = analyses[f"recompute_{detector}"]
    assert {"recomputed_gbp", "detected_gbp", "difference_gbp"} <= row.keys()
    assert row["detected_gbp"] > 0
