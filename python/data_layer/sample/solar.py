"""What solar panels make, half-hour by half-hour."""

from __future__ import annotations

import numpy as np

from data_layer.sample.randomness import lasting_noise
from data_layer.sample.settlement_calendar import SettlementCalendar


def solar_kw(
    calendar: SettlementCalendar, latitude_deg: float, peak_kw: float, random: np.random.Generator
) -> np.ndarray:
    """Mean power over each half-hour in kW (float64): the sine of the sun's height, times the clearness of the day.

    The declination is Cooper's formula; noon is taken at 12:00 UTC, close enough for Great Britain.
    """
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + calendar.day_of_year) / 365)
    latitude = np.radians(latitude_deg)
    hour_angle = np.pi * ((calendar.utc_seconds % 86_400 + 900) / 43_200 - 1)
    day = calendar.day_of_half_hour
    height = np.sin(latitude) * np.sin(declination[day])
    height = height + np.cos(latitude) * np.cos(declination[day]) * np.cos(hour_angle)
    clearness = np.clip(0.55 + 0.25 * lasting_noise(random, calendar.days, 0.4), 0.08, 1.0)
    return peak_kw * np.maximum(height, 0.0) * clearness[day]
