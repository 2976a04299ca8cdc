"""Supply numbers as they look in real life."""

from __future__ import annotations

# Weights of the first twelve digits: the primes from 3, without 11.
MPAN_WEIGHTS = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
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


def mpan_check_digit(first_twelve: str) -> int:
    """Thirteenth digit of an MPAN core: weighted sum modulo 11, then modulo 10."""
    if len(first_twelve) != 12 or not first_twelve.isdigit():
        raise ValueError(f"An MPAN core begins with twelve digits; got {first_twelve!r}.")
    weighted = zip(first_twelve, MPAN_WEIGHTS, strict=True)
    return sum(int(digit) * weight for digit, weight in weighted) % 11 % 10


def mpan_core(region: str, unique_number: int, site_number: int) -> str:
    """An electricity supply number of 13 digits; unique while `site_number` is below 100,000."""
    first_twelve = f"{DISTRIBUTOR_BY_REGION[region]:02d}{unique_number % 100_000:05d}{site_number % 100_000:05d}"
    return f"{first_twelve}{mpan_check_digit(first_twelve)}"


def mprn(unique_number: int, site_number: int) -> str:
    """A gas supply number of ten digits; unique while `site_number` is below 100,000."""
    return f"{10_000 + unique_number % 89_999:05d}{site_number % 100_000:05d}"
