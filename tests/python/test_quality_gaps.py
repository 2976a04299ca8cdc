"""Days without readings between a meter and the one that took its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_layer.quality.faults import find_faults, history_half_hours, usable_half_hours
from data_layer.quality.gaps import find_gaps
from savings_meters import office


def exchanged(days_without, first_unread=500):
    """A further device from the last unread day but two on, with nothing read before and after its first days."""
    meter = office()
    gap = slice(first_unread, first_unread + days_without)
    used, is_read, is_actual = meter.used_wh.copy(), meter.is_read.copy(), meter.is_actual.copy()
    used[gap], is_read[gap], is_actual[gap] = 0, False, False
    start = meter.dates[first_unread + max(days_without - 2, 0)]
    return replace(
        meter, used_wh=used, is_read=is_read, is_actual=is_actual, device_starts=np.array([start], "datetime64[D]")
    )


def test_an_exchange_without_a_gap_is_nothing():
    meter = exchanged(0)
    assert find_gaps(meter) == []
    assert find_faults(meter) == []


@pytest.mark.parametrize("days", [1, 5, 40])
def test_days_without_readings_about_an_exchange_are_a_gap(days):
    meter = exchanged(days)
    [gap] = find_gaps(meter)
    assert gap.dates.tolist() == meter.dates[500 : 500 + days].tolist()
    assert gap.half_hours.tolist() == meter.periods_in_day[500 : 500 + days].tolist()


def test_nothing_is_learnt_from_before_a_long_gap():
    meter = exchanged(40)
    faults = find_faults(meter)
    assert [fault.reason_code for fault in faults] == ["before_exchange_gap"]
    for usable in (usable_half_hours(meter, faults), history_half_hours(meter, faults)):
        assert not usable[:540].any()
        assert (usable[540:] == meter.exists[540:]).all()


def test_a_few_days_without_readings_part_no_history():
    assert find_faults(exchanged(5)) == []


def test_missing_days_elsewhere_are_no_exchange_gap():
    meter = exchanged(40)
    assert find_gaps(replace(meter, device_starts=meter.device_starts + 200)) == []


def test_days_since_the_replaced_supply_come_before_the_first_reading():
    meter = replace(office("2025-01-11"), replaces_meter_id="2200000000000", replaced_last_date=date(2025, 1, 2))
    [gap] = find_gaps(meter)
    assert [str(day) for day in gap.dates] == [f"2025-01-{day:02d}" for day in range(3, 11)]
    assert gap.reason == (
        "8 days without readings between supply 2200000000000 and this one, 3 January 2025 to 10 January 2025."
    )
    assert find_faults(meter) == []


@pytest.mark.parametrize("last", [date(2025, 1, 10), date(2025, 6, 1)])
def test_a_supply_that_followed_at_once_or_overlapped_left_no_gap(last):
    meter = replace(office("2025-01-11"), replaces_meter_id="2200000000000", replaced_last_date=last)
    assert find_gaps(meter) == []
