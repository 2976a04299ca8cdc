"""Zeros in place of missing readings are told from zeros that were metered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_layer.quality.stopped import find_dead_meter, find_zero_runs
from savings_meters import office


def nothing_known(meter):
    return np.zeros_like(meter.is_read)


def with_zeros(meter, day, columns):
    used = meter.used_wh.copy()
    used[day, columns] = 0
    return replace(meter, used_wh=used)


def gas(kw: float = 8.0, seed: int = 5):
    """A boiler that never stops, more in winter than in summer."""
    meter = replace(office(), fuel="gas")
    season = 1 + 0.6 * np.cos(2 * np.pi * (meter.dates.astype(int) - 10) / 365.25)
    used = np.rint(kw * 500 * season[:, None] * np.random.default_rng(seed).uniform(0.8, 1.2, meter.used_wh.shape))
    return replace(meter, used_wh=np.where(meter.exists, used, 0).astype(np.int64))


@pytest.mark.parametrize("columns", [slice(20, 21), slice(0, 10), slice(30, 46)])
def test_zeros_in_steady_use_are_those_half_hours_and_no_others(columns):
    meter = with_zeros(office(), 700, columns)
    fault = find_zero_runs(meter, nothing_known(meter))
    expected = np.zeros_like(meter.is_read)
    expected[700, columns] = True
    assert (fault.is_excluded == expected).all()
    assert fault.is_no_history is None


def test_one_of_the_half_hours_beside_a_gap_may_be_halved():
    """As in hourly readings of which half an hour is missing."""
    meter = with_zeros(office(), 700, slice(10, 40))
    used = meter.used_wh.copy()
    used[700, [9, 40]] //= 2
    meter = replace(meter, used_wh=used)
    assert find_zero_runs(meter, nothing_known(meter)).is_excluded.sum() == 30


def test_a_building_that_switches_off_at_night_is_sound():
    meter = office()
    meter = replace(meter, used_wh=np.where(meter.is_closed, 0, meter.used_wh))
    assert find_zero_runs(meter, nothing_known(meter)) is None


def test_import_that_own_generation_brings_down_to_zero_is_sound():
    """Zero at noon on the brightest days; on all others use at noon is anything between zero and the usual."""
    meter = office()
    sun = np.clip(np.sin(np.pi * (meter.starts_minute - 360) / 720), 0, None)
    bright = np.random.default_rng(2).uniform(0.2, 1.0, len(meter.dates))[:, None]
    used = np.maximum(meter.used_wh - np.rint(7000 * sun * bright), 0).astype(np.int64)
    meter = replace(meter, used_wh=np.where(meter.exists, used, 0))
    assert (meter.used_wh[meter.exists] == 0).sum() > 100
    assert find_zero_runs(meter, nothing_known(meter)) is None


def test_a_register_of_coarse_pulses_is_sound():
    meter = office()
    pulses = np.random.default_rng(3).poisson(2.5, meter.used_wh.shape) * 1000
    meter = replace(meter, used_wh=np.where(meter.exists, pulses, 0))
    assert find_zero_runs(meter, nothing_known(meter)) is None


def test_a_boiler_may_stand_for_hours_but_not_for_a_day():
    meter = gas()
    hours = with_zeros(meter, 700, slice(10, 20))
    assert find_zero_runs(hours, nothing_known(hours)) is None
    day = with_zeros(meter, 700, slice(0, 48))
    assert np.flatnonzero(find_zero_runs(day, nothing_known(day)).is_excluded.any(axis=1)).tolist() == [700]


def test_what_is_known_to_be_bad_is_not_looked_at():
    meter = with_zeros(office(), 700, slice(10, 20))
    known = nothing_known(meter)
    known[700] = True
    assert find_zero_runs(meter, known) is None


def weekday_load():
    """Nothing is used at weekends and at night, as by machines that are switched off."""
    meter = office()
    return replace(meter, used_wh=np.where(meter.is_closed, 0, meter.used_wh))


def in_season(meter, first_day, last_day):
    """The meter with use on these days of each year only."""
    day_of_year = (meter.dates - meter.dates.astype("datetime64[Y]")).astype(int)
    is_used = (day_of_year >= first_day) & (day_of_year <= last_day)
    return replace(meter, used_wh=np.where(is_used[:, None], meter.used_wh, 0))


@pytest.mark.parametrize(
    "meter", [weekday_load(), in_season(office(), 90, 290)], ids=["rests at weekends", "rests every winter"]
)
def test_a_supply_that_rests_is_not_dead(meter):
    assert find_dead_meter(meter) is None
    assert find_zero_runs(meter, nothing_known(meter)) is None


def test_a_supply_that_rests_is_dead_when_it_stands_far_longer_than_it_does():
    meter = weekday_load()
    used = meter.used_wh.copy()
    used[600:680] = 0
    found = np.flatnonzero(find_dead_meter(replace(meter, used_wh=used)).is_excluded.any(axis=1))
    assert set(range(600, 680)) <= set(found.tolist())
    assert len(found) <= 86, "weekends beside it"


def test_heating_that_is_switched_off_for_the_summer_is_no_missing_reading():
    meter = in_season(gas(), 0, 120)
    assert find_zero_runs(meter, nothing_known(meter)) is None


@pytest.mark.parametrize(("temperature_c", "half_hours"), [(-5, 48), (35, 0)])
def test_a_day_without_gas_is_sound_when_it_is_warmer_than_those_around(temperature_c, half_hours):
    meter = with_zeros(gas(), 460, slice(0, 48))
    temperatures = meter.temperature_c.copy()
    temperatures[460] = temperature_c
    fault = find_zero_runs(replace(meter, temperature_c=temperatures), nothing_known(meter))
    assert (fault.is_excluded.sum() if fault else 0) == half_hours
