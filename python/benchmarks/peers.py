"""The daily mart as others would make it: Polars and pandas from the landing files, PostgreSQL from a long fact.

Each gives the rows of `fct_energy_daily` by the same rules, so that times are compared for the same result: units by
factor, values beyond the day's end left out, missing and estimated half-hours counted, of several deliveries of a day
each half-hour's best (actual before estimated, then the newest file), site and emissions joined.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl

from readings_estate import HALF_HOURS

KEY = ["meter_id", "measurement_quantity", "settlement_date"]
UNIT_FACTORS = {"wh": 1, "kwh": 1_000}
"""Whole Wh in a unit; the benchmark's files have no other."""

DAILY_COLUMNS = [
    "meter_id",
    "site_id",
    "consumption_wh",
    "emissions_mgco2e",
    "estimated_half_hours",
    "read_half_hours",
    "expected_half_hours",
    "settlement_date",
]


def polars_daily(files: list[Path], meters: pl.DataFrame, dates: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """Daily mart from the landing files.

    files    of readings_hh, in the order in which they were loaded
    meters   meter_id, site_id, fuel
    dates    settlement_date, periods_in_day, calendar_year
    factors  fuel, calendar_year, factor_e6 (millionths of a kgCO2e a kWh, whole)
    """
    rows = (
        pl.scan_parquet(files, include_file_paths="file_name")
        .filter(pl.col("measurement_quantity") == "AI")
        .join(dates.lazy(), on="settlement_date")
        .with_columns(
            factor=pl.col("unit").str.to_lowercase().replace_strict(UNIT_FACTORS, return_dtype=pl.Int64),
            is_told_by_one_row=(pl.len().over(KEY) == 1) & pl.col("reading_types").is_null(),
        )
    )
    in_day = {
        name: pl.when(pl.col("periods_in_day") >= number).then(pl.col(name)) if number > 46 else pl.col(name)
        for number, name in enumerate(HALF_HOURS, start=1)
    }
    read = pl.sum_horizontal(value.is_not_null().cast(pl.Int32) for value in in_day.values())
    whole = rows.filter("is_told_by_one_row").select(
        *KEY,
        "periods_in_day",
        "calendar_year",
        consumption_wh=pl.sum_horizontal(value.cast(pl.Int64) for value in in_day.values()) * pl.col("factor"),
        read_half_hours=read,
        estimated_half_hours=pl.when(pl.col("reading_type") == "E").then(read).otherwise(0),
    )
    half_hours = (
        rows.filter(~pl.col("is_told_by_one_row"))
        .unpivot(
            HALF_HOURS,
            index=[*KEY, "periods_in_day", "calendar_year", "factor", "file_name", "reading_type", "reading_types"],
            variable_name="half_hour",
        )
        .with_columns(period=pl.col("half_hour").str.slice(3).cast(pl.Int32))
        .with_columns(
            letter=pl.coalesce(pl.col("reading_types").str.slice(pl.col("period") - 1, 1), pl.col("reading_type"))
        )
        .filter(
            pl.col("value").is_not_null() & (pl.col("letter") != "-") & (pl.col("period") <= pl.col("periods_in_day"))
        )
        .sort(["letter", "file_name"], descending=[False, True])
        .unique([*KEY, "period"], keep="first", maintain_order=True)
    )
    put_together = half_hours.group_by([*KEY, "periods_in_day", "calendar_year"]).agg(
        consumption_wh=(pl.col("value").cast(pl.Int64) * pl.col("factor")).sum(),
        read_half_hours=pl.len().cast(pl.Int32),
        estimated_half_hours=(pl.col("letter") == "E").sum().cast(pl.Int32),
    )
    return (
        pl.concat([whole, put_together], how="diagonal")
        .join(meters.lazy(), on="meter_id", how="left")
        .join(factors.lazy(), on=["fuel", "calendar_year"], how="left")
        .with_columns(
            expected_half_hours=pl.col("periods_in_day"),
            emissions_mgco2e=(pl.col("consumption_wh") * pl.col("factor_e6") + 500) // 1000,
        )
        .select(DAILY_COLUMNS)
        .sort("settlement_date", "meter_id")
        .collect(engine="streaming")
    )


def pandas_daily(files: list[Path], meters: pd.DataFrame, dates: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    """Daily mart from the landing files, with the arguments and columns of `polars_daily`."""
    rows = pd.concat(
        [pd.read_parquet(file).assign(file_number=number) for number, file in enumerate(files)], ignore_index=True
    )
    rows["settlement_date"] = pd.to_datetime(rows["settlement_date"]).astype(dates["settlement_date"].dtype)
    rows = rows[rows["measurement_quantity"] == "AI"].merge(dates, on="settlement_date")
    rows["factor"] = rows["unit"].str.lower().map(UNIT_FACTORS)
    is_whole = ~rows.duplicated(KEY, keep=False) & rows["reading_types"].isna()
    whole = rows[is_whole].copy()
    values = whole[HALF_HOURS].astype("float64")
    for number in range(47, 51):
        values.loc[whole["periods_in_day"] < number, f"hh_{number:02d}"] = float("nan")
    whole["consumption_wh"] = values.sum(axis=1).astype("int64") * whole["factor"]
    whole["read_half_hours"] = values.notna().sum(axis=1)
    whole["estimated_half_hours"] = whole["read_half_hours"].where(whole["reading_type"] == "E", 0)
    index = [*KEY, "periods_in_day", "calendar_year", "factor", "file_number", "reading_type", "reading_types"]
    long = rows[~is_whole].melt(index, HALF_HOURS, "half_hour", "value").dropna(subset=["value"])
    long["period"] = long["half_hour"].str.slice(3).astype("int64")
    long = long[long["period"] <= long["periods_in_day"]]
    long["letter"] = [
        letter if isinstance(letters, float) or letters is None else letters[period - 1]
        for letter, letters, period in zip(long["reading_type"], long["reading_types"], long["period"], strict=True)
    ]
    long = long[long["letter"] != "-"].sort_values(["letter", "file_number"], ascending=[True, False])
    long = long.drop_duplicates([*KEY, "period"])
    long["wh"] = (long["value"] * long["factor"]).astype("int64")
    long["is_estimated"] = long["letter"] == "E"
    put_together = long.groupby([*KEY, "periods_in_day", "calendar_year"], as_index=False).agg(
        consumption_wh=("wh", "sum"), read_half_hours=("wh", "size"), estimated_half_hours=("is_estimated", "sum")
    )
    days = pd.concat([whole[put_together.columns], put_together], ignore_index=True)
    days = days.merge(meters, on="meter_id", how="left").merge(factors, on=["fuel", "calendar_year"], how="left")
    days["expected_half_hours"] = days["periods_in_day"]
    days["emissions_mgco2e"] = (days["consumption_wh"] * days["factor_e6"] + 500) // 1000
    return days[DAILY_COLUMNS].sort_values(["settlement_date", "meter_id"], ignore_index=True)


LONG_FACT_SQL = """
    create table {schema}.long_fact as
    select
        days.meter_id, days.measurement_quantity, days.settlement_date,
        cast(half_hours.settlement_period as integer) as settlement_period, half_hours.half_hour_wh,
        substr(days.reading_types, cast(half_hours.settlement_period as integer), 1) as reading_type
    from {energy}.fct_energy_reading_days as days
    cross join unnest(days.half_hours_wh) with ordinality as half_hours (half_hour_wh, settlement_period)
    where half_hours.half_hour_wh is not null
    order by days.settlement_date, days.meter_id, days.measurement_quantity, half_hours.settlement_period
"""
"""A row a half-hour, in the order in which it would be loaded."""

LONG_FACT_KEY_SQL = """
    create unique index long_fact_key
    on {schema}.long_fact (meter_id, measurement_quantity, settlement_date, settlement_period)
"""

DAILY_FROM_LONG_SQL = """
    create table {schema}.long_daily as
    select
        long_fact.meter_id, meters.site_id, meters.site_key, meters.fuel,
        cast(sum(long_fact.half_hour_wh) * 0.001 as numeric(18, 3)) as consumption_kwh,
        cast(
            sum(long_fact.half_hour_wh) * 0.001 * factors.emissions_kgco2e_per_kwh as numeric(18, 6)
        ) as emissions_kgco2e,
        count(case when long_fact.reading_type = 'E' then 1 end) as estimated_half_hours,
        count(*) as read_half_hours,
        dates.periods_in_day - count(*) as missing_half_hours,
        dates.periods_in_day as expected_half_hours, long_fact.settlement_date
    from {schema}.long_fact
    inner join {core}.dim_dates as dates
        on long_fact.settlement_date = dates.date_day
    left join {intermediate}.int_energy__meter_sites as meters
        on
            long_fact.meter_id = meters.meter_id
            and long_fact.settlement_date between meters.valid_from_date and meters.valid_to_date
    left join {core}.dim_carbon_factors as factors
        on
            meters.fuel = factors.fuel
            and long_fact.settlement_date between factors.valid_from_date and factors.valid_to_date
    where long_fact.measurement_quantity = 'AI'
    group by
        long_fact.meter_id, meters.site_id, meters.site_key, meters.fuel, factors.emissions_kgco2e_per_kwh,
        dates.periods_in_day, long_fact.settlement_date
    order by long_fact.settlement_date, long_fact.meter_id
"""
"""As a star is asked: the half-hours joined to their dimensions, then added up."""

DAILY_SUMMED_FIRST_SQL = """
    create table {schema}.long_daily as
    select
        totals.meter_id, meters.site_id, meters.site_key, meters.fuel,
        cast(totals.consumption_wh * 0.001 as numeric(18, 3)) as consumption_kwh,
        cast(totals.consumption_wh * 0.001 * factors.emissions_kgco2e_per_kwh as numeric(18, 6)) as emissions_kgco2e,
        totals.estimated_half_hours, totals.read_half_hours,
        totals.periods_in_day - totals.read_half_hours as missing_half_hours,
        totals.periods_in_day as expected_half_hours, totals.settlement_date
    from (
        select
            long_fact.meter_id, long_fact.settlement_date, dates.periods_in_day,
            sum(long_fact.half_hour_wh) as consumption_wh,
            count(*) as read_half_hours,
            count(case when long_fact.reading_type = 'E' then 1 end) as estimated_half_hours
        from {schema}.long_fact
        inner join {core}.dim_dates as dates
            on long_fact.settlement_date = dates.date_day
        where long_fact.measurement_quantity = 'AI'
        group by long_fact.meter_id, long_fact.settlement_date, dates.periods_in_day
    ) as totals
    left join {intermediate}.int_energy__meter_sites as meters
        on
            totals.meter_id = meters.meter_id
            and totals.settlement_date between meters.valid_from_date and meters.valid_to_date
    left join {core}.dim_carbon_factors as factors
        on
            meters.fuel = factors.fuel
            and totals.settlement_date between factors.valid_from_date and factors.valid_to_date
    order by totals.settlement_date, totals.meter_id
"""
"""The same by one who knows the engine: added up by meter and day, and only then joined."""
