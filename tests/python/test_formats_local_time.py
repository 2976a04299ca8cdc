"""Local times without offset: a year that has both changes of the clocks, and deliveries that repeat themselves."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.landing.formats.local_time import AUTUMN_MINUTES, SPRING_MINUTES, Label, resolve_day
from data_layer.landing.load import FileResult, load_landing
from data_layer.warehouse.config import WarehouseConfig
from landing_files import select, write

LONDON = ZoneInfo("Europe/London")
METER = "1700052624128"
YEAR = 2025
SPRING_DAY, AUTUMN_DAY = date(2025, 3, 30), date(2025, 10, 26)
HALF_HOURS = 17_520
HEADER = "meter_id,timestamp,kwh"


def year_of_readings(value) -> list[tuple[datetime, Decimal]]:
    """Local wall clock without offset, and kWh, of each half-hour of the year in the order of time."""
    start = datetime(YEAR, 1, 1, tzinfo=LONDON).astimezone(UTC)
    moments = [start + timedelta(minutes=30 * number) for number in range(HALF_HOURS)]
    assert moments[-1].astimezone(LONDON).replace(tzinfo=None) == datetime(YEAR, 12, 31, 23, 30)
    return [(moment.astimezone(LONDON).replace(tzinfo=None), value(number)) for number, moment in enumerate(moments)]


def watts(number: int) -> Decimal:
    """Every half-hour its own value, so that a reading in the wrong place changes a sum."""
    return Decimal(number) / 1000 + 1


def days(readings: list[tuple[datetime, Decimal]], first: date, count: int) -> list[tuple[datetime, Decimal]]:
    return [row for row in readings if first <= row[0].date() < first + timedelta(days=count)]


def rows_of(readings: list[tuple[datetime, Decimal]]) -> list[str]:
    return [f"{METER},{label:%Y-%m-%d %H:%M},{value}" for label, value in readings]


def load(config: WarehouseConfig, rows: list[str], name: str = "supplier", header: str = HEADER) -> FileResult:
    write(config.landing, f"energy/{name}.csv", "\n".join([header, *rows]) + "\n")
    (result,) = load_landing(config).files
    assert result.status == "loaded", result.reason
    assert result.rows_read == result.rows_loaded + result.rows_quarantined == len(rows)
    return result


def loaded(config: WarehouseConfig) -> dict[tuple[date, int], Decimal]:
    rows = select(
        config, "select settlement_date, settlement_period, reading_value from {raw_energy}.readings order by 1, 2"
    )
    found = {(day, period): value for day, period, value in rows}
    assert len(found) == len(rows), "an interval stands twice in the raw table"
    return found


def true_answer(readings: list[tuple[datetime, Decimal]]) -> dict[tuple[date, int], Decimal]:
    """Periods counted off the list in the order of time, without a look at the clock."""
    answer, counts = {}, {}
    for label, value in readings:
        counts[label.date()] = counts.get(label.date(), 0) + 1
        answer[label.date(), counts[label.date()]] = value
    return answer


def out_of_order(rows: list[str], seed: int) -> list[str]:
    """Days in any order, each day's rows in the order of time: as exports of several requests come."""
    by_day: dict[str, list[str]] = {}
    for row in rows:
        by_day.setdefault(row.split(",")[1][:10], []).append(row)
    names = list(by_day)
    random.Random(seed).shuffle(names)
    return [row for name in names for row in by_day[name]]


