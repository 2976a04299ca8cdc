"""What a kWh not used would really have cost, in whole numbers: no float touches money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

NO_PRICE = -1
BANDS = ("all", "day", "night")
UNIT = "unit"
ELEMENTS = (UNIT, "duos", "ccl")
NETWORK_BANDS = ("red", "amber", "green")
MICRO = Decimal(1_000_000)


@dataclass(frozen=True)
class PriceLayer:
    """A rate per kWh that is saved by using less, from one day to another: one of those that add up to the price.

    element   unit (the contract's own rate), duos (units of the network, by its bands) or ccl
    valid_to  inclusive, None when open-ended
    """

    element: str
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
    layers: Iterable[PriceLayer], dates: np.ndarray, in_band: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Price of each half-hour: the sum of the layers that hold in it.

    layers   the meter's layers; where two of one element hold, the one that began later counts
    dates    datetime64[D] (days,)
    in_band  bool (days, 50) by name of band: the half-hours of night, and of the network's red, amber and green
    Returns int64 (days, 50) of micro-pounds per kWh, NO_PRICE where no unit rate holds, and int8 (days, 50) positions
    in BANDS of the unit rate. Raises KeyError for a band that is not known.
    """
    shape = in_band["night"].shape
    known = {**in_band, "all": np.ones(shape, dtype=bool), "day": ~in_band["night"]}
    prices = {element: np.zeros(shape, dtype=np.int64) for element in ELEMENTS}
    has_unit = np.zeros(shape, dtype=bool)
    band = np.zeros(shape, dtype=np.int8)
    for layer in sorted(layers, key=lambda layer: (layer.valid_from, layer.rate_band)):
        days = dates >= np.datetime64(layer.valid_from)
        if layer.valid_to is not None:
            days &= dates <= np.datetime64(layer.valid_to)
        where = known[layer.rate_band] & days[:, None]
        prices[layer.element][where] = micro_gbp(layer.rate_gbp)
        if layer.element == UNIT:
            has_unit |= where
            band[where] = BANDS.index(layer.rate_band)
    return np.where(has_unit, sum(prices.values()), NO_PRICE), band


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
