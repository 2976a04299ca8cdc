"""Every key in dbt's YAML is one that dbt knows.

On DuckDB and PostgreSQL dbt passes a misspelt key in silence. It ships schemas of its YAML, which it applies for other
adapters only, and keeps a class for each kind of object: what both know is allowed, and nothing else.
"""

from __future__ import annotations

import copy
import dataclasses
import importlib
from collections.abc import Iterator
from typing import Any

# dbt's modules import each other in a circle that starts well only here.
importlib.import_module("dbt.cli.main")
unparsed = importlib.import_module("dbt.contracts.graph.unparsed")
dbt_schemas = importlib.import_module("dbt.jsonschemas.jsonschemas")

_CLASS_OF_LIST = {
    "models": unparsed.UnparsedModelUpdate,
    "seeds": unparsed.UnparsedNodeUpdate,
    "snapshots": unparsed.UnparsedNodeUpdate,
    "columns": unparsed.UnparsedColumn,
    "sources": unparsed.UnparsedSourceDefinition,
    "tables": unparsed.UnparsedSourceTableDefinition,
    "macros": unparsed.UnparsedMacroUpdate,
    "arguments": unparsed.MacroArgument,
    "analyses": unparsed.UnparsedAnalysisUpdate,
    "metrics": unparsed.UnparsedMetricV2,
    "unit_tests": unparsed.UnparsedUnitTest,
    "exposures": unparsed.UnparsedExposure,
    "groups": unparsed.UnparsedGroup,
    "saved_queries": unparsed.UnparsedSavedQuery,
}
_NESTED_LISTS = {
    "models": ("columns", "metrics"),
    "seeds": ("columns",),
    "snapshots": ("columns",),
    "sources": ("tables",),
    "tables": ("columns",),
    "macros": ("arguments",),
    "analyses": ("columns",),
}


def breaches_of_resources(path: str, document: Any) -> list[str]:
    """Keys and values of one properties file that dbt does not know."""
    return [*_against_schema(path, document, _resources_schema()), *_against_classes(path, document or {})]


def breaches_of_project(path: str, document: Any) -> list[str]:
    """The same for dbt_project.yml."""
    return _against_schema(path, document, dbt_schemas.project_schema())


def breaches_of_inline_configs(manifest: dict[str, Any]) -> list[str]:
    """Keys of `config(...)` inside a model's SQL."""
    schema = _resources_schema()
    model_config = {**schema["definitions"]["ModelConfig"], "definitions": schema["definitions"]}
    known = set(model_config["properties"]) | {"pre-hook", "post-hook"}
    return [
        f"{node['original_file_path']}: dbt does not know the config '{key}'"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for key in node["unrendered_config"]
        if key not in known
    ]


def _resources_schema() -> dict[str, Any]:
    schema = copy.deepcopy(dbt_schemas.resources_schema())
    # The successor of this dbt asks for `enabled` here; this one has a default for it.
    schema["definitions"]["ModelPropertiesSemanticModelConfig"].pop("required", None)
    return schema


def _against_schema(path: str, document: Any, schema: dict[str, Any]) -> list[str]:
    breaches = []
    for error in dbt_schemas.CustomDraft7Validator(schema).iter_errors(document):
        # An 'any of' says only that nothing fitted; the closest alternative says what.
        deepest = max([error, *(error.context or [])], key=lambda found: (len(found.absolute_path), found is error))
        place = "/".join(str(step) for step in deepest.absolute_path) or "top"
        breaches.append(f"{path}: {place}: {deepest.message[:300]}")
    return breaches


def _against_classes(path: str, document: dict[str, Any]) -> list[str]:
    return [
        f"{path}: {place}: this dbt has no key '{key}' in {list_name}"
        for list_name, place, entry in _objects(document)
        for key in entry
        if key not in _fields(_CLASS_OF_LIST[list_name])
    ]


def _objects(document: dict[str, Any], lists: tuple[str, ...] = tuple(_CLASS_OF_LIST), prefix: str = "") -> Iterator:
    for list_name in lists:
        for entry in document.get(list_name) or []:
            if isinstance(entry, dict):
                place = f"{prefix}{list_name}/{entry.get('name', '?')}"
                yield list_name, place, entry
                yield from _objects(entry, _NESTED_LISTS.get(list_name, ()), f"{place}/")


def _fields(kind: type) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)} - {"_extra", "original_file_path", "yaml_key"}
