{{ config(materialized='view') }}

with

reading_days as (

    select * from {{ ref('fct_energy_reading_days') }}
    where measurement_quantity = 'AE'

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
        {{ wh_to_kwh('consumption_wh') }} as exported_kwh,
        missing_half_hours,

        -- booleans
        is_in_site_total,

        -- dates
        settlement_date

    from reading_days

)

select * from final
