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

changed_reading_days as (

    select * from {{ ref('fct_energy_reading_days') }}
    where {{ in_ranges('settlement_date', ranges) }}

),

dates as (

    select
        date_day,
        case when day_of_week > 5 then 'weekend' else 'weekday' end as day_type

    from {{ ref('dim_dates') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

band_segments as (

    select * from {{ ref('int_energy__band_segments') }}

),

active_days as (

    select
        reading_days.meter_id,
        reading_days.fuel,
        reading_days.settlement_date,
        reading_days.periods_in_day,
        reading_days.missing_half_hours,
        reading_days.half_hours_wh,
        dates.day_type,
        meters.distributor_id,
        coalesce(reading_days.consumption_wh, 0) as consumption_wh

    from changed_reading_days as reading_days
    inner join dates
        on reading_days.settlement_date = dates.date_day
    left join meters
        on reading_days.meter_id = meters.meter_id
    where reading_days.measurement_quantity = 'AI'

),

-- green and day are what the other bands leave, so that no half-hour is in none -----------------------------------------

energy_in_segments as (

    select
        active_days.meter_id,
        active_days.settlement_date,
        band_segments.rate_band,
        coalesce(
            {{ array_total('active_days.half_hours_wh[band_segments.first_period:band_segments.last_period]') }}, 0
        ) as segment_wh

    from active_days
    inner join band_segments
        on
            (active_days.distributor_id = band_segments.distributor_id or band_segments.distributor_id = 'all')
            and active_days.day_type = band_segments.day_type
            and active_days.periods_in_day = band_segments.periods_in_day
    where band_segments.rate_band in ('night', 'red', 'amber')

),

energy_by_band as (

    select
        meter_id,
        settlement_date,
        cast(sum(case when rate_band = 'night' then segment_wh else 0 end) as bigint) as night_wh,
        cast(sum(case when rate_band = 'red' then segment_wh else 0 end) as bigint) as red_wh,
        cast(sum(case when rate_band = 'amber' then segment_wh else 0 end) as bigint) as amber_wh

    from energy_in_segments
    group by
        meter_id,
        settlement_date

),

-- only meters with reactive readings are taken apart into half-hours ----------------------------------------------------

half_hours_of_both as (

    select
        active_days.meter_id,
        active_days.settlement_date,
        cast(elements.active_wh as bigint) as active_wh,
        cast(reactive_days.half_hours_wh[elements.settlement_period] as bigint) as reactive_varh

    from active_days
    inner join changed_reading_days as reactive_days
        on
            active_days.meter_id = reactive_days.meter_id
            and active_days.settlement_date = reactive_days.settlement_date
            and reactive_days.measurement_quantity = 'RI'
    cross join unnest(active_days.half_hours_wh) with ordinality as elements (active_wh, settlement_period)

),

reactive_by_day as (

    select
        meter_id,
        settlement_date,
        -- above a power factor of 0.95: 0.328684 is the root of 0.95^-2 - 1
        cast(
            sum(greatest(1000000 * reactive_varh - 328684 * active_wh, 0)) as bigint
        ) as chargeable_reactive_micro_varh,
        max(active_wh * active_wh + reactive_varh * reactive_varh) as peak_squared

    from half_hours_of_both
    where active_wh is not null and reactive_varh is not null
    group by
        meter_id,
        settlement_date

),

days_put_together as (

    select
        active_days.meter_id,
        active_days.fuel,
        active_days.distributor_id,
        active_days.settlement_date,
        active_days.consumption_wh,
        active_days.periods_in_day,
        active_days.missing_half_hours,
        energy_by_band.night_wh,
        energy_by_band.red_wh,
        energy_by_band.amber_wh,
        reactive_by_day.chargeable_reactive_micro_varh,
        reactive_by_day.peak_squared

    from active_days
    inner join energy_by_band
        on
            active_days.meter_id = energy_by_band.meter_id
            and active_days.settlement_date = energy_by_band.settlement_date
    left join reactive_by_day
        on
            active_days.meter_id = reactive_by_day.meter_id
            and active_days.settlement_date = reactive_by_day.settlement_date

),

final as (

    select
        -- ids
        meter_id,
        distributor_id,

        -- strings
        fuel,

        -- numerics
        {{ wh_to_kwh('consumption_wh') }} as consumption_kwh,
        {{ wh_to_kwh('night_wh') }} as night_kwh,
        {{ wh_to_kwh('(consumption_wh - night_wh)') }} as day_kwh,
        case when distributor_id is not null then {{ wh_to_kwh('red_wh') }} end as red_kwh,
        case when distributor_id is not null then {{ wh_to_kwh('amber_wh') }} end as amber_kwh,
        case
            when distributor_id is not null then {{ wh_to_kwh('(consumption_wh - red_wh - amber_wh)') }}
        end as green_kwh,
        chargeable_reactive_micro_varh,
        peak_squared,
        {{ peak_kva('peak_squared') }} as peak_demand_kva,
        periods_in_day - missing_half_hours as read_half_hours,
        periods_in_day as expected_half_hours,

        -- dates
        settlement_date

    from days_put_together
    -- in the order of dates, so that a range of them lies in few blocks
    order by settlement_date, meter_id

)

select * from final
