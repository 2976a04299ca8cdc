"""The overlap rule: the total is the union, and nothing depends on the order in which claims come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_layer.savings.allocation import allocate, physical_floor_wh

HALF_HOURS = 12
half_hours = st.lists(st.integers(0, 5_000), min_size=HALF_HOURS, max_size=HALF_HOURS).map(
    lambda values: np.array(values, dtype=np.int64)
)
cases = st.tuples(
    st.dictionaries(st.tuples(st.integers(1, 3), st.sampled_from("abcd")), half_hours, min_size=1, max_size=5),
    half_hours,
    st.integers(0, 2_000),
)


@given(cases)
def test_sum_is_the_union_within_use_less_floor(case):
    claims, used, floor = case
    total = sum(allocate(claims, used, floor).values())
    room = np.maximum(used - floor, 0)
    union = np.minimum(np.max(list(claims.values()), axis=0), room)
    assert (total == union).all()
    assert all(
        (share >= 0).all() and (share <= claims[key]).all() for key, share in allocate(claims, used, floor).items()
    )


@given(cases, st.randoms())
def test_order_of_the_claims_does_not_matter(case, random):
    claims, used, floor = case
    shuffled = list(claims.items())
    random.shuffle(shuffled)
    first, second = allocate(claims, used, floor), allocate(dict(shuffled), used, floor)
    assert first.keys() == second.keys()
    assert all((first[key] == second[key]).all() for key in first)


@given(half_hours, half_hours)
def test_two_identical_claims_count_once(claim, used):
    both = allocate({(1, "a"): claim, (2, "b"): claim}, used, 0)
    assert (both[1, "a"] == np.minimum(claim, used)).all()
    assert not both[2, "b"].any()


def test_a_later_claim_gets_what_exceeds_the_larger_one_before():
    used = np.array([1000, 1000, 1000])
    shares = allocate({(1, "a"): np.array([300, 300, 900]), (2, "b"): np.array([500, 100, 950])}, used, 50)
    assert shares[1, "a"].tolist() == [300, 300, 900]
    assert shares[2, "b"].tolist() == [200, 0, 50]


def test_negative_claims_and_odd_shapes_are_refused():
    used = np.array([100, 100])
    with pytest.raises(ValueError, match="negative"):
        allocate({(1, "a"): np.array([-1, 0])}, used, 0)
    with pytest.raises(ValueError, match="shape"):
        allocate({(1, "a"): np.array([1])}, used, 0)
    with pytest.raises(ValueError, match="floor"):
        allocate({}, used, -1)


def test_floor_is_that_of_days_closed_all_day():
    used = np.full((40, 50), 900)
    used[:12] = 300
    usable = np.ones((40, 50), dtype=bool)
    closed = np.arange(40) < 12
    assert physical_floor_wh(used, usable, [closed, ~closed]) == 300
    assert physical_floor_wh(used, usable, [np.zeros(40, dtype=bool), np.ones(40, dtype=bool)]) == 300
    assert physical_floor_wh(used, usable, [np.zeros(40, dtype=bool)]) == 0
