"""Suppliers' files in the landing folder: the layout that reads them, odd text, and where each row goes."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import yaml

from data_layer.landing.formats import FormatError
from data_layer.landing.load import FileResult, load_landing
from data_layer.warehouse.config import WarehouseConfig
from landing_files import READINGS_HH, csv_text, raw_content, select, write
from test_formats_definition import LAYOUT

TIMES = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 1440, 30)]
HOURS = TIMES[::2]
ENDS = [*TIMES[1:], "24:00"]
MPAN, MPRN = "1700052624128", "4186869705"
MPR_HEADER = "MPR,ReadDatetime,kWh,ReadType"
QUARANTINE = "select line_number, column_name, column_value, reason_code from {raw_load}.quarantine order by row_number"


def load(config: WarehouseConfig, content: str | bytes, name: str = "from_supplier.csv") -> FileResult:
    write(config.landing, f"energy/{name}", content)
    results = {result.file_name: result for result in load_landing(config).files}
    result = results[f"energy/{name}"]
    if result.status == "loaded":
        assert result.rows_read == result.rows_loaded + result.rows_quarantined
    return result


def day_row(meter: str, day: str, values: int = 48, first: int = 1) -> str:
    return ",".join([meter, day, *(str(first + number) for number in range(values))])


def mpr_rows(day: str = "03 Dec 2019", value: str = "1", kind: str = "Actual") -> list[str]:
    return [f"{MPAN},{day} {time}:00,{value},{kind}" for time in TIMES]


def half_hours(config: WarehouseConfig) -> list[Decimal | None]:
    columns = ", ".join(f"hh_{number:02d}" for number in range(1, 51))
    (row,) = select(config, f"select {columns} from {{raw_energy}}.readings_hh")
    return [None if value is None else int(value) for value in row]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-07-01", [*range(1, 49), None, None]),
        # The hour from 01:00 (values 3 and 4) does not exist: it stands beyond the day's 46 half-hours.
        ("2025-03-30", [1, 2, *range(5, 49), 3, 4, None, None]),
        # The hour from 01:00 comes twice and has one value: the second (periods 5 and 6) is missing.
        ("2025-10-26", [1, 2, 3, 4, None, None, *range(5, 49)]),
    ],
)
def test_columns_of_clock_times_follow_the_clock(
    duckdb_config: WarehouseConfig, day: str, expected: list[int | None]
) -> None:
    result = load(duckdb_config, csv_text(",".join(["mpan", "date", *TIMES]), [day_row(MPAN, day)]))

    assert (result.format_name, result.table_name) == ("wide_half_hourly", "readings_hh")
    assert half_hours(duckdb_config) == expected
    codes = {"2025-07-01": [], "2025-03-30": ["time_does_not_exist"], "2025-10-26": ["one_of_two"]}
    assert [note.code for note in result.notes] == codes[day]
    assert all((note.meter_id, note.settlement_date) == (MPAN, date.fromisoformat(day)) for note in result.notes)


def test_columns_of_settlement_periods_stay_where_they_are(warehouse_config: WarehouseConfig) -> None:
    names = [f"kWh_{number}" for number in range(1, 51)] + [f"kVArh_{number}" for number in range(1, 49)]
    row = ["Ref", MPAN, "26/10/2025", *(str(number) for number in range(1, 51)), *(["0.5"] * 48)]
    header = ",".join(["siteRef", "MPAN", "ConsumptionDate", *names])

    result = load(warehouse_config, csv_text(header, [",".join(row), ",".join(row[:3] + ["1"] * 50 + [""] * 48)]))

    # The second row has no reactive energy, so it is one row and not two; its AI is another value for the same day.
    assert (result.rows_read, result.reason_counts) == (3, {"duplicate_key": 2})
    sums = "select measurement_quantity, unit, hh_01, hh_50 from {raw_energy}.readings_hh"
    assert select(warehouse_config, sums) == [("RI", "kvarh", Decimal("0.5"), None)]
    assert select(warehouse_config, QUARANTINE)[0][:2] == (2, "meter_id, measurement_quantity, settlement_date")


def test_hours_of_a_day_become_readings(warehouse_config: WarehouseConfig) -> None:
    rows = [
        day_row("M1", "2025-07-01", 24),
        day_row("M1", "2025-10-26", 24),
        ",".join(["M1", "2025-07-02", *[""] * 24]),
    ]

    result = load(warehouse_config, csv_text(",".join(["Meter ID", "Date", *HOURS]), rows))

    assert (result.format_name, result.rows_read, result.reason_counts) == ("wide_hourly", 49, {"no_values": 1})
    assert [note.code for note in result.notes] == ["one_of_two"]
    days = (
        "select settlement_date, count(*), min(settlement_period), max(settlement_period), sum(reading_value), "
        "min(interval_minutes) from {raw_energy}.readings group by 1 order by 1"
    )
    assert select(warehouse_config, days) == [
        (date(2025, 7, 1), 24, 1, 47, 300, 60),
        (date(2025, 10, 26), 24, 1, 49, 300, 60),
    ]


def test_one_column_a_meter(warehouse_config: WarehouseConfig) -> None:
    rows = [f"2025-07-01 {time}:00,{number},{'' if number == 3 else number * 2}" for number, time in enumerate(HOURS)]

    result = load(warehouse_config, csv_text("timestamp_utc,b0,b2", [*rows, "2025-07-02 00:00:00,,"]))

    assert (result.format_name, result.rows_read, result.reason_counts) == (
        "meters_in_columns_utc",
        48,
        {"no_values": 1},
    )
    found = select(
        warehouse_config,
        "select meter_id, count(*), sum(reading_value), min(interval_start_at), min(interval_minutes), min(unit) "
        "from {raw_energy}.readings group by 1 order by 1",
    )
    assert found == [
        ("b0", 24, 276, datetime(2025, 7, 1), 60, "kwh"),
        ("b2", 23, 546, datetime(2025, 7, 1), 60, "kwh"),
    ]


def test_long_rows_by_settlement_period(duckdb_config: WarehouseConfig) -> None:
    rows = [f"M1,AE,2025-10-26,{period},2,Estimated" for period in range(1, 52)]

    result = load(duckdb_config, csv_text("meter,quantity,settlement_date,settlement_period,value,type", rows))

    assert (result.format_name, result.reason_counts) == ("long_settlement_period", {"out_of_range": 1})
    assert select(
        duckdb_config,
        "select measurement_quantity, reading_type, count(*), max(settlement_period) from {raw_energy}.readings "
        "group by 1, 2",
    ) == [("AE", "E", 50, 50)]


MPR_TEXT = csv_text(MPR_HEADER, mpr_rows())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeff" + MPR_TEXT, id="byte-order mark"),
        pytest.param(MPR_TEXT.encode("utf-16"), id="UTF-16"),
        pytest.param(("sep=,\r\n" + MPR_TEXT.replace("\n", "\r\n")).encode("utf-16"), id="UTF-16 with sep="),
        pytest.param(MPR_TEXT.replace("\n", "\r\n", 20), id="mixed line ends"),
        pytest.param("sep=,\n" + MPR_TEXT, id="sep="),
        pytest.param("sep=;\n" + MPR_TEXT.replace(",", ";"), id="another sep="),
        pytest.param(MPR_TEXT.replace("\n", "\n\n,,,\n"), id="blank lines"),
        pytest.param(MPR_TEXT.replace("\n", ",,\n"), id="columns without a name at the end"),
        pytest.param(MPR_TEXT.replace(MPR_HEADER, " mpr ,READ DATETIME,KWH,Read_Type"), id="case and spaces of names"),
        pytest.param(MPR_TEXT.replace("Actual\n", "\0Actual \0\n"), id="NULs around values"),
        pytest.param(MPR_TEXT.replace("1,Actual", '"1","Actual"'), id="quotes"),
    ],
)
def test_text_of_suppliers_is_put_up_with(duckdb_config: WarehouseConfig, content: str | bytes) -> None:
    result = load(duckdb_config, content)

    assert result.status == "loaded", result.reason
    assert (result.format_name, result.rows_loaded, result.rows_quarantined) == ("reading_by_mpr", 48, 0)


def test_bad_lines_are_set_aside_with_line_and_reason(warehouse_config: WarehouseConfig) -> None:
    rows = [row for day in ("03 Dec 2019", "04 Dec 2019", "05 Dec 2019") for row in mpr_rows(day)]
    rows[2] = "1700052624129,03 Dec 2019 01:00:00,1,Actual"
    rows[3] = "1.70005E+12,03 Dec 2019 01:30:00,1,Actual"
    rows[4] = f"{MPAN},31 Nov 2019 02:00:00,1,Actual"
    rows[5] = f"{MPAN},03 Dec 2019 02:30:00,one,Actual"
    rows[6] = f"{MPAN},03 Dec 2019 03:00:00,1,Guessed"
    rows[7] = f"{MPAN},03 Dec 2019 03:30:00,,Actual"
    rows[8] = f"{MPAN},03 Dec 2019 04:00:00,1"
    rows[9] = f"{MPAN},03 Dec 2019 04:40:00,1,Actual"
    rows[10] = ",03 Dec 2019 05:00:00,1,Actual"

    result = load(warehouse_config, csv_text("sep=,\n" + MPR_HEADER, rows))

    assert select(warehouse_config, QUARANTINE) == [
        (5, "MPR", "1700052624129", "wrong_check_digit"),
        (6, "MPR", "1.70005E+12", "scientific_notation"),
        (7, "ReadDatetime", "31 Nov 2019 02:00:00", "wrong_type"),
        (8, "reading_value", "one", "wrong_type"),
        (9, "ReadType", "Guessed", "not_allowed"),
        (10, None, None, "no_values"),
        (11, None, None, "malformed_row"),
        (12, "ReadDatetime", "2019-12-03 04:40:00", "off_grid"),
        (13, "MPR", None, "missing_value"),
    ]
    (raw,) = select(warehouse_config, "select raw_row from {raw_load}.quarantine where line_number = 9")[0]
    assert json.loads(raw) == {
        "MPR": MPAN,
        "ReadDatetime": "03 Dec 2019 03:00:00",
        "kWh": "1",
        "ReadType": "Guessed",
    }
    assert result.rows_loaded == 135


def test_row_without_any_half_hour_is_set_aside_and_takes_nothing_with_it(duckdb_config: WarehouseConfig) -> None:
    empty = [",".join([MPAN, f"2025-07-{day:02d}", *[""] * 48]) for day in range(1, 21)]

    result = load(duckdb_config, csv_text(",".join(["mpan", "date", *TIMES]), [*empty, day_row(MPAN, "2025-08-01")]))

    # Most rows are empty, and the file is not refused for it: a meter that was not read has nothing to lose.
    assert (result.status, result.rows_loaded, result.reason_counts) == ("loaded", 1, {"no_values": 20})


@pytest.mark.parametrize("fuel_number", [MPAN, MPRN])
def test_header_alone_loads_nothing(duckdb_config: WarehouseConfig, fuel_number: str) -> None:
    assert load(duckdb_config, f"{MPR_HEADER}\n").rows_read == 0
    assert load(duckdb_config, f"{MPR_HEADER}\n{fuel_number},03 Dec 2019 00:30:00,1,Actual\n").rows_loaded == 1


def test_times_that_leave_the_label_open_are_reported(duckdb_config: WarehouseConfig) -> None:
    ended = load(duckdb_config, csv_text(MPR_HEADER, mpr_rows()[4:9]))

    assert [note.code for note in ended.notes] == ["label_open"]
    periods = "select min(settlement_period), max(settlement_period) from {raw_energy}.readings"
    assert select(duckdb_config, periods) == [(4, 8)], "taken as the end: 02:00 ends period 4"
    assert "taken as the end" in load_landing_warning(duckdb_config)


def load_landing_warning(config: WarehouseConfig) -> str:
    write(config.landing, "energy/again.csv", csv_text(MPR_HEADER, mpr_rows("04 Dec 2019")[4:9]))
    return "\n".join(load_landing(config).warnings)


def test_file_that_no_layout_fits_is_refused_with_the_nearest(duckdb_config: WarehouseConfig) -> None:
    result = load(duckdb_config, csv_text("MPR,ReadDatetime,Units,ReadType", ["1,2,3,4"]))

    assert result.status == "refused"
    assert "No supplier's layout fits the file. Nearest is reading_by_mpr" in result.reason
    assert "the file has no column kWh, and the layout does not know Units" in result.reason
    assert "must start with a table of energy" in result.reason


def test_file_with_a_tables_name_may_have_a_suppliers_layout(duckdb_config: WarehouseConfig) -> None:
    in_own_columns = csv_text(f"{READINGS_HH},hh_01", ["m1,AI,2025-07-01,kwh,A,1"])

    assert load(duckdb_config, in_own_columns, "readings_hh_1.csv").format_name is None
    assert load(duckdb_config, MPR_TEXT, "readings_north.csv").format_name == "reading_by_mpr"
    refused = load(duckdb_config, csv_text(f"{READINGS_HH},hh_51", ["m1,AI,2025-07-01,kwh,A,1"]), "readings_hh_2.csv")
    assert "hh_51 is not in the contract" in refused.reason
    assert "No supplier's layout fits" in refused.reason
    other = load(duckdb_config, MPR_TEXT, "weather_1.csv")
    assert "Required column missing: weather_station_id" in other.reason, "only readings have suppliers' layouts"
    assert "layout" not in other.reason


def own_layout(config: WarehouseConfig, **changes: object) -> None:
    write(config.landing, "formats/north.yaml", yaml.safe_dump({**LAYOUT, **changes}))


def north_file(meter: str = MPAN) -> str:
    return csv_text(",".join(["Supply", "Day", *TIMES]), [day_row(meter, "01/07/2025")])


def test_own_layout_needs_no_code(warehouse_config: WarehouseConfig) -> None:
    own_layout(warehouse_config)

    result = load(warehouse_config, gzip.compress(north_file().encode()), "north.csv.gz")

    assert (result.format_name, result.rows_loaded) == ("north_supplier", 1)
    assert half_hours(warehouse_config)[:3] == [1, 2, 3]
    ledger = "select file_name, format_name, table_name, length(format_sha256) from {raw_load}.files"
    assert select(warehouse_config, ledger) == [("energy/north.csv.gz", "north_supplier", "readings_hh", 64)]


def test_own_layout_goes_before_one_that_is_shipped(duckdb_config: WarehouseConfig) -> None:
    own_layout(
        duckdb_config, meter={"column": "mpan", "kind": "mpan"}, date={"column": "date", "formats": ["%d/%m/%Y"]}
    )

    text = north_file().replace("Supply,Day", "mpan,date")

    assert load(duckdb_config, text).format_name == "north_supplier"


def test_two_layouts_that_fit_equally_refuse_the_file(duckdb_config: WarehouseConfig) -> None:
    own_layout(duckdb_config)
    write(duckdb_config.landing, "formats/south.yaml", yaml.safe_dump({**LAYOUT, "name": "south_supplier"}))

    result = load(duckdb_config, north_file())

    assert result.status == "refused"
    assert "The layouts north_supplier and south_supplier fit equally well" in result.reason


def test_changed_layout_reads_its_files_again(warehouse_config: WarehouseConfig) -> None:
    own_layout(warehouse_config, label="start", values=[{"quantity": "AI", "unit": "wh", "columns": "{time}"}])
    load(warehouse_config, north_file())
    assert load(warehouse_config, north_file()).status == "unchanged"

    own_layout(warehouse_config)
    again = load(warehouse_config, north_file())

    assert (again.status, again.rows_loaded, again.replaced_id) == ("loaded", 1, 1)
    assert select(warehouse_config, "select unit, _file_id from {raw_energy}.readings_hh") == [("kwh", 2)]
    assert select(warehouse_config, "select unit, _file_id from {raw_energy}.readings_hh_replaced") == [("wh", 1)]


def test_layout_that_cannot_be_followed_stops_the_load(duckdb_config: WarehouseConfig) -> None:
    own_layout(duckdb_config, rows="week")

    with pytest.raises(FormatError, match=r"north\.yaml: rows: 'week' is not known"):
        load_landing(duckdb_config)


def test_day_and_time_may_stand_apart(duckdb_config: WarehouseConfig) -> None:
    own_layout(
        duckdb_config,
        rows="reading",
        label="end",
        date={"column": "Day"},
        time={"column": "Time", "formats": ["%d/%m/%Y %H:%M"]},
        values=[{"quantity": "AI", "unit": "kwh", "column": "Use"}],
    )
    rows = [f"{MPAN},01/07/2025,{time},{number}" for number, time in enumerate(ENDS, start=1)]

    result = load(duckdb_config, csv_text("Supply,Day,Time,Use", rows))

    assert (result.format_name, result.rows_loaded, result.notes) == ("north_supplier", 48, ())
    ends = "select settlement_date, settlement_period, reading_value from {raw_energy}.readings order by 2"
    assert select(duckdb_config, ends) == [(date(2025, 7, 1), period, period) for period in range(1, 49)]


@pytest.mark.parametrize(("step", "words"), [(15, "15 minutes apart"), (1440, "1,440 minutes apart")])
def test_readings_of_other_lengths_are_refused(duckdb_config: WarehouseConfig, step: int, words: str) -> None:
    first = datetime(2025, 7, 1)
    rows = [f"M1,{first + timedelta(minutes=step * number):%Y-%m-%d %H:%M},1" for number in range(20)]

    result = load(duckdb_config, csv_text("meter,timestamp,value", rows))

    assert result.status == "refused"
    assert words in result.reason


def test_one_time_alone_and_another_length_than_the_layouts_are_reported(duckdb_config: WarehouseConfig) -> None:
    alone = load(duckdb_config, csv_text("meter,timestamp,value", ["M1,2025-07-01 00:00,1"]), "alone.csv")
    hourly = load(duckdb_config, csv_text(MPR_HEADER, mpr_rows()[::2]), "hourly.csv")

    assert [note.code for note in alone.notes] == ["interval_open", "label_open"]
    assert [note.code for note in hourly.notes] == ["interval_differs", "label_open"]
    assert "60 minutes apart, but the layout says 30" in hourly.notes[0].text


def test_header_below_a_title_is_found(duckdb_config: WarehouseConfig) -> None:
    own_layout(duckdb_config, header_line=2)

    result = load(duckdb_config, f"Report of 1 July,,\n\n{north_file()}")

    assert (result.format_name, result.rows_loaded) == ("north_supplier", 1)


def test_corrected_file_keeps_what_was_known_before(warehouse_config: WarehouseConfig) -> None:
    load(warehouse_config, csv_text(MPR_HEADER, mpr_rows(value="1", kind="Estimated")))
    load(warehouse_config, csv_text(MPR_HEADER, mpr_rows(value="2")))
    load(warehouse_config, csv_text(MPR_HEADER, mpr_rows(value="3")[:40]))

    kept = (
        "select _file_id, reading_type, count(*), sum(reading_value), min(_row_number), max(_row_number) "
        "from {raw_energy}.%s group by 1, 2 order by 1"
    )
    assert select(warehouse_config, kept % "readings") == [(3, "A", 40, 120, 1, 40)]
    assert select(warehouse_config, kept % "readings_replaced") == [(1, "E", 48, 48, 1, 48), (2, "A", 48, 96, 1, 48)]


def test_file_that_goes_to_another_table_takes_its_rows_along(warehouse_config: WarehouseConfig) -> None:
    load(warehouse_config, MPR_TEXT)
    corrected = load(warehouse_config, csv_text(",".join(["mpan", "date", *TIMES]), [day_row(MPAN, "2019-12-03")]))

    assert (corrected.table_name, corrected.affected_from_date) == ("readings_hh", date(2019, 12, 3))
    tables = raw_content(warehouse_config)
    counts = [tables[f"energy.{name}"].num_rows for name in ("readings", "readings_replaced", "readings_hh")]
    assert counts == [0, 48, 1]


@pytest.mark.parametrize(
    ("columns", "format_name", "periods"),
    [
        ([*TIMES[1:], "00:00"], "wide_half_hourly_end", 48),
        (ENDS, "wide_half_hourly_end", 48),
        ([f"hh_{number:02d}" for number in range(1, 51)], "wide_settlement_period", 50),
        ([f"HH{number}" for number in range(1, 49)], "wide_settlement_period", 48),
    ],
)
def test_columns_of_a_day_are_told_by_name_and_order(
    duckdb_config: WarehouseConfig, columns: list[str], format_name: str, periods: int
) -> None:
    row = day_row(MPAN, "2025-07-01", len(columns))

    result = load(duckdb_config, csv_text(",".join(["mpan", "date", *columns]), [row]))

    assert (result.format_name, result.rows_loaded, result.notes) == (format_name, 1, ())
    assert half_hours(duckdb_config)[:periods] == list(range(1, periods + 1)), "00:00 as the last column ends period 48"


def test_columns_of_times_in_no_order_are_refused(duckdb_config: WarehouseConfig) -> None:
    result = load(duckdb_config, csv_text(",".join(["mpan", "date", *reversed(TIMES)]), [day_row(MPAN, "2025-07-01")]))

    assert "not in the order of a day" in result.reason


@pytest.mark.parametrize(
    "written", [f"'{MPAN}", f'"=""{MPAN}"""', "17 0005 2624 128", f"{MPAN}.0", f"00801999{MPAN}", f"00 801 999 {MPAN}"]
)
def test_supply_number_is_read_however_it_is_written(duckdb_config: WarehouseConfig, written: str) -> None:
    rows = [f"{written},2025-07-01 {time},1" for time in TIMES]

    assert load(duckdb_config, csv_text("mpan,timestamp,kwh", rows)).rows_loaded == 48
    assert select(duckdb_config, "select distinct meter_id from {raw_energy}.readings") == [(MPAN,)]


