"""What a forecast is fitted on: whole days of sound readings, degree days, and a climate normal ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_layer.forecast.history import meter_history
from data_layer.forecast.temperature import climate_normal, degree_days, fill_short_gaps
from savings_meters import office

DATES = np.arange(np.datetime64("2023-01-01"), np.datetime64("2026-01-01"))


def seasonal(dates):
    return 10 + 7 * np.sin((dates.astype(int) - 110) / 365.25 * 2 * np.pi)


def test_a_day_counts_only_when_all_of_it_was_read_and_sound():
    meter = office()
    actual, used = meter.is_actual.copy(), meter.used_wh.copy()
    actual[10, 3] = False
    used[900:920] = 0
    history = meter_history(replace(meter, is_actual=actual, used_wh=used), None, {})
    missing = np.flatnonzero(np.isnan(history.consumption_kwh[: len(meter.dates)]))
    assert missing.tolist() == [10, *range(900, 920)]
    assert history.consumption_kwh[0] == meter.used_wh[0].sum() / 1000


def test_clock_change_days_have_their_own_length():
    meter = office()
    history = meter_history(meter, None, {})
    for day, count in (("2025-03-30", 46), ("2025-10-26", 50)):
        row = meter.day_index(np.datetime64(day).astype(object))
        assert history.consumption_kwh[row] == meter.used_wh[row, :count].sum() / 1000


def test_future_follows_without_a_gap_and_without_known_use():
    history = meter_history(office(), (DATES, seasonal(DATES)), {})
    assert (np.diff(history.dates).astype(int) == 1).all()
    assert np.isnan(history.consumption_kwh[-365:]).all()
    assert not np.isnan(history.heating_c).any()


def test_less_than_a_year_of_weather_is_no_weather():
    assert meter_history(office(), (DATES[:300], seasonal(DATES[:300])), {}).heating_c is None


def test_climate_normal_is_the_mean_of_the_day_over_the_years():
    wanted = np.arange(np.datetime64("2026-01-01"), np.datetime64("2027-01-01"))
    values = seasonal(DATES) + np.random.default_rng(1).normal(0, 2, len(DATES))
    normal = climate_normal(DATES, values, wanted)
    assert np.abs(normal - seasonal(wanted)).mean() < 0.4
    assert np.abs(np.diff(normal)).max() < 0.5


def test_normal_degree_days_are_a_mean_of_degree_days():
    """Around 15.5 C the degree days of a mean would be nothing; half of the days need heat."""
    values = np.where(np.arange(len(DATES)) % 2 == 0, 13.5, 17.5)
    heating = degree_days(values).heating_c
    assert climate_normal(DATES, heating, DATES[:30]) == pytest.approx(1.0, abs=0.1)


def test_normal_needs_a_year():
    with pytest.raises(ValueError, match="365 days"):
        climate_normal(DATES[:364], seasonal(DATES[:364]), DATES)


def test_29_february_does_not_shift_the_year():
    values = np.where(DATES.astype("datetime64[M]").astype(int) % 12 >= 6, 10.0, 0.0)
    wanted = np.array(["2027-03-01", "2028-03-01", "2028-02-29"], dtype="datetime64[D]")
    assert np.ptp(climate_normal(DATES, values, wanted)) < 0.01


def test_only_short_gaps_are_filled():
    values = np.array([1.0, np.nan, 3.0, *[np.nan] * 8, 5.0])
    filled = fill_short_gaps(values)
    assert filled[1] == 2.0
    assert np.isnan(filled[3:11]).all()
