"""Sample estates of which only the bills are built and judged: what the figures on bills rest on, made fast."""

from __future__ import annotations

from pathlib import Path

from conftest import own_warehouse
from data_layer.landing.load import load_landing
from data_layer.sample import generate
from data_layer.savings.bills import BillReport, detect_bills
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.dbt_session import DbtSession

SEEDS = (11, 12, 13, 14, 15)
SITES, YEARS = 60, 3
READ_BY_THE_CHECK = (
    "fct_energy_invoice_reconciliation",
    "fct_energy_virtual_bill_lines",
    "fct_energy_invoice_lines",
    "fct_energy_billing_days",
    "dim_energy_contract_rates",
    "dim_energy_as_of",
    "dim_meters",
    "dim_sites",
)


def build_bills(
    folder: Path, seed: int, sites: int = SITES, years: int = YEARS, engine: str = "duckdb"
) -> WarehouseConfig:
    """An estate of its own under the folder, loaded, with the marts that the check of bills reads."""
    generate(sites=sites, years=years, seed=seed, out=folder / "landing")
    config = own_warehouse(folder, engine)
    load_landing(config)
    build_bill_marts(config)
    return config


def build_bill_marts(config: WarehouseConfig) -> None:
    """The marts that the check of bills reads, without their tests: these run elsewhere, on smaller estates."""
    select = " ".join(f"+{name}" for name in READ_BY_THE_CHECK)
    with DbtSession(config) as dbt:
        dbt.build(select=f"{select} tnuos_residual_rates", exclude="resource_type:test resource_type:unit_test")


def judge(config: WarehouseConfig) -> BillReport:
    """The check of bills on an estate made by `build_bills`."""
    return detect_bills(config)
