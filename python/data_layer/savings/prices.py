"""What a kWh not used would really have cost, in whole numbers: no float touches money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

NO_PRICE = -1
BANDS = ("all", "day", "night")
MICRO = Decimal(1_000_000)


@dataclass(frozen=True)
class BandRate:
    """A rate per kWh that is saved by using less (unit rate and Climate Change Levy), from one day to another.

    valid_to is inclusive, None when open-ended.
    """

    rate_band: str
    rate_gbp: Decimal
    valid_from: date
    valid_to: date | None


def micro_gbp(rate_gbp: Decimal) -> int:
    """Pounds to millionths of a pound. Raises ValueError when the rate is finer than that."""
    scaled = rate_gbp * MICRO
    if scaled != scaled.to_integral_value():
        raise ValueError(f"The rate {rate_gbp} GBP has more than 6 decimal places.")
    return int(scaled)


def half_hour_rates(
    rates: Iterable[BandRate], dates: np.ndarray, is_night: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rate of each half-hour.

    rates     the meter's rates; where two hold, the one that began later counts
    dates     datetime64[D] (days,)
    is_night  bool (days, 50): the half-hour starts before 07:00 local time
    Returns int64 (days, 50) of micro-pounds per kWh, NO_PRICE where no rate holds, and int8 (days, 50) positions in
    BANDS.
    """
    price = np.full(is_night.shape, NO_PRICE, dtype=np.int64)
    band = np.zeros(is_night.shape, dtype=np.int8)
    for rate in sorted(rates, key=lambda rate: (rate.valid_from, rate.rate_band)):
        days = dates >= np.datetime64(rate.valid_from)
        if rate.valid_to is not None:
            days &= dates <= np.datetime64(rate.valid_to)
        where = np.broadcast_to(days[:, None], is_night.shape)
        if rate.rate_band == "night":
            where = where & is_night
        elif rate.rate_band == "day":
            where = where & ~is_night
        price[where] = micro_gbp(rate.rate_gbp)
        band[where] = BANDS.index(rate.rate_band)
    return price, band


def nano_gbp(energy_wh: np.ndarray, price_micro_gbp: np.ndarray) -> np.ndarray:
    """Value of energy in thousand-millionths of a pound: Wh times micro-pounds per kWh is exactly that.

    Both int64 and of one shape. A half-hour without a price is worth nothing here: who calls must have left it out.
    """
    return np.where(price_micro_gbp == NO_PRICE, 0, energy_wh * price_micro_gbp)


def pounds(nano: int) -> Decimal:
    """Thousand-millionths of a pound as pounds to 4 decimal places, half up, as the warehouse stores money."""
    return (Decimal(int(nano)) / Decimal(10**9)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def kilowatt_hours(energy_wh: int) -> Decimal:
    """Wh as kWh to 3 decimal places; exact."""
    return Decimal(int(energy_wh)).scaleb(-3)
