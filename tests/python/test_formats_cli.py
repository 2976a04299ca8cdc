"""`data-layer formats`: what it prints of a file, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from landing_files import csv_text, write
from test_cli import data_layer
from test_formats_definition import LAYOUT
from test_formats_files import MPR_HEADER, TIMES, mpr_rows


def test_list_has_shipped_layouts_and_own_ones(tmp_path: Path) -> None:
    write(tmp_path, "formats/north.yaml", yaml.safe_dump(LAYOUT))

    listed = data_layer("formats", "list", "--landing", tmp_path)

    assert listed.returncode == 0
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert len(lines) == 18
    assert "your own" in lines["north_supplier"]
    assert "shipped" in lines["reading_by_mpr"]


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        (
            mpr_rows(),
            0,
            ["fits      reading_by_mpr", "not       day_by_start_time: the file has no column Meter Number"],
        ),
        (
            [*mpr_rows(), "1700052624128,03 Dec 2019 12:10:00,1,Actual"],
            1,
            ["49 rows: 48 to load, 1 to set aside", "line 50, off_grid"],
        ),
        (mpr_rows()[:5], 1, ["5 rows: 5 to load", "open: the times do not say if they name the start or the end"]),
        (["1,2,3,4"], 2, []),
    ],
)
def test_try_says_what_would_become_of_a_file(tmp_path: Path, rows: list[str], code: int, words: list[str]) -> None:
    file = write(tmp_path, "from_supplier.csv", csv_text(MPR_HEADER, rows))

    tried = data_layer("formats", "try", file, "--rows", 2, "--landing", tmp_path)

    assert tried.returncode == code, tried.stderr
    assert all(text in tried.stdout for text in words), tried.stdout
    if code < 2:
        readings = [line.split("\t") for line in tried.stdout.splitlines() if line.startswith("1700052624128\t")]
        first = "1" if code == 0 or len(rows) > 5 else "48"
        assert next(reading[:2] + reading[3:4] for reading in readings) == ["1700052624128", "AI", first]
        assert len(readings) == 2
    else:
        assert "would be refused" in tried.stderr
        assert "line 2" in tried.stderr


def test_try_reports_the_repeated_hour(tmp_path: Path) -> None:
    rows = [f"M1,2025-10-26,{','.join(str(number) for number in range(48))}"]
    file = write(tmp_path, "clock.csv", csv_text(",".join(["meter", "date", *TIMES]), rows))

    tried = data_layer("formats", "try", file, "--landing", tmp_path)

    assert tried.returncode == 1
    assert "open: M1, 2025-10-26: AI has one value each for 01:00 (2) and 01:30 (3)" in tried.stdout


@pytest.mark.parametrize(
    ("name", "words"), [("none.csv", "There is no file"), ("sheet.xlsx", "layouts are for text files")]
)
def test_try_refuses_what_is_no_text_file(tmp_path: Path, name: str, words: str) -> None:
    write(tmp_path, "sheet.xlsx", b"PK")

    tried = data_layer("formats", "try", tmp_path / name)

    assert tried.returncode == 2
    assert words in tried.stderr
