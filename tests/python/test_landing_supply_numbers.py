"""Supply numbers: the MPAN core's check digit, the MPRN's length, and what a spreadsheet makes of either."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.landing.load import load_landing
from data_layer.landing.supply_numbers import KINDS, MPAN_WEIGHTS, faults, mpan_check_digit, wrong_check_digit_sql
from data_layer.warehouse.config import WarehouseConfig
from landing_files import csv_text, select, write

# Two real schools' supplies and the example of a published description of the rule.
REAL_MPANS = ["2200015105145", "2200042676990", "2000006183919"]


def wrong_ones(mpans: list[str]) -> list[bool]:
    listed = ", ".join(f"('{mpan}')" for mpan in mpans)
    rows = duckdb.sql(f"select {wrong_check_digit_sql('mpan')} from (values {listed}) as given (mpan)").fetchall()
    return [is_wrong for (is_wrong,) in rows]


@pytest.mark.parametrize("mpan", REAL_MPANS)
def test_real_supply_numbers_pass(mpan: str) -> None:
    assert mpan_check_digit(mpan[:12]) == int(mpan[12])
    assert wrong_ones([mpan]) == [False]


@given(st.integers(10**11, 10**12 - 1))
@settings(deadline=None)
def test_sql_and_python_agree_on_every_last_digit(number: int) -> None:
    first_twelve = str(number)
    is_wrong = wrong_ones([f"{first_twelve}{digit}" for digit in range(10)])
    assert is_wrong == [digit != mpan_check_digit(first_twelve) for digit in range(10)]


@given(st.sampled_from(REAL_MPANS), st.integers(0, 11), st.integers(1, 9))
@settings(deadline=None)
def test_one_wrong_digit_is_found_unless_ten_and_nought_meet(mpan: str, place: int, step: int) -> None:
    """Modulo 11 finds every single wrong digit; modulo 10 after it lets remainders 10 and 0 pass for each other."""
    digit = (int(mpan[place]) + step) % 10
    changed = f"{mpan[:place]}{digit}{mpan[place + 1 :]}"
    remainders = [
        sum(int(one) * weight for one, weight in zip(number, MPAN_WEIGHTS, strict=False)) % 11
        for number in (mpan, changed)
    ]
    assert wrong_ones([changed]) == [sorted(remainders) != [0, 10]]


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        ("2200015105145", "mpan", None),
        ("2200015105146", "mpan", "wrong_check_digit"),
        ("220001510514", "mpan", "wrong_supply_number"),
        ("2.20002E+12", "mpan", "scientific_notation"),
        ("castle", "mpan", "wrong_supply_number"),
        ("4186869705", "mprn", None),
        ("13678903", "mprn", None),
        ("13678", "mprn", "wrong_supply_number"),
        ("13678903", "mpan_or_mprn", None),
        ("2200015105146", "mpan_or_mprn", "wrong_check_digit"),
        ("22000151051", "mpan_or_mprn", "wrong_supply_number"),
        ("castle", "own_id", None),
        ("7", "own_id", None),
        ("2200015105146", "own_id", "wrong_check_digit"),
        ("1E+12", "own_id", "scientific_notation"),
        ("10E1234", "serial_number", None),
        ("2200015105146", "serial_number", None),
        ("1.5E+9", "serial_number", "scientific_notation"),
    ],
)
def test_identifier_of_a_kind(value: str, kind: str, code: str | None) -> None:
    assert kind in KINDS
    cases = " ".join(f"when {condition} then '{fault}'" for condition, fault, _ in faults("value", kind))
    assert duckdb.sql(f"select case {cases} end from (select '{value}' as value)").fetchall() == [(code,)]


def test_meters_of_the_contract_have_supply_numbers_or_our_own_ids(warehouse_config: WarehouseConfig) -> None:
    meters = [
        ("2200015105145", "electricity"),
        ("2200015105146", "electricity"),
        ("220001510514", "electricity"),
        ("2.20002E+12", "electricity"),
        ("main-1", "electricity"),
        ("4186869705", "gas"),
        ("418", "gas"),
        ("2200015105145", "gas"),
        ("G7", "gas"),
    ]
    rows = [f"{meter},2025-01-{day:02d},s1,{fuel},30" for day, (meter, fuel) in enumerate(meters, start=1)]
    header = "meter_id,valid_from_date,site_id,fuel,interval_minutes"
    write(warehouse_config.landing, "energy/meters.csv", csv_text(header, rows))

    report = load_landing(warehouse_config)

    assert report.rows_loaded == 4
    assert select(
        warehouse_config, "select line_number, column_value, reason_code from {raw_load}.quarantine order by 1"
    ) == [
        (3, "2200015105146", "wrong_check_digit"),
        (4, "220001510514", "wrong_supply_number"),
        (5, "2.20002E+12", "scientific_notation"),
        (8, "418", "wrong_supply_number"),
        (9, "2200015105145", "wrong_supply_number"),
    ]
    (reason,) = select(warehouse_config, "select reason from {raw_load}.quarantine where line_number = 4")[0]
    assert "has 13 digits" in reason
    assert "dropped a leading zero" in reason
