"""Figures are written as people in the United Kingdom read them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from data_layer.site import evidence, formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234567.891"), "£1,234,567.89"),
        (Decimal("0.005"), "£0.01"),
        (Decimal("-12.5"), f"{formats.MINUS}£12.50"),
        (Decimal("-0.001"), "£0.00"),
        (0, "£0.00"),
        (2.675, "£2.68"),
        (None, "not known"),
    ],
)
def test_money(value, text):
    assert formats.pounds(value) == text


def test_halves_are_rounded_away_from_zero():
    assert formats.grouped(Decimal("2.5")) == "3"
    assert formats.grouped(Decimal("-2.5")) == f"{formats.MINUS}3"


def test_dates_and_counts():
    assert formats.day(dt.date(2025, 2, 3)) == "3 February 2025"
    assert formats.month(dt.date(2025, 2, 3)) == "Feb 2025"
    assert formats.count(1, "row") == "1 row"
    assert formats.count(12_000, "row") == "12,000 rows"
    assert formats.words("scale_break") == "Scale break"
    assert formats.spoken_dates("from 2025-02-03 on") == "from 3 February 2025 on"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Decimal("12.30"), "GBP", "£12.30"),
        (Decimal(1234), "members", "1,234\N{NO-BREAK SPACE}members"),
        (1.2345, "pct", "1.23%"),
        (Decimal("10.25"), "kWh", "10.3\N{NO-BREAK SPACE}kWh"),
        (0.012345, "share", "1.23%"),
        (Decimal("7993537.91"), "kWh", "7,993,538\N{NO-BREAK SPACE}kWh"),
        (None, "kWh", "not known"),
        (0.23456, "GBP/kWh", "£0.2346/kWh"),
        (Decimal("0.2"), "GBP per kWh", "£0.2000 per kWh"),
    ],
)
def test_metric_is_written_in_its_unit(value, unit, text):
    assert formats.metric_value(value, unit) == text


def test_figures_take_their_unit_from_their_name():
    written = evidence.figures(
        {
            "agreed_kva": 250.0,
            "rate_gbp_per_kva_day": 0.0534,
            "highest_demand_date": "2025-01-14",
            "spells_with_excess": 214,
            "temperature_used": True,
            "monthly_highest_kva": {"2025-01": 1.0},
            "weekly_closed_kwh": [["2025-01-06", 1, 1]],
            "note": None,
        }
    )
    assert written == [
        ("Agreed", "250\N{NO-BREAK SPACE}kVA"),
        ("Rate", "£0.0534 a kVA and day"),
        ("Highest demand date", "14 January 2025"),
        ("Spells with excess", "214"),
        ("Temperature used", "yes"),
        ("Note", "not known"),
    ]
