"""Which reference figures have no published source, and which metrics stand downstream of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from data_layer.site.facts import Estate, IllustrativeSeed
from data_layer.warehouse.connection import Warehouse

FLAG = "is_published"
RESTING = "metrics_resting_on_it"

# The marts that forecasting, quality and detection read. Their results come back as sources, so that dbt's own lineage
# ends at these marts; here it goes on.
STEPS_OUTSIDE_DBT = {
    "forecasts": {"fct_energy_daily", "dim_dates", "fct_weather_days"},
    "quality": {
        "fct_energy_reading_days",
        "fct_energy_daily",
        "fct_site_opening_days",
        "fct_weather_half_hours",
        "dim_half_hours",
        "dim_meter_devices",
    },
    "savings": {
        "fct_energy_reading_days",
        "fct_energy_billing_days",
        "fct_energy_invoice_lines",
        "fct_energy_invoice_reconciliation",
        "fct_energy_virtual_bill_lines",
        "fct_site_opening_days",
        "fct_weather_half_hours",
        "dim_energy_avoidable_rates",
        "dim_energy_contract_rates",
        "dim_half_hours",
        "dim_meter_devices",
        "dim_network_bands",
    },
}


def read_illustrative_seeds(
    warehouse: Warehouse, manifest: Mapping[str, Any], estate: Estate
) -> list[IllustrativeSeed]:
    """Seeds with rows whose `is_published` is false, in order of name.

    manifest  dbt's manifest.json as an object. Which metrics rest on a seed is said under `metrics_resting_on_it` in
              the seed's YAML; without that it is every metric downstream, which is more than rest on the figures.
    """
    found = []
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] != "seed" or FLAG not in node["columns"]:
            continue
        ((rows, unpublished, in_period),) = warehouse.fetch_rows(
            f"select count(*), count(case when not {FLAG} then 1 end), "
            f"count(case when not {FLAG} and {holds_in_period(node['columns'], estate)} then 1 end) "
            f"from {warehouse.schema('seeds')}.{node['name']}"
        )
        if not unpublished:
            continue
        stated = node["config"]["meta"].get(RESTING)
        found.append(
            IllustrativeSeed(
                seed=node["name"],
                description=" ".join(node["description"].split()),
                rows_in_period=in_period,
                rows=unpublished,
                rows_in_all=rows,
                metrics=metrics_downstream(unique_id, manifest) if stated is None else sorted(stated),
            )
        )
    return found


def holds_in_period(columns: Iterable[str], estate: Estate) -> str:
    """SQL that says whether a row holds on a day of the estate's 12 months, by the columns that date it.

    A row without any date always holds.
    """
    first, last = estate.period_start_date, estate.as_of_date
    names = set(columns)
    if {"valid_from_date", "valid_to_date"} <= names:
        return f"valid_from_date <= date '{last}' and valid_to_date >= date '{first}'"
    for name in sorted(names):
        if name.endswith("_date"):
            return f"{name} between date '{first}' and date '{last}'"
        if name.endswith("_year"):
            return f"{name} between {first.year} and {last.year}"
    return "true"


def metrics_downstream(unique_id: str, manifest: Mapping[str, Any]) -> list[str]:
    """Names of the metrics that stand downstream of a node, through dbt's lineage and the steps outside it, sorted."""
    children = manifest["child_map"]
    sources = {step: [name for name in manifest["sources"] if name.split(".")[2] == step] for step in STEPS_OUTSIDE_DBT}
    seen, waiting = set(), [unique_id]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        waiting += children.get(current, [])
        for step, marts in STEPS_OUTSIDE_DBT.items():
            if current.startswith("model.") and current.rsplit(".", 1)[1] in marts:
                waiting += sources[step]
    return sorted(name.split(".")[2] for name in seen if name.startswith("metric."))
