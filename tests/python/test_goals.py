"""What was planted is found, within the goals: in three default estates, and on the bills of five larger ones."""

from __future__ import annotations

import shutil

import pytest

from bill_estates import SEEDS, build_bills, judge
from conftest import own_warehouse
from data_layer.landing.load import load_landing
from data_layer.quality.find import find_quality
from data_layer.sample import generate
from data_layer.savings.detect import detect_savings
from data_layer.savings.evaluate import CAPACITY, CLOSED, evaluate
from data_layer.savings.evaluate_bills import evaluate_bills
from data_layer.savings.registry import find_detectors
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
        find_quality(config)
        detect_savings(config)
        dbt.build(select="source:quality+ source:savings+")
    return evaluate(config)


def test_goals_are_met(result):
    assert len(result["goals"]) == 10
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


@pytest.fixture(scope="module", params=[SEEDS[0], *(pytest.param(seed, marks=pytest.mark.large) for seed in SEEDS[1:])])
def bills(request, tmp_path_factory):
    """The check of bills of 60 sites over three years against what was planted on them."""
    folder = tmp_path_factory.mktemp(f"bills{request.param}")
    config = build_bills(folder, request.param)
    report = judge(config)
    yield report, evaluate_bills(config)
    shutil.rmtree(folder)


def test_goals_on_bills_are_met(bills):
    _, result = bills
    assert len(result["goals"]) == 4
    assert [goal for goal in result["goals"] if not goal["met"]] == []


def test_every_kind_of_billing_error_was_there_to_be_found(bills):
    report, result = bills
    unnamed = {"wrong_volume"} | {
        error for detector in find_detectors() for error in detector.card.errors if error.startswith("unexplained_")
    }
    kinds = {error for detector in find_detectors() for error in detector.card.errors} - unnamed
    assert set(result["errors"]) == kinds
    assert min(one["planted"] for one in result["errors"].values()) >= 3
    assert {basis for basis, gbp in report.found_gbp.items() if gbp} == {
        "recoverable",
        "avoidable",
        "timing",
        "unbilled",
        "undercharged",
    }
    # Right bills are most of them, so that a check that says nothing would not pass, nor one that says too much.
    assert result["right_bills"] > 0.85 * report.bills
