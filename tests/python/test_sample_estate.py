"""The sample estate: its files keep their contracts, its truth is true, and the same seed gives the same estate."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml

from data_layer.sample import SampleError, SampleSummary, generate
from data_layer.sample.load_shapes import opening_state
from data_layer.sample.settlement_calendar import calendar_between
from data_layer.sample.site_plans import plan_site
from landed_bills import Landing, days_between, duos_bands, local_minutes, periods_in

ROOT = Path(__file__).parents[2]
SEED, SITES, YEARS = 2, 5, 2
FIRST_DATE, LAST_DATE = date(2024, 1, 1), date(2025, 12, 31)
HALF_HOURS = [f"hh_{period:02d}" for period in range(1, 51)]
LANDING_SOURCES = ("core", "energy", "membership", "travel")
DERIVED_TABLES = {"forecasts", "savings"}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return generate(SITES, YEARS, SEED, tmp_path_factory.mktemp("sample") / "landing")


@pytest.fixture(scope="module")
def truths(estate: SampleSummary) -> list[dict]:
    return json.loads((estate.out / "_truth" / "planted.json").read_text())


def contracts() -> dict[tuple[str, str], dict]:
    found = {}
    for source in LANDING_SOURCES:
        text = (ROOT / "models" / "staging" / source / f"_{source}__sources.yml").read_text()
        for table in yaml.safe_load(text)["sources"][0]["tables"]:
            # The loader keeps the history of tables itself.
            if "history_of" not in table.get("config", {}).get("meta", {}):
                found[source, table["name"]] = table
    return found


def files_of(out: Path, source: str, table: str) -> list[Path]:
    own = re.compile(rf"{table}(_(\d+|S\d+))?\.(csv|csv\.gz|parquet)")
    return sorted(path for path in (out / source).iterdir() if own.fullmatch(path.name))


def rows_as_text(path: Path) -> pa.Table:
    """Every value as its text, empty as null, as a loader first sees a file."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
    with pa.input_stream(path, compression="detect") as stream:
        head = pyarrow.csv.open_csv(stream).schema.names
    with pa.input_stream(path, compression="detect") as stream:
        convert = pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in head}, strings_can_be_null=True, null_values=[""]
        )
        return pyarrow.csv.read_csv(stream, convert_options=convert)


TEXT_OF_TYPE = {
    "string": r".+",
    "date": r"\d{4}-\d{2}-\d{2}",
    "integer": r"-?\d+",
    "boolean": r"true|false",
    "timestamp": r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.0+)?([+-]\d{2}:?\d{2}|Z)",
}


def text_pattern(data_type: str) -> str:
    if decimal := re.fullmatch(r"numeric\((\d+), (\d+)\)", data_type):
        precision, scale = map(int, decimal.groups())
        return rf"-?\d{{1,{precision - scale}}}(\.\d{{1,{scale}}})?"
    return TEXT_OF_TYPE[data_type]


@pytest.mark.parametrize(("source", "name"), sorted(contracts()), ids=lambda part: part)
def test_every_table_keeps_its_contract(estate: SampleSummary, source: str, name: str) -> None:
    table = contracts()[source, name]
    paths = files_of(estate.out, source, name)
    assert paths, f"no file of {source}.{name}"
    texts = [rows_as_text(path) for path in paths]
    wanted = [column["name"] for column in table["columns"]]
    assert all(text.column_names == wanted for text in texts)
    rows = pa.concat_tables(texts)
    assert rows.num_rows > 0
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        for column in table["columns"]:
            meta = column.get("config", {}).get("meta", {})
            column_name = column["name"]
            if meta.get("required"):
                assert rows.column(column_name).null_count == 0, column_name
            patterns = [f"^({text_pattern(column['data_type'])})$"]
            if "pattern" in meta:
                patterns.append(f"({meta['pattern']})")
            if "allowed_values" in meta:
                patterns.append(f"^({'|'.join(map(str, meta['allowed_values']))})$")
            for pattern in patterns:
                bad = connection.execute(
                    f"select {column_name} from rows where not regexp_matches({column_name}, ?) limit 1", [pattern]
                ).fetchall()
                assert not bad, f"{column_name}: {bad} does not fit {pattern}"
            for bound, sign in (("minimum", "<"), ("maximum", ">")):
                if bound in meta:
                    value = f"{column_name}::double" if isinstance(meta[bound], int) else f"left({column_name}, 10)"
                    query = f"select count(*) from rows where {value} {sign} '{meta[bound]}'"
                    assert connection.execute(query).fetchall() == [(0,)], column_name
        key = ", ".join(table["config"]["meta"]["key"])
        repeated = connection.execute(f"select {key} from rows group by {key} having count(*) > 1 limit 1").fetchall()
        assert not repeated


