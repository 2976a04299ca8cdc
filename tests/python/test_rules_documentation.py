"""Everything on the docs site is described, by more than its name; metrics say unit, owner, steward and direction."""

from __future__ import annotations

import pytest

from rules import documentation
from rules.project import ROOT, compiled_manifest, own_nodes


@pytest.fixture(scope="module")
def manifest():
    return compiled_manifest()


def test_everything_is_described(manifest):
    assert own_nodes(manifest, "model"), "no model was read: the rule would pass on nothing"
    assert documentation.breaches_of_descriptions(manifest) == []


def test_yaml_names_every_column(manifest):
    assert documentation.breaches_of_columns(manifest, ROOT) == []


def test_yaml_names_every_macro_argument(manifest):
    assert documentation.breaches_of_macro_arguments(manifest) == []


def test_metrics_say_what_they_are(manifest):
    assert own_nodes(manifest, "metric"), "no metric was read: the rule would pass on nothing"
    assert documentation.breaches_of_metric_meta(manifest) == []


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("site_id", "Site id."),
        ("supplier_name", "The name of the supplier."),
        ("energy_cost_gbp", "Energy cost in GBP"),
        ("bookings", "Booking"),
        ("is_closed", "  "),
    ],
)
def test_description_that_restates_the_name_is_caught(name, description):
    assert documentation.restates(name, description)


@pytest.mark.parametrize(
    ("name", "description"),
    [("site_id", "The group's own site number."), ("net_gbp", "Without VAT; refunds are taken off.")],
)
def test_description_that_says_more_passes(name, description):
    assert not documentation.restates(name, description)


def planted_manifest(**changes):
    """A manifest with one well-described object of each kind, and the changes to them."""
    common = {"package_name": "data_layer"}
    column = {"name": "site_id", "description": "The group's own number."}
    model = {
        **common,
        "resource_type": "model",
        "unique_id": "model.data_layer.dim_sites",
        "name": "dim_sites",
        "description": "Buildings as they were on a day.",
        "original_file_path": "models/marts/core/dim_sites.sql",
        "columns": {"site_id": column},
        "depends_on": {"nodes": ["source.data_layer.energy.sites"]},
        "compiled_code": "with a as (select * from w.raw_energy.sites), b as (select site_id from a) select * from b",
    }
    source = {
        **common,
        "resource_type": "source",
        "unique_id": "source.data_layer.energy.sites",
        "name": "sites",
        "description": "Buildings as delivered.",
        "columns": {"site_id": column, "postcode": {"name": "postcode", "description": "Of the supply address."}},
        "source_name": "energy",
        "source_description": "As delivered by suppliers.",
        "relation_name": '"w"."raw_energy"."sites"',
    }
    macro = {
        **common,
        "resource_type": "macro",
        "unique_id": "macro.data_layer.to_kwh",
        "name": "to_kwh",
        "description": "Converts a volume.",
        "macro_sql": "{% macro to_kwh(volume, unit='m3') %}1{% endmacro %}",
        "arguments": [{"name": name, "description": "As metered."} for name in ("volume", "unit")],
    }
    metric = {
        **common,
        "resource_type": "metric",
        "unique_id": "metric.data_layer.bookings",
        "name": "bookings",
        "label": "Bookings",
        "description": "Trips arranged by the agency. Cancelled ones are not counted.",
        "config": {
            "meta": {
                "unit": "bookings",
                "owner": "Group Procurement",
                "steward": "Travel Data Steward",
                "good_direction": "neutral",
                "additive": True,
            }
        },
    }
    objects = {"model": model, "source": source, "macro": macro, "metric": metric}
    for name, change in changes.items():
        objects[name].update(change)
    return {
        "metadata": {"project_name": "data_layer"},
        "nodes": {model["unique_id"]: model},
        "sources": {source["unique_id"]: source},
        "macros": {macro["unique_id"]: macro},
        "metrics": {metric["unique_id"]: metric},
        "exposures": {},
        "saved_queries": {},
        "unit_tests": {},
        "groups": {},
    }


def all_breaches(manifest):
    return [
        *documentation.breaches_of_descriptions(manifest),
        *documentation.breaches_of_columns(manifest, ROOT),
        *documentation.breaches_of_macro_arguments(manifest),
        *documentation.breaches_of_metric_meta(manifest),
    ]


def test_sound_objects_pass():
    assert all_breaches(planted_manifest()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": {"description": ""}}, "no description"),
        ({"source": {"source_description": ""}}, "no description"),
        ({"macro": {"description": ""}}, "no description"),
        ({"metric": {"description": "Bookings."}}, "only repeats the name"),
        ({"model": {"columns": {"site_id": {"name": "site_id", "description": "Site."}}}}, "only repeats the name"),
        ({"model": {"columns": {}}}, "dim_sites.site_id is not in the YAML"),
        (
            {"model": {"compiled_code": "with a as (select * from w.raw_energy.sites) select * from a"}},
            "dim_sites.postcode is not in the YAML",
        ),
        ({"model": {"compiled_code": "select 1 as place"}}, "dim_sites.site_id is in the YAML only"),
        ({"macro": {"arguments": []}}, "argument volume is not in the YAML"),
        ({"macro": {"name": "duckdb__to_kwh", "description": ""}}, "duckdb__to_kwh has no description"),
        ({"macro": {"name": "test_to_kwh", "arguments": []}}, "argument volume is not in the YAML"),
        ({"metric": {"config": {"meta": {"unit": "bookings"}}}}, "meta has no owner"),
        ({"metric": {"config": {"meta": {"good_direction": "up"}}}}, "good_direction is one of"),
        ({"metric": {"label": None}}, "no label"),
        ({"metric": {"description": "Trips that the agency arranged."}}, "does not say what is not counted"),
    ],
)
def test_missing_documentation_is_caught(changes, words):
    found = all_breaches(planted_manifest(**changes))
    assert any(words in breach for breach in found), found
