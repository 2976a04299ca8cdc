"""A clock that is not local time shows at the clock changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_layer.quality.clock import clock_changes, find_wrong_time_zone
from data_layer.quality.faults import find_faults, history_half_hours
from savings_meters import office


def moved(meter, half_hours, years):
    """The readings of summer time so many half-hours later, in some years; what leaves a day comes into the next."""
    year = meter.dates.astype("datetime64[Y]").astype(int) + 1970
    changes = np.flatnonzero(meter.periods_in_day != 48)
    used = meter.used_wh.copy()
    for spring, autumn in zip(changes[::2], changes[1::2], strict=True):
        if year[spring] in years:
            days = slice(spring + 1, autumn)
            flat = np.roll(meter.used_wh[days, :48].reshape(-1), half_hours)
            used[days, :48] = flat.reshape(-1, 48)
    return replace(meter, used_wh=used)


def found(meter):
    return find_wrong_time_zone(meter, np.zeros_like(meter.is_read))


def summer_days(meter, years):
    changes = np.flatnonzero(meter.periods_in_day != 48)
    pairs = zip(changes[::2], changes[1::2], strict=True)
    year = meter.dates.astype("datetime64[Y]").astype(int) + 1970
    return [day for first, last in pairs if year[first] in years for day in range(first + 1, last + 1)]


@pytest.mark.parametrize("seed", range(4))
def test_a_sound_clock_is_seen_in_its_place_at_every_change(seed):
    meter = office(seed=seed)
    changes = clock_changes(meter, np.zeros_like(meter.is_read))
    assert [change.hours for change in changes] == [0] * 6
    assert found(meter) is None


@pytest.mark.parametrize(("half_hours", "says"), [(2, "later"), (-2, "earlier")])
@pytest.mark.parametrize("years", [(2023, 2024, 2025), (2024,), (2025,)])
def test_the_summers_on_another_clock_are_its_days_and_no_others(half_hours, says, years):
    meter = moved(office(), half_hours, years)
    fault = found(meter)
    assert np.flatnonzero(fault.is_excluded.any(axis=1)).tolist() == summer_days(meter, years)
    assert f"an hour {says} than in winter, at {2 * len(years)} of 6 clock changes" in fault.reason
    assert np.nanmax(fault.ratio) == pytest.approx(len(years) / 3)


def test_savings_leave_the_summers_out_and_forecasts_keep_them():
    """The sum of a day is right but for an hour; what it used after closing time is not."""
    meter = moved(office(), -2, (2024,))
    faults = find_faults(meter)
    assert [fault.reason_code for fault in faults] == ["wrong_time_zone"]
    assert history_half_hours(meter, faults)[meter.exists].all()


def test_a_longer_evening_in_winter_is_no_other_clock():
    """Lights that follow the sun move by the clock in the same way in spring and in autumn."""
    meter = office()
    month = meter.dates.astype("datetime64[M]").astype(int) % 12 + 1
    is_dark = ((month <= 3) | (month >= 11))[:, None] & (meter.starts_minute >= 960) & (meter.starts_minute < 1320)
    assert found(replace(meter, used_wh=meter.used_wh + np.where(is_dark & meter.exists, 2500, 0))) is None


def test_a_flat_load_tells_nothing():
    meter = office()
    flat = np.rint(np.random.default_rng(1).normal(5000, 50, meter.used_wh.shape)).astype(np.int64)
    meter = replace(meter, used_wh=np.where(meter.exists, flat, 0))
    assert found(meter) is None
    assert {change.hours for change in clock_changes(meter, np.zeros_like(meter.is_read))} == {None}


def test_one_clock_change_alone_is_not_enough():
    meter = office("2024-12-01", "2025-09-30")
    changes = np.flatnonzero(meter.periods_in_day != 48)
    used = meter.used_wh.copy()
    used[changes[0] + 1 :, :48] = np.roll(used[changes[0] + 1 :, :48], 2, axis=1)
    assert found(replace(meter, used_wh=used)) is None
