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
from data_layer.sample.cases import BILL_CASES, DATA_CASES, cases_of
from data_layer.sample.contracts import make_contract, without_days
from data_layer.sample.identifiers import mpan_check_digit, mpan_core, mprn
from data_layer.sample.metering import (
    ACTUAL,
    GAS_CALORIFIC_VALUE_MJ_PER_M3,
    GAS_VOLUME_CORRECTION,
    M3_PER_HUNDRED_CUBIC_FEET,
    MISSING,
    PROFILED,
    MeteredSeries,
    by_the_hour,
    delivered_wh,
    in_pulses,
    kwh_per_gas_unit,
    on_winter_time,
    profiled,
    to_wh,
)
from data_layer.sample.periods import months_before, twelve_months_to
from data_layer.sample.planted import needed_capacity_kva
from data_layer.sample.randomness import generator, lasting_noise
from data_layer.sample.regulated import (
    DUOS_BANDS,
    ccl_micro_gbp,
    ccl_of_other_years,
    charging_band_of,
    duos_band_of_half_hours,
    network_micro_gbp,
    residual_micro_gbp,
    vat_pct,
)
from data_layer.sample.settlement_calendar import bank_holidays, calendar_between
from data_layer.sample.site_plans import CAPACITY_ROLES, CLOSED_ROLES, plan_site, role_of, site_type_of
from data_layer.sample.solar import solar_kw
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


def test_network_charges_are_those_of_the_seeds() -> None:
    checked = 0
    for row in seed_rows("duos_rates.csv"):
        for day in (row["valid_from_date"], row["valid_to_date"]):
            rate = network_micro_gbp(row["distributor_id"], row["element"], row["rate_band"], date.fromisoformat(day))
            assert Decimal(rate) / 1_000_000 == Decimal(row["rate_gbp"])
            checked += 1
    for row in seed_rows("tnuos_residual_rates.csv"):
        rate = residual_micro_gbp(row["charging_band"], date.fromisoformat(row["valid_from_date"]))
        assert Decimal(rate) / 1_000_000 == Decimal(row["rate_gbp_per_day"])
        assert charging_band_of(int(Decimal(row["agreed_above_kva"])) + 1) == row["charging_band"]
    assert checked > 1000


def test_bands_of_network_charges_follow_clock_and_day_of_week() -> None:
    calendar = calendar_between(date(2025, 1, 1), date(2025, 12, 31))
    bands = duos_band_of_half_hours(calendar, "16")
    for day, minute, band in (
        (date(2025, 7, 7), 16 * 60, "red"),
        (date(2025, 1, 6), 16 * 60, "red"),
        (date(2025, 7, 7), 8 * 60, "green"),
        (date(2025, 7, 6), 16 * 60, "amber"),
        # A bank holiday counts as the Monday that it is.
        (date(2025, 5, 5), 16 * 60, "red"),
    ):
        at = (calendar.day_of_half_hour == calendar.day_index(day)) & (calendar.local_minute == minute)
        assert {DUOS_BANDS[place] for place in bands[at].tolist()} == {band}, (day, minute)


def test_vat_is_reduced_up_to_the_de_minimis() -> None:
    assert vat_pct("electricity", 33_000 * 31, 31) == 5
    assert vat_pct("electricity", 33_000 * 31 + 1, 31) == 20
    assert vat_pct("gas", 145_000 * 30, 30) == 5
    assert vat_pct("gas", 145_000 * 30 + 1, 30) == 20


def test_levies_of_other_years_are_dearer_and_nearest_first() -> None:
    assert ccl_of_other_years("electricity", date(2025, 6, 1))[:2] == [8_010, 8_110]
    assert 5_240 not in ccl_of_other_years("electricity", date(2025, 6, 1))


def series_of(values: np.ndarray, meter_id: str = "1200000000002", unit: str = "kwh") -> MeteredSeries:
    return MeteredSeries(meter_id, "AI", unit, values, np.zeros(len(values), dtype=np.uint8))


def test_a_supplier_on_winter_time_is_early_by_an_hour_in_summer() -> None:
    calendar = calendar_between(date(2024, 1, 1), date(2024, 12, 31))
    used = np.arange(calendar.half_hours, dtype=np.int64)
    read = on_winter_time(series_of(used), calendar, 2024)

    def day(when: date) -> slice:
        begin = int(calendar.first_half_hour_of_day[calendar.day_index(when)])
        return slice(begin, begin + int(calendar.periods_in_day[calendar.day_index(when)]))

    for winter in (date(2024, 1, 15), date(2024, 3, 31), date(2024, 10, 28)):
        assert read.thousandths[day(winter)].tolist() == used[day(winter)].tolist()
    for summer in (date(2024, 4, 1), date(2024, 10, 26)):
        assert read.thousandths[day(summer)].tolist() == (used[day(summer)] + 2).tolist()
    long_day = day(date(2024, 10, 27))
    assert read.thousandths[long_day].tolist() == [*(used[long_day][:-2] + 2).tolist(), 0, 0]
    assert read.status[long_day].tolist() == [ACTUAL] * 48 + [MISSING] * 2
    # All that was used is delivered once, but for the hour before the first summer day's midnight by that clock.
    begin = day(date(2024, 4, 1)).start
    assert set(used.tolist()) - set(read.thousandths.tolist()) == {begin, begin + 1}


