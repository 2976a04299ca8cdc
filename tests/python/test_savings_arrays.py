"""Marts to arrays, on both engines: every half-hour in its place, missing not zero, zero not missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from data_layer.savings.arrays import EstateReader, NoReadingsError, uk_periods_in_day
from data_layer.savings.prices import BANDS
from data_layer.warehouse.connection import open_warehouse

SPRING = "2025-03-30"
TABLES = {
    "energy.dim_energy_as_of": "as_of_date date, period_start_date date",
    "core.dim_half_hours": "periods_in_day integer, settlement_period integer, starts_minute integer, rate_band text",
    "core.dim_sites": "site_id text, site_type text, nation text, weather_station_id text, open_date date, "
    "close_date date, valid_from_date date",
    "energy.fct_energy_reading_days": "meter_id text, site_id text, fuel text, measurement_quantity text, "
    "settlement_date date, periods_in_day integer, half_hours_wh bigint[], reading_types text",
    "energy.fct_weather_half_hours": "weather_station_id text, settlement_date date, settlement_period integer, "
    "temperature_c numeric(6, 2)",
    "energy.dim_energy_avoidable_rates": "meter_id text, element text, rate_band text, "
    "avoidable_rate_gbp_per_kwh numeric(18, 6), valid_from_date date, valid_to_date date",
    "energy.dim_meters": "meter_id text, distributor_id text",
    "energy.dim_meter_devices": "meter_id text, valid_from_date date, valid_to_date date, related_meter_id text, "
    "relation text",
    "energy.fct_energy_daily": "meter_id text, settlement_date date, read_half_hours integer",
    "core.dim_network_bands": "distributor_id text, day_type text, duos_band text, periods_in_day integer, "
    "settlement_period integer",
    "energy.dim_energy_contract_rates": "contract_id text, meter_id text, element text, rate_gbp numeric(18, 6), "
    "agreed_capacity_kva numeric(12, 2), valid_from_date date, valid_to_date date",
    "energy.fct_site_opening_days": "site_id text, settlement_date date, opens_minute integer, closes_minute integer, "
    "is_closed_all_day boolean",
}


@pytest.fixture
def marts(warehouse_config):
    """A warehouse with the marts that detection reads, empty, and two days of one metering point: 29 and 30 March."""
    with open_warehouse(warehouse_config) as warehouse:

        def name(table):
            schema, _, bare = table.partition(".")
            return f"{warehouse.schema(schema)}.{bare}"

        for schema in ("energy", "core"):
            warehouse.execute(f"create schema if not exists {warehouse.schema(schema)}")
        for table, columns in TABLES.items():
            warehouse.execute(f"create table {name(table)} ({columns})")

        def insert(table, *rows):
            for row in rows:
                warehouse.execute(f"insert into {name(table)} values ({row})")

        insert("energy.dim_energy_as_of", f"date '{SPRING}', date '2024-03-31'")
        for count, clock in ((48, list(range(0, 1440, 30))), (46, [0, 30, *range(120, 1440, 30)])):
            rows = ", ".join(
                f"({count}, {at + 1}, {minute}, '{'night' if minute < 420 else 'day'}')"
                for at, minute in enumerate(clock)
            )
            warehouse.execute(f"insert into {name('core.dim_half_hours')} values {rows}")
        insert(
            "core.dim_sites",
            "'S1', 'office', 'england', 'W1', date '2001-01-01', null, date '2001-01-01'",
            "'S1', 'depot', 'wales', 'W1', date '2001-01-01', null, date '2024-01-01'",
            "'S1', 'school', 'wales', 'W1', date '2001-01-01', null, date '2026-01-01'",
        )
        saturday = ", ".join(["0", "null", *["100"] * 46])
        sunday = ", ".join(["200"] * 46)
        letters = "A" + "-" + "E" * 2 + "A" * 44
        insert(
            "energy.fct_energy_reading_days",
            f"'m1', 'S1', 'electricity', 'AI', date '2025-03-29', 48, array[{saturday}], '{letters}'",
            f"'m1', 'S1', 'electricity', 'AI', date '{SPRING}', 46, array[{sunday}], '{'A' * 46}'",
            f"'m1', 'S1', 'electricity', 'RI', date '{SPRING}', 46, array[{sunday}], '{'E' + 'A' * 45}'",
            f"'m2', null, 'electricity', 'AI', date '{SPRING}', 46, array[{sunday}], '{'A' * 46}'",
            f"'m1', 'S1', 'electricity', 'AI', date '2025-03-31', 48, array[{saturday}], '{letters}'",
        )
        insert("energy.fct_weather_half_hours", f"'W1', date '{SPRING}', 46, 7.25")
        insert(
            "energy.dim_energy_avoidable_rates",
            f"'m1', 'unit', 'day', 0.25, date '{SPRING}', date '9999-12-31'",
            f"'m1', 'unit', 'night', 0.15, date '{SPRING}', null",
            f"'m1', 'duos', 'red', 0.05, date '{SPRING}', null",
        )
        # Red on weekdays from the 34th half-hour, on weekends in the 40th half-hour of a short day alone.
        insert("energy.dim_meters", "'m1', '10'")
        insert(
            "core.dim_network_bands",
            *(f"'10', 'weekday', 'red', {count}, {period}" for count in (46, 48) for period in range(34, 40)),
            "'10', 'weekend', 'red', 46, 40",
            "'11', 'weekend', 'red', 46, 41",
        )
        insert(
            "energy.dim_energy_contract_rates",
            f"'C1', 'm1', 'capacity', 0.05, 120.50, date '{SPRING}', date '9999-12-31'",
        )
        insert(
            "energy.fct_site_opening_days",
            "'S1', date '2025-03-29', 495, 1080, false",
            f"'S1', date '{SPRING}', null, null, true",
        )
        yield warehouse


def test_readings_come_to_their_place(marts):
    estate = EstateReader(marts)
    assert estate.meter_ids == ["m1"]
    (meter,) = estate.meters()
    assert meter.dates.astype(str).tolist() == ["2025-03-29", SPRING]
    assert meter.periods_in_day.tolist() == [48, 46]
    assert meter.used_wh[0, :3].tolist() == [0, 0, 100]
    assert meter.is_read[0, :4].tolist() == [True, False, True, True]
    assert meter.is_actual[0, :5].tolist() == [True, False, False, False, True]
    assert meter.is_read.sum() == 47 + 46
    assert meter.used_wh[1].sum() == 46 * 200
    assert not meter.is_reactive_read[0].any()
    assert meter.is_reactive_delivered[1].sum() == 46
    assert meter.is_reactive_read[1].sum() == 45


def test_hours_follow_the_local_clock(marts):
    (meter,) = EstateReader(marts).meters()
    # 08:15 to 18:00: the half-hour from 08:00 is partly open, so 16 are closed before it and 12 after closing.
    assert meter.is_closed[0].sum() == 28
    assert not meter.is_closed[0, 16]
    assert meter.is_closed[1].sum() == 46
    assert meter.starts_minute[1, :4].tolist() == [0, 30, 120, 150]
    assert meter.is_closed_all_day.tolist() == [False, True]


def test_attributes_prices_and_weather_of_the_day(marts):
    (meter,) = EstateReader(marts).meters()
    assert meter.site_type == "depot"
    assert EstateReader(marts).nation("S1") == "wales"
    assert meter.price_micro_gbp[0, 0] == -1
    assert (meter.price_micro_gbp[1, 11], BANDS[meter.price_band[1, 11]]) == (150_000, "night")
    assert (meter.price_micro_gbp[1, 12], BANDS[meter.price_band[1, 12]]) == (250_000, "day")
    assert (meter.price_micro_gbp[1, 39], BANDS[meter.price_band[1, 39]]) == (300_000, "day")
    assert (meter.price_micro_gbp[1, 35:39] == 250_000).all()
    assert meter.price_micro_gbp[1, 40] == 250_000
    assert meter.agreed_centi_kva.tolist() == [-1, 12_050]
    assert meter.capacity_micro_gbp.tolist() == [-1, 50_000]
    assert meter.temperature_c[1, 45] == pytest.approx(7.25)
    assert np.isnan(meter.temperature_c[0]).all()


def test_no_complete_day_is_said_plainly(marts):
    marts.execute(f"delete from {marts.schema('energy')}.dim_energy_as_of")
    with pytest.raises(NoReadingsError, match="no complete day"):
        EstateReader(marts)


def test_periods_in_day_of_ten_years():
    dates = np.arange(np.datetime64("2020-01-01"), np.datetime64("2030-01-01"))
    counts = uk_periods_in_day(dates)
    changes = {str(day): int(count) for day, count in zip(dates, counts, strict=True) if count != 48}
    assert len(changes) == 20
    assert changes["2025-03-30"] == 46
    assert changes["2025-10-26"] == 50
    assert changes["2026-03-29"] == 46
    assert all(date.fromisoformat(day).isoweekday() == 7 for day in changes)


def test_rates_are_exact(marts):
    (meter,) = EstateReader(marts).meters()
    assert Decimal(int(meter.price_micro_gbp[1, 45])).scaleb(-6) == Decimal("0.25")
