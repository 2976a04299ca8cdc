"""Outdoor temperature as a forecast may know it: what was measured for the past, a climate normal for the future."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

BASE_C = 15.5
SMOOTHED_DAYS = 31
LEAST_DAYS = 365
LONGEST_GAP_DAYS = 7


@dataclass(frozen=True)
class DegreeDays:
    """Degrees below and above 15.5 C of a day's mean; both (days,), NaN where the temperature is not known."""

    heating_c: np.ndarray
    cooling_c: np.ndarray


def degree_days(mean_temperature_c: np.ndarray) -> DegreeDays:
    """Degree days to base 15.5 C, the UK's usual base for buildings, of daily mean temperatures (days,)."""
    return DegreeDays(np.maximum(BASE_C - mean_temperature_c, 0), np.maximum(mean_temperature_c - BASE_C, 0))


def climate_normal(dates: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Mean by day of the year over a station's own history, smoothed over 31 days: weather is not known in advance.

    dates, values  datetime64[D] and float (days,), NaN where not known
    wanted         datetime64[D] (m,)
    Returns float (m,). The mean of degree days is taken, not the degree days of a mean: half of the days around 15.5 C
    need heat. Raises ValueError when less than 365 days are known.
    """
    known = ~np.isnan(values)
    if known.sum() < LEAST_DAYS:
        raise ValueError(f"A climate normal needs {LEAST_DAYS} days of weather; there are {known.sum()}.")
    day = _day_of_year(dates[known])
    total = np.bincount(day, weights=values[known], minlength=366)
    count = np.bincount(day, minlength=366)
    half = SMOOTHED_DAYS // 2
    around = np.concatenate([np.arange(366 - half, 366), np.arange(366), np.arange(half)])
    box = np.ones(SMOOTHED_DAYS)
    with np.errstate(invalid="ignore", divide="ignore"):
        smooth = np.convolve(total[around], box, "valid") / np.convolve(count[around], box, "valid")
    if np.isnan(smooth).any():
        smooth = np.interp(np.arange(366), np.flatnonzero(~np.isnan(smooth)), smooth[~np.isnan(smooth)], period=366)
    return smooth[_day_of_year(wanted)]


def fill_short_gaps(values: np.ndarray) -> np.ndarray:
    """Straight lines over gaps of at most 7 days; longer ones stay NaN."""
    known = np.flatnonzero(~np.isnan(values))
    if known.size < 2:
        return values.copy()
    filled = values.copy()
    for before, after in pairwise(known):
        if 1 < after - before <= LONGEST_GAP_DAYS + 1:
            steps = np.arange(before + 1, after)
            filled[steps] = np.interp(steps, [before, after], [values[before], values[after]])
    return filled


def _day_of_year(dates: np.ndarray) -> np.ndarray:
    """0 to 365, with 29 February always 59, so that a date has the same number in every year."""
    months = dates.astype("datetime64[M]")
    starts = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
    return starts[months.astype(int) % 12] + (dates - months).astype(int)
