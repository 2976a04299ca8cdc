"""Money: whole numbers inside, pounds to four places in the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from data_layer.savings.prices import (
    BANDS,
    NO_PRICE,
    PriceLayer,
    half_hour_rates,
    kilowatt_hours,
    micro_gbp,
    nano_gbp,
    pounds,
)

DATES = np.arange(np.datetime64("2025-03-30"), np.datetime64("2025-04-03"))
PLACES = np.arange(50)
IN_BAND = {
    "night": np.broadcast_to(PLACES < 14, (4, 50)),
    "red": np.broadcast_to((PLACES >= 32) & (PLACES < 38), (4, 50)),
    "amber": np.broadcast_to((PLACES >= 14) & (PLACES < 32), (4, 50)),
    "green": np.broadcast_to((PLACES < 14) | (PLACES >= 38), (4, 50)),
}


def test_day_and_night_rates_change_on_their_date():
    rates = [
        PriceLayer("unit", "day", Decimal("0.25"), date(2024, 4, 1), date(2025, 3, 31)),
        PriceLayer("unit", "night", Decimal("0.15"), date(2024, 4, 1), date(2025, 3, 31)),
        PriceLayer("unit", "day", Decimal("0.27"), date(2025, 4, 1), None),
    ]
    price, band = half_hour_rates(rates, DATES, IN_BAND)
    assert price[0, 0] == 150_000
    assert price[1, 14] == 250_000
    assert price[2, 14] == 270_000
    assert price[2, 0] == NO_PRICE
    assert BANDS[band[0, 0]] == "night"
    assert BANDS[band[2, 14]] == "day"


def test_a_later_rate_replaces_an_open_ended_one():
    rates = [
        PriceLayer("unit", "all", Decimal("0.30"), date(2025, 4, 1), None),
        PriceLayer("unit", "all", Decimal("0.20"), date(2024, 1, 1), None),
    ]
    price, _ = half_hour_rates(rates, DATES, IN_BAND)
    assert price[:, 0].tolist() == [200_000, 200_000, 300_000, 300_000]


def test_layers_add_up_and_the_band_is_that_of_the_unit_rate():
    layers = [
        PriceLayer("unit", "day", Decimal("0.25"), date(2024, 4, 1), None),
        PriceLayer("unit", "night", Decimal("0.15"), date(2024, 4, 1), None),
        PriceLayer("duos", "red", Decimal("0.06"), date(2024, 4, 1), date(2025, 3, 31)),
        PriceLayer("duos", "green", Decimal("0.001"), date(2024, 4, 1), date(2025, 3, 31)),
        PriceLayer("ccl", "all", Decimal("0.008"), date(2025, 4, 1), None),
    ]
    price, band = half_hour_rates(layers, DATES, IN_BAND)
    assert price[0, [0, 20, 33, 40]].tolist() == [151_000, 250_000, 310_000, 251_000]
    assert price[3, [0, 20, 33]].tolist() == [158_000, 258_000, 258_000]
    assert [BANDS[place] for place in band[0, [0, 33]]] == ["night", "day"]


def test_a_levy_without_a_unit_rate_is_no_price():
    layers = [PriceLayer("ccl", "all", Decimal("0.008"), date(2024, 4, 1), None)]
    price, _ = half_hour_rates(layers, DATES, IN_BAND)
    assert (price == NO_PRICE).all()


def test_pounds_are_exact_and_round_half_up():
    assert pounds(nano_gbp(np.array([1_000]), np.array([248_010])).sum()) == Decimal("0.2480")
    assert pounds(50_000) == Decimal("0.0001")
    assert pounds(49_999) == Decimal("0.0000")
    assert kilowatt_hours(1_234) == Decimal("1.234")


def test_a_half_hour_without_a_price_is_worth_nothing():
    assert nano_gbp(np.array([1_000]), np.array([NO_PRICE])).sum() == 0


def test_a_rate_finer_than_a_millionth_is_refused():
    assert micro_gbp(Decimal("0.248010")) == 248_010
    with pytest.raises(ValueError, match="decimal places"):
        micro_gbp(Decimal("0.2480105"))
