"""Ranges from placebo years; cautious figures that add up to the portfolio's P10 to the penny."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_layer.savings.calibration import (
    LEAST_PAIRS,
    RANGE_NOT_KNOWN,
    Exposure,
    PlaceboPair,
    calibrate,
    split_by_largest_remainder,
)

GBP = 10**9


def pairs(count, spread=0.05, segment="office"):
    ratios = np.random.default_rng(5).normal(0, spread, count)
    return [PlaceboPair("closed", segment, f"m{index:03d}", float(ratio)) for index, ratio in enumerate(ratios)]


def energy(name, gbp=1_000, reference_gbp=4_000, segment="office"):
    return Exposure(name, "closed", segment, gbp * GBP, reference_gbp * GBP, has_range=True)


def charge(name, gbp):
    return Exposure(name, "capacity", "office", int(Decimal(str(gbp)) * GBP), 0, has_range=False)


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
    st.integers(0, 10**8),
)
def test_largest_remainder_keeps_the_total(weights, total):
    shares = split_by_largest_remainder(np.array(weights), total)
    assert sum(shares) == total
    assert all(share >= 0 for share in shares)


@given(st.lists(st.tuples(st.integers(1, 50_000), st.integers(0, 90_000)), min_size=1, max_size=12))
def test_rows_sum_to_the_portfolio_p10_to_the_penny(values):
    exposures = [energy(f"c{index:02d}", gbp, reference) for index, (gbp, reference) in enumerate(values)]
    portfolio = calibrate(exposures, pairs(30), draws=300)
    assert sum(row.cautious_gbp for row in portfolio.candidates) == portfolio.p10_gbp


def test_order_of_candidates_and_pairs_does_not_matter():
    exposures, learnt = [energy("a"), energy("b", 700), charge("c", "12.34")], pairs(40)
    assert calibrate(exposures, learnt) == calibrate(exposures[::-1], learnt[::-1])


def test_a_claim_from_complete_documents_has_no_range():
    portfolio = calibrate([charge("a", "1234.565")], pairs(40))
    row = portfolio.candidates[0]
    assert row.cautious_gbp == row.p50_gbp == row.p90_gbp == Decimal("1234.57")
    assert "No range" in row.range_basis


def test_beside_uncertain_claims_it_keeps_its_value_to_the_penny():
    portfolio = calibrate([charge("a", "1826.80"), energy("b"), energy("c", 700), charge("d", "450.17")], pairs(40))
    cautious = {row.candidate_id: row.cautious_gbp for row in portfolio.candidates}
    assert (cautious["a"], cautious["d"]) == (Decimal("1826.80"), Decimal("450.17"))
    assert sum(cautious.values()) == portfolio.p10_gbp


def test_a_claim_is_worth_nothing_or_more_in_each_draw():
    portfolio = calibrate([energy("a", 10, 100_000)], pairs(40))
    assert portfolio.p10_gbp == 0
    assert portfolio.candidates[0].cautious_gbp == 0


def test_the_wider_the_placebo_the_lower_the_cautious_figure():
    narrow, wide = (calibrate([energy("a")], pairs(60, spread)).p10_gbp for spread in (0.01, 0.1))
    assert wide < narrow < 1_000


def test_portfolio_quantile_is_joint_not_a_sum_of_quantiles():
    many = [energy(f"c{index}") for index in range(10)]
    alone = calibrate(many[:1], pairs(60)).p10_gbp
    assert calibrate(many, pairs(60)).p10_gbp > 10 * alone


def test_few_pairs_are_pooled_and_said_so():
    own = calibrate([energy("a")], pairs(25)).candidates[0].range_basis
    assert "25 meter-years of type office" in own
    pooled = calibrate([energy("a")], pairs(25, segment="depot")).candidates[0].range_basis
    assert "pooled" in pooled
    assert "has only 0" in pooled


def test_coverage_of_the_placebo_band_is_stated_with_the_range():
    # By hand: of 20 equally spaced misses each of the three at either end lies outside the band of its 19 others,
    # which begins 1.8 steps into them (0.026 for the third).
    learnt = [PlaceboPair("closed", "office", f"m{index:02d}", index / 100) for index in range(20)]
    assert "held 70% of them (n = 20" in calibrate([energy("a")], learnt).candidates[0].range_basis


@pytest.mark.parametrize(
    ("count", "known"),
    [
        (0, "no meter-year with"),
        (1, "only 1 meter-year with"),
        (6, "only 6 meter-years with"),
        (LEAST_PAIRS - 1, "only 19 meter-years with"),
    ],
)
def test_a_range_that_is_not_known_counts_nothing(count, known):
    portfolio = calibrate([energy("a")], pairs(count))
    row = portfolio.candidates[0]
    assert row.range_basis == (
        f"Range not known: {known} no known change (20 are needed); it counts nothing in the cautious total."
    )
    assert row.cautious_gbp == portfolio.p10_gbp == portfolio.p50_gbp == portfolio.p90_gbp == 0
    assert row.p90_gbp >= row.p50_gbp > 900


def test_it_keeps_the_sequenced_value_as_its_middle_when_there_is_no_pair():
    row = calibrate([energy("a", 1_000)], []).candidates[0]
    assert (row.cautious_gbp, row.p50_gbp, row.p90_gbp) == (0, 1_000, 1_000)


def test_the_least_number_of_pairs_is_enough():
    row = calibrate([energy("a")], pairs(LEAST_PAIRS)).candidates[0]
    assert 0 < row.cautious_gbp < 1_000
    assert RANGE_NOT_KNOWN not in row.range_basis


def test_pairs_of_another_detector_bear_nothing_out():
    others = [replace(pair, detector_id="other") for pair in pairs(40)]
    assert calibrate([energy("a")], others).p10_gbp == 0


def test_a_reference_of_nothing_does_not_make_a_claim_certain():
    assert calibrate([energy("a", 1_000, 0)], pairs(6)).p10_gbp == 0


@given(
    st.lists(st.integers(1, 5_000_000), max_size=6),
    st.lists(st.tuples(st.integers(1, 50_000), st.integers(0, 90_000)), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 50_000), st.integers(0, 90_000)), max_size=6),
)
def test_rows_sum_to_the_p10_with_claims_that_count_nothing(pence, unknown, known):
    exposures = [charge(f"a{index}", Decimal(value) / 100) for index, value in enumerate(pence)]
    exposures += [replace(energy(f"b{index}", *value), detector_id="other") for index, value in enumerate(unknown)]
    exposures += [energy(f"c{index}", *value) for index, value in enumerate(known)]
    portfolio = calibrate(exposures, pairs(30), draws=200)
    cautious = {row.candidate_id: row.cautious_gbp for row in portfolio.candidates}
    assert sum(cautious.values()) == portfolio.p10_gbp
    assert {value for name, value in cautious.items() if name.startswith("b")} == {Decimal(0)}
    without = [exposure for exposure in exposures if not exposure.candidate_id.startswith("b")]
    assert portfolio.p10_gbp == calibrate(without, pairs(30), draws=200).p10_gbp


def test_nothing_found_is_nothing():
    portfolio = calibrate([], pairs(30))
    assert portfolio.p10_gbp == 0
    assert portfolio.candidates == ()
