"""Layers: source() in staging only, no joins there, other domains only through their marts."""

from __future__ import annotations

import copy

import pytest

from rules import layers
from rules.project import compiled_manifest, own_nodes


@pytest.fixture(scope="module")
def manifest():
    return compiled_manifest()


@pytest.fixture
def planted():
    """A manifest of five sound models, to which a test adds its breach."""

    def model(path: str, reads: list[str], sql: str = "select 1 as one") -> dict:
        name = path.rsplit("/", 1)[-1].removesuffix(".sql")
        return {
            "unique_id": f"model.data_layer.{name}",
            "resource_type": "model",
            "package_name": "data_layer",
            "name": name,
            "original_file_path": path,
            "depends_on": {"nodes": reads},
            "compiled_code": sql,
        }

    models = [
        model("models/staging/energy/stg_energy__readings.sql", ["source.data_layer.energy.readings"]),
        model("models/staging/travel/stg_travel__bookings.sql", ["source.data_layer.travel.bookings"]),
        model("models/marts/core/dim_sites.sql", ["model.data_layer.stg_energy__readings"]),
        model("models/marts/energy/fct_energy_daily.sql", ["model.data_layer.stg_energy__readings"]),
        model(
            "models/marts/travel/fct_travel.sql",
            [
                "model.data_layer.stg_travel__bookings",
                "model.data_layer.dim_sites",
                "model.data_layer.fct_energy_daily",
            ],
        ),
    ]
    return {
        "metadata": {"project_name": "data_layer"},
        "nodes": {node["unique_id"]: node for node in models},
        **{key: {} for key in ("sources", "macros", "metrics", "exposures", "saved_queries")},
    }


ALL_RULES = [
    layers.breaches_of_places,
    layers.breaches_of_sources,
    layers.breaches_of_staging_joins,
    layers.breaches_of_domains,
]


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_project_keeps_its_layers(manifest, rule):
    assert own_nodes(manifest, "model"), "no model was read: the rule would pass on nothing"
    assert rule(manifest) == []


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_sound_models_pass(planted, rule):
    assert rule(planted) == []


def plant(manifest: dict, name: str, reads: str) -> dict:
    changed = copy.deepcopy(manifest)
    changed["nodes"][f"model.data_layer.{name}"]["depends_on"]["nodes"].append(reads)
    return changed


def test_source_in_a_mart_is_caught(planted):
    found = layers.breaches_of_sources(plant(planted, "fct_energy_daily", "source.data_layer.energy.readings"))
    assert found == ["fct_energy_daily reads source.data_layer.energy.readings, but only staging may"]


def test_second_source_in_staging_is_caught(planted):
    found = layers.breaches_of_sources(plant(planted, "stg_energy__readings", "source.data_layer.energy.meters"))
    assert len(found) == 1
    assert "reads 2 sources" in found[0]


def test_ref_in_staging_is_caught(planted):
    found = layers.breaches_of_sources(plant(planted, "stg_travel__bookings", "model.data_layer.dim_sites"))
    assert len(found) == 1
    assert "reads more than its source" in found[0]


@pytest.mark.parametrize(
    "sql",
    [
        "select meters.a from meters inner join sites on meters.b = sites.b",
        "select meters.a from meters, sites where meters.b = sites.b",
    ],
)
def test_join_in_staging_is_caught(planted, sql):
    planted["nodes"]["model.data_layer.stg_energy__readings"]["compiled_code"] = sql
    assert len(layers.breaches_of_staging_joins(planted)) == 1


def test_staging_of_another_domain_is_caught(planted):
    found = layers.breaches_of_domains(plant(planted, "fct_travel", "model.data_layer.stg_energy__readings"))
    assert len(found) == 1
    assert "staging of energy" in found[0]


def test_intermediate_of_another_domain_is_caught(planted):
    planted["nodes"]["model.data_layer.fct_energy_daily"]["original_file_path"] = "models/intermediate/energy/int_x.sql"
    assert len(layers.breaches_of_domains(planted)) == 1


def test_model_outside_the_layers_is_caught(planted):
    planted["nodes"]["model.data_layer.fct_travel"]["original_file_path"] = "models/fct_travel.sql"
    assert layers.breaches_of_places(planted) == ["models/fct_travel.sql lies in no layer's folder of a domain"]
