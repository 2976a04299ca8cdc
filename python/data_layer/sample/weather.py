"""Outdoor temperature by region: illustrative climate normals with noise that lasts, so that years differ."""

from __future__ import annotations

import numpy as np

from data_layer.sample.randomness import generator, lasting_noise
from data_layer.sample.settlement_calendar import SettlementCalendar
from data_layer.sample.site_plans import REGION_CODES

# Annual mean and half the difference between July and January, degrees Celsius. Illustrative, not published.
CLIMATE_BY_REGION = {
    "North East": (9.2, 5.7),
    "North West": (9.6, 5.6),
    "Yorkshire and The Humber": (9.8, 6.1),
    "East Midlands": (10.2, 6.4),
    "West Midlands": (10.1, 6.3),
    "East of England": (10.7, 6.7),
    "London": (11.7, 6.8),
    "South East": (10.9, 6.4),
    "South West": (10.7, 5.6),
    "Wales": (9.9, 5.5),
    "Scotland": (8.1, 5.5),
}
WARMEST_DAY_OF_YEAR = 203
WARMEST_HOUR_UTC = 14.5
ANCHOR_DAY = 18_000  # Noise is drawn from this day (April 2019) on, so that a longer span keeps its earlier weather.


def station_id(region: str) -> str:
    """Name of the region's series."""
    return f"WX-{REGION_CODES[region]}"


def temperature(calendar: SettlementCalendar, region: str, seed: int) -> np.ndarray:
    """Half-hourly temperature of a region (float64, degrees Celsius, two decimals; length `calendar.half_hours`).

    Annual cycle + anomalies of a season (years differ) + day-to-day weather (AR(1), most of it shared by the whole
    country) + a daily cycle whose size differs from day to day.
    """
    mean_c, swing_c = CLIMATE_BY_REGION[region]
    first_day = min(ANCHOR_DAY, int(calendar.day_numbers[0]))
    skip = int(calendar.day_numbers[0]) - first_day
    days = skip + calendar.days
    seasons = days // 91 + 3

    def stream(purpose: str, where: str = "national") -> np.random.Generator:
        return generator(seed, "weather", purpose, where)

    season_c = stream("season").normal(0.0, 0.75, seasons) + stream("season", region).normal(0.0, 0.25, seasons)
    season_by_day = np.interp(np.arange(days) / 91.0, np.arange(seasons), season_c)
    spell_c = 2.2 * lasting_noise(stream("spell"), days, 0.82)
    spell_c += 0.9 * lasting_noise(stream("spell", region), days, 0.65)
    clearness = np.clip(1.0 + 0.45 * lasting_noise(stream("sky", region), days, 0.4), 0.2, 2.0)

    angle = 2 * np.pi * (calendar.day_of_year - WARMEST_DAY_OF_YEAR) / 365.25
    seasonal_c = mean_c + swing_c * np.cos(angle)
    cold_half = 1.0 + 0.2 * (1 - np.cos(angle)) / 2
    daily_c = seasonal_c + season_by_day[skip:] + spell_c[skip:] * cold_half
    daily_swing_c = (2.9 + 1.5 * np.cos(angle)) * clearness[skip:]

    # Interpolated between noons, since a step at midnight would be a step in every heating load.
    noon = calendar.midnight_utc_seconds[:-1] + 43_200
    smooth_c = np.interp(calendar.utc_seconds, noon, daily_c)
    hour = (calendar.utc_seconds % 86_400) / 3600.0
    cycle = np.cos(2 * np.pi * (hour - WARMEST_HOUR_UTC) / 24)
    flutter_c = 0.15 * lasting_noise(stream("flutter", region), calendar.half_hours, 0.9)
    swing = np.interp(calendar.utc_seconds, noon, daily_swing_c)
    return np.round(smooth_c + swing * cycle + flutter_c, 2)