@pytest.mark.parametrize("repeated_from", [date(2025, 10, 20), date(2025, 5, 5)], ids=["autumn change", "elsewhere"])
@pytest.mark.parametrize("is_flat", [False, True], ids=["values differ", "all values equal"])
@pytest.mark.parametrize("is_shuffled", [False, True], ids=["days out of order", "rows out of order"])
def test_year_in_local_time_with_a_fortnight_twice(
    duckdb_config: WarehouseConfig, repeated_from: date, is_flat: bool, is_shuffled: bool
) -> None:
    """17,520 readings: 363 days of 48, one of 46, one of 50. The known answers are sums by formula.

    kWh when each half-hour has its own value: 17,520 + (0 + 1 + ... + 17,519) / 1000 = 170,986.44.
    """
    readings = year_of_readings((lambda _: Decimal("0.5")) if is_flat else watts)
    fortnight = days(readings, repeated_from, 14)
    extra = 674 if repeated_from.month == 10 else 672
    assert len(fortnight) == extra
    rows = [*out_of_order(rows_of(readings), seed=3), *out_of_order(rows_of(fortnight), seed=4)]
    if is_shuffled:
        random.Random(5).shuffle(rows)

    result = load(duckdb_config, rows)

    known_kwh = Decimal("8760") if is_flat else HALF_HOURS + Decimal(HALF_HOURS * (HALF_HOURS - 1) // 2) / 1000
    assert known_kwh in (Decimal("8760"), Decimal("170986.44"))
    found = loaded(duckdb_config)
    assert (len(found), sum(found.values())) == (HALF_HOURS, known_kwh)
    assert result.reason_counts == {"exact_duplicate": extra}
    if is_shuffled and not is_flat:
        # Rows in no order cannot say which value of the repeated hour is the first: said, and nothing is lost.
        assert [(note.code, note.settlement_date) for note in result.notes] == [("no_order", AUTUMN_DAY)] * 2
    else:
        assert found == true_answer(readings)
        assert result.notes == ()
    by_day = [sum(day == asked for day, _ in found) for asked in (SPRING_DAY, AUTUMN_DAY, date(2025, 7, 1))]
    assert by_day == [46, 50, 48]
    assert {"kWh": sum(found.values()), "count": len(found)} not in wrong_answers(readings, fortnight)


def wrong_answers(readings: list, fortnight: list) -> list[dict]:
    """What plausible readers would make of the same file; each is another answer than ours."""
    every = [*readings, *fortnight]
    dropped = dict(reversed(every))
    first_48 = [value for rows in _by_day(readings).values() for value in rows[:48]]
    as_utc = {label.replace(tzinfo=UTC).astimezone(LONDON).replace(tzinfo=None): value for label, value in every}
    answers = [
        # The clock's label taken as the key: the repeated hour is lost.
        {"kWh": sum(dropped.values()), "count": len(dropped)},
        # Everything added: the fortnight counts twice.
        {"kWh": sum(value for _, value in every), "count": len(every)},
        # The first 48 values of a day: the long day loses its last hour.
        {"kWh": sum(first_48), "count": len(first_48)},
        # Local times taken for UTC: half the year is an hour late, and an hour is lost on the way there and back.
        {"kWh": sum(as_utc.values()), "count": len(as_utc)},
    ]
    assert [answer["count"] for answer in answers] == [HALF_HOURS - 2, len(every), HALF_HOURS - 2, HALF_HOURS - 4]
    return answers


def _by_day(readings: list) -> dict[date, list[Decimal]]:
    found: dict[date, list[Decimal]] = {}
    for label, value in readings:
        found.setdefault(label.date(), []).append(value)
    return found


def test_year_is_the_same_on_both_engines(warehouse_config: WarehouseConfig) -> None:
    readings = year_of_readings(watts)
    rows = rows_of(readings)

    load(warehouse_config, [*rows, *rows_of(days(readings, date(2025, 10, 20), 14))])

    assert loaded(warehouse_config) == true_answer(readings)


def test_descending_file_has_the_winter_hour_first(duckdb_config: WarehouseConfig) -> None:
    readings = days(year_of_readings(watts), AUTUMN_DAY - timedelta(days=2), 5)

    result = load(duckdb_config, rows_of(readings)[::-1])

    assert loaded(duckdb_config) == true_answer(readings)
    assert result.notes == ()


def test_one_value_for_the_repeated_hour_is_kept_as_the_first_and_reported(duckdb_config: WarehouseConfig) -> None:
    readings = days(year_of_readings(watts), AUTUMN_DAY - timedelta(days=1), 3)
    seen, rows = set(), []
    for row in rows_of(readings):
        label = row.split(",")[1]
        if label not in seen:
            rows.append(row)
        seen.add(label)

    result = load(duckdb_config, rows)

    found = loaded(duckdb_config)
    assert [period for day, period in found if day == AUTUMN_DAY] == [1, 2, 3, 4, *range(7, 51)]
    assert [(note.code, note.meter_id, note.settlement_date) for note in result.notes] == [
        ("one_of_two", METER, AUTUMN_DAY)
    ] * 2
    assert f"({found[AUTUMN_DAY, 3]:f}".rstrip("0") in result.notes[0].text


def test_one_value_of_a_day_that_was_delivered_twice_is_one_hour_only(duckdb_config: WarehouseConfig) -> None:
    readings = days(year_of_readings(lambda _: Decimal(2)), AUTUMN_DAY, 1)
    once = list(dict.fromkeys(rows_of(readings)))

    result = load(duckdb_config, [*once, *once])

    assert len(loaded(duckdb_config)) == 48
    assert [note.code for note in result.notes] == ["one_of_two", "one_of_two"]


def test_shuffled_file_keeps_every_reading_and_says_what_is_open(duckdb_config: WarehouseConfig) -> None:
    readings = days(year_of_readings(watts), AUTUMN_DAY - timedelta(days=3), 7)
    rows = rows_of(readings)
    random.Random(7).shuffle(rows)

    result = load(duckdb_config, rows)

    found, answer = loaded(duckdb_config), true_answer(readings)
    open_periods = {(AUTUMN_DAY, period) for period in (3, 4, 5, 6)}
    assert {key: value for key, value in found.items() if key not in open_periods} == {
        key: value for key, value in answer.items() if key not in open_periods
    }
    assert sorted(found[key] for key in open_periods) == sorted(answer[key] for key in open_periods)
    assert [note.code for note in result.notes] == ["no_order", "no_order"]
    assert "01:00" in result.notes[0].text


def test_time_that_does_not_exist_is_set_aside(warehouse_config: WarehouseConfig) -> None:
    rows = [f"{METER},2025-03-30 {minute // 60:02d}:{minute % 60:02d},{1 + minute}" for minute in range(0, 1440, 30)]

    result = load(warehouse_config, rows)

    assert result.reason_counts == {"time_does_not_exist": 2}
    assert select(
        warehouse_config, "select line_number, column_value from {raw_load}.quarantine order by line_number"
    ) == [(4, "2025-03-30 01:00:00"), (5, "2025-03-30 01:30:00")]
    found = loaded(warehouse_config)
    assert [period for _, period in found] == list(range(1, 47))
    assert found[SPRING_DAY, 3] == 121


def test_different_values_of_an_ordinary_interval_are_both_set_aside(duckdb_config: WarehouseConfig) -> None:
    rows = [*rows_of(days(year_of_readings(watts), date(2025, 7, 1), 1)), f"{METER},2025-07-01 12:00,99"]
    rows.append(rows[5])

    result = load(duckdb_config, rows)

    assert result.reason_counts == {"duplicate_key": 2, "exact_duplicate": 1}
    assert (date(2025, 7, 1), 25) not in loaded(duckdb_config)


def test_three_values_for_two_hours_are_all_set_aside(duckdb_config: WarehouseConfig) -> None:
    rows = rows_of(days(year_of_readings(watts), AUTUMN_DAY, 1))
    rows.append(f"{METER},2025-10-26 01:00,99")

    result = load(duckdb_config, rows)

    assert result.reason_counts == {"duplicate_key": 3}
    assert len(loaded(duckdb_config)) == 48


@pytest.mark.parametrize("interval", [30, 60])
@pytest.mark.parametrize("day", [SPRING_DAY, AUTUMN_DAY])
@pytest.mark.parametrize("style", ["start", "start plus interval", "clock at the end"])
def test_labels_of_both_ends_name_the_same_periods(day: date, interval: int, style: str) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    minutes = SPRING_MINUTES if day == SPRING_DAY else AUTUMN_MINUTES
    labels = []
    for number in range(minutes // interval):
        start = midnight + timedelta(minutes=interval * number)
        naive = start.astimezone(LONDON).replace(tzinfo=None)
        if style == "start plus interval":
            naive += timedelta(minutes=interval)
        elif style == "clock at the end":
            naive = (start + timedelta(minutes=interval)).astimezone(LONDON).replace(tzinfo=None)
        since_midnight = naive - datetime(day.year, day.month, day.day)
        labels.append(Label(number, int(since_midnight.total_seconds()) // 60, f"{number}"))

    resolved, ambiguities = resolve_day(labels, minutes, interval, style != "start", 1)

    periods = {row.row: row.settlement_period for row in resolved}
    assert periods == {number: number * interval // 30 + 1 for number in range(minutes // interval)}
    assert ambiguities == []


autumn_values = st.lists(st.integers(0, 3), min_size=50, max_size=50)


def _autumn_labels(values: list[int], interval: int = 30) -> list[tuple[int, str]]:
    minutes = list(range(0, 120, interval))
    minutes += list(range(60, 1440, interval))
    return [(minute, str(value)) for minute, value in zip(minutes, values, strict=False)]


def _kept(labels: list[tuple[int, str]], direction: int) -> tuple[dict[int, str], set[int]]:
    """Contents by settlement period, ordinary copies once; and the labels left open."""
    rows = [Label(number, minute, content) for number, (minute, content) in enumerate(labels)]
    resolved, ambiguities = resolve_day(rows, AUTUMN_MINUTES, 30, False, direction)
    assert sorted(row.row for row in resolved) == list(range(len(rows))), "each row is resolved, and only once"
    kept: dict[int, str] = {}
    for row in resolved:
        if row.settlement_period is not None:
            content = rows[row.row].content
            assert kept.setdefault(row.settlement_period, content) == content
    return kept, {ambiguity.minute for ambiguity in ambiguities}


@given(values=autumn_values, deliveries=st.integers(1, 3), is_reversed=st.booleans())
@settings(max_examples=200, deadline=None)
def test_repeating_or_reversing_a_delivery_changes_nothing(
    values: list[int], deliveries: int, is_reversed: bool
) -> None:
    labels = _autumn_labels(values) * deliveries
    if is_reversed:
        labels.reverse()

    kept, left_open = _kept(labels, -1 if is_reversed else 1)

    assert kept == {number: str(value) for number, value in enumerate(values, start=1)}
    assert left_open == set()


@given(values=autumn_values, deliveries=st.integers(1, 3), seed=st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_shuffling_changes_only_what_is_reported_as_open(
    values: list[int], deliveries: int, seed: random.Random
) -> None:
    labels = _autumn_labels(values) * deliveries
    seed.shuffle(labels)

    kept, left_open = _kept(labels, 0)

    expected = {number: str(value) for number, value in enumerate(values, start=1)}
    for minute, periods in ((60, (3, 5)), (90, (4, 6))):
        assert sorted(kept[period] for period in periods) == sorted(expected[period] for period in periods)
        differs = any(kept[period] != expected[period] for period in periods)
        assert not differs or minute in left_open
        assert (minute in left_open) == (expected[periods[0]] != expected[periods[1]])
    assert {period: kept[period] for period in kept if period not in (3, 4, 5, 6)} == {
        period: expected[period] for period in expected if period not in (3, 4, 5, 6)
    }


def test_moments_in_utc_and_with_offset_give_the_same_readings(tmp_path: Path, duckdb_config: WarehouseConfig) -> None:
    readings = days(year_of_readings(watts), AUTUMN_DAY, 1)
    midnight = datetime(2025, 10, 26, tzinfo=LONDON).astimezone(UTC)
    moments = [midnight + timedelta(minutes=30 * number) for number in range(50)]
    write(
        duckdb_config.landing,
        "energy/in_utc.csv",
        "\n".join(
            [
                "mpan,timestamp_utc,value",
                *(f"{METER},{m:%Y-%m-%d %H:%M:%S},{v}" for m, (_, v) in zip(moments, readings, strict=True)),
            ]
        ),
    )
    write(
        duckdb_config.landing,
        "energy/with_offset.csv",
        "\n".join(
            [
                "mpan,timestamp,value",
                *(
                    f"{METER},{m.astimezone(LONDON).isoformat()},{v}"
                    for m, (_, v) in zip(moments, readings, strict=True)
                ),
            ]
        ),
    )

    report = load_landing(duckdb_config)

    assert [result.format_name for result in report.files] == ["long_utc", "long_offset"]
    rows = select(
        duckdb_config,
        "select interval_start_at, count(*), count(distinct reading_value), min(interval_minutes) "
        "from {raw_energy}.readings group by all order by 1",
    )
    assert rows == [(moment.replace(tzinfo=None), 2, 1, 30) for moment in moments]