def test_profiled_days_keep_their_total_and_have_one_shape() -> None:
    calendar = calendar_between(date(2024, 3, 1), date(2024, 4, 30))
    used = generator(3, "profile").integers(100, 9_000, calendar.half_hours)
    read = profiled(series_of(used), calendar, 5, 20)
    begin, end = calendar.first_half_hour_of_day[[5, 25]]
    assert read.thousandths[begin:end].sum() == used[begin:end].sum()
    assert set(read.status[begin:end].tolist()) == {PROFILED}
    one, other = read.thousandths[begin : begin + 48], read.thousandths[begin + 48 : begin + 96]
    assert np.abs(one - other).max() <= 1
    outside = np.r_[0:begin, end : calendar.half_hours]
    assert (read.thousandths[outside] == used[outside]).all()


def test_an_hour_is_delivered_whole_or_not_at_all() -> None:
    calendar = calendar_between(date(2024, 3, 30), date(2024, 4, 1))
    used = np.full(calendar.half_hours, 3, dtype=np.int64)
    used[1] = 2
    series = series_of(used)
    series.status[5] = MISSING
    hourly = by_the_hour(series, calendar)
    assert hourly.status[4:6].tolist() == [MISSING, MISSING]
    # 5 Wh are 3 and 2: the odd one comes first.
    assert delivered_wh(hourly, calendar)[:6].tolist() == [3, 2, 3, 3, 0, 0]


def test_pulses_are_whole_tenths_of_a_kwh() -> None:
    read = in_pulses(series_of(np.array([49, 50, 1_000, 1_249], dtype=np.int64)))
    assert (read.unit, read.thousandths.tolist()) == ("pulse", [0, 1_000, 10_000, 12_000])
    assert to_wh(read.thousandths, read.unit).tolist() == [0, 100, 1_000, 1_200]


def test_solar_panels_make_nothing_at_night_and_most_at_noon_in_summer() -> None:
    calendar = calendar_between(date(2025, 1, 1), date(2025, 12, 31))
    made = solar_kw(calendar, 53.0, 10.0, generator(1, "sun"))
    hour = calendar.utc_seconds % 86_400 // 3_600
    month = calendar.month_numbers[calendar.day_of_half_hour] % 12
    assert made[hour < 3].max() == 0
    assert made.max() <= 10
    by_hour = [made[hour == clock].mean() for clock in range(24)]
    assert int(np.argmax(by_hour)) in (11, 12)
    assert made[month == 5].mean() > 4 * made[month == 11].mean()


def test_a_contract_without_days_keeps_the_rest() -> None:
    contract = make_contract("1200000000002", "electricity", 1, date(2023, 1, 1), date(2025, 12, 31), True, None, None)
    cut = without_days(contract, date(2024, 6, 1), date(2024, 8, 31))
    assert not cut.is_expired(date(2024, 5, 31))
    assert cut.is_expired(date(2024, 6, 1)) and cut.is_expired(date(2024, 8, 31))
    assert not cut.is_expired(date(2024, 9, 1))
    # The last signed price holds where nothing is signed.
    assert cut.micro_gbp("unit", "all", date(2024, 7, 1)) == contract.micro_gbp("unit", "all", date(2024, 7, 1))
    ended = without_days(contract, date(2024, 4, 1), date(2024, 8, 31))
    assert ended.micro_gbp("unit", "all", date(2024, 7, 1)) == contract.micro_gbp("unit", "all", date(2024, 3, 31))
    assert ended.micro_gbp("unit", "all", date(2024, 7, 1)) != contract.micro_gbp("unit", "all", date(2024, 7, 1))


@pytest.mark.parametrize("seed", [1, 2, 3, 11])
def test_each_run_of_24_sites_has_every_case(seed: int) -> None:
    span = (date(2023, 1, 1), date(2025, 12, 31))
    for run in range(4):
        cases = [cases_of(number, 3, seed, *span) for number in range(24 * run, 24 * run + 24)]
        data_cases = Counter(case.data_case for case in cases if case.data_case)
        assert data_cases == DATA_CASES, run
        bill_cases = Counter(name for case in cases for name in case.bill_cases)
        assert set(bill_cases) == set(BILL_CASES), run
        assert max(len(case.bill_cases) for case in cases) <= 5


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
