"""Every real supplier's file: the layout it is read by, or the refusal with its line and reason."""

from __future__ import annotations

import csv
import gzip
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from data_layer.landing.load import FileResult, load_landing
from data_layer.warehouse.config import WarehouseConfig
from landing_files import select

FOLDER = "energy_sparks_schools/supplier_formats"
DAY_START, DAY_END, MPR = "day_by_start_time", "day_by_end_time", "reading_by_mpr"


@dataclass(frozen=True)
class Outcome:
    """What becomes of a file: layout and rows, or the words of the refusal."""

    layout: str | None = None
    loaded: int = 0
    quarantined: int = 0
    words: tuple[str, ...] = ()


OUTCOMES = {
    "amr_data__row-per-day__all-missing-readings.csv": Outcome(DAY_START, 1),
    "amr_data__row-per-day__empty-msft.csv": Outcome(words=("After line 1 (`sep=,`)", "no header, no rows")),
    "amr_data__row-per-day__empty.csv": Outcome(words=("0 bytes",)),
    "amr_data__row-per-day__malformed.csv": Outcome(DAY_START, 1, 1),
    "amr_data__row-per-day__some-missing-readings.csv": Outcome(DAY_START, 3),
    "amr_data__row-per-day__valid.csv": Outcome(DAY_START, 1),
    "amr_data__row-per-reading__empty-with-header.csv": Outcome(DAY_START),
    "amr_data__row-per-reading__some-missing-readings.csv": Outcome(MPR, 94),
    "amr_highlands__empty.csv": Outcome(words=("After line 1 (`sep=,`)", "no header, no rows")),
    "amr_highlands__example-offset.csv": Outcome(MPR, 382),
    "amr_upload_data_files__banes-bad-example-date-file.csv": Outcome(
        words=("layout day_by_end_time", "line 2", "Date is no date of the calendar", "found: KABOOM")
    ),
    "amr_upload_data_files__banes-bad-example-missing-and-invalid-mpan-file.csv": Outcome(
        words=(
            "layout day_by_end_time",
            "1 missing_value, 1 scientific_notation, 1 wrong_supply_number",
            "line 2",
            "M1_Code1 cannot be a supply number",
            "found: 1234567890",
        )
    ),
    "amr_upload_data_files__banes-example-file.csv": Outcome(DAY_END, 5),
    "amr_upload_data_files__example-bad-sheffield-file.csv": Outcome("day_kwh_and_kvarh", 2),
    "amr_upload_data_files__example-highlands-file.csv": Outcome(MPR, 48),
    "amr_upload_data_files__not_a_csv.csv": Outcome(words=("a PNG picture",)),
    "amr_upload_data_files__with-mixed-line-endings.csv": Outcome("day_without_header", 3),
    "amr_upload_data_files__with-nulls-empty-lines-invalid-chars.csv": Outcome(MPR, 6),
}


@pytest.fixture
def files(real_data: Path, warehouse_config: WarehouseConfig) -> dict[str, FileResult]:
    source = real_data / FOLDER
    names = sorted(path.name for path in source.glob("*"))
    assert names == sorted(OUTCOMES), "a file has come or gone: say here what becomes of it"
    (warehouse_config.landing / "energy").mkdir()
    for name in names:
        shutil.copyfile(source / name, warehouse_config.landing / "energy" / name)
    return {result.file_name.removeprefix("energy/"): result for result in load_landing(warehouse_config).files}


def test_each_file_loads_or_is_refused_with_line_and_reason(
    files: dict[str, FileResult], warehouse_config: WarehouseConfig
) -> None:
    for name, outcome in OUTCOMES.items():
        result = files[name]
        assert (result.format_name, result.rows_loaded, result.rows_quarantined) == (
            outcome.layout,
            outcome.loaded,
            outcome.quarantined,
        ), name
        assert result.status == ("loaded" if outcome.layout else "refused"), name
        if outcome.layout:
            assert result.rows_read == result.rows_loaded + result.rows_quarantined, name
        assert all(words in (result.reason or "") for words in outcome.words), (name, result.reason)
    assert select(
        warehouse_config, "select file_name, line_number, reason_code, raw_row from {raw_load}.quarantine"
    ) == [
        (
            "energy/amr_data__row-per-day__malformed.csv",
            3,
            "malformed_row",
            '{"_line":"\\"10545307\\",\\"K0229111D6"}',
        )
    ]
    assert select(
        warehouse_config,
        "select format_name, count(*) from {raw_load}.files where load_status = 'loaded' group by 1 order by 1",
    ) == [(DAY_END, 1), (DAY_START, 5), ("day_kwh_and_kvarh", 1), ("day_without_header", 1), (MPR, 4)]


