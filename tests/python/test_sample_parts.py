"""The sample's building blocks: calendar, identifiers, noise, prices, and which site gets which case."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from data_layer.sample import generate
from data_layer.sample.contracts import ccl_micro_gbp
from data_layer.sample.identifiers import mpan_check_digit, mpan_core, mprn
from data_layer.sample.metering import (
    GAS_CALORIFIC_VALUE_MJ_PER_M3,
    GAS_VOLUME_CORRECTION,
    M3_PER_HUNDRED_CUBIC_FEET,
    kwh_per_gas_unit,
)
from data_layer.sample.planted import months_before, needed_capacity_kva, twelve_months_to
from data_layer.sample.randomness import generator, lasting_noise
from data_layer.sample.settlement_calendar import bank_holidays, calendar_between
from data_layer.sample.site_plans import CAPACITY_ROLES, CLOSED_ROLES, plan_site, role_of, site_type_of
from data_layer.sample.weather import CLIMATE_BY_REGION, temperature

SEEDS = Path(__file__).parents[2] / "seeds"


def seed_rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_bills_use_the_levy_of_the_seed() -> None:
    rows = seed_rows("climate_change_levy_rates.csv")
    assert len(rows) > 20
    for row in rows:
        for day in (row["valid_from_date"], min(row["valid_to_date"], "2030-12-31")):
            levy = Decimal(ccl_micro_gbp(row["fuel"], date.fromisoformat(day))) / 1_000_000
            assert levy == Decimal(row["rate_gbp_per_kwh"]), (row["fuel"], day)


def test_gas_units_convert_as_the_seeds_say() -> None:
    (gas,) = seed_rows("gas_calorific_values.csv")
    assert float(gas["calorific_value_mj_per_m3"]) == GAS_CALORIFIC_VALUE_MJ_PER_M3
    assert float(gas["correction_factor"]) == GAS_VOLUME_CORRECTION
    (hundred_cubic_feet,) = (row for row in seed_rows("energy_units.csv") if row["unit"] == "hcf")
    assert float(hundred_cubic_feet["base_units_per_unit"]) == M3_PER_HUNDRED_CUBIC_FEET
    assert kwh_per_gas_unit("m3") == pytest.approx(1.02264 * 39.5 / 3.6)


def test_bank_holidays_are_those_of_the_seed() -> None:
    rows = seed_rows("bank_holidays.csv")
    for nation in ("england", "wales", "scotland"):
        seeded = {
            date.fromisoformat(row["holiday_date"])
            for row in rows
            if row["nation"] == nation and "2018" <= row["holiday_date"] < "2026"
        }
        assert bank_holidays(nation, 2018, 2025) == seeded


def test_periods_of_clock_change_days_follow_the_local_clock() -> None:
    calendar = calendar_between(date(2025, 1, 1), date(2025, 12, 31))
    for day, periods, minutes in (
        (date(2025, 3, 30), 46, [0, 30, 120, 150, 180, 210]),
        (date(2025, 10, 26), 50, [0, 30, 60, 90, 60, 90, 120]),
        (date(2025, 7, 1), 48, [0, 30, 60, 90]),
    ):
        position = calendar.first_half_hour_of_day[calendar.day_index(day)]
        assert calendar.periods_in_day[calendar.day_index(day)] == periods
        assert calendar.local_minute[position : position + len(minutes)].tolist() == minutes
    assert calendar.half_hours == 365 * 48
    assert np.diff(calendar.utc_seconds).tolist() == [1800] * (calendar.half_hours - 1)


def test_the_busy_weeks_move_with_the_retail_year() -> None:
    calendar = calendar_between(date(2022, 12, 1), date(2025, 12, 31))
    trade = dict(zip(calendar.dates, calendar.christmas_trading.tolist(), strict=True))
    # Retail weeks run Sunday to Saturday: Christmas 2022 fell on a Sunday, so its week began on the day itself.
    assert trade[date(2022, 12, 24)] == 1.06
    assert trade[date(2022, 12, 26)] == 1.10
    assert trade[date(2024, 12, 24)] == 1.10
    assert all(trade[date(year, 12, 25)] < 0.2 for year in (2022, 2023, 2024, 2025))


def test_mpan_check_digit_follows_the_weights() -> None:
    # 1 x 3 + 2 x 5 = 13, mod 11 = 2.
    assert mpan_check_digit("120000000000") == 2
    # 1 x 43 = 43, mod 11 = 10, mod 10 = 0.
    assert mpan_check_digit("000000000001") == 0
    with pytest.raises(ValueError, match="twelve digits"):
        mpan_check_digit("12")


def test_supply_numbers_are_unique_by_site() -> None:
    cores = {mpan_core("Scotland", 5, site) for site in range(1, 2000)}
    assert len(cores) == 1999
    assert {len(core) for core in cores} == {13}
    assert len({mprn(77, site) for site in range(1, 2000)}) == 1999


def test_lasting_noise_has_unit_variance_and_keeps_its_share() -> None:
    for persistence in (0.4, 0.9):
        noise = lasting_noise(generator(1, "test"), 200_000, persistence)
        assert noise.std() == pytest.approx(1.0, abs=0.03)
        assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(persistence, abs=0.01)
    # The block-wise sum is the plain recursion.
    shocks = generator(2, "recursion").standard_normal(1000)
    expected = shocks.copy()
    for at in range(1, 1000):
        expected[at] = 0.6 * expected[at - 1] + np.sqrt(1 - 0.36) * shocks[at]
    assert lasting_noise(generator(2, "recursion"), 1000, 0.6) == pytest.approx(expected)


def test_weather_is_colder_in_winter_and_differs_from_year_to_year() -> None:
    calendar = calendar_between(date(2015, 1, 1), date(2025, 12, 31))
    celsius = temperature(calendar, "North West", 1)
    month = calendar.month_numbers[calendar.day_of_half_hour] % 12
    assert 2 < celsius[month == 0].mean() < 7
    assert 13 < celsius[month == 6].mean() < 18
    year = calendar.month_numbers[calendar.day_of_half_hour] // 12
    winters = [celsius[(month == 0) & (year == which)].mean() for which in range(2015, 2026)]
    assert np.std(winters) > 0.5
    daily = np.add.reduceat(celsius, calendar.first_half_hour_of_day[:-1]) / calendar.periods_in_day
    season = CLIMATE_BY_REGION["North West"][1] * np.cos(2 * np.pi * (calendar.day_of_year - 203) / 365.25)
    anomaly = daily - season
    assert np.corrcoef(anomaly[1:], anomaly[:-1])[0, 1] > 0.6


def test_neighbouring_regions_share_their_weather() -> None:
    calendar = calendar_between(date(2025, 1, 1), date(2025, 3, 31))
    here, there = temperature(calendar, "North West", 1), temperature(calendar, "Wales", 1)
    assert np.corrcoef(here, there)[0, 1] > 0.6
    assert not np.array_equal(here, there)


@pytest.mark.parametrize("seed", [1, 2, 3, 40])
def test_a_fixed_share_of_sites_is_planted(seed: int) -> None:
    roles = [(site_type_of(number), role_of(number, seed, 3)) for number in range(240)]
    other = [role for kind, role in roles if kind != "food_store"]
    assert 0.2 <= sum(role in CLOSED_ROLES for role in other) / len(other) <= 0.35
    assert 0.2 <= sum(role in CAPACITY_ROLES for _, role in roles) / len(roles) <= 0.35
    counts = Counter(role for _, role in roles)
    assert min(counts[name] for name in ("dead_meter", "scale_break", "gas_unit_break", "hours_change")) >= 8
    late = [role for number, (_, role) in enumerate(roles) if number % 24 == 18]
    assert set(late) == {"plain"}


def test_one_year_plants_no_capacity() -> None:
    assert not {role_of(number, 1, 1) for number in range(48)} & CAPACITY_ROLES
    assert {role_of(number, 1, 2) for number in range(48)} & CAPACITY_ROLES == CAPACITY_ROLES


def test_a_plan_depends_on_seed_and_number_only() -> None:
    span = (date(2023, 1, 1), date(2025, 12, 31))
    assert plan_site(5, 3, 1, *span) == plan_site(5, 3, 1, *span)
    assert plan_site(5, 3, 1, *span) != plan_site(5, 3, 2, *span)


def test_needed_capacity_has_a_tenth_in_hand() -> None:
    assert needed_capacity_kva(100.0) == 110
    assert needed_capacity_kva(100.01) == 111


def test_twelve_months_end_on_the_last_day() -> None:
    assert twelve_months_to(date(2025, 12, 31)) == date(2025, 1, 1)
    assert twelve_months_to(date(2024, 2, 28)) == date(2023, 3, 1)
    assert twelve_months_to(date(2024, 2, 29)) == date(2023, 3, 1)
    assert months_before(date(2025, 12, 31), 24) == date(2024, 1, 1)


def test_an_estate_may_end_on_any_day(tmp_path: Path) -> None:
    estate = generate(2, 1, 3, tmp_path / "leap", end_date=date(2024, 2, 29))
    assert (estate.first_date, estate.as_of_date) == (date(2023, 3, 1), date(2024, 2, 29))
    assert estate.spend_12m_gbp > 1000
    leftovers = [path.name for path in tmp_path.iterdir()]
    assert leftovers == ["leap"]


def test_an_interrupted_estate_leaves_nothing(tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(2, 1, 3, tmp_path / "landing", progress=stop)
    assert not list(tmp_path.iterdir())
