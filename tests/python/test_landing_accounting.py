"""Whatever is done to a file, every row of it is loaded or in quarantine, and both text readers see the same rows."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

import duckdb
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import own_warehouse
from data_layer.landing import text_file
from data_layer.landing.contracts import read_contracts
from data_layer.landing.files import FileRefusedError, find_files
from data_layer.landing.formats import read_formats
from data_layer.landing.load import load_landing
from data_layer.landing.validate import judge
from data_layer.warehouse.config import project_root
from landing_files import COST_CENTRES, cost_centres, select, write

ROWS = 30
CONTRACTS = read_contracts(project_root())
FORMATS = read_formats()
SPOILT_VALUES = [
    "",
    " ",
    '"',
    '""',
    "food",
    'a "word" within',
    "two\nlines",
    "x,y",
    "é",
    "\t",
    "'",
    "NULL",
    "\\N",
    "# no",
]

values = st.sampled_from(SPOILT_VALUES) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=6
)
spoilings = st.lists(
    st.tuples(
        st.sampled_from(["value", "quoted value", "repeat", "change", "cut", "blank", "widen", "garble"]),
        st.integers(0, ROWS - 1),
        st.integers(0, 2),
        values,
    ),
    max_size=5,
)


def _spoil(rows: list[str], spoiling: tuple[str, int, int, str]) -> None:
    kind, place, column, value = spoiling
    fields = rows[place].split(",") if rows[place].count(",") == 2 else ["X", "Y", "food"]
    if kind == "value":
        fields[column] = value.replace("\n", " ").replace("\r", " ")
    elif kind == "quoted value":
        fields[column] = '"' + value.replace('"', '""') + '"'
    if kind in ("value", "quoted value"):
        rows[place] = ",".join(fields)
    elif kind == "repeat":
        rows.append(rows[place])
    elif kind == "change":
        rows.append(",".join([fields[0], "another name", fields[2]]))
    elif kind == "cut":
        rows[place] = rows[place][: 1 + len(rows[place]) // 2]
    elif kind == "blank":
        rows.insert(place, "")
    elif kind == "widen":
        rows[place] += ",more"
    else:
        rows[place] = value.replace("\n", " ").replace("\r", " ") + rows[place]


spoilt_files = st.builds(
    lambda spoilings, line_end, last: line_end.join([COST_CENTRES, *_spoilt(spoilings)]) + (line_end if last else ""),
    spoilings,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


def _spoilt(spoilings: list[tuple[str, int, int, str]]) -> list[str]:
    rows = cost_centres(ROWS)
    for spoiling in spoilings:
        _spoil(rows, spoiling)
    return rows


def _judged(text: str, read_row_by_row: bool) -> tuple:
    """What is to become of the file: refused with its reason, or each row's number and values, and the faults."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        landing = Path(folder)
        write(landing, "core/cost_centres.csv", text)
        file = find_files(landing, CONTRACTS)[0]
        reader = (lambda *_: False) if read_row_by_row else text_file.spool_with_duckdb
        with mock.patch.object(text_file, "spool_with_duckdb", reader):
            try:
                judgement = judge(file, connection, landing / "spool.parquet", CONTRACTS)
            except FileRefusedError as refusal:
                return "refused", str(refusal)
        accepted = connection.execute(f"from ({judgement.accepted_sql}) order by _row_number").fetchall()
        return "judged", judgement.rows_read, accepted, judgement.faults.to_pylist()


@given(text=spoilt_files)
@settings(max_examples=100, deadline=None)
def test_every_row_is_accepted_or_set_aside(text: str) -> None:
    status, *outcome = _judged(text, read_row_by_row=False)

    if status == "judged":
        rows_read, accepted, faults = outcome
        places = Counter([row[-1] for row in accepted] + [fault["row_number"] for fault in faults])
        assert places == Counter(range(1, rows_read + 1)), "each row of the file is in one place, and only once"
        lines = text.replace("\r\n", "\n").split("\n")
        for fault in faults:
            first_value = orjson.loads(fault["raw_row"]).get("cost_centre_id") or ""
            if first_value.isalnum():
                assert lines[fault["line_number"] - 1].lstrip('"').startswith(first_value)
    assert _judged(text, read_row_by_row=True) == (status, *outcome), "both readers must see the same rows"


@given(text=spoilt_files)
@settings(max_examples=10, deadline=None)
def test_counts_in_the_ledger_are_the_rows_in_the_tables(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = own_warehouse(Path(folder), "duckdb")
        write(config.landing, "core/cost_centres.csv", text)
        result = load_landing(config).files[0]
        counts = select(
            config,
            "select rows_read, rows_loaded, rows_quarantined, (select count(*) from {raw_core}.cost_centres), "
            "(select count(*) from {raw_load}.quarantine) from {raw_load}.files",
        )[0]

    assert counts[1:3] == counts[3:5] == (result.rows_loaded, result.rows_quarantined)
    assert (counts[0] or 0) == counts[1] + counts[2]


def _judged_supplier_file(text: str, read_row_by_row: bool) -> tuple:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        landing = Path(folder)
        write(landing, "energy/from_supplier.csv", text)
        file = find_files(landing, CONTRACTS)[0]
        reader = (lambda *_: False) if read_row_by_row else text_file.spool_plain_lines_with_duckdb
        with mock.patch.object(text_file, "spool_plain_lines_with_duckdb", reader):
            try:
                judgement = judge(file, connection, landing / "spool.parquet", CONTRACTS, FORMATS)
            except FileRefusedError as refusal:
                return "refused", str(refusal)
        accepted = connection.execute(f"from ({judgement.accepted_sql}) order by _row_number").fetchall()
        return "judged", judgement.rows_read, accepted, judgement.faults.to_pylist(), judgement.notes


def _spoilt_supplier_rows(spoilings: list[tuple[str, int, int, str]]) -> list[str]:
    rows = [f"1700052624128,2025-10-26 {row // 2:02d}:{row % 2 * 30:02d},{row},A" for row in range(ROWS)]
    for kind, place, column, value in spoilings:
        fields = rows[place].split(",")
        if kind == "widen":
            rows[place] += ",,"
        elif kind == "quoted value" and column < len(fields):
            fields[column] = '"' + value.replace('"', '""') + '"'
            rows[place] = ",".join(fields)
        elif kind == "blank":
            rows.insert(place, ",,,")
        elif kind != "value":
            _spoil(rows, (kind, place, column, value))
    return rows


@given(
    spoilings=spoilings, line_end=st.sampled_from(["\n", "\r\n"]), has_title=st.booleans(), is_last_ended=st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_each_row_of_a_suppliers_file_is_accepted_or_set_aside(
    spoilings: list[tuple[str, int, int, str]], line_end: str, has_title: bool, is_last_ended: bool
) -> None:
    lines = [*(["sep=,"] if has_title else []), "MPR,ReadDatetime,kWh,ReadType", *_spoilt_supplier_rows(spoilings)]
    text = line_end.join(lines) + (line_end if is_last_ended else "")

    status, *outcome = _judged_supplier_file(text, read_row_by_row=False)

    if status == "judged":
        rows_read, accepted, faults, _ = outcome
        places = Counter([row[-1] for row in accepted] + [fault["row_number"] for fault in faults])
        assert places == Counter(range(1, rows_read + 1))
    assert _judged_supplier_file(text, read_row_by_row=True) == (status, *outcome), (
        "both readers must see the same rows"
    )