def test_the_truth_is_aside_from_the_sources(estate: SampleSummary) -> None:
    folders = {path.name for path in estate.out.iterdir()}
    assert folders == {*LANDING_SOURCES, "_truth"}
    assert not DERIVED_TABLES & folders


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(2, 1, 7, tmp_path / name)
    generate(2, 1, 8, tmp_path / "other")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one") != contents(tmp_path / "other")


def test_a_site_does_not_depend_on_how_many_there_are(estate: SampleSummary, tmp_path: Path) -> None:
    small = generate(1, YEARS, SEED, tmp_path / "small")
    first_meters = {"S00001"}
    with duckdb.connect() as connection:

        def readings(out: Path) -> list[tuple]:
            meters = connection.sql(
                f"select meter_id from read_csv('{out}/energy/meters.csv', all_varchar = true) where site_id = 'S00001'"
            ).fetchall()
            first_meters.update(meter for (meter,) in meters)
            return connection.sql(
                f"select * from '{out}/energy/readings_hh_*.parquet' "
                f"where meter_id in {tuple(meter for (meter,) in meters)} order by 1, 2, 3"
            ).fetchall()

        large_rows, small_rows = readings(estate.out), readings(small.out)
    assert len(large_rows) > 700
    assert large_rows == small_rows


def test_clock_change_days_have_46_and_50_periods(estate: SampleSummary) -> None:
    filled = " + ".join(f"({name} is not null)::int" for name in HALF_HOURS)
    with duckdb.connect() as connection:
        rows = connection.sql(
            f"select settlement_date, max({filled}) from '{estate.out}/energy/readings_hh_*.parquet' group by all"
        ).fetchall()
        long_form = connection.sql(
            "select settlement_date, max(settlement_period::int) from "
            f"read_csv('{estate.out}/energy/readings_S00005.csv.gz', all_varchar = true) group by all"
        ).fetchall()
    expected = {str(LAST_DATE - timedelta(days=day)): 48 for day in range((LAST_DATE - FIRST_DATE).days + 1)}
    expected |= {"2024-03-31": 46, "2024-10-27": 50, "2025-03-30": 46, "2025-10-26": 50}
    assert {str(day): count for day, count in rows} == expected
    # The hourly meter names the first of its two periods; a gap may shorten a day but never lengthen it.
    last_period = {str(day): period for day, period in long_form}
    assert last_period["2024-03-31"] == 45
    assert last_period["2024-10-27"] == 49


def test_offsets_follow_the_clock_and_no_half_hour_is_named_twice(estate: SampleSummary) -> None:
    with duckdb.connect() as connection:
        rows = connection.sql(
            "select right(interval_start_at, 6), "
            "count(distinct (meter_id, interval_start_at::timestamptz)), count(*) from "
            f"read_csv('{estate.out}/energy/readings_S00002.csv.gz', all_varchar = true) group by all"
        ).fetchall()
    by_offset = {offset: (distinct, count) for offset, distinct, count in rows}
    assert set(by_offset) == {"+00:00", "+01:00"}
    assert all(distinct == count for distinct, count in by_offset.values())


