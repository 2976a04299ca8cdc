"""Which files lie in the landing folder, which contract each of them claims, and what is not a file of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_layer.landing.contracts import LANDED_SOURCES, Contracts, TableContract

TEXT_ENDINGS = (".csv", ".csv.gz")
ENDINGS = (*TEXT_ENDINGS, ".parquet")
LAYOUTS_SOURCE = "energy"
"""Source whose folder takes suppliers' own layouts too, under any name that claims no table."""

LAYOUTS_FOLDER = "formats"
"""Folder of the landing folder that holds the user's own layouts; nothing in it is landing data."""


class FileRefusedError(Exception):
    """A file is refused whole: nothing of it is loaded. The text says why and what to do."""


# What DuckDB raises for a fault of ours or of the machine, not of the file that it reads.
NOT_THE_FILES_FAULT = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConstraintException,
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
    duckdb.ResourceInUseException,
    duckdb.SyntaxException,
    duckdb.TransactionException,
)


@contextmanager
def refusing_damaged_file() -> Iterator[None]:
    """Turn DuckDB's complaints about a file's bytes into FileRefusedError; any other error goes on as it is."""
    try:
        yield
    except NOT_THE_FILES_FAULT:
        raise
    except duckdb.Error as error:
        raise FileRefusedError(
            f"The file cannot be read to its end ({str(error).splitlines()[0]}). It is damaged or cut off; "
            "deliver it again."
        ) from error


@dataclass(frozen=True)
class LandingFile:
    """One file of the landing folder.

    name      path under the landing folder, with forward slashes
    contract  of the table that the name claims; None when no contract fits, and when a supplier's layout may
    refusal   why the file cannot be loaded by its name or place; None when it can
    """

    path: Path
    name: str
    source: str
    contract: TableContract | None
    refusal: str | None = None

    @property
    def is_parquet(self) -> bool:
        return self.name.endswith(".parquet")

    @property
    def is_compressed(self) -> bool:
        return self.name.endswith(".gz")


def find_files(landing: Path, contracts: Contracts) -> list[LandingFile]:
    """Every file under the landing folder, in the order of their names.

    Names that start with `_` or `.` are not landing data, whether folder or file: they are left out, and so is the
    folder of the user's own layouts. Anything else that fits no contract is listed with the reason why, so that it is
    never passed over in silence.
    """
    found = []
    for path in _walk(landing):
        if path.relative_to(landing).parts[0] == LAYOUTS_FOLDER:
            continue
        name = path.relative_to(landing).as_posix()
        source = name.split("/")[0] if "/" in name else ""
        contract, refusal = find_claim(name, contracts)
        found.append(LandingFile(path, name, source, contract, refusal))
    return sorted(found, key=lambda file: file.name)


def names_of_tables(contracts: Contracts, source: str) -> str:
    """What a file's name may start with."""
    return ", ".join(sorted(table.name for table in contracts.landed(source)))


def sha256(path: Path) -> str:
    """Hex digest of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _walk(folder: Path) -> list[Path]:
    files = []
    for path in folder.iterdir():
        if path.name.startswith(("_", ".")):
            continue
        if path.is_dir():
            files.extend(_walk(path))
        else:
            files.append(path)
    return files


def find_claim(name: str, contracts: Contracts) -> tuple[TableContract | None, str | None]:
    """The contract that a name under the landing folder claims, or why the file cannot be loaded by its name or place.

    Neither: the file claims no table, and a supplier's layout may fit it.
    """
    source = name.split("/", maxsplit=1)[0] if "/" in name else ""
    places = ", ".join(f"{landed}/" for landed in LANDED_SOURCES)
    if source not in LANDED_SOURCES:
        return (
            None,
            f"Files belong into a folder named after their source: {places}. Move it, or start its name with _.",
        )
    tables = contracts.landed(source)
    names = names_of_tables(contracts, source)
    parts = name.split("/")
    if len(parts) > 2:
        return None, f"Files stand directly in {source}/, not in a folder below it. Move it up."
    if not name.endswith(ENDINGS):
        return None, f"Its name must end in {', '.join(ENDINGS)}. Save it as one of these, or start its name with _."
    stem = parts[1].split(".")[0]
    # The longest name wins: readings_hh_1.parquet belongs to readings_hh, not to readings.
    fitting = sorted((table for table in tables if stem.startswith(table.name)), key=lambda table: len(table.name))
    if not fitting and source == LAYOUTS_SOURCE and name.endswith(TEXT_ENDINGS):
        return None, None
    if not fitting:
        return None, f"Its name must start with a table of {source}: {names}. Rename it, or start its name with _."
    return fitting[-1], None
