"""Money: whole numbers inside, pounds to four places in the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from data_layer.savings.prices import (
    BANDS,
    NO_PRICE,
    BandRate,
    half_hour_rates,
    kilowatt_hours,
    micro_gbp,
    nano_gbp,
    pounds,
)

DATES = np.arange(np.datetime64("2025-03-30"), np.datetime64("2025-04-03"))
IS_NIGHT = np.broadcast_to(np.arange(50) < 14, (4, 50))


def test_day_and_night_rates_change_on_their_date():
    rates = [
        BandRate("day", Decimal("0.25"), date(2024, 4, 1), date(2025, 3, 31)),
        BandRate("night", Decimal("0.15"), date(2024, 4, 1), date(2025, 3, 31)),
        BandRate("day", Decimal("0.27"), date(2025, 4, 1), None),
    ]
    price, band = half_hour_rates(rates, DATES, IS_NIGHT)
    assert price[0, 0] == 150_000
    assert price[1, 14] == 250_000
    assert price[2, 14] == 270_000
    assert price[2, 0] == NO_PRICE
    assert BANDS[band[0, 0]] == "night"
    assert BANDS[band[2, 14]] == "day"


def test_a_later_rate_replaces_an_open_ended_one():
    rates = [
        BandRate("all", Decimal("0.30"), date(2025, 4, 1), None),
        BandRate("all", Decimal("0.20"), date(2024, 1, 1), None),
    ]
    price, _ = half_hour_rates(rates, DATES, IS_NIGHT)
    assert price[:, 0].tolist() == [200_000, 200_000, 300_000, 300_000]


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
