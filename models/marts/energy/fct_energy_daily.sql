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
{%- set days = changed_days(this) if is_incremental() else {'from_date': '0001-01-01', 'to_date': '9999-12-31'} %}

with

changed_reading_days as (

    select * from {{ ref('fct_energy_reading_days') }}
    where settlement_date between date '{{ days.from_date }}' and date '{{ days.to_date }}'

),

carbon_factors as (

    select * from {{ ref('dim_carbon_factors') }}

),

final as (

    select
        -- ids
        reading_days.meter_id,
        reading_days.site_id,
        reading_days.site_key,

        -- strings
        reading_days.fuel,

        -- numerics
        {{ wh_to_kwh('reading_days.consumption_wh') }} as consumption_kwh,
        {{ rounded_product(
            wh_to_kwh('reading_days.consumption_wh'), 'carbon_factors.emissions_kgco2e_per_kwh', 18, 6
        ) }} as emissions_kgco2e,
        reading_days.estimated_half_hours,
        reading_days.periods_in_day - reading_days.missing_half_hours as read_half_hours,
        reading_days.missing_half_hours,
        reading_days.periods_in_day as expected_half_hours,

        -- dates
        reading_days.settlement_date

    from changed_reading_days as reading_days
    left join carbon_factors
        on
            reading_days.fuel = carbon_factors.fuel
            and reading_days.settlement_date between carbon_factors.valid_from_date and carbon_factors.valid_to_date
    where reading_days.measurement_quantity = 'AI'

)

select * from final
order by settlement_date, meter_id
