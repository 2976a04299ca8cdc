"""Every key in dbt's YAML is one that dbt knows: dbt itself lets a misspelt one pass."""

from __future__ import annotations

import copy

import pytest
import yaml

from rules import yaml_keys
from rules.project import ROOT, compiled_manifest, property_files

SOUND = yaml.safe_load(
    """
models:
  - name: fct_days
    description: Days.
    config:
      meta: {owner: Group Energy}
    agg_time_dimension: day_date
    columns:
      - name: day_date
        data_type: date
        data_tests:
          - not_null
          - accepted_values:
              arguments: {values: [1]}
    metrics:
      - name: days
        type: simple
        agg: count
        expr: day_date
macros:
  - name: to_kwh
    arguments:
      - name: value
        type: string
        description: Column.
sources:
  - name: energy
    tables:
      - name: readings
        columns:
          - name: meter_id
"""
)


def at(document, steps):
    for step in steps:
        document = document[step]
    return document


def test_project_has_no_key_that_dbt_does_not_know():
    files = property_files()
    assert len(files) > 5, "hardly any file was read: the rule would pass on nothing"
    assert [
        breach for path, document in files.items() for breach in yaml_keys.breaches_of_resources(path, document)
    ] == []


def test_dbt_project_has_no_key_that_dbt_does_not_know():
    document = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert yaml_keys.breaches_of_project("dbt_project.yml", document) == []


def test_models_have_no_config_that_dbt_does_not_know():
    assert yaml_keys.breaches_of_inline_configs(compiled_manifest()) == []


def test_sound_file_passes():
    assert yaml_keys.breaches_of_resources("sound.yml", SOUND) == []


@pytest.mark.parametrize(
    ("steps", "key"),
    [
        ([], "modles"),
        (["models", 0], "descripton"),
        (["models", 0], "data_test"),
        (["models", 0, "config"], "materialised"),
        (["models", 0, "columns", 0], "test"),
        (["models", 0, "columns", 0], "relationship"),
        (["models", 0, "columns", 0, "data_tests", 1, "accepted_values"], "argument"),
        (["models", 0, "metrics", 0], "aggregation"),
        (["macros", 0], "argumnets"),
        (["macros", 0, "arguments", 0], "descripion"),
        (["sources", 0], "shcema"),
        (["sources", 0, "tables", 0], "columms"),
        (["sources", 0, "tables", 0, "columns", 0], "datatype"),
    ],
)
def test_misspelt_key_is_caught(steps, key):
    document = copy.deepcopy(SOUND)
    at(document, steps)[key] = "x"
    assert any(key in breach for breach in yaml_keys.breaches_of_resources("planted.yml", document))


def test_key_of_another_dbt_is_caught():
    """The schema that dbt ships is shared with its successor; this dbt's own classes say what it reads."""
    document = copy.deepcopy(SOUND)
    document["models"][0]["static_analysis_off_reason"] = "x"
    assert any("this dbt has no key" in breach for breach in yaml_keys.breaches_of_resources("planted.yml", document))


@pytest.mark.parametrize("key", ["+materialised", "+shcema"])
def test_misspelt_config_of_the_project_is_caught(key):
    document = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    document["models"]["data_layer"]["staging"][key] = "view"
    assert yaml_keys.breaches_of_project("dbt_project.yml", document) != []


def test_misspelt_config_in_a_model_is_caught():
    manifest = {
        "nodes": {
            "model.x": {
                "resource_type": "model",
                "original_file_path": "models/x.sql",
                "unrendered_config": {"materialized": "table", "uniqe_key": "id"},
            }
        }
    }
    assert yaml_keys.breaches_of_inline_configs(manifest) == ["models/x.sql: dbt does not know the config 'uniqe_key'"]
