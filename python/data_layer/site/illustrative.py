"""Which reference figures have no published source, and which metrics stand downstream of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_layer.site.facts import IllustrativeSeed
from data_layer.warehouse.connection import Warehouse

FLAG = "is_published"

# The marts that forecasting and detection read. Their results come back as sources, so that dbt's own lineage ends
# at these marts; here it goes on.
STEPS_OUTSIDE_DBT = {
    "forecasts": {"fct_energy_daily", "dim_dates", "fct_weather_days"},
    "savings": {
        "fct_energy_reading_days",
        "fct_energy_invoice_lines",
        "fct_site_opening_days",
        "fct_weather_half_hours",
        "dim_energy_avoidable_rates",
        "dim_energy_contract_rates",
        "dim_half_hours",
    },
}


def read_illustrative_seeds(warehouse: Warehouse, manifest: Mapping[str, Any]) -> list[IllustrativeSeed]:
    """Seeds with rows whose `is_published` is false, in order of name.

    manifest  dbt's manifest.json as an object
    """
    found = []
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] != "seed" or FLAG not in node["columns"]:
            continue
        table = f"{warehouse.schema('seeds')}.{node['name']}"
        ((rows, published),) = warehouse.fetch_rows(
            f"select count(*), sum(case when {FLAG} then 1 else 0 end) from {table}"
        )
        if rows == int(published or 0):
            continue
        found.append(
            IllustrativeSeed(
                seed=node["name"],
                description=" ".join(node["description"].split()),
                rows=rows - int(published or 0),
                rows_in_all=rows,
                metrics=metrics_downstream(unique_id, manifest),
            )
        )
    return found


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
