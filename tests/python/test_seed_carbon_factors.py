"""The seed of carbon factors against the published tables, where the real data is at hand."""

from __future__ import annotations

import csv
import gzip
import os
from decimal import Decimal
from pathlib import Path

import pytest

SEED_PATH = Path(__file__).parents[2] / "seeds" / "carbon_factors.csv"


def is_wanted(row: dict[str, str]) -> str | None:
    """Fuel of a row of the published table that the seed takes; level names differ by year."""
    if row["uom"].strip() != "kilowatt hour":
        return None
    if row["scope"] == "Scope2" and row["level_2"] == "Electricity generated":
        return "electricity"
    if row["scope"] == "Scope1" and row["level_3"] == "Natural gas":
        basis = row["column_text"] + row["level_4"]
        return "gas" if "Gross" in basis else None
    return None


def test_published_factors_agree_with_the_published_tables():
    folder = Path(os.environ.get("DATA_LAYER_REAL_DATA") or SEED_PATH.parents[2] / "shared" / "data")
    path = folder / "uk_facts" / "uk_ghg_conversion_factors_2016_2023_co2e.csv.gz"
    if not path.is_file():
        pytest.skip(f"The published tables are not at hand ({path.name}; set DATA_LAYER_REAL_DATA).")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        published = {
            (fuel, row["year"]): Decimal(row["factor"]) for row in csv.DictReader(file) if (fuel := is_wanted(row))
        }
    with SEED_PATH.open(encoding="utf-8") as file:
        seed = {
            (row["fuel"], row["factor_year"]): Decimal(row["emissions_kgco2e_per_kwh"])
            for row in csv.DictReader(file)
            if 2016 <= int(row["factor_year"]) <= 2023
        }
    assert len(published) == 16
    assert seed == published


def test_only_factors_of_their_own_year_are_called_published():
    with SEED_PATH.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    carried = [row for row in rows if "carried" in row["release"]]
    assert {row["is_published"] for row in carried} == {"false"}
    assert all(row["release"] == row["factor_year"] for row in rows if row["is_published"] == "true")
