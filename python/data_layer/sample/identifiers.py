"""Supply numbers as they look in real life."""

from __future__ import annotations

from data_layer.landing.supply_numbers import mpan_check_digit

# Distribution area of most of the region; London and the South East have two, one stands for both here.
DISTRIBUTOR_BY_REGION = {
    "East of England": 10,
    "East Midlands": 11,
    "London": 12,
    "West Midlands": 14,
    "North East": 15,
    "North West": 16,
    "Scotland": 18,
    "South East": 19,
    "Wales": 21,
    "South West": 22,
    "Yorkshire and The Humber": 23,
}


def mpan_core(region: str, unique_number: int, site_number: int) -> str:
    """An electricity supply number of 13 digits; unique while `site_number` is below 100,000."""
    first_twelve = f"{DISTRIBUTOR_BY_REGION[region]:02d}{unique_number % 100_000:05d}{site_number % 100_000:05d}"
    return f"{first_twelve}{mpan_check_digit(first_twelve)}"


def mprn(unique_number: int, site_number: int) -> str:
    """A gas supply number of ten digits; unique while `site_number` is below 100,000."""
    return f"{10_000 + unique_number % 89_999:05d}{site_number % 100_000:05d}"
