with

half_hours as (

    select * from {{ ref('fct_weather_half_hours') }}

),

day_sums as (

    select
        weather_station_id,
        settlement_date,
        sum(temperature_c) as temperature_sum_c,
        min(temperature_c) as minimum_temperature_c,
        max(temperature_c) as maximum_temperature_c,
        count(*) as half_hours_observed,
        sum(observations) as observations

    from half_hours
    group by
        weather_station_id,
        settlement_date

),

final as (

    select
        -- ids
        weather_station_id,

        -- numerics
        {{ rounded_mean('temperature_sum_c', 'half_hours_observed', 6, 2) }} as mean_temperature_c,
        cast(minimum_temperature_c as numeric(6, 2)) as minimum_temperature_c,
        cast(maximum_temperature_c as numeric(6, 2)) as maximum_temperature_c,
        cast(half_hours_observed as integer) as half_hours_observed,
        cast(observations as integer) as observations,

        -- dates
        settlement_date as weather_date

    from day_sums

)

select * from final
