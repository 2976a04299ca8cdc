"""Everything that a reader of the docs site meets is described, and a description says more than the name.

Covered: models, seeds, sources and their tables, columns of all of these, macros and their arguments, generic and
singular tests, analyses, metrics, unit tests, exposures, saved queries, groups.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from rules.project import own_nodes

METRIC_META = ("unit", "owner", "steward", "good_direction", "additive")
GOOD_DIRECTIONS = ("higher", "lower", "neutral")

_FILLER = frozenset(
    re.findall(
        r"[a-z]+",
        "a an and are as at be by for from has have in is it its of on or per that the this to which with column "
        "field value values name table model metric macro test seed argument id key number",
    )
)
_LIMITS = re.compile(r"\b(not|no|without|exclud\w+|except|only|nothing|never|left out)\b", re.IGNORECASE)


def restates(name: str, description: str) -> bool:
    """True if the description holds no word that the name does not."""
    words = _words(description)
    return not words or words <= _words(name)


def breaches_of_descriptions(manifest: dict[str, Any]) -> list[str]:
    """Objects without a description, or with one that only repeats the name."""
    breaches = []
    for kind, name, description in _described(manifest):
        if not description.strip():
            breaches.append(f"{kind} {name} has no description")
        elif restates(name.rsplit(".", 1)[-1], description):
            breaches.append(f"{kind} {name}: '{description.strip()}' only repeats the name")
    return breaches


def breaches_of_columns(manifest: dict[str, Any], root: Path) -> list[str]:
    """Columns that a model or a seed has and its YAML does not name, and the reverse."""
    breaches = []
    for node in own_nodes(manifest, "model", "seed"):
        documented = {name.lower() for name in node["columns"]}
        actual = _seed_columns(root / node["original_file_path"]) if _is_seed(node) else _model_columns(node, manifest)
        breaches += [f"{node['name']}.{column} is not in the YAML" for column in sorted(actual - documented)]
        breaches += [f"{node['name']}.{column} is in the YAML only" for column in sorted(documented - actual)]
    return breaches


def breaches_of_macro_arguments(manifest: dict[str, Any]) -> list[str]:
    """Arguments in a macro's signature that its YAML does not name, and the reverse."""
    breaches = []
    for macro in _documented_macros(manifest):
        signature = re.search(r"{%-?\s*(?:macro|test)\s+\w+\s*\((.*?)\)\s*-?%}", macro["macro_sql"], re.DOTALL)
        names = {
            part.split("=")[0].strip() for part in (signature.group(1) if signature else "").split(",") if part.strip()
        }
        if macro["name"].startswith("test_"):
            # dbt takes no YAML for the arguments of a generic test: its description names them.
            names -= {"model", "column_name"}
            documented = {name for name in names if f"`{name}`" in macro["description"]}
        else:
            documented = {argument["name"] for argument in macro["arguments"]}
        breaches += [
            f"macro {macro['name']}: argument {name} is not in the YAML" for name in sorted(names - documented)
        ]
        breaches += [
            f"macro {macro['name']}: argument {name} is in the YAML only" for name in sorted(documented - names)
        ]
    return breaches


def breaches_of_metric_meta(manifest: dict[str, Any]) -> list[str]:
    """Metrics whose meta lacks one of METRIC_META, or whose description does not say what is not counted."""
    breaches = []
    for metric in own_nodes(manifest, "metric"):
        meta = (metric.get("config") or {}).get("meta") or metric.get("meta") or {}
        name = metric["name"]
        breaches += [f"metric {name}: meta has no {key}" for key in METRIC_META if meta.get(key) in (None, "")]
        if meta.get("good_direction") not in (None, *GOOD_DIRECTIONS):
            breaches.append(f"metric {name}: good_direction is one of {', '.join(GOOD_DIRECTIONS)}")
        if not isinstance(meta.get("additive", True), bool):
            breaches.append(f"metric {name}: additive is true or false")
        if not metric.get("label"):
            breaches.append(f"metric {name} has no label")
        if not _LIMITS.search(metric.get("description") or ""):
            breaches.append(f"metric {name}: the description does not say what is not counted")
    return breaches


