{{ config(materialized='view') }}

with

weather as (

    select * from {{ ref('stg_energy__weather') }}

),

dates as (

    select
        date_day,
        starts_at,
        lag(starts_at) over (order by date_day) as previous_day_starts_at

    from {{ ref('dim_dates') }}

),

observations_on_local_days as (

    select
        weather.weather_station_id,
        weather.temperature_c,
        weather.observed_at,
        case
            when weather.observed_at < candidate_days.starts_at then candidate_days.date_day - 1
            else candidate_days.date_day
        end as settlement_date,
        case
            when weather.observed_at < candidate_days.starts_at then candidate_days.previous_day_starts_at
            else candidate_days.starts_at
        end as day_starts_at

    from weather
    inner join dates as candidate_days
        -- summer time is the latest that local time can be
        on cast(weather.observed_at + interval '1 hour' as date) = candidate_days.date_day

),

observations_in_half_hours as (

    select
        weather_station_id,
        settlement_date,
        temperature_c,
        {{ whole_division('cast(extract(epoch from observed_at - day_starts_at) as integer)', 1800) }} + 1
            as settlement_period

    from observations_on_local_days

),

half_hour_sums as (

    select
        weather_station_id,
        settlement_date,
        settlement_period,
        sum(temperature_c) as temperature_sum_c,
        count(*) as observations

    from observations_in_half_hours
    group by
        weather_station_id,
        settlement_date,
        settlement_period

),

final as (

    select
        -- ids
        weather_station_id,

        -- numerics
        settlement_period,
        {{ rounded_mean('temperature_sum_c', 'observations', 6, 2) }} as temperature_c,
        cast(observations as integer) as observations,

        -- dates
        settlement_date

    from half_hour_sums

)

select * from final