def test_mpan_cores_have_a_valid_check_digit(estate: SampleSummary) -> None:
    weights = [3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43]
    meters = rows_as_text(estate.out / "energy" / "meters.csv").to_pylist()
    electricity = [
        row["meter_id"] for row in meters if row["fuel"] == "electricity" and row["relation"] != "submeter_of"
    ]
    sites = {row["site_id"] for row in meters if row["fuel"] == "electricity"}
    assert len(sites) == SITES <= len(set(electricity))
    for core in electricity:
        assert re.fullmatch(r"\d{13}", core)
        total = sum(int(digit) * weight for digit, weight in zip(core[:12], weights, strict=True))
        assert int(core[12]) == total % 11 % 10


def test_sites_stand_at_places_of_the_table_and_of_every_type(estate: SampleSummary) -> None:
    rows = rows_as_text(estate.out / "energy" / "sites.csv").to_pylist()
    places = (ROOT / "python" / "data_layer" / "sample" / "places.csv").read_text()
    assert {row["site_type"] for row in rows} == {"food_store", "funeral_home", "office", "depot"}
    assert all(f",{row['postcode']}," in places for row in rows)


def test_planted_half_hours_add_up_to_the_truth(estate: SampleSummary, truths: list[dict]) -> None:
    planted = pq.read_table(estate.out / "_truth" / "planted_half_hours.parquet").to_pylist()
    energy = [truth for truth in truths if truth["detector_id"] == "load_when_closed"]
    assert len(energy) >= 2
    for truth in energy:
        rows = [row for row in planted if row["truth_id"] == truth["truth_id"]]
        assert {row["meter_id"] for row in rows} == {truth["meter_id"]}
        assert str(min(row["settlement_date"] for row in rows)) >= truth["from_date"]
        year = sum(row["kwh"] for row in rows if row["settlement_date"] >= date(2025, 1, 1))
        assert year == Decimal(str(truth["kwh_12m"]))
        assert truth["gbp_12m"] > 100
    assert {row["truth_id"] for row in planted} == {truth["truth_id"] for truth in energy}