def _words(text: str) -> set[str]:
    words = re.findall(r"[a-z0-9]+", text.lower().replace("_", " "))
    return {word.removesuffix("s") for word in words} - {word.removesuffix("s") for word in _FILLER}


def _described(manifest: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Kind, full name and description of everything that has to be described."""
    for node in own_nodes(manifest, "model", "seed", "source", "snapshot"):
        yield node["resource_type"], node["name"], node["description"]
        for column in node["columns"].values():
            yield "column", f"{node['name']}.{column['name']}", column["description"]
    sources = {node["source_name"]: node["source_description"] for node in own_nodes(manifest, "source")}
    for name, description in sources.items():
        yield "source", name, description
    for macro in _documented_macros(manifest):
        yield "macro", macro["name"], macro["description"]
        for argument in macro["arguments"]:
            yield "argument", f"{macro['name']}.{argument['name']}", argument["description"]
    for node in own_nodes(manifest, "analysis", "metric", "exposure", "saved_query"):
        yield node["resource_type"], node["name"], node["description"] or ""
    for node in own_nodes(manifest, "test"):
        if not node.get("test_metadata"):  # a generic test is described once, with its macro
            yield "test", node["name"], node["description"]
    for node in manifest["unit_tests"].values():
        yield "unit test", node["name"], node["description"]
    for node in manifest["groups"].values():
        yield "group", node["name"], node["description"] or ""


def _documented_macros(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """All but the versions for one engine (duckdb__x): the macro x that calls them says what they do."""
    macros = own_nodes(manifest, "macro")
    names = {macro["name"] for macro in macros}
    return [macro for macro in macros if macro["name"].partition("__")[2] not in names]


def _is_seed(node: dict[str, Any]) -> bool:
    return node["resource_type"] == "seed"


def _seed_columns(path: Path) -> set[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {name.lower() for name in next(csv.reader(file))}


def _model_columns(node: dict[str, Any], manifest: dict[str, Any]) -> set[str]:
    query = sqlglot.parse_one(node["compiled_code"], dialect="duckdb")
    relations = {
        read["relation_name"].replace('"', "").lower().split(".", 1)[-1]: {name.lower() for name in read["columns"]}
        for key in node["depends_on"]["nodes"]
        if (read := manifest["nodes"].get(key) or manifest["sources"].get(key))
    }
    return _columns_of(query, {}, relations)


def _columns_of(query: exp.Expression, known: dict[str, set[str]], relations: dict[str, set[str]]) -> set[str]:
    """Names of a query's columns; a star is followed into its CTE, subquery or documented relation."""
    known = dict(known)
    for cte in query.args["with_"].expressions if query.args.get("with_") else []:
        known[cte.alias.lower()] = _columns_of(cte.this, known, relations)
    if isinstance(query, exp.Subquery):
        return _columns_of(query.this, known, relations)
    if isinstance(query, exp.SetOperation):
        return _columns_of(query.left, known, relations)
    tables = _tables_read(query, known, relations)
    names: set[str] = set()
    for projection in query.expressions:
        star = projection.this if isinstance(projection, exp.Column) else projection
        if isinstance(star, exp.Star):
            wanted = [projection.table.lower()] if isinstance(projection, exp.Column) else list(tables)
            excluded = {column.name.lower() for column in star.args.get("except_") or []}
            names |= {name for alias in wanted for name in tables[alias]} - excluded
        else:
            names.add(projection.alias_or_name.lower())
    return names


def _tables_read(
    query: exp.Expression, known: dict[str, set[str]], relations: dict[str, set[str]]
) -> dict[str, set[str]]:
    tables = {}
    origin = query.args.get("from_")
    for clause in [*([origin] if origin else []), *(query.args.get("joins") or [])]:
        table = clause.this
        if isinstance(table, exp.Subquery):
            tables[table.alias.lower()] = _columns_of(table.this, known, relations)
        elif isinstance(table, exp.Table):
            full_name = f"{table.db}.{table.name}".lower()
            tables[table.alias_or_name.lower()] = (
                relations.get(full_name, set()) if table.db else known.get(table.name.lower(), set())
            )
    return tables
