{{ config(materialized='view') }}

with

reading_days as (

    select * from {{ ref('fct_energy_reading_days') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

final as (

    select
        -- ids
        reading_days.meter_id,
        reading_days.site_id,
        reading_days.site_key,

        -- strings
        reading_days.fuel,
        reading_days.measurement_quantity,
        substr(reading_days.reading_types, cast(half_hours.settlement_period as integer), 1) as reading_type,

        -- numerics
        cast(half_hours.settlement_period as integer) as settlement_period,
        {{ wh_to_kwh('half_hours.half_hour_wh') }} as consumption_kwh,

        -- booleans
        reading_days.is_in_site_total,

        -- dates
        reading_days.settlement_date,

        -- timestamps
        dates.starts_at
        + (cast(half_hours.settlement_period as integer) - 1) * interval '30 minutes' as interval_start_at

    from reading_days
    inner join dates
        on reading_days.settlement_date = dates.date_day
    cross join unnest(reading_days.half_hours_wh) with ordinality as half_hours (half_hour_wh, settlement_period)

)

select * from final
