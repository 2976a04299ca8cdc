"""Write `seeds/tnuos_residual_rates.csv`: the transmission demand residual of low-voltage supplies, by band and year.

Years from April 2023 to March 2027 were read on a broker's pages that quote the operator's tariffs. Before April 2023
the charge was another one, and later years are not set: those rows are ours.

    python -m data_layer.seeds_build.tnuos_residual_rates
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from data_layer.seeds_build.distribution_areas import SEEDS, write_rows

SEED_PATH = SEEDS / "tnuos_residual_rates.csv"
COLUMNS = ["charging_band", "valid_from_date", "valid_to_date", "rate_gbp_per_day", "agreed_above_kva"]
COLUMNS += ["agreed_up_to_kva", "source", "release", "is_published"]
READ = (
    "Purely Energy: TNUoS Non-locational LV Bands 1 to 4 (rates); Seemore Energy: TCR Banding (thresholds)",
    "read 2026",
    "true",
)
ILLUSTRATIVE = ("Illustrative: not National Energy System Operator's published charge", "2", "false")
FIRST_YEAR = 2012
LAST_YEAR = 2027
YEARLY_RISE = Decimal("0.03")
# Agreed kVA above which, and up to which, a supply is in the band.
THRESHOLDS_KVA = {"LV1": (0, 80), "LV2": (80, 150), "LV3": (150, 231), "LV4": (231, 99999)}
# GBP a day by the April in which the year begins.
PUBLISHED = {
    "LV1": {2023: Decimal("3.315"), 2024: Decimal("3.130"), 2025: Decimal("3.908"), 2026: Decimal("5.797")},
    "LV2": {2023: Decimal("6.087"), 2024: Decimal("5.324"), 2025: Decimal("6.529"), 2026: Decimal("11.512")},
    "LV3": {2023: Decimal("9.907"), 2024: Decimal("8.488"), 2025: Decimal("10.252"), 2026: Decimal("14.381")},
    "LV4": {2023: Decimal("22.316"), 2024: Decimal("19.794"), 2025: Decimal("22.740"), 2026: Decimal("38.180")},
}


def tnuos_residual_rates() -> list[tuple[str, ...]]:
    """Rows of the seed, by band and year; GBP a day with six decimals."""
    rows = []
    for band, (above, up_to) in THRESHOLDS_KVA.items():
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            published = PUBLISHED[band].get(year)
            # off the first rate that was read, or on the last
            nearest = min(max(year, 2023), 2026)
            carried = PUBLISHED[band][nearest] * (1 + YEARLY_RISE * (year - nearest))
            rate = published or carried.quantize(Decimal("0.001"), ROUND_HALF_UP)
            span = (f"{year}-04-01", f"{year + 1}-03-31")
            limits = (f"{above}.00", f"{up_to}.00")
            rows.append((band, *span, f"{rate:.6f}", *limits, *(READ if published else ILLUSTRATIVE)))
    return rows


if __name__ == "__main__":
    write_rows(SEED_PATH, COLUMNS, tnuos_residual_rates())
