"""What was planted in the default estate is found, within the goals, for three seeds that nothing was tuned on."""

from __future__ import annotations

import pytest

from conftest import own_warehouse
from data_layer.landing.load import load_landing
from data_layer.sample import generate
from data_layer.savings.detect import detect_savings
from data_layer.savings.evaluate import CAPACITY, CLOSED, evaluate
from data_layer.warehouse.dbt_session import DbtSession


@pytest.fixture(scope="module", params=[1, 2, 3])
def result(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"seed{request.param}")
    generate(sites=24, years=3, seed=request.param, out=folder / "landing")
    config = own_warehouse(folder, "duckdb")
    assert not load_landing(config).rows_quarantined
    # The models are tested elsewhere on smaller estates.
    with DbtSession(config) as dbt:
        dbt.build(exclude="resource_type:test resource_type:unit_test")
        detect_savings(config)
        dbt.build(select="source:savings+")
    return evaluate(config)


def test_goals_are_met(result):
    assert len(result["goals"]) == 5
    assert [goal for goal in result["goals"] if not goal["met"]] == []


def test_there_was_something_to_find_and_to_be_wrong_about(result):
    """A goal about nothing counts as met: so each detector must have had something planted, and claimed something."""
    capacity, closed = (result["detectors"][name] for name in (CAPACITY, CLOSED))
    assert capacity["planted"] > 0
    assert min(case["planted_gbp"] for case in capacity["cases"]) > 0
    assert closed["planted"] > 0
    assert closed["planted_kwh"] > 0
    assert closed["found_kwh"] > 0
    assert None not in (closed["recall_kwh"], closed["precision_kwh"], result["total"]["ratio"])


def test_no_capacity_is_claimed_where_none_was_planted(result):
    assert result["detectors"][CAPACITY]["false"] == []
