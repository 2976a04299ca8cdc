"""The days that a load has touched are rebuilt, and the marts are what a build of everything would have made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from data_layer.landing.load import load_landing
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession
from landing_files import csv_text, write

HALF_HOURS = [f"hh_{period:02d}" for period in range(1, 51)]
DAYS_HEADER = ",".join(["meter_id,measurement_quantity,settlement_date,unit,reading_type", *HALF_HOURS])
INTERVALS_HEADER = (
    "meter_id,measurement_quantity,interval_start_at,settlement_date,settlement_period,interval_minutes,reading_value,"
    "unit,reading_type"
)
METERS_HEADER = "meter_id,valid_from_date,valid_to_date,site_id,fuel,serial_number,pulse_unit,pulse_value"
SITES_HEADER = "site_id,valid_from_date,site_name,site_type,region,nation,open_date"
MARTS = {"fct_energy_reading_days": "meter_id, measurement_quantity", "fct_energy_daily": "meter_id"}
# What changes from load to load; views above it read the raw tables as they are.
INCREMENTAL = "int_energy__readings_load fct_energy_reading_days fct_energy_daily"
NO_TESTS = "resource_type:test resource_type:unit_test"


class Estate:
    """Three metering points with two weeks of readings: landing files, and what the marts say after each build."""

    def __init__(self, config: WarehouseConfig, session: DbtSession):
        self.config, self.session = config, session

    def days(self, name: str, *rows: str) -> None:
        """A file of days, as `day()` writes them."""
        write(self.config.landing, f"energy/{name}", csv_text(DAYS_HEADER, rows))

    def intervals(self, name: str, *rows: str) -> None:
        """A file of intervals."""
        write(self.config.landing, f"energy/{name}", csv_text(INTERVALS_HEADER, rows))

    def meters(self, *rows: str) -> None:
        """The file of meters, anew."""
        write(self.config.landing, "energy/meters.csv", csv_text(METERS_HEADER, rows))

    def build(self, select: str = INCREMENTAL, full_refresh: bool = False) -> dict[str, list[tuple]]:
        """Load what is new, build, and return every row of the marts."""
        report = load_landing(self.config)
        assert not report.refused and report.rows_quarantined == 0, report.summary()
        self.session.build(select, NO_TESTS, full_refresh)
        return {
            mart: self.rows(f"select * from {{energy}}.{mart} order by {order}, settlement_date")
            for mart, order in MARTS.items()
        }

    def rows(self, sql: str) -> list[tuple]:
        with open_warehouse(self.config) as warehouse:
            return warehouse.fetch_rows(sql.format(energy=warehouse.schema("energy")))

    def day_of(self, meter: str, date: str) -> tuple[int | None, str, str | None]:
        """Wh, letters of the reading types, and site of a day."""
        [found] = self.rows(
            "select consumption_wh, reading_types, site_id from {energy}.fct_energy_reading_days "
            f"where meter_id = '{meter}' and settlement_date = date '{date}'"
        )
        return found


def day(meter: str, date: str, kwh: str, kind: str = "A", unit: str = "kwh", periods: int = 48) -> str:
    """A row of a day whose half-hours all have one value; what is beyond `periods` is empty."""
    values = [kwh if period <= periods else "" for period in range(1, 51)]
    return ",".join([meter, "AI", date, unit, kind, *values])


def period(meter: str, date: str, number: int, kwh: str, kind: str = "A") -> str:
    return f"{meter},AI,,{date},{number},30,{kwh},kwh,{kind}"


def march(*numbers: int) -> list[str]:
    return [f"2025-03-{number:02d}" for number in numbers]


METERS = [
    "E1,2020-01-01,,S1,electricity,K1,,",
    "P1,2020-01-01,,S1,electricity,,kwh,0.1",
    "H1,2020-01-01,,S2,gas,,,",
]


@pytest.fixture
def estate(warehouse_config: WarehouseConfig) -> Iterator[Estate]:
    """E1 by days (5 March estimated), P1 in pulses, H1 by the hour in UTC; built once in full."""
    write(
        warehouse_config.landing,
        "energy/sites.csv",
        csv_text(
            SITES_HEADER,
            [
                "S1,2020-01-01,High Street,food_store,North West,england,2020-01-01",
                "S2,2020-01-01,Chapel Lane,office,Wales,wales,2020-01-01",
            ],
        ),
    )
    with DbtSession(warehouse_config) as session:
        estate = Estate(warehouse_config, session)
        estate.meters(*METERS)
        base = [day("E1", date, "1", "E" if date.endswith("05") else "A") for date in march(*range(1, 10))]
        estate.days("readings_hh.csv", *base)
        estate.days("readings_hh_pulses.csv", *(day("P1", date, "10", unit="pulse") for date in march(*range(1, 10))))
        estate.intervals(
            "readings.csv",
            *(
                f"H1,AI,{date}T{hour:02d}:30:00Z,,,60,0.501,kwh,A"
                for date in march(*range(1, 10))
                for hour in range(24)
            ),
        )
        estate.build("+fct_energy_daily +fct_energy_reading_history")
        yield estate


def test_every_kind_of_delivery_gives_what_a_full_build_gives(estate: Estate) -> None:
    """One estate, change after change; each is built by days and then in full."""

    def agree(change: str) -> dict[str, list[tuple]]:
        by_days = estate.build()
        in_full = estate.build(full_refresh=True)
        assert by_days == in_full, change
        assert in_force(estate) == marts(estate), change
        return in_full

    start = agree("nothing new")
    assert len(start["fct_energy_reading_days"]) == 9 + 9 + 10
    assert estate.day_of("P1", "2025-03-09") == (48_000, "A" * 48, "S1")

    estate.days("readings_hh_10.csv", day("E1", "2025-03-10", "1"), day("P1", "2025-03-10", "10", unit="pulse"))
    assert len(agree("new day")["fct_energy_reading_days"]) == 9 + 9 + 10 + 2

    estate.days("readings_hh_late.csv", day("E1", "2025-03-03", "2", periods=47))
    estate.intervals("readings_late.csv", period("E1", "2025-03-04", 7, "3"), period("E1", "2025-03-04", 8, "4"))
    agree("late corrections, by the day and by the half-hour")
    assert estate.day_of("E1", "2025-03-03") == (47 * 2000 + 1000, "A" * 48, "S1")
    assert estate.day_of("E1", "2025-03-04") == (46_000 + 7000, "A" * 48, "S1")

    estate.intervals("readings_better.csv", period("E1", "2025-03-05", 1, "5"))
    estate.days("readings_hh_better.csv", day("E1", "2025-03-05", "6", periods=2))
    estate.days("readings_hh_worse.csv", day("E1", "2025-03-02", "9", "E"), day("E1", "2025-03-11", "9", "P"))
    estate.intervals("readings_worse.csv", period("E1", "2025-03-05", 3, "9", "P"))
    agree("better reads later, and worse ones")
    # of the two actuals of period 1 that of the day is in force: files are loaded by name, so its file is the later
    assert estate.day_of("E1", "2025-03-05") == (46_000 + 2 * 6000, "AA" + "E" * 46, "S1")
    assert estate.day_of("E1", "2025-03-02") == (48_000, "A" * 48, "S1")
    assert estate.day_of("E1", "2025-03-11") == (48 * 9000, "P" * 48, "S1")

    corrected = [day("E1", date, "1.5") for date in march(1, 2, 3, 4, 5, 6, 8, 9)]
    estate.days("readings_hh.csv", *corrected)
    rows = agree("a corrected file of the same name, with a day less")
    assert "2025-03-07" not in {str(row[-1]) for row in rows["fct_energy_reading_days"] if row[0] == "E1"}
    assert estate.day_of("E1", "2025-03-02") == (72_000, "A" * 48, "S1")
    # counts as later than all before it, and keeps no estimate
    assert estate.day_of("E1", "2025-03-05") == (72_000, "A" * 48, "S1")
    assert replaced(estate) == 9 * 48

    estate.days("readings_hh_serial.csv", day("K1", "2025-03-07", "2"))
    agree("a reading under the serial number of a device")
    assert estate.day_of("E1", "2025-03-07") == (96_000, "A" * 48, "S1")

    estate.meters(
        "E1,2020-01-01,2025-03-03,S1,electricity,K1,,",
        "E1,2025-03-04,,S2,electricity,K2,,",
        "P1,2020-01-01,2025-03-05,S1,electricity,,kwh,0.1",
        "P1,2025-03-06,2025-03-08,S1,electricity,,kwh,0.2",
        "P1,2025-03-09,,S1,electricity,,,",
        METERS[2],
    )
    agree("devices exchanged and a meter moved, by a new file of meters")
    assert [estate.day_of("E1", date)[2] for date in march(3, 4)] == ["S1", "S2"]
    assert [estate.day_of("P1", date)[0] for date in march(5, 6, 9)] == [48_000, 96_000, None]
    # K1 was taken off on 3 March: what came under its number on 7 March is no one's
    assert estate.day_of("K1", "2025-03-07") == (96_000, "A" * 48, None)


def test_only_days_of_new_files_are_built_again(estate: Estate) -> None:
    """A mark on a day stays until a load touches the day, or the file of meters, which touches all."""

    def marked() -> list[str]:
        sql = "select settlement_date from {energy}.fct_energy_reading_days where load_id = -1 order by settlement_date"
        return [str(row[0]) for row in estate.rows(sql)]

    with open_warehouse(estate.config) as warehouse, warehouse.transaction():
        warehouse.execute(
            f"update {warehouse.schema('energy')}.fct_energy_reading_days set load_id = -1 where meter_id = 'E1'"
        )
    assert marked() == march(*range(1, 10))
    estate.build()
    assert marked() == march(*range(1, 10))
    estate.intervals("readings_one.csv", period("P1", "2025-03-05", 7, "3"))
    estate.build()
    # a day more on either side, since an hour may reach into the next
    assert marked() == march(1, 2, 3, 7, 8, 9)
    estate.meters(*METERS[:2], "H1,2020-01-01,,S1,gas,,,")
    estate.build()
    assert marked() == []


def in_force(estate: Estate) -> list[tuple]:
    """Of the history: Wh in force, and in how many half-hours, of each day with one."""
    return estate.rows(
        "select meter_id, measurement_quantity, settlement_date, cast(sum(half_hour_wh) as bigint), count(*) "
        "from {energy}.fct_energy_reading_history where is_in_force "
        "group by meter_id, measurement_quantity, settlement_date order by 1, 2, 3"
    )


def marts(estate: Estate) -> list[tuple]:
    """The same of the reading days."""
    return estate.rows(
        "select meter_id, measurement_quantity, settlement_date, consumption_wh, periods_in_day - missing_half_hours "
        "from {energy}.fct_energy_reading_days where missing_half_hours < periods_in_day order by 1, 2, 3"
    )


def replaced(estate: Estate) -> int:
    """Values that a corrected file has taken back."""
    sql = "select count(*) from {energy}.fct_energy_reading_history where not_in_force_reason = 'file_replaced'"
    return estate.rows(sql)[0][0]
