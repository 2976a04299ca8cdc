"""The series that go with a candidate's figures."""

from __future__ import annotations

import numpy as np

from data_layer.savings.evidence_series import monthly_highest_kva, weekly_kwh


def days(first: str, count: int) -> np.ndarray:
    return np.datetime64(first, "D") + np.arange(count)


def test_weeks_begin_on_monday_and_part_weeks_at_the_ends_are_left_out():
    dates = np.repeat(days("2025-01-01", 20), 2)  # Wednesday to Monday
    series = weekly_kwh(dates, np.full(40, 1500), np.full(40, 500))
    assert series == [["2025-01-06", 21.0, 7.0], ["2025-01-13", 21.0, 7.0]]


def test_a_week_without_a_reading_is_a_gap_and_not_zero():
    dates = np.concatenate([days("2025-01-06", 7), days("2025-01-20", 7)])
    series = weekly_kwh(dates, np.full(14, 1000), np.zeros(14))
    assert series == [["2025-01-06", 7.0, 0.0], ["2025-01-13", None, None], ["2025-01-20", 7.0, 0.0]]


def test_order_of_half_hours_does_not_matter():
    dates, used = days("2025-01-06", 28), np.arange(28) * 100
    shuffled = np.random.default_rng(1).permutation(28)
    assert weekly_kwh(dates, used, used) == weekly_kwh(dates[shuffled], used[shuffled], used[shuffled])


def test_less_than_a_week_has_no_series():
    assert weekly_kwh(days("2025-01-06", 5), np.ones(5), np.ones(5)) == []
    assert weekly_kwh(days("2025-01-06", 0), np.ones(0), np.ones(0)) == []


def test_highest_demand_of_a_month_ignores_what_is_out_of_scope():
    dates = days("2025-01-31", 30)  # January's last day, all of February, one day of March
    squared = np.full((30, 50), 50_000**2, dtype=np.int64)
    squared[0, 3], squared[29, 7] = 80_000**2, 90_000**2
    in_scope = np.ones((30, 50), dtype=bool)
    in_scope[1:29] = False
    in_scope[29, 7] = False
    assert monthly_highest_kva(dates, squared, in_scope) == {"2025-01": 80.0, "2025-02": None, "2025-03": 50.0}


def test_nothing_in_scope_has_no_series():
    assert monthly_highest_kva(days("2025-01-01", 3), np.ones((3, 50)), np.zeros((3, 50), dtype=bool)) == {}
