"""What the rules read: dbt's compiled manifest of this project, its YAML files, and the files that git tracks."""

from __future__ import annotations

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
PROFILES = ROOT / "tests" / "fixtures" / "profiles"
YAML_FOLDERS = ("models", "seeds", "macros", "analyses", "tests")


@cache
def compiled_manifest() -> dict[str, Any]:
    """dbt's manifest as written to disk, with compiled SQL. Compiled once a session, in memory, for DuckDB."""
    from dbt.cli.main import dbtRunner  # seconds to import: only the tests that need it wait

    with tempfile.TemporaryDirectory() as folder:
        options = ["--project-dir", str(ROOT), "--profiles-dir", str(PROFILES), "--target-path", folder]
        outcome = dbtRunner().invoke(
            ["--quiet", "--log-level-file", "none", "compile", "--no-partial-parse", "--target", "duckdb", *options]
        )
        if not outcome.success:
            raise AssertionError(f"dbt cannot compile the project: {outcome.exception or outcome.result}")
        return json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))


def tracked_files() -> list[Path]:
    """Files in git's index, relative to the top folder."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [Path(name) for name in listing.decode("utf-8").split("\0") if name and (ROOT / name).exists()]


def property_files() -> dict[str, Any]:
    """dbt's YAML files by path from the top, parsed. tests/python and tests/fixtures are not dbt's."""
    documents = {}
    for folder in YAML_FOLDERS:
        for path in sorted([*(ROOT / folder).rglob("*.yml"), *(ROOT / folder).rglob("*.yaml")]):
            relative = path.relative_to(ROOT)
            if relative.parts[:2] not in {("tests", "python"), ("tests", "fixtures")}:
                documents[relative.as_posix()] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return documents


def own_nodes(manifest: dict[str, Any], *resource_types: str) -> list[dict[str, Any]]:
    """This project's nodes of the given kinds (dbt's own macros and those of adapters left out), by name."""
    package = manifest["metadata"]["project_name"]
    collections = (manifest[key] for key in ("nodes", "sources", "macros", "metrics", "exposures", "saved_queries"))
    return sorted(
        (
            node
            for collection in collections
            for node in collection.values()
            if node["package_name"] == package and node["resource_type"] in resource_types
        ),
        key=lambda node: node["unique_id"],
    )
