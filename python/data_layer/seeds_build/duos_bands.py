"""Write `seeds/duos_bands.csv`: when each distributor's red, amber and green bands begin and end.

Areas 10 to 16 were read in a broker's table of the distributors' time periods; it bears no date. The others are ours.

    python -m data_layer.seeds_build.duos_bands
"""

from __future__ import annotations

from data_layer.seeds_build.distribution_areas import AREAS, SEEDS, write_rows

SEED_PATH = SEEDS / "duos_bands.csv"
COLUMNS = ["distributor_id", "day_type", "starts_minute", "ends_minute", "duos_band", "source", "release"]
COLUMNS += ["is_published"]
READ = ("Advantage Utilities: Time Bands for Half Hourly Metered Properties", "undated; read 2026", "true")
ILLUSTRATIVE = ("Illustrative: not a distributor's published band", "2", "false")
GREEN_DAY = "24:00 green"
UK_POWER_NETWORKS = "07:00 green 16:00 amber 19:00 red 23:00 amber 24:00 green"
MIDLANDS = "07:30 green 16:00 amber 19:00 red 21:00 amber 24:00 green"
SCOTTISH_POWER = "08:00 green 16:30 amber 19:30 red 22:30 amber 24:00 green"
SCOTTISH_POWER_WEEKEND = "16:00 green 20:00 amber 24:00 green"
# Each span is written as the time at which it ends and its band; the first begins at midnight.
PUBLISHED = {
    "10": (UK_POWER_NETWORKS, GREEN_DAY),
    "11": (MIDLANDS, GREEN_DAY),
    "12": ("07:00 green 11:00 amber 14:00 red 16:00 amber 19:00 red 23:00 amber 24:00 green", GREEN_DAY),
    "13": (SCOTTISH_POWER, SCOTTISH_POWER_WEEKEND),
    "14": (MIDLANDS, GREEN_DAY),
    "15": ("08:00 green 16:00 amber 19:30 red 22:00 amber 24:00 green", GREEN_DAY),
    "16": ("09:00 green 16:00 amber 19:00 red 20:30 amber 24:00 green", "16:00 green 19:00 amber 24:00 green"),
}
OURS = (UK_POWER_NETWORKS, "16:00 green 19:00 amber 24:00 green")


def minutes(clock: str) -> int:
    """Minutes after midnight of a clock time HH:MM; 24:00 is the end of the day."""
    hours, past = clock.split(":")
    return int(hours) * 60 + int(past)


def duos_bands() -> list[tuple[str, ...]]:
    """Rows of the seed: area, day type, first minute (inclusive), last (exclusive), band, where it was read."""
    rows = []
    for area in AREAS:
        stated = READ if area in PUBLISHED else ILLUSTRATIVE
        for day_type, spans in zip(("weekday", "weekend"), PUBLISHED.get(area, OURS), strict=True):
            words = spans.split()
            starts = 0
            for clock, band in zip(words[::2], words[1::2], strict=True):
                rows.append((area, day_type, str(starts), str(minutes(clock)), band, *stated))
                starts = minutes(clock)
    return rows


if __name__ == "__main__":
    write_rows(SEED_PATH, COLUMNS, duos_bands())
