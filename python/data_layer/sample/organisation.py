"""Business units and cost centres of the group."""

from __future__ import annotations

from pathlib import Path

from data_layer.sample.landing_tables import write_csv
from data_layer.sample.site_plans import REGION_CODES, cost_centre_id

BUSINESS_UNITS = {
    "FOOD": "Food",
    "FUNERALCARE": "Funeralcare",
    "INSURANCE": "Insurance",
    "LEGAL": "Legal Services",
    "ELECTRICAL": "Electrical",
    "LOGISTICS": "Logistics",
    "SUPPORT": "Support Centre",
}
UNITS_WITH_SITES = ("FOOD", "FUNERALCARE", "LOGISTICS", "SUPPORT")


def cost_centres() -> list[tuple[str, str, str]]:
    """Cost centre, its name and its business unit: one a region where there are sites, one central for every unit."""
    rows = [(f"{unit[:4]}-CE", f"{name} central", unit) for unit, name in BUSINESS_UNITS.items()]
    rows += [
        (cost_centre_id(unit, region), f"{BUSINESS_UNITS[unit]} {region}", unit)
        for unit in UNITS_WITH_SITES
        for region in REGION_CODES
    ]
    return rows


def write_organisation(out: Path) -> None:
    """Write core/business_units.csv and core/cost_centres.csv."""
    write_csv(
        out / "core" / "business_units.csv",
        ("business_unit_id", "business_unit_name"),
        list(BUSINESS_UNITS.items()),
    )
    write_csv(
        out / "core" / "cost_centres.csv",
        ("cost_centre_id", "cost_centre_name", "business_unit_id"),
        cost_centres(),
    )
