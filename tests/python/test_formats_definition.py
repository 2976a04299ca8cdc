"""A layout's YAML is read strictly: each mistake is named with the file, the key and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from data_layer.landing.formats import FormatError, read_formats
from data_layer.landing.formats.definition import normalised, read_format

LAYOUT: dict[str, Any] = {
    "name": "north_supplier",
    "description": "As North Supplier sends it.",
    "rows": "day",
    "meter": {"column": "Supply", "kind": "mpan"},
    "date": {"column": "Day", "formats": ["%d/%m/%Y"]},
    "basis": "local",
    "label": "start",
    "interval_minutes": 30,
    "values": [{"quantity": "AI", "unit": "kwh", "columns": "{time}"}],
    "reading_type": "A",
}
READING = {
    "rows": "reading",
    "date": None,
    "time": {"column": "Time", "formats": ["%d/%m/%Y %H:%M"]},
    "values": [{"quantity": "AI", "unit": "kwh", "column": "Use"}],
}


def write_layout(folder: Path, **changes: Any) -> Path:
    document = {key: value for key, value in {**LAYOUT, **changes}.items() if value is not None}
    if "header_line" in changes:
        document["header_line"] = changes["header_line"]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{document.get('name', 'nameless')}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_shipped_layouts_can_all_be_followed() -> None:
    layouts = read_formats()

    assert len(layouts) == 17
    assert {layout.table_name for layout in layouts} == {"readings", "readings_hh"}
    assert not any(layout.is_own for layout in layouts)


def test_own_layouts_join_those_that_are_shipped(tmp_path: Path) -> None:
    write_layout(tmp_path / "formats")

    layout = next(layout for layout in read_formats(tmp_path) if layout.is_own)

    assert (layout.name, layout.table_name, len(layout.blocks[0].columns)) == ("north_supplier", "readings_hh", 48)
    assert str(layout.blocks[0].columns[1]) == "00:30"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, "colour: is no key of a layout"),
        ({"name": "North Supplier"}, "name: 'North Supplier' must be lower-case"),
        ({"description": None}, "description: is missing"),
        ({"rows": "week"}, "rows: 'week' is not known. Use one of: 'day', 'reading', 'time'"),
        ({"rows": None}, "rows: is missing"),
        ({"basis": "gmt"}, "basis: 'gmt' is not known"),
        ({"basis": "offset"}, "basis: offset goes with rows of readings"),
        ({"meter": None}, "meter: is missing"),
        ({"meter": {"column": "Supply", "kind": "phone"}}, "meter.kind: must be one of: mpan, mprn"),
        ({"meter": {"column": "Supply", "kind": "mpan", "size": 1}}, "meter.size: is no key"),
        ({"meter": {"column": 0, "kind": "mpan"}}, "meter.column: names a column"),
        ({"date": None}, "date: is missing"),
        ({"date": {"column": "Day"}}, "date.formats: is missing"),
        (
            {"date": {"column": "Day", "formats": ["%d/%m"]}},
            "date.formats: '%d/%m' does not name a day, month and year",
        ),
        ({"date": {"column": "Day", "formats": ["%d/%m/%Y", "%m/%d/%Y"]}}, "cannot be told apart"),
        ({"time": {"column": "Time", "formats": ["%H:%M"]}}, "time: does not go with `rows: day`"),
        ({"label": None}, "label: must be start or end"),
        ({"label": {"from_times": "end"}}, "label.from_times: goes with rows of readings"),
        ({"interval_minutes": 15}, "interval_minutes: must be 30 or 60"),
        ({"interval_minutes": "from_times"}, "interval_minutes: must be 30 or 60"),
        ({"values": []}, "values: is missing"),
        (
            {"values": [{"quantity": "XX", "unit": "kwh", "columns": "{time}"}]},
            r"values\[1\].quantity: 'XX' is not known",
        ),
        ({"values": [{"quantity": "AI", "columns": "{time}"}]}, r"values\[1\].unit: is missing"),
        (
            {"values": [{"quantity": "AI", "unit": "kwh", "column": "Use"}]},
            r"values\[1\].column: is for `rows: reading`",
        ),
        ({"values": [{"quantity": "AI", "unit": "kwh", "columns": "kWh"}]}, "must be a name with {time} or {period}"),
        (
            {"values": [{"quantity": "AI", "unit": "kwh", "columns": "{time}"}] * 2},
            "values: column '00:00' is used twice",
        ),
        ({"values": [{"quantity": "AI", "unit": "kwh", "columns": "4-20"}]}, "'4-20' are 17 columns; a day has 48"),
        ({"values": [{"quantity": "AI", "unit": "kwh", "columns": "4-51"}]}, "column_count: is missing"),
        ({"basis": "settlement_period"}, "has times of day: its basis is local or utc"),
        ({"reading_type": None}, "reading_type: is missing"),
        ({"reading_type": {"column": "Kind", "map": {"Actual": "Z"}}}, "reading_type: 'Z' is not known"),
        ({"ignored": "Site"}, "ignored: must be a list of columns, or `others`"),
        ({"column_count": 51}, "column_count: goes with `header_line: null`"),
        ({"header_line": None}, "column_count: goes with `header_line: null`"),
        ({"header_line": None, "column_count": 51}, "column_count: is 51: give 00:00 by a position"),
        ({"header_line": 0}, "header_line: '0' is not a whole number"),
        ({"delimiter": "&"}, "delimiter: '&' is not known"),
        ({**READING, "values": LAYOUT["values"]}, r"values\[1\].columns: is for `rows: day`"),
        ({**READING, "basis": "settlement_period"}, "date: is missing"),
        ({**READING, "rows": "time"}, "meter.column: does not go with `rows: time`"),
    ],
)
def test_mistake_is_named_with_file_and_key(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = write_layout(tmp_path, **changes)

    with pytest.raises(FormatError, match=words) as raised:
        read_format(path)

    assert str(raised.value).startswith(f"{path.name}: ")


def test_two_layouts_of_one_name_are_refused(tmp_path: Path) -> None:
    write_layout(tmp_path / "formats", name="reading_by_mpr")

    with pytest.raises(FormatError, match="name: 'reading_by_mpr' is taken"):
        read_formats(tmp_path)


def test_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: [")

    with pytest.raises(FormatError, match=r"broken\.yaml: the file is no YAML"):
        read_format(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Read Date", "readdate"),
        ("meter_id", "Meter ID"),
        ("0:30", "00:30"),
        ("[1:00]", "[01:00]"),
        ("09:00:00", "9:00"),
    ],
)
def test_names_that_mean_the_same_are_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)
    assert normalised("kWh_1") != normalised("kWh_11")