def test_times_of_a_reading_are_told_by_the_file(
    files: dict[str, FileResult], warehouse_config: WarehouseConfig
) -> None:
    """One header, two meanings: times from 00:00 to 23:30 name the start, from 00:30 to 00:00 the end."""
    days = select(
        warehouse_config,
        "select meter_id, settlement_date, min(settlement_period), max(settlement_period), count(*), "
        "sum(reading_value) from {raw_energy}.readings where meter_id in ('1712423842469', '1722059883100') "
        "group by meter_id, settlement_date order by meter_id",
    )
    assert [(meter, str(day), *rest) for meter, day, *rest in days] == [
        ("1712423842469", "2019-11-04", 1, 48, 48, Decimal("321.4")),
        ("1722059883100", "2019-12-04", 1, 48, 48, Decimal("255.0")),
    ]
    left_open = files["amr_upload_data_files__with-nulls-empty-lines-invalid-chars.csv"]
    assert [note.code for note in left_open.notes] == ["label_open"]
    assert "taken as the end" in left_open.notes[0].text


def test_labels_of_a_day_name_its_half_hours(files: dict[str, FileResult], warehouse_config: WarehouseConfig) -> None:
    """The first value of each layout is that of 00:00 to 00:30, whatever its column is called."""
    firsts = select(
        warehouse_config,
        "select meter_id, hh_01, hh_02, hh_48, hh_49 from {raw_energy}.readings_hh "
        "where meter_id in ('2200012767323', '2336533093112', '2200013680374') order by meter_id, settlement_date",
    )
    assert [tuple(None if value is None else str(value.normalize()) for value in row[1:]) for row in firsts] == [
        ("0.969", "1.162", "1.034", None),
        ("5.7", "5.6", "5.3", None),
        ("5.4", "5.8", "5.3", None),
        ("7", "6.8", "5.4", None),
        ("6.25", "6.2", "6.36", None),
        ("6.19", "6.28", "5.29", None),
    ]
    types = "select reading_type, count(*) from {raw_energy}.readings group by 1 order by 1"
    assert select(warehouse_config, types) == [("A", 456), ("E", 74)]


def test_two_schools_load_by_a_general_layout(real_data: Path, duckdb_config: WarehouseConfig) -> None:
    """48 values on every day, clock-change days too: all are kept, and each such day is reported."""
    source = real_data / "energy_sparks_schools" / "hh_kwh_by_day_48cols.csv.gz"
    (duckdb_config.landing / "energy").mkdir()
    shutil.copyfile(source, duckdb_config.landing / "energy" / "two_schools.csv.gz")
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        values = [Decimal(value) for row in list(csv.reader(stream))[1:] for value in row[4:] if value]
    # The contract keeps six decimals.
    file_kwh = sum(value.quantize(Decimal("0.000001"), ROUND_HALF_UP) for value in values)

    (result,) = load_landing(duckdb_config).files

    assert (result.format_name, result.rows_loaded, result.rows_quarantined) == ("wide_half_hourly", 7005, 0)
    total = " + ".join(f"coalesce(sum(hh_{number:02d}), 0)" for number in range(1, 51))
    assert select(duckdb_config, f"select {total} from {{raw_energy}}.readings_hh") == [(file_kwh,)]
    assert round(file_kwh, 3) == Decimal("1217244.795")
    codes = Counter(note.code for note in result.notes)
    assert codes == {"one_of_two": 18, "time_does_not_exist": 17}


def test_a_column_a_building_loads_by_a_general_layout(real_data: Path, duckdb_config: WarehouseConfig) -> None:
    wide = pq.read_table(real_data / "cambridge_estates" / "gas_kwh_hourly_wide.parquet").slice(26_304, 2_000)
    (duckdb_config.landing / "energy").mkdir()
    pa_csv.write_csv(wide, duckdb_config.landing / "energy" / "gas_2017.csv")
    values = sum(len(wide) - wide[name].null_count for name in wide.column_names[1:])

    (result,) = load_landing(duckdb_config).files

    assert (result.format_name, result.rows_loaded, result.rows_quarantined) == ("meters_in_columns_utc", values, 0)
    found = select(
        duckdb_config,
        "select count(distinct meter_id), min(interval_minutes), min(interval_start_at) from {raw_energy}.readings",
    )
    assert found == [(14, 60, datetime(2017, 1, 1))]
