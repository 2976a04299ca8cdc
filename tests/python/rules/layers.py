"""Layers: who may read whom.

1. `source()` stands only in models/staging; a staging model reads one source, nothing else, and joins nothing.
2. A mart reads its own domain's staging, intermediate and marts; of another domain only the marts. Marts of core
   are what every domain hangs on, so core is built from any staging, and everyone may read its marts.
3. Nothing reads the staging or intermediate models of another domain.
Tests and analyses may look at any layer: they prove one against another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

from rules.project import own_nodes

CORE = "core"

# The loader's ledger belongs to no domain: any of them may ask which dates a load touched. Forecasts are of energy, and
# so is the quality of readings.
DOMAIN_OF_SOURCE = {"load": CORE, "forecasts": "energy", "quality": "energy"}


@dataclass(frozen=True)
class Place:
    """Layer and domain of a model, from its folder: models/<layer>/<domain>/..."""

    layer: str
    domain: str


def place_of(model: dict[str, Any]) -> Place:
    """Place of a model. models/utilities/ has no domain of its own and counts as core."""
    folders = model["original_file_path"].split("/")[1:-1]
    layer = folders[0] if folders else ""
    if layer == "utilities":
        return Place("marts", CORE)
    domain = folders[1] if len(folders) > 1 else ""
    return Place(layer, DOMAIN_OF_SOURCE.get(domain, domain) if layer == "staging" else domain)


def breaches_of_sources(manifest: dict[str, Any]) -> list[str]:
    """Rule 1, without the joins."""
    breaches = []
    for model in own_nodes(manifest, "model", "snapshot"):
        sources = sorted({key for key in model["depends_on"]["nodes"] if key.startswith("source.")})
        others = sorted({key for key in model["depends_on"]["nodes"] if not key.startswith("source.")})
        if place_of(model).layer != "staging":
            breaches += [f"{model['name']} reads {source}, but only staging may" for source in sources]
        elif len(sources) != 1:
            breaches.append(f"{model['name']} is staging and reads {len(sources)} sources: {', '.join(sources)}")
        elif others:
            breaches.append(f"{model['name']} is staging and reads more than its source: {', '.join(others)}")
    return breaches


def breaches_of_staging_joins(manifest: dict[str, Any]) -> list[str]:
    """A staging model whose compiled SQL joins."""
    return [
        f"{model['name']} is staging and joins: {join.sql()[:80]}"
        for model in own_nodes(manifest, "model")
        if place_of(model).layer == "staging"
        for join in sqlglot.parse_one(model["compiled_code"], dialect="duckdb").find_all(exp.Join)
    ]


def breaches_of_domains(manifest: dict[str, Any]) -> list[str]:
    """Rules 2 and 3."""
    breaches = []
    for model in own_nodes(manifest, "model", "snapshot"):
        reader = place_of(model)
        for key in model["depends_on"]["nodes"]:
            read = manifest["nodes"].get(key)
            if read is None or read["resource_type"] != "model":
                continue
            place = place_of(read)
            if reader.domain == place.domain or place.layer == "marts":
                continue
            if place.layer == "staging" and CORE in (reader.domain, place.domain):
                continue
            breaches.append(
                f"{model['name']} ({reader.layer} of {reader.domain}) reads {read['name']}, "
                f"{place.layer} of {place.domain}: only marts of another domain may be read"
            )
    return breaches


def breaches_of_places(manifest: dict[str, Any]) -> list[str]:
    """Models in no known layer or in no domain's folder: the other rules could not see them."""
    return [
        f"{model['original_file_path']} lies in no layer's folder of a domain"
        for model in own_nodes(manifest, "model")
        if place_of(model).layer not in {"staging", "intermediate", "marts"} or not place_of(model).domain
    ]
