"""What is said to rest on an illustrative figure."""

from __future__ import annotations

import duckdb
import pytest

from data_layer.site.illustrative import FLAG, RESTING, holds_in_period, metrics_downstream
from rules.project import compiled_manifest, own_nodes
from site_pages import ESTATE

MANIFEST = {
    "sources": {"source.p.savings.claims": {}, "source.p.energy.sites": {}},
    "child_map": {
        "seed.p.rates": ["model.p.dim_energy_avoidable_rates"],
        "model.p.dim_energy_avoidable_rates": ["test.p.a"],
        "source.p.savings.claims": ["model.p.fct_savings_claims"],
        "model.p.fct_savings_claims": ["semantic_model.p.savings_claims"],
        "semantic_model.p.savings_claims": ["metric.p.savings_sequenced_gbp"],
        "seed.p.holidays": ["model.p.dim_offices"],
    },
}


def test_lineage_goes_on_through_detection():
    assert metrics_downstream("seed.p.rates", MANIFEST) == ["savings_sequenced_gbp"]


def test_nothing_rests_on_what_leads_nowhere():
    assert metrics_downstream("seed.p.holidays", MANIFEST) == []


def test_what_a_seed_states_is_downstream_of_it():
    manifest = compiled_manifest()
    stated = {
        seed["unique_id"]: seed["config"]["meta"][RESTING]
        for seed in own_nodes(manifest, "seed")
        if FLAG in seed["columns"] and RESTING in seed["config"]["meta"]
    }
    assert sum(map(len, stated.values())) > 0
    assert {
        name: sorted(set(metrics) - set(metrics_downstream(name, manifest)))
        for name, metrics in stated.items()
        if set(metrics) - set(metrics_downstream(name, manifest))
    } == {}


@pytest.mark.parametrize(
    ("columns", "holds"),
    [
        ("date '2025-12-31' as valid_from_date, date '2026-03-31' as valid_to_date", True),
        ("date '2024-01-01' as valid_from_date, date '2025-01-01' as valid_to_date", True),
        ("date '2026-01-01' as valid_from_date, date '9999-12-31' as valid_to_date", False),
        ("date '2024-12-31' as holiday_date", False),
        ("date '2025-01-01' as holiday_date", True),
        ("2025 as factor_year", True),
        ("2026 as factor_year", False),
        ("1 as unit", True),
    ],
)
def test_rows_are_told_by_the_12_months_both_ends_inclusive(columns, holds):
    names = [part.rsplit(" as ", 1)[1] for part in columns.split(", ")]
    rows = duckdb.sql(f"select {holds_in_period(names, ESTATE)} from (select {columns})").fetchall()
    assert rows == [(holds,)]