def dated_rows(form: str, days: int) -> list[str]:
    return [day_row(MPAN, f"{date(2025, 11, 1) + timedelta(days=number):{form}}") for number in range(days)]


def test_months_before_days_are_refused_or_said(duckdb_config: WarehouseConfig) -> None:
    header = ",".join(["mpan", "date", *TIMES])

    certain = load(duckdb_config, csv_text(header, dated_rows("%m/%d/%Y", 14)), "certain.csv")
    open_dates = load(duckdb_config, csv_text(header, dated_rows("%m/%d/%Y", 5)), "open.csv")
    uk_dates = load(duckdb_config, csv_text(header, dated_rows("%d/%m/%Y", 14)), "uk.csv")

    assert "can only be month first" in certain.reason
    assert [note.code for note in open_dates.notes] == ["date_open"]
    assert (uk_dates.rows_loaded, uk_dates.notes) == (14, ())


def test_ends_of_intervals_are_told_by_the_times_of_a_general_layout(duckdb_config: WarehouseConfig) -> None:
    ends = [datetime(2025, 7, 1) + timedelta(minutes=30 * number) for number in range(1, 97)]
    rows = [f"{MPAN},{end:%Y-%m-%d %H:%M},{number}" for number, end in enumerate(ends)]

    result = load(duckdb_config, csv_text("mpan,timestamp,kwh", rows))

    assert (result.rows_loaded, result.notes) == (96, ())
    first_and_last = "select min(settlement_period), max(settlement_date) from {raw_energy}.readings"
    assert select(duckdb_config, first_and_last) == [(1, date(2025, 7, 2))]


