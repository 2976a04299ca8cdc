"""The seed of bank holidays against the list that GOV.UK publishes, where the real data is at hand."""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from pathlib import Path

import pytest

from data_layer.seeds_build.bank_holidays import NATIONS, SEED_PATH, bank_holidays, write_seed

DIVISIONS = {
    "england-and-wales": ("england", "wales"),
    "scotland": ("scotland",),
    "northern-ireland": ("northern_ireland",),
}
# Proclaimed after the published list at hand was stored.
PROCLAIMED_LATER = {(date(2026, 6, 15), "scotland")}


def seed_rows() -> set[tuple[date, str]]:
    with SEED_PATH.open(encoding="utf-8") as file:
        return {(date.fromisoformat(row["holiday_date"]), row["nation"]) for row in csv.DictReader(file)}


def test_seed_is_what_the_script_writes(tmp_path):
    written = tmp_path / "bank_holidays.csv"
    assert write_seed(written) == len(bank_holidays())
    dates_written = [line.split(",")[:2] for line in written.read_text(encoding="utf-8").splitlines()]
    dates_kept = [line.split(",")[:2] for line in SEED_PATH.read_text(encoding="utf-8").splitlines()]
    assert dates_written == dates_kept


def test_no_bank_holiday_falls_on_a_weekend():
    assert {nation for _, nation in seed_rows()} == set(NATIONS)
    assert [day for day, _ in seed_rows() if day.isoweekday() > 5] == []


def test_seed_agrees_with_the_published_list():
    folder = Path(os.environ.get("DATA_LAYER_REAL_DATA") or SEED_PATH.parents[2] / "shared" / "data")
    path = folder / "uk_facts" / "uk_bank_holidays.json"
    if not path.is_file():
        pytest.skip(f"The published list is not at hand ({path.name}; set DATA_LAYER_REAL_DATA).")
    published = {
        (date.fromisoformat(event["date"]), nation)
        for division, content in json.loads(path.read_text(encoding="utf-8")).items()
        for event in content["events"]
        for nation in DIVISIONS[division]
    }
    first, last = min(day for day, _ in published), max(day for day, _ in published)
    ours = {(day, nation) for day, nation in seed_rows() if first.replace(month=1, day=1) <= day <= last}
    assert ours - PROCLAIMED_LATER == published - PROCLAIMED_LATER
