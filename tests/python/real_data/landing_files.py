"""Small helpers that write landing files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path


@dataclass
class Converted:
    """What a conversion wrote, counted on the way in, before the product saw any of it.

    landing          folder in landing layout
    rows_by_file     data rows by file name
    consumption_kwh  by fuel: the sum of the source's readings that fall on a half-hour of the clock
    meters           metering points, with or without readings
    facts            whatever else is known of the source, to be compared with what the product finds
    """

    landing: Path
    rows_by_file: dict[str, int] = field(default_factory=dict)
    consumption_kwh: dict[str, Decimal] = field(default_factory=dict)
    meters: int = 0
    facts: dict[str, object] = field(default_factory=dict)

    def write_csv(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A CSV under the landing folder; None is an empty cell."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        count = 0
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            for row in rows:
                writer.writerow(["" if value is None else value for value in row])
                count += 1
        self.rows_by_file[name] = count


OPENING_HEADER = ("site_id", "valid_from_date", "day_kind", "opens_at", "closes_at")
METER_HEADER = (
    "meter_id",
    "valid_from_date",
    "valid_to_date",
    "site_id",
    "fuel",
    "interval_minutes",
    "related_meter_id",
    "relation",
)
WEATHER_HEADER = ("weather_station_id", "observed_at", "temperature_c")
SITE_HEADER = (
    "site_id",
    "valid_from_date",
    "site_name",
    "site_type",
    "postcode",
    "region",
    "nation",
    "weather_station_id",
    "floor_area_m2",
    "refrigeration_kw",
)


def weekday_hours(site_id: str, valid_from: object, opens_at: str, closes_at: str) -> list[tuple]:
    """A timetable of Monday to Friday; the other kinds of day are closed."""
    return [(site_id, valid_from, day_kind, opens_at, closes_at) for day_kind in range(1, 6)]
