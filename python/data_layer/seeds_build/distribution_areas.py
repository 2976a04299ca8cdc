"""The fourteen electricity distribution areas of Great Britain, and the writer that the seeds by area share.

python -m data_layer.seeds_build.distribution_areas
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

SEEDS = Path(__file__).parents[3] / "seeds"
SEED_PATH = SEEDS / "distribution_areas.csv"
COLUMNS = ["distributor_id", "distributor_name", "region", "source", "release", "is_published"]
# Names and numbers of 10 to 16 were read in the table of time bands that `duos_bands` cites.
READ = ("Advantage Utilities: Time Bands for Half Hourly Metered Properties", "read 2026", "true")
NOT_READ = ("Common knowledge of the trade: no publication was at hand", "1", "false")
AREAS = {
    "10": ("UK Power Networks (Eastern)", "East of England"),
    "11": ("National Grid Electricity Distribution (East Midlands)", "East Midlands"),
    "12": ("UK Power Networks (London)", "London"),
    "13": ("SP Energy Networks (Manweb)", "Merseyside and North Wales"),
    "14": ("National Grid Electricity Distribution (West Midlands)", "West Midlands"),
    "15": ("Northern Powergrid (Northeast)", "North East"),
    "16": ("Electricity North West", "North West"),
    "17": ("SSEN (Scottish Hydro)", "North Scotland"),
    "18": ("SP Energy Networks (Distribution)", "South Scotland"),
    "19": ("UK Power Networks (South Eastern)", "South East"),
    "20": ("SSEN (Southern)", "Southern England"),
    "21": ("National Grid Electricity Distribution (South Wales)", "South Wales"),
    "22": ("National Grid Electricity Distribution (South West)", "South West"),
    "23": ("Northern Powergrid (Yorkshire)", "Yorkshire"),
}
AREAS_READ = frozenset({"10", "11", "12", "13", "14", "15", "16"})


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a seed file with Unix line ends and return its number of rows."""
    written = [columns, *rows]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(written)
    return len(written) - 1


def distribution_areas() -> list[tuple[str, ...]]:
    """Rows of the seed, by area number."""
    return [(area, *names, *(READ if area in AREAS_READ else NOT_READ)) for area, names in AREAS.items()]


if __name__ == "__main__":
    write_rows(SEED_PATH, COLUMNS, distribution_areas())
