"""Faults are found first, and on the days on which they lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_layer.savings.detectors import load_when_closed
from data_layer.savings.faults import find_faults, usable_half_hours
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


@pytest.mark.parametrize("factor", [10, 0.1, 2.83, 1 / 2.83, 35.3, 11.2])
def test_scale_break_is_found_where_it_lies(factor):
    meter = changed(office(), slice(800, 845), lambda used: np.rint(used * factor).astype(np.int64))
    fault = codes(meter)["scale_break"]
    found = np.flatnonzero(fault.is_excluded.any(axis=1))
    assert found[0] == 800
    assert found[-1] == 844
    assert len(found) == 45


@pytest.mark.parametrize("factor", [1.3, 0.7, 2.0])
def test_an_ordinary_change_of_use_is_no_scale_break(factor):
    meter = changed(office(), slice(800, None), lambda used: np.rint(used * factor).astype(np.int64))
    assert "scale_break" not in codes(meter)


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
