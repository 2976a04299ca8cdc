{{
    config(
        materialized='incremental',
        incremental_strategy='range_overwrite',
        on_schema_change='fail',
        meta={'range_column': 'settlement_date'},
        indexes=[{'columns': ['settlement_date'], 'type': 'brin'}] if target.type == 'postgres' else [],
        post_hook='{{ remember_built_load(this) }}'
    )
}}

-- depends_on: {{ ref('int_energy__readings_load') }}
-- depends_on: {{ ref('stg_load__files') }}
{%- set all_days = [{'from_date': '0001-01-01', 'to_date': '9999-12-31'}] -%}
{%- set ranges = changed_days(this) if is_incremental() else all_days %}

with

changed_readings as (

    -- a day further on both sides: a local day starts the evening before in UTC, and an hour may reach into the next
    select * from {{ ref('stg_energy__readings') }}
    where
        {{ in_ranges('settlement_date', ranges, padding_days=1) }}
        or {{ in_ranges('interval_start_at', ranges, padding_days=1) }}

),

changed_reading_days as (

    select * from {{ ref('stg_energy__readings_hh') }}
    where {{ in_ranges('settlement_date', ranges) }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

unit_factors as (

    select * from {{ ref('int_energy__unit_factors') }}

),

dates as (

    select
        date_day,
        periods_in_day,
        starts_at,
        lag(starts_at) over (order by date_day) as previous_day_starts_at

    from {{ ref('dim_dates') }}

),

half_hours as (

    select * from {{ ref('dim_half_hours') }}

),

-- rows of a day -------------------------------------------------------------------------------------------------------

reading_days_ranked_by_file as (

    select
        changed_reading_days.*,
        row_number() over (
            partition by
                changed_reading_days.meter_id,
                changed_reading_days.measurement_quantity,
                changed_reading_days.settlement_date
            order by changed_reading_days.file_id desc, changed_reading_days.row_number_in_file desc
        ) as file_rank

    from changed_reading_days

),

reading_days_with_factors as (

    select
        reading_days.meter_id,
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        reading_days.file_id,
        reading_days.half_hour_values,
        reading_days.half_hour_reading_types,
        dates.periods_in_day,
        unit_factors.base_units_per_unit

    from reading_days_ranked_by_file as reading_days
    inner join dates
        on reading_days.settlement_date = dates.date_day
    left join meter_sites
        on
            reading_days.meter_id = meter_sites.meter_id
            and reading_days.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date
    left join unit_factors
        on
            reading_days.measurement_quantity = unit_factors.measurement_quantity
            and reading_days.unit = unit_factors.unit
            and reading_days.settlement_date between unit_factors.valid_from_date and unit_factors.valid_to_date
            and (not unit_factors.is_gas_volume or coalesce(meter_sites.fuel, 'gas') = 'gas')
    where reading_days.file_rank = 1

),

reading_days_in_base_units as (

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        file_id,
        periods_in_day,
        half_hour_reading_types,
        {{ half_hours_in_base_units(
            'half_hour_values', 'half_hour_reading_types', 'base_units_per_unit', 'periods_in_day'
        ) }} as half_hours_wh,
        {{ array_value_count('half_hour_values[periods_in_day + 1:50]') }} as surplus_half_hours

    from reading_days_with_factors

),

-- rows of an interval -------------------------------------------------------------------------------------------------

readings_with_utc_start as (

    select
        readings.*,
        -- a half-hour that the day does not have must not spill into the next day: it keeps its name and is surplus
        coalesce(readings.settlement_period > dates.periods_in_day, false) as is_surplus,
        coalesce(
            dates.starts_at + (readings.settlement_period - 1) * interval '30 minutes',
            readings.interval_start_at
        ) as utc_start_at

    from changed_readings as readings
    left join dates
        on readings.settlement_date = dates.date_day

),

half_hour_parts as (

    select
        readings.*,
        parts.part,
        readings.utc_start_at + parts.part * interval '30 minutes' as half_hour_start_at

    from readings_with_utc_start as readings
    cross join generate_series(0, 1) as parts (part)
    where parts.part * 30 < readings.interval_minutes

),

half_hours_on_candidate_days as (

    select
        half_hour_parts.*,
        candidate_days.date_day as candidate_date,
        half_hour_parts.half_hour_start_at < candidate_days.starts_at as is_day_before,
        case
            when half_hour_parts.half_hour_start_at < candidate_days.starts_at
                then candidate_days.previous_day_starts_at
            else candidate_days.starts_at
        end as day_starts_at

    from half_hour_parts
    inner join dates as candidate_days
        -- summer time is the latest that local time can be
        on cast(half_hour_parts.half_hour_start_at + interval '1 hour' as date) = candidate_days.date_day

),

half_hours_in_seconds_of_day as (

    select
        half_hours_on_candidate_days.*,
        cast(
            extract(
                epoch from half_hours_on_candidate_days.half_hour_start_at - half_hours_on_candidate_days.day_starts_at
            ) as integer
        ) as seconds_into_day

    from half_hours_on_candidate_days

),

half_hours_with_periods as (

    select
        meter_id,
        measurement_quantity,
        file_id,
        row_number_in_file,
        unit,
        reading_type,
        reading_value,
        interval_minutes,
        part,
        case
            when is_surplus then settlement_date
            when is_day_before then candidate_date - 1
            else candidate_date
        end as settlement_date,
        case
            when is_surplus then settlement_period + cast(part as integer)
            else {{ whole_division('seconds_into_day', 1800) }} + 1
        end as settlement_period

    from half_hours_in_seconds_of_day

),

half_hours_ranked_by_file as (

    select
        half_hours_with_periods.*,
        row_number() over (
            partition by
                half_hours_with_periods.meter_id,
                half_hours_with_periods.measurement_quantity,
                half_hours_with_periods.settlement_date,
                half_hours_with_periods.settlement_period
            order by half_hours_with_periods.file_id desc, half_hours_with_periods.row_number_in_file desc
        ) as file_rank

    from half_hours_with_periods
    where {{ in_ranges('half_hours_with_periods.settlement_date', ranges) }}

),

half_hours_with_interval_totals as (

    select
        half_hours_ranked.meter_id,
        half_hours_ranked.measurement_quantity,
        half_hours_ranked.settlement_date,
        half_hours_ranked.settlement_period,
        half_hours_ranked.file_id,
        half_hours_ranked.reading_type,
        half_hours_ranked.interval_minutes,
        half_hours_ranked.part,
        cast(
            {{ rounded_product('half_hours_ranked.reading_value', 'unit_factors.base_units_per_unit', 38, 0) }}
            as bigint
        ) as interval_wh

    from half_hours_ranked_by_file as half_hours_ranked
    left join meter_sites
        on
            half_hours_ranked.meter_id = meter_sites.meter_id
            and half_hours_ranked.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date
    left join unit_factors
        on
            half_hours_ranked.measurement_quantity = unit_factors.measurement_quantity
            and half_hours_ranked.unit = unit_factors.unit
            and half_hours_ranked.settlement_date between unit_factors.valid_from_date and unit_factors.valid_to_date
            and (not unit_factors.is_gas_volume or coalesce(meter_sites.fuel, 'gas') = 'gas')
    where half_hours_ranked.file_rank = 1

),

half_hours_from_intervals as (

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        reading_type,
        -- an hour is shared equally; the odd watt-hour goes to its first half-hour
        case
            when interval_minutes = 30 then interval_wh
            when part = 0 then interval_wh - (interval_wh - mod(interval_wh, 2)) / 2
            else (interval_wh - mod(interval_wh, 2)) / 2
        end as half_hour_wh

    from half_hours_with_interval_totals

),

days_with_intervals as (

    select distinct
        meter_id,
        measurement_quantity,
        settlement_date

    from half_hours_from_intervals

),

-- days that came by intervals, or in both shapes, half-hour by half-hour ----------------------------------------------

half_hours_from_reading_days as (

    select
        reading_days.meter_id,
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        cast(elements.settlement_period as integer) as settlement_period,
        reading_days.file_id,
        elements.half_hour_wh,
        substr(reading_days.half_hour_reading_types, cast(elements.settlement_period as integer), 1) as reading_type

    from reading_days_in_base_units as reading_days
    inner join days_with_intervals
        on
            reading_days.meter_id = days_with_intervals.meter_id
            and reading_days.measurement_quantity = days_with_intervals.measurement_quantity
            and reading_days.settlement_date = days_with_intervals.settlement_date
    cross join unnest(reading_days.half_hours_wh) with ordinality as elements (half_hour_wh, settlement_period)
    -- an empty cell says nothing against a value that came as an interval
    where elements.half_hour_wh is not null

),

half_hours_of_both_shapes as (

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        reading_type,
        cast(half_hour_wh as bigint) as half_hour_wh

    from half_hours_from_intervals
    union all
    select
        meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        reading_type,
        half_hour_wh

    from half_hours_from_reading_days

),

half_hours_of_both_shapes_ranked as (

    select
        half_hours_of_both_shapes.*,
        row_number() over (
            partition by
                half_hours_of_both_shapes.meter_id,
                half_hours_of_both_shapes.measurement_quantity,
                half_hours_of_both_shapes.settlement_date,
                half_hours_of_both_shapes.settlement_period
            order by half_hours_of_both_shapes.file_id desc
        ) as file_rank

    from half_hours_of_both_shapes

),

latest_half_hours as (

    select * from half_hours_of_both_shapes_ranked
    where file_rank = 1

),

surplus_of_intervals as (

    select
        latest_half_hours.meter_id,
        latest_half_hours.measurement_quantity,
        latest_half_hours.settlement_date,
        max(latest_half_hours.file_id) as file_id,
        count(
            case when latest_half_hours.settlement_period > dates.periods_in_day then latest_half_hours.half_hour_wh end
        ) as surplus_half_hours

    from latest_half_hours
    inner join dates
        on latest_half_hours.settlement_date = dates.date_day
    group by
        latest_half_hours.meter_id,
        latest_half_hours.measurement_quantity,
        latest_half_hours.settlement_date

),

days_put_together as (

    select
        interval_days.meter_id,
        interval_days.measurement_quantity,
        interval_days.settlement_date,
        array_agg(latest_half_hours.half_hour_wh order by half_hours.settlement_period) as half_hours_wh,
        string_agg(
            case when latest_half_hours.half_hour_wh is null then '-' else latest_half_hours.reading_type end,
            '' order by half_hours.settlement_period
        ) as reading_types

    from days_with_intervals as interval_days
    inner join dates
        on interval_days.settlement_date = dates.date_day
    inner join half_hours
        on dates.periods_in_day = half_hours.periods_in_day
    left join latest_half_hours
        on
            interval_days.meter_id = latest_half_hours.meter_id
            and interval_days.measurement_quantity = latest_half_hours.measurement_quantity
            and interval_days.settlement_date = latest_half_hours.settlement_date
            and half_hours.settlement_period = latest_half_hours.settlement_period
    group by
        interval_days.meter_id,
        interval_days.measurement_quantity,
        interval_days.settlement_date

),

-- one row a day -------------------------------------------------------------------------------------------------------

days_of_both_kinds as (

    select
        interval_days.meter_id,
        interval_days.measurement_quantity,
        interval_days.settlement_date,
        interval_days.half_hours_wh,
        interval_days.reading_types,
        -- values of a day's row beyond the day's end count too when the day also came by intervals
        cast(
            extra.surplus_half_hours + coalesce(reading_days.surplus_half_hours, 0) as integer
        ) as surplus_half_hours,
        greatest(extra.file_id, coalesce(reading_days.file_id, 0)) as load_id

    from days_put_together as interval_days
    inner join surplus_of_intervals as extra
        on
            interval_days.meter_id = extra.meter_id
            and interval_days.measurement_quantity = extra.measurement_quantity
            and interval_days.settlement_date = extra.settlement_date
    left join reading_days_in_base_units as reading_days
        on
            interval_days.meter_id = reading_days.meter_id
            and interval_days.measurement_quantity = reading_days.measurement_quantity
            and interval_days.settlement_date = reading_days.settlement_date

    union all

    select
        reading_days.meter_id,
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        reading_days.half_hours_wh,
        {{ reading_types_of_values('reading_days.half_hours_wh', 'reading_days.half_hour_reading_types') }}
            as reading_types,
        reading_days.surplus_half_hours,
        reading_days.file_id as load_id

    from reading_days_in_base_units as reading_days
    left join days_with_intervals
        on
            reading_days.meter_id = days_with_intervals.meter_id
            and reading_days.measurement_quantity = days_with_intervals.measurement_quantity
            and reading_days.settlement_date = days_with_intervals.settlement_date
    where days_with_intervals.meter_id is null

),

days_counted as (

    select
        meter_days.*,
        meter_sites.site_id,
        meter_sites.site_key,
        meter_sites.fuel,
        dates.periods_in_day,
        {{ array_total('meter_days.half_hours_wh') }} as consumption_wh,
        length(meter_days.reading_types) - length(replace(meter_days.reading_types, 'E', '')) as letters_e,
        length(meter_days.reading_types) - length(replace(meter_days.reading_types, '-', '')) as letters_missing

    from days_of_both_kinds as meter_days
    inner join dates
        on meter_days.settlement_date = dates.date_day
    left join meter_sites
        on
            meter_days.meter_id = meter_sites.meter_id
            and meter_days.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date

),

final as (

    select
        -- ids
        meter_id,
        site_id,
        site_key,
        load_id,

        -- strings
        fuel,
        measurement_quantity,
        reading_types,

        -- numerics
        periods_in_day,
        half_hours_wh,
        consumption_wh,
        cast(letters_e as integer) as estimated_half_hours,
        cast(letters_missing as integer) as missing_half_hours,
        surplus_half_hours,

        -- dates
        settlement_date

    from days_counted
    -- in the order of dates, so that a range of them lies in few blocks
    order by settlement_date, meter_id, measurement_quantity

)

select * from final