def test_supply_numbers_are_no_column_a_meter(duckdb_config: WarehouseConfig) -> None:
    rows = [f"{MPRN},2025-07-01 {time},1" for time in TIMES]

    result = load(duckdb_config, csv_text("mprn,timestamp,Use of gas", rows))

    assert result.status == "refused", "its supply number would be a reading of 4,186,869,705 kWh"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_seen(duckdb_config: WarehouseConfig, delimiter: str) -> None:
    text = csv_text(",".join(["mpan", "date", *TIMES]), [day_row(MPAN, "2025-07-01")]).replace(",", delimiter)

    assert load(duckdb_config, text).rows_loaded == 1


@pytest.mark.parametrize(
    ("time", "value", "words"),
    [
        ("2025-07-01 {}", '"1,5"', "is not a number"),
        ("2025-07-01 {}", '"1,234.5"', "is not a number"),
        ("2025.07.01 {}", "1", "no time of the first rows is in a form that they know"),
    ],
)
def test_values_that_no_layout_can_read_are_named(
    duckdb_config: WarehouseConfig, time: str, value: str, words: str
) -> None:
    rows = [f"{MPAN},{time.format(clock)},{value}" for clock in TIMES]

    assert words in load(duckdb_config, csv_text("mpan,timestamp,kwh", rows)).reason


def test_meter_of_another_interval_than_the_file_is_reported(duckdb_config: WarehouseConfig) -> None:
    rows = [f"{meter},2025-07-01 {time},1" for meter, times in (("M1", TIMES), ("M2", HOURS)) for time in times]

    result = load(duckdb_config, csv_text("meter,timestamp,kwh", rows))

    assert [(note.code, note.text.split(":")[0]) for note in result.notes] == [("interval_differs", "M2")]
