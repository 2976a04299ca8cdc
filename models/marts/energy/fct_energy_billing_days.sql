{{
    config(
        materialized='incremental',
        incremental_strategy='range_overwrite',
        on_schema_change='fail',
        meta={'range_column': 'settlement_date'},
        indexes=[{'columns': ['settlement_date'], 'type': 'brin'}] if target.type == 'postgres' else [],
        pre_hook="analyze {{ ref('fct_energy_reading_days') }}" if target.type == 'postgres' else [],
        post_hook='{{ remember_built_load(this) }}'
    )
}}
{#- Of a table just filled PostgreSQL knows nothing, takes one kind of reading for a handful of rows, and loops. -#}

-- depends_on: {{ ref('int_energy__readings_load') }}
-- depends_on: {{ ref('stg_load__files') }}
{%- set all_days = [{'from_date': '0001-01-01', 'to_date': '9999-12-31'}] -%}
{%- set ranges = changed_days(this) if is_incremental() else all_days %}

with

active_days as (

    select * from {{ ref('fct_energy_reading_days') }}
    where
        measurement_quantity = 'AI'
        and {{ in_ranges('settlement_date', ranges) }}

),

reactive_days as (

    select * from {{ ref('fct_energy_reading_days') }}
    where
        measurement_quantity = 'RI'
        and {{ in_ranges('settlement_date', ranges) }}

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

band_periods as (

    select * from {{ ref('int_energy__band_periods') }}

),

-- an independent network's supplies (24 and up) have no bands of their own here, and their energy all the same
distributors_with_bands as (

    select distinct distributor_id
    from band_periods

),

days_with_bands as (

    select
        active_days.meter_id,
        active_days.fuel,
        active_days.settlement_date,
        active_days.periods_in_day,
        active_days.missing_half_hours,
        active_days.half_hours_wh,
        reactive_days.half_hours_wh as half_hours_varh,
        distributors_with_bands.distributor_id,
        band_periods.night_periods,
        band_periods.red_periods,
        band_periods.amber_periods,
        coalesce(active_days.consumption_wh, 0) as consumption_wh

    from active_days
    inner join dates
        on active_days.settlement_date = dates.date_day
    left join meters
        on active_days.meter_id = meters.meter_id
    left join distributors_with_bands
        on meters.distributor_id = distributors_with_bands.distributor_id
    inner join band_periods
        on
            coalesce(distributors_with_bands.distributor_id, 'none') = band_periods.distributor_id
            and active_days.periods_in_day = band_periods.periods_in_day
            and dates.day_type = band_periods.day_type
    left join reactive_days
        on
            active_days.meter_id = reactive_days.meter_id
            and active_days.settlement_date = reactive_days.settlement_date

),

days_by_band as (

    select
        meter_id,
        distributor_id,
        fuel,
        settlement_date,
        periods_in_day,
        missing_half_hours,
        consumption_wh,
        {{ array_total_at('half_hours_wh', 'night_periods') }} as night_wh,
        case
            when distributor_id is not null then {{ array_total_at('half_hours_wh', 'red_periods') }}
        end as red_wh,
        case
            when distributor_id is not null then {{ array_total_at('half_hours_wh', 'amber_periods') }}
        end as amber_wh,
        case
            when half_hours_varh is not null
                then {{ chargeable_reactive_micro_varh('half_hours_wh', 'half_hours_varh') }}
        end as chargeable_reactive_micro_varh,
        case
            when half_hours_varh is not null then {{ peak_squared('half_hours_wh', 'half_hours_varh') }}
        end as peak_squared

    from days_with_bands

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
        -- day and green are what the other bands leave, so that no half-hour is in none
        {{ wh_to_kwh('(consumption_wh - night_wh)') }} as day_kwh,
        {{ wh_to_kwh('red_wh') }} as red_kwh,
        {{ wh_to_kwh('amber_wh') }} as amber_kwh,
        {{ wh_to_kwh('(consumption_wh - red_wh - amber_wh)') }} as green_kwh,
        chargeable_reactive_micro_varh,
        peak_squared,
        {{ peak_kva('peak_squared') }} as peak_demand_kva,
        periods_in_day - missing_half_hours as read_half_hours,
        periods_in_day as expected_half_hours,

        -- dates
        settlement_date

    from days_by_band
    -- in the order of dates, so that a range of them lies in few blocks
    order by settlement_date, meter_id

)

select * from final
