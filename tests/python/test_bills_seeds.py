"""The seeds of network charges are what their scripts write, and no figure is called published that was not read."""

from __future__ import annotations

import csv
from itertools import pairwise

import pytest

from data_layer.seeds_build import distribution_areas, duos_bands, duos_rates, tnuos_residual_rates

SCRIPTS = {
    "distribution_areas": (distribution_areas, distribution_areas.distribution_areas),
    "duos_bands": (duos_bands, duos_bands.duos_bands),
    "duos_rates": (duos_rates, duos_rates.duos_rates),
    "tnuos_residual_rates": (tnuos_residual_rates, tnuos_residual_rates.tnuos_residual_rates),
}


def seed_rows(name: str) -> list[dict[str, str]]:
    with (distribution_areas.SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_seed_is_what_its_script_writes(name):
    module, rows = SCRIPTS[name]
    written = [dict(zip(module.COLUMNS, row, strict=True)) for row in rows()]
    assert written == seed_rows(name)


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_an_illustrative_figure_does_not_name_a_publication(name):
    for row in seed_rows(name):
        ours = row["source"].startswith(("Illustrative", "Common knowledge"))
        assert (row["is_published"] == "true") is not ours, row


def test_each_rate_follows_the_one_before_without_a_day_between():
    for name, key in (("duos_rates", ("distributor_id", "element", "rate_band")), ("tnuos_residual_rates", None)):
        spans: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for row in seed_rows(name):
            own = tuple(row[part] for part in key) if key else (row["charging_band"],)
            spans.setdefault(own, []).append((row["valid_from_date"], row["valid_to_date"]))
        for dates in spans.values():
            assert all(end[:4] == begin[:4] for (_, end), (begin, _) in pairwise(dates))
            assert {begin[4:] for begin, _ in dates} == {"-04-01"}
            assert {end[4:] for _, end in dates} == {"-03-31"}
