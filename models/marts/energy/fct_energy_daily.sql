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

carbon_factors as (

    select * from {{ ref('dim_carbon_factors') }}

),

days_in_kwh as (

    select
        meter_id,
        site_id,
        site_key,
        fuel,
        settlement_date,
        periods_in_day,
        estimated_half_hours,
        profiled_half_hours,
        missing_half_hours,
        is_in_site_total,
        {{ wh_to_kwh('consumption_wh') }} as consumption_kwh

    from changed_reading_days
    where measurement_quantity = 'AI'

),

days_with_emissions as (

    select
        days_in_kwh.*,
        days_in_kwh.periods_in_day - days_in_kwh.missing_half_hours as read_half_hours,
        {{ rounded_product(
            'days_in_kwh.consumption_kwh', 'carbon_factors.emissions_kgco2e_per_kwh', 18, 6,
            quantity_scale=3, rate_scale=5
        ) }} as emissions_kgco2e

    from days_in_kwh
    left join carbon_factors
        on
            days_in_kwh.fuel = carbon_factors.fuel
            and days_in_kwh.settlement_date between carbon_factors.valid_from_date and carbon_factors.valid_to_date

),

final as (

    select
        -- ids
        meter_id,
        site_id,
        site_key,

        -- strings
        fuel,

        -- numerics
        consumption_kwh,
        emissions_kgco2e,
        estimated_half_hours,
        profiled_half_hours,
        read_half_hours,
        missing_half_hours,
        periods_in_day as expected_half_hours,

        -- booleans
        is_in_site_total,

        -- dates
        settlement_date

    from days_with_emissions
    -- in the order of dates, so that a range of them lies in few blocks
    order by settlement_date, meter_id

)

select * from final