def test_planted_money_is_what_a_kwh_less_would_have_saved(estate: SampleSummary, truths: list[dict]) -> None:
    """Each planted half-hour on its own, by its local clock: unit rate, the distributor's charge, and the levy."""
    landing = Landing(estate.out)
    planted = pq.read_table(estate.out / "_truth" / "planted_half_hours.parquet").to_pylist()
    with_network_charges = 0
    for truth in truths:
        if truth["detector_id"] != "load_when_closed":
            continue
        meter_id = truth["meter_id"]
        bands = {band for _, element, band in landing.rates if element == "unit" and (_ == meter_id)}
        duos = duos_bands(meter_id[:2])
        pays_levy = not landing.is_small(meter_id, date(2025, 1, 1), LAST_DATE)
        total = Decimal(0)
        for row in planted:
            day = row["settlement_date"]
            if row["truth_id"] != truth["truth_id"] or day < date(2025, 1, 1):
                continue
            minute = int(local_minutes(periods_in(day))[row["settlement_period"] - 1])
            (band,) = bands & {"all", "night" if minute < 420 else "day"}
            price = landing.rate(meter_id, "unit", band, day) + (Decimal("0.00775") if pays_levy else 0)
            if landing.agreed_kva(meter_id) is not None:
                network_band = str(duos["weekend" if day.weekday() >= 5 else "weekday"][minute // 30])
                price += landing.rate(meter_id, "duos", network_band, day)
                with_network_charges += 1
            total += row["kwh"] * price
        assert abs(total - Decimal(str(truth["gbp_12m"]))) <= Decimal("0.005")
    assert with_network_charges > 1000


def test_no_planted_load_lies_in_an_open_half_hour(estate: SampleSummary) -> None:
    """Opening hours are read from the landing file, not from the plan that made it."""
    hours: dict[tuple[str, int], tuple[int, int]] = {}
    for row in rows_as_text(estate.out / "energy" / "opening_hours.csv").to_pylist():
        opens, closes = (int(row[name][:2]) * 60 + int(row[name][3:]) for name in ("opens_at", "closes_at"))
        # One timetable a site here; a second one would need its dates.
        assert (row["site_id"], int(row["day_kind"])) not in hours
        hours[row["site_id"], int(row["day_kind"])] = (opens, closes)
    sites = {row["site_id"]: row for row in rows_as_text(estate.out / "energy" / "sites.csv").to_pylist()}
    calendar = calendar_between(FIRST_DATE, LAST_DATE)
    kinds = {site_id: calendar.day_kind(row["nation"]).tolist() for site_id, row in sites.items()}
    planted = pq.read_table(estate.out / "_truth" / "planted_half_hours.parquet").to_pylist()
    on_open_days = 0
    for row in planted:
        site_id, day = row["truth_id"][:6], calendar.day_index(row["settlement_date"])
        minute = calendar.local_minute[calendar.first_half_hour_of_day[day] + row["settlement_period"] - 1]
        if opening := hours.get((site_id, kinds[site_id][day])):
            assert minute + 30 <= opening[0] or minute >= opening[1]
            on_open_days += 1
    assert on_open_days > 1000
    assert len(planted) - on_open_days > 500


def test_capacity_truth_follows_from_the_readings(estate: SampleSummary, truths: list[dict]) -> None:
    truth = next(truth for truth in truths if truth["detector_id"] == "capacity_above_need")
    columns = ", ".join(HALF_HOURS)
    with duckdb.connect() as connection:
        ((highest_squared,),) = connection.sql(
            f"""
            with half_hours as (
                unpivot (
                    select settlement_date, measurement_quantity, {columns}
                    from '{estate.out}/energy/readings_hh_*.parquet'
                    where meter_id = '{truth["meter_id"]}' and settlement_date >= date '2024-01-01'
                ) on {columns} into name period value reading
            )
            select max(squared) from (
                select sum((2 * reading::double) ** 2) as squared from half_hours group by settlement_date, period
            )
            """
        ).fetchall()
    needed = int(np.ceil(round(1.1 * np.sqrt(highest_squared), 6)))
    landing, meter_id = Landing(estate.out), truth["meter_id"]
    agreed = landing.agreed_kva(meter_id)
    days = days_between(date(2025, 1, 1), LAST_DATE)
    total = sum((agreed - needed) * landing.rate(meter_id, "capacity", "all", day) for day in days)
    assert total.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(str(truth["gbp_12m"]))
    assert total > 100


def test_the_truth_file_says_what_the_summary_says(estate: SampleSummary, truths: list[dict]) -> None:
    said = json.loads((estate.out / "_truth" / "estate.json").read_text())
    assert {name: said[name] for name in ("seed", "sites", "years", "as_of_date")} == {
        "seed": SEED,
        "sites": SITES,
        "years": YEARS,
        "as_of_date": "2025-12-31",
    }
    assert said["spend_12m_gbp"] == float(estate.spend_12m_gbp)
    assert said["planted_union_gbp_12m"] == float(estate.planted_union_gbp_12m)
    savings = sum(Decimal(str(truth["gbp_12m"])) for truth in truths if truth["kind"] == "saving")
    assert Decimal(str(said["planted_operations_gbp_12m"])) == savings > 0
    assert estate.planted_union_gbp_12m > savings


def test_the_default_estate_is_modest_and_has_every_case(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    estate = generate(24, 3, 1, tmp_path / "landing", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 24) for done in range(1, 25)]
    truths = json.loads((estate.out / "_truth" / "planted.json").read_text())
    share = estate.planted_union_gbp_12m / estate.spend_12m_gbp
    assert Decimal("0.005") < share < Decimal("0.08")

    sites = rows_as_text(estate.out / "energy" / "sites.csv").to_pylist()
    not_food = {row["site_id"] for row in sites if row["site_type"] != "food_store"}
    closed = {truth["site_id"] for truth in truths if truth["detector_id"] == "load_when_closed"}
    capacity = {truth["site_id"] for truth in truths if truth["detector_id"] == "capacity_above_need"}
    assert len(closed & not_food) >= 0.2 * len(not_food)
    assert closed - not_food, "a food store wastes too"
    assert closed & capacity, "one site carries both"
    # As many honest sites with a capacity charge as planted ones, at least.
    contracts_with_capacity = {
        row["meter_id"]
        for row in rows_as_text(estate.out / "energy" / "contracts.csv").to_pylist()
        if row["element"] == "capacity"
    }
    assert len(contracts_with_capacity) >= 2 * len(capacity) - 2

    units = pq.read_table(estate.out / "energy" / "readings_hh_0001.parquet", columns=["unit"])["unit"].unique()
    assert set(units.to_pylist()) == {"kwh", "kvarh", "m3", "hcf", "pulse"}
    faults = [truth for truth in truths if truth["kind"] == "fault"]
    of_the_meter = {"dead-meter", "scale-break", "gas-unit-break"}
    assert {truth["truth_id"][7:] for truth in faults} == of_the_meter | {"summer-time-ignored", "metering-gap"}
    assert_faults_show(estate.out, [truth for truth in faults if truth["truth_id"][7:] in of_the_meter])
    devices = [row["meter_id"] for row in rows_as_text(estate.out / "energy" / "meters.csv").to_pylist()]
    assert len(devices) - len(set(devices)) >= 2, "meter exchanges"
    timetables = rows_as_text(estate.out / "energy" / "opening_hours.csv").to_pylist()
    dated = {(row["site_id"], row["valid_from_date"]) for row in timetables}
    assert len(dated) > len({site for site, _ in dated}), "a change of opening hours"


def assert_faults_show(out: Path, faults: list[dict]) -> None:
    """Mean reading of the fault's days against the 20 days before: nothing, about ten times, about a third."""
    total = " + ".join(f"coalesce({name}, 0)" for name in HALF_HOURS)
    expected = {"dead-meter": (0.0, 0.0), "scale-break": (8.0, 12.0), "gas-unit-break": (0.1, 0.6)}
    with duckdb.connect() as connection:
        for fault in faults:
            begins, ends = fault["from_date"], fault["to_date"]
            ((ratio,),) = connection.sql(
                f"""
                select avg({total}) filter (where settlement_date between date '{begins}' and date '{ends}')
                    / avg({total}) filter (where settlement_date < date '{begins}')
                from '{out}/energy/readings_hh_*.parquet'
                where meter_id = '{fault["meter_id"]}' and measurement_quantity = 'AI'
                    and settlement_date >= date '{begins}' - 20 and settlement_date <= date '{ends}'
                """
            ).fetchall()
            low, high = expected[fault["truth_id"][7:]]
            assert low <= ratio <= high, fault["truth_id"]


def test_the_last_day_is_complete(estate: SampleSummary) -> None:
    with duckdb.connect() as connection:
        rows = connection.sql(
            f"select meter_id, hh_48 from '{estate.out}/energy/readings_hh_*.parquet' "
            f"where settlement_date = date '{LAST_DATE}' and measurement_quantity = 'AI'"
        ).fetchall()
    assert len(rows) >= 5
    assert all(value is not None for _, value in rows)


def test_closed_and_open_half_hours_follow_the_local_clock() -> None:
    plan = plan_site(2, 2, SEED, FIRST_DATE, LAST_DATE)
    calendar = calendar_between(FIRST_DATE, LAST_DATE)
    state = opening_state(calendar, plan.timetables, plan.place.nation)
    opens, closes = plan.timetables[0].hours[1]
    for monday in (date(2024, 1, 15), date(2024, 7, 15)):
        begin = calendar.first_half_hour_of_day[calendar.day_index(monday)]
        assert state.is_open[begin : begin + 48].tolist() == [
            minute + 30 > opens and minute < closes for minute in range(0, 1440, 30)
        ]
    for closed_day in (date(2024, 12, 25), date(2024, 7, 14)):
        begin = calendar.first_half_hour_of_day[calendar.day_index(closed_day)]
        assert not state.is_open[begin : begin + 48].any()


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(SampleError, match="holds something already"):
        generate(1, 1, 1, tmp_path)
    assert (tmp_path / "kept.txt").read_text() == "mine"


@pytest.mark.parametrize(("sites", "years"), [(0, 1), (100_000, 1), (1, 0), (1, 21)])
def test_numbers_out_of_range_are_refused(tmp_path: Path, sites: int, years: int) -> None:
    with pytest.raises(SampleError, match="The estate can"):
        generate(sites, years, 1, tmp_path / "landing")
