"""Write `seeds/duos_rates.csv`: illustrative charges of the electricity distributors, by area and April year.

No distributor's schedule of charges was at hand: the figures have the size and the order of real ones, differ by area
and rise by year, so that nothing can be right by using another area's or another year's. None is published.

    python -m data_layer.seeds_build.duos_rates
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from data_layer.seeds_build.distribution_areas import AREAS, SEEDS, write_rows

SEED_PATH = SEEDS / "duos_rates.csv"
COLUMNS = ["distributor_id", "element", "rate_band", "rate_gbp", "rate_unit", "valid_from_date", "valid_to_date"]
COLUMNS += ["source", "release", "is_published"]
ILLUSTRATIVE = ("Illustrative: not a distributor's published charge", "1", "false")
FIRST_YEAR = 2012
LAST_YEAR = 2027
# Element, band, rate in 2020 of the middle area, step to which it is rounded, unit.
RATES_2020 = (
    ("duos", "red", Decimal("0.0720"), Decimal("0.00001"), "kwh"),
    ("duos", "amber", Decimal("0.0125"), Decimal("0.00001"), "kwh"),
    ("duos", "green", Decimal("0.0018"), Decimal("0.00001"), "kwh"),
    ("capacity", "all", Decimal("0.0410"), Decimal("0.0001"), "kva_day"),
    ("excess_capacity", "all", Decimal("0.0690"), Decimal("0.0001"), "kva_day"),
    ("reactive", "all", Decimal("0.0042"), Decimal("0.00001"), "kvarh"),
)


def duos_rates() -> list[tuple[str, ...]]:
    """Rows of the seed; rates in GBP a kWh, kVA and day, or kvarh, with six decimals."""
    rows = []
    for number, area in enumerate(AREAS):
        size = 1 + Decimal("0.02") * ((number * 5) % 7 - 3)
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            growth = 1 + Decimal("0.03") * (year - 2020)
            for element, band, rate, step, unit in RATES_2020:
                rounded = f"{(rate * growth * size).quantize(step, ROUND_HALF_UP):.6f}"
                span = (f"{year}-04-01", f"{year + 1}-03-31")
                rows.append((area, element, band, rounded, unit, *span, *ILLUSTRATIVE))
    return rows


if __name__ == "__main__":
    write_rows(SEED_PATH, COLUMNS, duos_rates())
