"""Load when closed: planted waste is found, ordinary nights are not, and one test a guard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_layer.savings.detectors.load_when_closed import detect
from savings_meters import inputs_of, office, with_waste


def reason(meter, is_usable=None):
    return detect(inputs_of(meter, is_usable)).refusal.reason_code


def in_year(values):
    return values[-365:]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_claim_on_a_year_like_the_others(seed):
    assert not detect(inputs_of(office(seed=seed, noise=0.08))).is_claim


@pytest.mark.parametrize("since", ["2024-11-01", "2025-05-01"])
def test_planted_waste_is_found_half_hour_by_half_hour(since):
    meter, added = with_waste(office(), 1.5, since)
    detection = detect(inputs_of(meter))
    true, found = in_year(added).astype(float), in_year(detection.claimed_wh).astype(float)
    both = np.minimum(true, found).sum()
    assert both / true.sum() > 0.9
    assert both / found.sum() > 0.9
    assert not detection.claimed_wh[:-365].any()


def test_a_claim_never_exceeds_use_less_reference():
    meter, _ = with_waste(office(), 1.5, "2025-03-01")
    detection = detect(inputs_of(meter))
    claimed = detection.claimed_wh > 0
    assert (detection.claimed_wh[claimed] == (meter.used_wh - detection.reference_wh)[claimed]).all()


def test_clock_change_days_are_claimed_to_their_last_half_hour():
    meter, _ = with_waste(office(), 1.5, "2025-01-01")
    claimed = detect(inputs_of(meter)).claimed_wh
    spring, autumn = (meter.day_index(np.datetime64(day).astype(object)) for day in ("2025-03-30", "2025-10-26"))
    assert (claimed[spring] > 0).sum() == 46
    assert (claimed[autumn] > 0).sum() == 50


def test_half_hours_that_are_not_usable_are_not_claimed():
    meter, _ = with_waste(office(), 1.5, "2025-03-01")
    usable = meter.is_actual.copy()
    usable[-60:-50] = False
    assert not detect(inputs_of(meter, usable)).claimed_wh[-60:-50].any()


def test_two_nights_are_no_pattern():
    meter, _ = with_waste(office(), 8.0, "2025-06-10", "2025-06-12")
    assert not detect(inputs_of(meter)).is_claim


def test_weather_explains_what_it_explained_before():
    meter = office()
    cold = np.where(meter.is_closed, np.rint(np.nan_to_num(np.maximum(8 - meter.temperature_c, 0)) * 250), 0)
    assert not detect(inputs_of(replace(meter, used_wh=meter.used_wh + cold.astype(np.int64)))).is_claim


def test_placebo_ratio_is_the_drift_of_a_year_against_the_others():
    meter = office()
    ratios = detect(inputs_of(meter)).placebo_ratios
    assert len(ratios) == 2
    assert all(abs(ratio) < 0.01 for ratio in ratios)
    drifted = meter.used_wh.copy()
    drifted[-730:-365] = np.rint(drifted[-730:-365] * 1.04).astype(np.int64)
    assert detect(inputs_of(replace(meter, used_wh=drifted))).placebo_ratios[0] == pytest.approx(0.04, abs=0.01)


def test_guard_no_opening_hours():
    meter = office()
    assert reason(replace(meter, is_hours_known=np.zeros_like(meter.is_hours_known))) == "no_opening_hours"


def test_guard_short_history():
    assert reason(office(first="2024-10-01")) == "short_history"
    meter = office()
    usable = meter.is_actual.copy()
    usable[-365:-260] = False
    assert reason(meter, usable) == "short_history"


def test_guard_always_open():
    meter = office()
    assert reason(replace(meter, is_closed=np.zeros_like(meter.is_closed))) == "always_open"


def test_guard_hours_unverified():
    """A timetable that says closed when the load says open is not believed."""
    meter = office()
    exists = np.arange(50)[None, :] < meter.periods_in_day[:, None]
    wrong = exists & ~meter.is_closed
    assert reason(replace(meter, is_closed=wrong)) == "hours_unverified"


def test_guard_hours_changed():
    """People now stay two hours longer on every open day, and nobody told the timetable."""
    meter = office()
    late = (meter.starts_minute >= 18 * 60) & (meter.starts_minute < 20 * 60)
    days = (meter.dates >= np.datetime64("2025-02-01")) & ~meter.is_closed_all_day
    stays = meter.is_closed & late & days[:, None]
    used = np.where(stays, 6_000, meter.used_wh)
    assert not detect(inputs_of(replace(meter, used_wh=used))).is_claim


def test_guard_not_material():
    """Half a kilowatt more on nine days is a pattern, and too little of a year's closed use to be told from drift."""
    meter, _ = with_waste(office(), 0.5, "2025-06-01", "2025-06-09")
    assert not detect(inputs_of(meter)).is_claim
