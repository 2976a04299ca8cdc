"""What people call a group, and what MetricFlow calls it."""

from __future__ import annotations

import pytest

from data_layer.metrics.names import resolve, short_names
from data_layer.metrics.semantic_layer import GroupBy, MetricError


def group(name: str, hops: int = 1, is_own: bool = False, is_time: bool = False) -> GroupBy:
    return GroupBy(name, name.rsplit("__", 1)[-1], hops, is_own, is_time, "")


AVAILABLE = [
    group("metric_time", hops=0, is_time=True),
    group("meter", hops=0, is_own=True),
    group("site", hops=0, is_own=True),
    group("site__site_id"),
    group("site__site_name"),
    group("site__site_type"),
    group("site__open_date", is_time=True),
    group("meter__meter_fuel"),
    group("claim__detector_id", is_own=True),
    group("candidate__detector_id"),
    group("candidate__site__site_type", hops=2),
    group("candidate__state_code"),
    group("claim__state_code"),
]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("month", "metric_time__month"),
        ("metric_time", "metric_time__day"),
        ("metric_time__year", "metric_time__year"),
        # the site itself, not the key of one of its versions
        ("site", "site__site_id"),
        ("site_name", "site__site_name"),
        ("Site_Type", "site__site_type"),
        ("meter", "meter"),
        ("fuel", "meter__meter_fuel"),
        ("detector", "claim__detector_id"),
        ("candidate__detector_id", "candidate__detector_id"),
        ("open_date", "site__open_date__day"),
        ("site__open_date__month", "site__open_date__month"),
    ],
)
def test_name_is_found(asked, name):
    assert resolve(asked, AVAILABLE) == name


def test_unknown_name_lists_what_there_is():
    with pytest.raises(
        MetricError, match=r"There is no 'colour' .* day, week, month, quarter, year, detector_id, meter"
    ):
        resolve("colour", AVAILABLE)


def test_ambiguous_name_asks_back():
    with pytest.raises(MetricError, match="candidate__state_code, claim__state_code"):
        resolve("state_code", AVAILABLE)


def test_every_short_name_but_the_ambiguous_works():
    for name in short_names(AVAILABLE):
        if name != "state_code":
            assert resolve(name, AVAILABLE)
