"""Files come in as their contracts say; what does not is set aside or refused with file, line and reason."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_layer.landing import load as load_module
from data_layer.landing import rules
from data_layer.landing.load import LandingNotFoundError, RowAccountingError, load_landing
from data_layer.landing.raw_tables import ContractChangedError
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from landing_files import COST_CENTRES, READINGS_HH, cost_centres, csv_text, raw_content, select, write

QUARANTINE = (
    "select file_name, row_number, line_number, column_name, column_value, reason_code "
    "from {raw_load}.quarantine order by file_id, row_number"
)
LEDGER = (
    "select file_name, load_status, rows_read, rows_loaded, rows_quarantined from {raw_load}.files order by file_id"
)


def test_five_spoilt_files_do_not_stop_the_rest(warehouse_config: WarehouseConfig) -> None:
    landing = warehouse_config.landing
    write(landing, "core/business_units.csv", "business_unit_id,business_unit_name\nfood,Food\n")
    wrong_type = [f"m1,AI,2025-01-{day:02d},kwh,A,1.5" for day in range(1, 11)]
    wrong_type[3] = "m1,AI,2025-01-04,kwh,A,one and a half"
    write(landing, "energy/readings_hh_type.csv", csv_text(f"{READINGS_HH},hh_01", wrong_type))
    write(landing, "core/cost_centres_column.csv", "cost_centre_id,business_unit_id\nC1,food\n")
    whole = gzip.compress(csv_text(COST_CENTRES, cost_centres(2000)).encode())
    write(landing, "core/cost_centres_cut.csv.gz", whole[: len(whole) // 2])
    write(
        landing,
        "core/cost_centres_key.csv",
        csv_text(COST_CENTRES, [*cost_centres(12), "C3,Another name,food", "C5,Centre 5,food"]),
    )
    write(landing, "core/cost_centres_empty.csv", b"")

    report = load_landing(warehouse_config)

    assert {result.file_name: result.status for result in report.files} == {
        "core/business_units.csv": "loaded",
        "core/cost_centres_column.csv": "refused",
        "core/cost_centres_cut.csv.gz": "refused",
        "core/cost_centres_empty.csv": "refused",
        "core/cost_centres_key.csv": "loaded",
        "energy/readings_hh_type.csv": "loaded",
    }
    reasons = {result.file_name: result.reason for result in report.refused}
    assert "cost_centre_name" in reasons["core/cost_centres_column.csv"]
    assert "cost_centre_id, business_unit_id" in reasons["core/cost_centres_column.csv"]
    assert "cut off" in reasons["core/cost_centres_cut.csv.gz"]
    assert "0 bytes" in reasons["core/cost_centres_empty.csv"]
    assert select(warehouse_config, QUARANTINE) == [
        ("core/cost_centres_key.csv", 3, 4, "cost_centre_id", "C3", "duplicate_key"),
        ("core/cost_centres_key.csv", 13, 14, "cost_centre_id", "C3", "duplicate_key"),
        ("core/cost_centres_key.csv", 14, 15, None, None, "exact_duplicate"),
        ("energy/readings_hh_type.csv", 4, 5, "hh_01", "one and a half", "wrong_type"),
    ]
    assert select(warehouse_config, LEDGER) == [
        ("core/business_units.csv", "loaded", 1, 1, 0),
        ("core/cost_centres_column.csv", "refused", None, 0, 0),
        ("core/cost_centres_cut.csv.gz", "refused", None, 0, 0),
        ("core/cost_centres_empty.csv", "refused", None, 0, 0),
        ("core/cost_centres_key.csv", "loaded", 14, 11, 3),
        ("energy/readings_hh_type.csv", "loaded", 10, 9, 1),
    ]
    assert select(warehouse_config, "select count(*) from {raw_core}.cost_centres") == [(11,)]
    assert select(warehouse_config, "select count(*) from {raw_energy}.readings_hh") == [(9,)]
    assert report.exit_code == 2


def test_loading_again_changes_nothing(warehouse_config: WarehouseConfig) -> None:
    write(warehouse_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, [*cost_centres(9), "C10,,food"]))
    write(warehouse_config.landing, "core/cost_centres_bad.csv", b"")
    load_landing(warehouse_config)
    before = raw_content(warehouse_config)

    report = load_landing(warehouse_config)

    assert raw_content(warehouse_config) == before
    assert [result.status for result in report.files] == ["unchanged", "refused"]
    assert report.exit_code == 2


def test_quarantined_rows_alone_are_a_warning(duckdb_config: WarehouseConfig) -> None:
    write(duckdb_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, [*cost_centres(9), "C10,,food"]))

    report = load_landing(duckdb_config)

    assert report.exit_code == 0
    assert report.warnings == [
        "core/cost_centres.csv: 1 of 10 rows set aside (1 missing_value); raw_load.quarantine says which and why."
    ]
    assert report.summary() == "files: 1 loaded; 9 rows loaded, 1 set aside"


def test_corrected_file_replaces_its_own_rows_only(warehouse_config: WarehouseConfig) -> None:
    landing = warehouse_config.landing
    header = f"{READINGS_HH},hh_01"
    write(
        landing, "energy/readings_hh_a.csv", csv_text(header, ["m1,AI,2025-01-05,kwh,A,1", "m1,AI,2025-01-06,kwh,A,2"])
    )
    write(landing, "energy/readings_hh_b.csv", csv_text(header, ["m2,AI,2025-02-01,kwh,A,9"]))
    load_landing(warehouse_config)
    write(
        landing, "energy/readings_hh_a.csv", csv_text(header, ["m1,AI,2025-01-06,kwh,A,3", "m1,AI,2025-01-08,kwh,A,4"])
    )

    report = load_landing(warehouse_config)

    corrected = report.loaded[0]
    assert (corrected.file_name, corrected.replaced_id, corrected.file_id) == ("energy/readings_hh_a.csv", 1, 3)
    assert (corrected.affected_from_date, corrected.affected_to_date) == (date(2025, 1, 5), date(2025, 1, 8))
    rows = select(
        warehouse_config,
        "select meter_id, settlement_date, hh_01, _file_id from {raw_energy}.readings_hh order by 1, 2",
    )
    assert rows == [
        ("m1", date(2025, 1, 6), Decimal("3.000000"), 3),
        ("m1", date(2025, 1, 8), Decimal("4.000000"), 3),
        ("m2", date(2025, 2, 1), Decimal("9.000000"), 2),
    ]
    statuses = select(warehouse_config, "select file_id, load_status from {raw_load}.files order by file_id")
    assert statuses == [(1, "replaced"), (2, "loaded"), (3, "loaded")]


def test_correction_that_is_refused_leaves_the_earlier_rows(warehouse_config: WarehouseConfig) -> None:
    write(warehouse_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, cost_centres(5)))
    load_landing(warehouse_config)
    write(warehouse_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, ["C1,,food"]))

    report = load_landing(warehouse_config)

    assert report.exit_code == 2
    assert select(warehouse_config, "select count(*) from {raw_core}.cost_centres") == [(5,)]
    statuses = select(warehouse_config, "select load_status from {raw_load}.files order by file_id")
    assert statuses == [("loaded",), ("refused",)]


def test_key_seen_again_in_a_later_file_is_a_revision(warehouse_config: WarehouseConfig) -> None:
    write(warehouse_config.landing, "core/cost_centres_1.csv", csv_text(COST_CENTRES, ["C1,First name,food"]))
    write(warehouse_config.landing, "core/cost_centres_2.csv", csv_text(COST_CENTRES, ["C1,Second name,food"]))

    load_landing(warehouse_config)

    rows = select(warehouse_config, "select cost_centre_name, _file_id from {raw_core}.cost_centres order by _file_id")
    assert rows == [("First name", 1), ("Second name", 2)]
    assert select(warehouse_config, "select count(*) from {raw_load}.quarantine") == [(0,)]


def test_file_that_has_gone_keeps_its_rows(duckdb_config: WarehouseConfig) -> None:
    path = write(duckdb_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, cost_centres(3)))
    load_landing(duckdb_config)
    path.unlink()

    report = load_landing(duckdb_config)

    assert report.absent_files == ("core/cost_centres.csv",)
    assert select(duckdb_config, "select count(*) from {raw_core}.cost_centres") == [(3,)]


def test_longest_table_name_claims_the_file(duckdb_config: WarehouseConfig) -> None:
    write(duckdb_config.landing, "energy/readings_hh_1.csv", csv_text(READINGS_HH, ["m1,AI,2025-01-05,kwh,A"]))
    write(duckdb_config.landing, "energy/invoice_lines.parquet", b"")

    report = load_landing(duckdb_config)

    tables = {result.file_name: result.table_name for result in report.files}
    assert tables == {"energy/readings_hh_1.csv": "readings_hh", "energy/invoice_lines.parquet": "invoice_lines"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("energy/tariffs.csv", "must start with a table of energy"),
        ("energy/sites.xlsx", "must end in .csv, .csv.gz, .parquet"),
        ("energy/2025/sites.csv", "stand directly in energy/"),
        ("payroll/pay.csv", "core/, energy/, membership/, travel/"),
        ("sites.csv", "core/, energy/, membership/, travel/"),
    ],
)
def test_unknown_file_is_refused_with_the_reason(duckdb_config: WarehouseConfig, name: str, words: str) -> None:
    write(duckdb_config.landing, name, "site_id\n1\n")

    report = load_landing(duckdb_config)

    assert [result.file_name for result in report.refused] == [name]
    assert words in report.refused[0].reason


def test_names_that_start_with_an_underscore_are_never_read(duckdb_config: WarehouseConfig) -> None:
    for name in ("_truth/planted.json", "energy/_notes.csv", "energy/.sites.csv.swp", "energy/_old/sites.csv"):
        write(duckdb_config.landing, name, "not data")

    assert load_landing(duckdb_config).files == ()


def test_line_numbers_count_quoted_line_ends_and_blank_lines(duckdb_config: WarehouseConfig) -> None:
    text = (
        "\ufeff" + COST_CENTRES + "\r\n"
        'C1,"Two\r\nlines",food\r\n'
        "\r\n"
        "C2,,food\r\n" + "".join(f"D{number},Name,food\r\n" for number in range(10)) + 'C3,"a ""quoted"" name",food\r\n'
        "C4,,food\r\n"
    )
    write(duckdb_config.landing, "core/cost_centres.csv", text)

    report = load_landing(duckdb_config)

    assert (report.loaded[0].rows_read, report.loaded[0].rows_loaded) == (14, 12)
    rows = select(duckdb_config, "select row_number, line_number from {raw_load}.quarantine order by 1")
    assert rows == [(2, 5), (14, 17)]
    names = select(duckdb_config, "select cost_centre_name from {raw_core}.cost_centres where cost_centre_id < 'D'")
    assert sorted(names) == [("Two\r\nlines",), ('a "quoted" name',)]


def test_line_that_is_no_row_is_set_aside_alone(duckdb_config: WarehouseConfig) -> None:
    rows = cost_centres(12)
    rows[2] = "C3,Name, with a comma,food"
    rows[5] = 'C6,"never closed,food'
    write(duckdb_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, rows))

    report = load_landing(duckdb_config)

    assert (report.loaded[0].rows_read, report.loaded[0].rows_loaded) == (12, 10)
    found = select(
        duckdb_config, "select row_number, line_number, reason_code, raw_row from {raw_load}.quarantine order by 1"
    )
    assert found == [
        (3, 4, "malformed_row", '{"_line":"C3,Name, with a comma,food"}'),
        (6, 7, "malformed_row", '{"_line":"C6,\\"never closed,food"}'),
    ]


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_any_line_end_will_do(duckdb_config: WarehouseConfig, line_end: str) -> None:
    text = csv_text(COST_CENTRES, cost_centres(20)).replace("\n", line_end)
    write(duckdb_config.landing, "core/cost_centres.csv", text)
    # The last line has another end than the rest, as after an edit by hand.
    write(duckdb_config.landing, "core/cost_centres_mixed.csv", text.rstrip("\r\n") + "\r\nC99,Last,food\n")

    report = load_landing(duckdb_config)

    assert [result.rows_loaded for result in report.files] == [20, 21]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (csv_text(COST_CENTRES, ["C1,Café,food"]).encode("latin-1"), "line 2 has a byte (0xe9)"),
        (csv_text(COST_CENTRES, ["C1,Name,food"]).encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest of a workbook", "Excel workbook"),
        (gzip.compress(b"a,b\n"), "does not end in .csv.gz"),
        (b"\n\n", "no header"),
        (csv_text(COST_CENTRES.replace(",", ";"), ["C1;Name;food"]).encode(), "semicolons"),
        (csv_text(f"{COST_CENTRES},colour", ["C1,Name,food,red"]).encode(), "colour is not in the contract"),
        (csv_text(f"{COST_CENTRES},cost_centre_id", ["C1,Name,food,C1"]).encode(), "names cost_centre_id twice"),
        (
            csv_text(COST_CENTRES, [*cost_centres(30), *(f"X{row},,food" for row in range(10))]).encode(),
            "10 of 40 rows break the contract",
        ),
        (csv_text(COST_CENTRES, ["C1,,food"]).encode(), "1 of 1 rows break the contract"),
    ],
)
def test_unfit_text_is_refused_in_plain_words(duckdb_config: WarehouseConfig, content: bytes, words: str) -> None:
    write(duckdb_config.landing, "core/cost_centres.csv", content)

    report = load_landing(duckdb_config)

    assert [result.status for result in report.files] == ["refused"]
    assert words in report.files[0].reason
    assert select(duckdb_config, "select count(*) from {raw_core}.cost_centres") == [(0,)]


def test_header_without_rows_is_loaded(warehouse_config: WarehouseConfig) -> None:
    write(
        warehouse_config.landing, "core/cost_centres.csv", " Cost_Centre_ID ,cost_centre_name,business_unit_id,_note\n"
    )

    report = load_landing(warehouse_config)

    assert [(result.status, result.rows_read) for result in report.files] == [("loaded", 0)]


READINGS = (
    "meter_id,measurement_quantity,interval_start_at,settlement_date,settlement_period,interval_minutes,"
    "reading_value,unit,reading_type"
)


@pytest.mark.parametrize(
    ("row", "column", "reason_code"),
    [
        (",AI,2025-01-01T00:00Z,,,30,1,kwh,A", "meter_id", "missing_value"),
        (" ,AI,2025-01-01T00:00Z,,,30,1,kwh,A", "meter_id", "missing_value"),
        ("m,XX,2025-01-01T00:00Z,,,30,1,kwh,A", "measurement_quantity", "not_allowed"),
        ("m,AI,2025-01-01T00:00:00,,,30,1,kwh,A", "interval_start_at", "missing_offset"),
        ("m,AI,01/02/2025 00:00,,,30,1,kwh,A", "interval_start_at", "wrong_type"),
        ("m,AI,2025-02-30T00:00Z,,,30,1,kwh,A", "interval_start_at", "wrong_type"),
        ("m,AI,,2025-02-30,1,30,1,kwh,A", "settlement_date", "wrong_type"),
        ("m,AI,,infinity,1,30,1,kwh,A", "settlement_date", "wrong_type"),
        ("m,AI,,2025-02-28 10:00,1,30,1,kwh,A", "settlement_date", "wrong_type"),
        ("m,AI,,2025-02-28,51,30,1,kwh,A", "settlement_period", "out_of_range"),
        ("m,AI,,2025-02-28,0,30,1,kwh,A", "settlement_period", "out_of_range"),
        ("m,AI,,2025-02-28,1.5,30,1,kwh,A", "settlement_period", "wrong_type"),
        ("m,AI,,2025-02-28,,30,1,kwh,A", None, "missing_value"),
        ("m,AI,1999-12-31T00:00Z,,,30,1,kwh,A", "interval_start_at", "out_of_range"),
        ("m,AI,,2031-01-01,1,30,1,kwh,A", "settlement_date", "out_of_range"),
        ("m,AI,2025-01-01T00:00Z,,,45,1,kwh,A", "interval_minutes", "not_allowed"),
        ("m,AI,2025-01-01T00:00Z,,,30,1,therm,A", "unit", "not_allowed"),
        ('m,AI,2025-01-01T00:00Z,,,30,"1,000",kwh,A', "reading_value", "wrong_type"),
        ("m,AI,2025-01-01T00:00Z,,,30,1_000,kwh,A", "reading_value", "wrong_type"),
        ("m,AI,2025-01-01T00:00Z,,,30,nan,kwh,A", "reading_value", "wrong_type"),
        ("m,AI,2025-01-01T00:00Z,,,30,1234567890123,kwh,A", "reading_value", "out_of_range"),
        ("m,AI,2025-01-01T00:15Z,,,30,1,kwh,A", "interval_start_at", "off_grid"),
        ("m,AI,2025-01-01T00:29:59+01:00,,,60,1,kwh,A", "interval_start_at", "off_grid"),
        ("m,AI,2025-01-01T00:30:00.000001Z,,,30,1,kwh,A", "interval_start_at", "off_grid"),
        ("m,AI,2025-01-01T00:00Z,,,30,1,kVArh,A", "unit", "wrong_unit"),
        ("m,AE,2025-01-01T00:00Z,,,30,1,m3,A", "unit", "wrong_unit"),
        ("m,RI,2025-01-01T00:00Z,,,30,1,kWh,A", "unit", "wrong_unit"),
        ("m,RE,2025-01-01T00:00Z,,,30,1,hcf,A", "unit", "wrong_unit"),
        ("m,AI,2025-01-01T00:00Z,,,30,1000000000.5,kwh,A", "reading_value", "out_of_range"),
        ("m,AI,2025-01-01T00:00Z,,,30,-1000000000.5,kwh,A", "reading_value", "out_of_range"),
    ],
)
def test_row_that_breaks_its_contract_is_set_aside(
    duckdb_config: WarehouseConfig, row: str, column: str | None, reason_code: str
) -> None:
    units = ["kWh", "m3", "hcf", "gj"]
    good = [f"m,AI,2025-06-01T{hour:02d}:30:00+01:00,,,30,1,{units[hour % 4]},A" for hour in range(10)]
    good += [f"m,{kind},2025-06-01T00:00:00Z,,,30,1,{unit},A" for kind, unit in (("RI", "kVArh"), ("AE", "MWh"))]
    write(duckdb_config.landing, "energy/readings.csv", csv_text(READINGS, [*good, row]))

    report = load_landing(duckdb_config)

    assert report.loaded[0].reason_counts == {reason_code: 1}
    found = select(duckdb_config, "select row_number, line_number, column_name from {raw_load}.quarantine")
    assert found == [(13, 14, column)]
    assert select(
        duckdb_config,
        "select length(reason) > 20, raw_row like '%measurement_quantity%' from {raw_load}.quarantine",
    ) == [(True, True)]


def test_half_hour_that_no_meter_can_measure_is_set_aside(duckdb_config: WarehouseConfig) -> None:
    rows = [f"m,AI,2025-01-{day:02d},kwh,A,1" for day in range(1, 11)]
    rows[4] = "m,AI,2025-01-05,gwh,A,99999999999"
    write(duckdb_config.landing, "energy/readings_hh.csv", csv_text(f"{READINGS_HH},hh_50", rows))

    assert load_landing(duckdb_config).loaded[0].reason_counts == {"out_of_range": 1}


def test_what_lies_in_the_future_is_set_aside(
    warehouse_config: WarehouseConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "load_date", lambda: date(2025, 6, 30))
    landing = warehouse_config.landing
    write(
        landing,
        "energy/readings.csv",
        csv_text(
            READINGS,
            [
                "m,AI,2025-07-01T23:30:00Z,,,30,1,kwh,A",
                "m,AI,2025-07-02T00:00:00Z,,,30,1,kwh,A",
                "m,AI,,2025-07-01,1,30,1,kwh,A",
                "m,AI,,2025-07-02,1,30,1,kwh,A",
            ],
        ),
    )
    days = ["m,AI,2025-07-01,kwh,A,1", "m,AI,2025-07-02,kwh,A,1"]
    write(landing, "energy/readings_hh.csv", csv_text(f"{READINGS_HH},hh_01", days))
    hours = ["w,2025-07-01T23:00:00Z,10", "w,2025-07-02T00:00:00Z,10"]
    write(landing, "energy/weather.csv", csv_text("weather_station_id,observed_at,temperature_c", hours))

    load_landing(warehouse_config)

    assert select(
        warehouse_config,
        "select file_name, row_number, column_name, reason_code from {raw_load}.quarantine order by 1, 2",
    ) == [
        ("energy/readings.csv", 2, "interval_start_at", "in_the_future"),
        ("energy/readings.csv", 4, "settlement_date", "in_the_future"),
        ("energy/readings_hh.csv", 2, "settlement_date", "in_the_future"),
        ("energy/weather.csv", 2, "observed_at", "in_the_future"),
    ]


def test_few_faulty_rows_of_a_short_file_do_not_refuse_it(duckdb_config: WarehouseConfig) -> None:
    write(duckdb_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, [*cost_centres(3), "C4,,food"]))

    result = load_landing(duckdb_config).loaded[0]

    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (4, 3, 1)


def test_dates_out_of_order_are_set_aside(duckdb_config: WarehouseConfig) -> None:
    header = "meter_id,valid_from_date,valid_to_date,site_id,fuel,serial_number,interval_minutes"
    rows = ["m,2025-01-01,2024-12-31,s,gas,1,30", "m,2025-02-01,2025-02-01,s,gas,2,30", "m,2025-03-01,,s,gas,3,30"]
    write(duckdb_config.landing, "energy/meters.csv", csv_text(header, rows))

    assert load_landing(duckdb_config).loaded[0].rows_loaded == 2
    assert select(duckdb_config, "select row_number, column_name, reason_code from {raw_load}.quarantine") == [
        (1, "valid_to_date", "wrong_order")
    ]


OPENING_HOURS = "site_id,valid_from_date,day_kind,opens_at,closes_at"


def timetable(site: str, valid_from: str) -> list[str]:
    """Rows of opening_hours.csv: open from Monday to Friday."""
    return [f"{site},{valid_from},{day},09:00,18:00" for day in range(1, 6)]


def test_timetable_with_a_faulty_row_is_set_aside_whole(warehouse_config: WarehouseConfig) -> None:
    night = timetable("club", "2025-01-01")
    night[4] = "club,2025-01-01,5,18:00,02:00"
    rows = [*timetable("shop", "2025-01-01"), *night, *timetable("club", "2024-01-01"), "shop,2025-01-01,5,09:00,18:00"]
    write(warehouse_config.landing, "energy/opening_hours.csv", csv_text(OPENING_HOURS, rows))

    result = load_landing(warehouse_config).loaded[0]

    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (16, 10, 6)
    assert result.reason_counts == {"group_incomplete": 4, "exact_duplicate": 1, "wrong_order": 1}
    assert select(
        warehouse_config,
        "select site_id, valid_from_date, count(*) from {raw_energy}.opening_hours group by 1, 2 order by 1, 2",
    ) == [("club", date(2024, 1, 1), 5), ("shop", date(2025, 1, 1), 5)]
    found = select(
        warehouse_config,
        "select row_number, line_number, column_value, reason from {raw_load}.quarantine "
        "where reason_code = 'group_incomplete' order by row_number",
    )
    assert [row[:3] for row in found] == [(row, row + 1, "club, 2025-01-01") for row in range(6, 10)]
    assert all(reason.startswith("Row 10 is at fault") for *_, reason in found)


def test_row_without_a_readable_date_may_be_of_each_timetable_of_its_site(duckdb_config: WarehouseConfig) -> None:
    rows = [
        *timetable("shop", "2025-01-01"),
        *timetable("club", "2024-01-01"),
        *timetable("club", "2025-01-01"),
        "club,2025-02-30,6,10:00,12:00",
    ]
    write(duckdb_config.landing, "energy/opening_hours.csv", csv_text(OPENING_HOURS, rows))

    report = load_landing(duckdb_config)

    # More than a fifth of the rows, but ten of them have no fault of their own.
    assert report.loaded[0].reason_counts == {"group_incomplete": 10, "wrong_type": 1}
    assert select(duckdb_config, "select distinct site_id from {raw_energy}.opening_hours") == [("shop",)]


@pytest.mark.parametrize("fault", ["shop,2025-01-01,6,18:00,02:00", "shop,2025-01-01,6,10:00,12:00,more"])
def test_file_without_a_whole_group_is_refused(duckdb_config: WarehouseConfig, fault: str) -> None:
    rows = [*timetable("shop", "2025-01-01"), fault]
    write(duckdb_config.landing, "energy/opening_hours.csv", csv_text(OPENING_HOURS, rows))

    (result,) = load_landing(duckdb_config).files

    assert result.status == "refused"
    assert "No row can be loaded (5 group_incomplete, 1 " in result.reason
    assert "The first, line 7: " in result.reason


def test_moments_are_stored_in_utc_and_days_are_local(warehouse_config: WarehouseConfig) -> None:
    rows = [
        "m,AI,2025-07-01T00:00:00+01:00,,,30,1,kwh,A",
        "m,AI,2025-07-01 23:30:00+00:00,,,30,2.5000005,kwh,A",
        "m,AI,2025-10-26T01:30:00+0100,,,30,3,kwh,A",
        "m,AI,2025-10-26T01:30:00Z,,,30,4,kwh,A",
    ]
    write(warehouse_config.landing, "energy/readings.csv", csv_text(READINGS, rows))

    report = load_landing(warehouse_config)

    found = select(warehouse_config, "select interval_start_at, reading_value from {raw_energy}.readings order by 1")
    assert found == [
        (datetime(2025, 6, 30, 23, 0), Decimal("1.000000")),
        (datetime(2025, 7, 1, 23, 30), Decimal("2.500001")),
        (datetime(2025, 10, 26, 0, 30), Decimal("3.000000")),
        (datetime(2025, 10, 26, 1, 30), Decimal("4.000000")),
    ]
    assert (report.files[0].affected_from_date, report.files[0].affected_to_date) == (
        date(2025, 7, 1),
        date(2025, 10, 26),
    )


def test_parquet_keeps_its_types_and_row_numbers(warehouse_config: WarehouseConfig) -> None:
    table = pa.table(
        {
            "meter_id": pa.array([1200000000001, 1200000000002, 1200000000003, 1200000000004, 1200000000005] * 2),
            "measurement_quantity": pa.array(["AI"] * 10).dictionary_encode(),
            "interval_start_at": pa.array(
                [datetime(2025, 7, 1, 12 + number // 5, tzinfo=UTC) for number in range(10)],
                pa.timestamp("ms", "Europe/London"),
            ),
            "interval_minutes": pa.array([30] * 10, pa.int16()),
            "reading_value": pa.array([0.1, float("nan"), 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]),
            "unit": ["kwh"] * 10,
            "reading_type": ["A"] * 10,
        }
    )
    path = warehouse_config.landing / "energy" / "readings.parquet"
    path.parent.mkdir()
    pq.write_table(table, path, row_group_size=3)

    report = load_landing(warehouse_config)

    assert report.loaded[0].reason_counts == {"missing_value": 1}
    found = select(
        warehouse_config,
        "select meter_id, interval_start_at, reading_value, _row_number from {raw_energy}.readings order by 4",
    )
    assert found[:2] == [
        ("1200000000001", datetime(2025, 7, 1, 12), Decimal("0.100000"), 1),
        ("1200000000003", datetime(2025, 7, 1, 12), Decimal("2.000000"), 3),
    ]
    assert select(warehouse_config, "select row_number, line_number, column_name from {raw_load}.quarantine") == [
        (2, None, "reading_value")
    ]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("interval_start_at", pa.array([datetime(2025, 7, 1, 12)], pa.timestamp("us")), "without a time zone"),
        ("unit", pa.array([1.5]), "the type DOUBLE in the file, but its contract says text"),
        ("reading_value", pa.array([True]), "the type BOOLEAN in the file, but its contract says numeric(18, 6)"),
    ],
)
def test_parquet_of_another_type_is_refused(
    duckdb_config: WarehouseConfig, column: str, values: pa.Array, words: str
) -> None:
    columns = {
        "meter_id": ["m"],
        "measurement_quantity": ["AI"],
        "interval_start_at": pa.array([datetime(2025, 7, 1, 12)], pa.timestamp("us", "UTC")),
        "interval_minutes": [30],
        "reading_value": [1.5],
        "unit": ["kwh"],
        "reading_type": ["A"],
    }
    path = duckdb_config.landing / "energy" / "readings.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table(columns | {column: values}), path)

    report = load_landing(duckdb_config)

    assert words in report.refused[0].reason


def test_damaged_parquet_is_refused_and_the_rest_loads(warehouse_config: WarehouseConfig) -> None:
    days = [date(2025, 1, 1)] * 50_000
    table = pa.table(
        {
            "meter_id": [f"m{number}" for number in range(50_000)],
            "measurement_quantity": ["AI"] * 50_000,
            "settlement_date": days,
            "unit": ["kwh"] * 50_000,
            "reading_type": ["A"] * 50_000,
            "hh_01": [Decimal(f"{number * 7919 % 1_000_000}.000001") for number in range(50_000)],
        }
    )
    path = warehouse_config.landing / "energy" / "readings_hh_1.parquet"
    path.parent.mkdir()
    schema = table.schema.set(5, pa.field("hh_01", pa.decimal128(18, 6)))
    pq.write_table(table.cast(schema), path, use_dictionary=False, compression="zstd")
    whole = path.read_bytes()
    # Only the readings are damaged: a column that no rule needs to look at before the rows are written.
    place = pq.ParquetFile(path).metadata.row_group(0).column(5).data_page_offset
    write(
        warehouse_config.landing,
        "energy/readings_hh_1.parquet",
        whole[:place] + b"\xff" * 20 + whole[place + 20 :],
    )
    write(warehouse_config.landing, "energy/readings_hh_2.parquet", whole[: len(whole) // 2])
    write(warehouse_config.landing, "energy/readings_hh_3.parquet", whole)

    report = load_landing(warehouse_config)

    assert [result.status for result in report.files] == ["refused", "refused", "loaded"]
    assert all("deliver it again" in result.reason for result in report.refused)
    assert select(warehouse_config, "select count(*), min(_file_id) from {raw_energy}.readings_hh") == [(50_000, 3)]


def test_raw_tables_are_there_before_any_file(warehouse_config: WarehouseConfig) -> None:
    assert load_landing(warehouse_config).summary() == "files: none found; 0 rows loaded, 0 set aside"

    content = raw_content(warehouse_config)

    assert {"energy.readings_hh", "savings.claims", "forecasts.energy_daily", "load.files"} <= set(content)
    assert not any(table.num_rows for table in content.values())


def test_raw_table_has_the_contracts_types(warehouse_config: WarehouseConfig) -> None:
    load_landing(warehouse_config)

    with open_warehouse(warehouse_config) as warehouse:
        rows = warehouse.fetch_rows(
            "select column_name::varchar, cast(numeric_precision as int), cast(numeric_scale as int) "
            "from information_schema.columns where table_schema = ? and table_name = 'sites' and data_type like ?",
            [warehouse.schema("raw_energy"), "%" if warehouse.dialect == "postgres" else "DECIMAL%"],
        )
    assert ("latitude_deg", 9, 6) in rows
    assert ("floor_area_m2", 12, 2) in rows


def test_rows_in_an_old_form_are_not_dropped_in_silence(warehouse_config: WarehouseConfig) -> None:
    write(warehouse_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, cost_centres(3)))
    load_landing(warehouse_config)
    with open_warehouse(warehouse_config) as warehouse:
        warehouse.execute(f"alter table {warehouse.schema('raw_core')}.cost_centres drop column business_unit_id")
        warehouse.execute(f"alter table {warehouse.schema('raw_savings')}.claims drop column meter_id")

    with pytest.raises(ContractChangedError, match=r"core\.cost_centres has changed.*3 rows"):
        load_landing(warehouse_config)


def test_rows_that_do_not_add_up_are_rolled_back(
    warehouse_config: WarehouseConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(warehouse_config.landing, "core/cost_centres.csv", csv_text(COST_CENTRES, [*cost_centres(9), "C10,,food"]))
    monkeypatch.setattr(load_module._Loader, "_append_faults", lambda *_: 0)

    with pytest.raises(RowAccountingError, match="10 rows read, but 9 loaded"):
        load_landing(warehouse_config)

    assert select(warehouse_config, "select count(*) from {raw_core}.cost_centres") == [(0,)]
    assert select(warehouse_config, "select count(*) from {raw_load}.files") == [(0,)]


def test_no_landing_folder_is_said_in_plain_words(duckdb_config: WarehouseConfig) -> None:
    duckdb_config.landing.rmdir()

    with pytest.raises(LandingNotFoundError, match="There is no landing folder"):
        load_landing(duckdb_config)
