"""Where an estate's warehouse lives, derived from its landing folder, so that two estates never mix."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from data_layer.errors import BadInputError

TARGETS = ("duckdb", "postgres")
DEFAULT_NAME = "data_layer"
NAME_FORM = r"[a-z][a-z0-9_]{0,29}"


class ProjectNotFoundError(BadInputError):
    """The command was started where no dbt project is."""


def project_root() -> Path:
    """Folder of dbt_project.yml: the nearest one above the working directory, else the one this package lies in."""
    for start in (Path.cwd(), Path(__file__).resolve()):
        for folder in (start, *start.parents):
            if (folder / "dbt_project.yml").is_file() and (folder / "profiles.yml.example").is_file():
                return folder
    raise ProjectNotFoundError(
        "No dbt_project.yml was found here or above. Start data-layer inside a checkout of the project."
    )


@dataclass(frozen=True)
class WarehouseConfig:
    """One estate on one engine.

    name            short name of the estate; names its files, schemas and pages
    landing         folder that `load` reads
    target          'duckdb' or 'postgres'
    duckdb_path     the warehouse file (DuckDB only)
    schema_prefix   what stands before every schema's name; empty for the default estate
    state_dir       files that belong to the warehouse but not in it (half-hour evidence)
    dbt_target_path dbt's artefacts of this estate and engine
    """

    root: Path
    name: str
    landing: Path
    target: str
    duckdb_path: Path
    schema_prefix: str
    state_dir: Path
    dbt_target_path: Path

    @classmethod
    def resolve(cls, landing: Path | None = None, warehouse: str | None = None, target: str | None = None):
        """Fill in the defaults.

        landing    default `landing/` of the project
        warehouse  a name (letters, digits, _), or for DuckDB a path ending in .duckdb; default from the landing folder
        target     default the environment's DBT_TARGET, else duckdb
        Raises BadInputError in plain words.
        """
        root = project_root()
        target = target or os.environ.get("DBT_TARGET") or "duckdb"
        if target not in TARGETS:
            raise BadInputError(f"There is no target '{target}'. Choose one of: {', '.join(TARGETS)}.")
        landing = (landing or root / "landing").absolute()
        duckdb_path = None
        if warehouse and warehouse.endswith(".duckdb"):
            if target != "duckdb":
                raise BadInputError(
                    f"--warehouse {warehouse} is a DuckDB file and the target is {target}: give a name."
                )
            duckdb_path = Path(warehouse).absolute()
            name = _slug(duckdb_path.stem)
        elif warehouse:
            if not re.fullmatch(NAME_FORM, warehouse):
                raise BadInputError(
                    f"--warehouse {warehouse}: a warehouse's name is at most 30 lower-case letters, digits and _, "
                    "starting with a letter (or, on DuckDB, a path that ends in .duckdb)."
                )
            name = warehouse
        elif landing == root / "landing":
            name = DEFAULT_NAME
        else:
            name = f"{_slug(landing.name)}_{hashlib.sha256(str(landing).encode()).hexdigest()[:6]}"
        # A developer's own schemas on a shared server. (DATA_LAYER_SCHEMA_PREFIX is what dbt is told in the end.)
        developer = os.environ.get("DATA_LAYER_DEVELOPER", "")
        if developer and not re.fullmatch(NAME_FORM, developer):
            raise BadInputError(
                f"DATA_LAYER_DEVELOPER is '{developer}', which cannot begin a schema's name: use at most 30 lower-case "
                "letters, digits and _, starting with a letter."
            )
        parts = [developer, name if name != DEFAULT_NAME else ""]
        prefix = "".join(f"{part}_" for part in parts if part)
        duckdb_path = duckdb_path or root / "warehouse" / f"{name}.duckdb"
        return cls(
            root=root,
            name=name,
            landing=landing,
            target=target,
            duckdb_path=duckdb_path,
            schema_prefix=prefix if target == "postgres" else "",
            state_dir=duckdb_path.parent / f"{name}_{target}",
            dbt_target_path=root / "target" / f"{name}_{target}",
        )

    @property
    def site_dir(self) -> Path:
        """Where the estate's pages go."""
        return self.root / "site" if self.name == DEFAULT_NAME else self.root / "site" / self.name

    def schema(self, name: str) -> str:
        """Full name of a schema, such as `energy` or `raw_load`."""
        return f"{self.schema_prefix}{name}"


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:20]
    return slug if slug[:1].isalpha() else f"estate_{slug}".rstrip("_")
