"""Faults are found first, and on the days on which they lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_layer.quality.faults import find_faults, history_half_hours, usable_half_hours
from data_layer.savings.detectors import load_when_closed
from savings_meters import inputs_of, office


def codes(meter):
    return {fault.reason_code: fault for fault in find_faults(meter)}


def changed(meter, days, values):
    used = meter.used_wh.copy()
    used[days] = values(used[days])
    return replace(meter, used_wh=np.where(meter.exists, used, 0))


def test_a_sound_meter_has_no_fault():
    assert codes(office()) == {}


def test_dead_meter_is_its_days_and_no_others():
    meter = changed(office(), slice(900, 920), np.zeros_like)
    fault = codes(meter)["dead_meter"]
    assert np.flatnonzero(fault.is_excluded.any(axis=1)).tolist() == list(range(900, 920))


def test_a_meter_that_never_turned_is_dead():
    assert "dead_meter" in codes(changed(office(), slice(None), np.zeros_like))


def heated(first: str = "2023-01-01", base_kw: float = 0.6, seed: int = 3):
    """Gas meter: base load all year, heating by the cold from October to April of each year, on the day."""
    meter = replace(office(first), fuel="gas")
    random = np.random.default_rng(seed)
    month = meter.dates.astype("datetime64[M]").astype(int) % 12 + 1
    is_on = (month >= 10) | (month <= 4)
    cold_c = np.maximum(16 - np.nanmean(meter.temperature_c, axis=1), 1.0)
    kw = base_kw * (1 + 0.5 * ~meter.is_closed) + np.where(is_on, 1.5 * cold_c, 0)[:, None]
    used = np.rint(kw * 500 * random.uniform(0.9, 1.1, kw.shape))
    return replace(meter, used_wh=np.where(meter.exists, used, 0).astype(np.int64))


def scaled(meter, days, factor):
    return changed(meter, days, lambda used: np.rint(used * factor).astype(np.int64))


def day_of(meter, day):
    return int(np.flatnonzero(meter.dates == np.datetime64(day))[0])


@pytest.mark.parametrize("factor", [10, 0.1, 100])
@pytest.mark.parametrize("length", [8, 45])
def test_spell_on_another_scale_is_its_days_and_no_others(factor, length):
    fault = codes(scaled(office(), slice(800, 800 + length), factor))["scale_break"]
    assert np.flatnonzero(fault.is_excluded.any(axis=1)).tolist() == list(range(800, 800 + length))
    assert fault.is_no_history is None


@pytest.mark.parametrize("factor", [1 / 2.83, 2.83, 11.2, 1 / 35.3, 10])
@pytest.mark.parametrize("first_day", ["2025-02-03", "2025-04-10", "2025-09-12"])
def test_spell_of_gas_in_another_unit_is_found_whatever_the_season(factor, first_day):
    meter = heated()
    first = day_of(meter, first_day)
    fault = codes(scaled(meter, slice(first, first + 60), factor))["scale_break"]
    assert np.flatnonzero(fault.is_excluded.any(axis=1)).tolist() == list(range(first, first + 60))


@pytest.mark.parametrize("factor", [1.3, 0.7, 2.0, 2.83, 1 / 11.2, 35.3])
def test_ordinary_changes_and_gas_factors_are_no_scale_break_of_electricity(factor):
    assert "scale_break" not in codes(scaled(office(), slice(800, None), factor))


@pytest.mark.parametrize("base_kw", [0.0, 0.02, 0.3, 0.6, 2.0])
@pytest.mark.parametrize("first", ["2023-01-01", "2025-01-01"])
def test_heating_coming_on_and_going_off_is_no_scale_break(first, base_kw):
    """It leaves any factor, 10 and 35.3 among them, with three years of history and with one."""
    assert "scale_break" not in codes(heated(first, base_kw))


def test_holidays_are_no_scale_break():
    meter = office()
    for day in ("2023-07-24", "2024-07-22", "2025-07-21"):
        first = day_of(meter, day)
        meter = changed(meter, slice(first, first + 42), lambda used: np.where(used > 0, np.minimum(used, 1000), 0))
    assert "scale_break" not in codes(meter)


def test_what_spares_the_quiet_half_hours_is_no_scale_break():
    """Ten times the use by day and the same at night is a change of use."""
    meter = changed(office(), slice(800, 900), lambda used: np.where(used > 3000, used * 10, used))
    assert "scale_break" not in codes(meter)
    whole = scaled(office(), slice(800, 900), 10)
    assert "scale_break" in codes(whole)


@pytest.mark.parametrize("dead_days", [0, 150])
def test_after_a_lasting_change_nothing_is_claimed_and_the_later_side_is_history(dead_days):
    """As after a meter exchange from cubic feet to cubic metres, with months between in which nothing was recorded."""
    meter = heated()
    first = day_of(meter, "2024-02-01")
    broken = changed(scaled(meter, slice(first, None), 1 / 35.3), slice(first - dead_days, first), np.zeros_like)
    faults = find_faults(broken)
    fault = next(fault for fault in faults if fault.reason_code == "scale_break")
    assert "35.3 on 2024-02-01" in fault.reason
    assert not usable_half_hours(broken, faults).any()
    history = history_half_hours(broken, faults)
    assert not history[:first].any()
    assert (history[first:] == broken.exists[first:]).all()


def test_a_lasting_change_of_electricity_is_found_near_the_end():
    broken = scaled(office(), slice(-30, None), 10)
    fault = codes(broken)["scale_break"]
    assert fault.is_excluded[broken.exists].all()
    assert np.flatnonzero(~fault.is_no_history.any(axis=1)).tolist() == list(
        range(len(broken.dates) - 30, len(broken.dates))
    )


def test_two_lasting_changes_that_undo_each_other_leave_out_the_days_between():
    fault = codes(scaled(office(), slice(300, 600), 10))["scale_break"]
    assert np.flatnonzero(fault.is_excluded.any(axis=1)).tolist() == list(range(300, 600))


def test_gas_that_rests_in_summer_is_not_dead_and_that_rests_in_winter_is():
    meter = replace(office(), fuel="gas")
    daily_c = np.nanmean(np.where(meter.exists, meter.temperature_c, np.nan), axis=1)
    kw = np.maximum(12 - daily_c, 0)[:, None] * np.ones((1, 50))
    used = np.where(meter.exists, np.rint(kw * 500 * np.random.default_rng(3).uniform(0.8, 1.2, kw.shape)), 0)
    meter = replace(meter, used_wh=used.astype(np.int64))
    assert "dead_meter" not in codes(meter)
    january = np.flatnonzero(meter.dates == np.datetime64("2025-01-05"))[0]
    assert "dead_meter" in codes(changed(meter, slice(january, january + 30), np.zeros_like))


def test_flat_line_and_spike_and_negative_and_estimates():
    meter = changed(office(), slice(500, 504), lambda used: np.full_like(used, 777))
    assert codes(meter)["flat_line"].is_excluded[500:504, :46].all()
    used = office().used_wh.copy()
    used[600, 20] = 500_000
    used[610, 20] = -5
    read = office()
    actual = read.is_actual.copy()
    actual[620, :10] = False
    found = codes(replace(read, used_wh=used, is_actual=actual))
    assert found["spike"].is_excluded[600, :46].all()
    assert found["negative_reads"].is_excluded[610, :46].all()
    assert found["estimated_reads"].is_excluded.sum() == 10


def test_faults_never_become_savings():
    """A digit too many on twenty days would be the largest claim of all, were it not found first."""
    broken = changed(office(), slice(960, 980), lambda used: used * 10)
    usable = usable_half_hours(broken, find_faults(broken))
    assert not usable[960:980].any()
    claim = load_when_closed.detect(inputs_of(broken, usable)).claimed_wh
    assert not claim[960:980].any()
    blind = load_when_closed.detect(inputs_of(broken)).claimed_wh
    assert blind[960:980].any()
