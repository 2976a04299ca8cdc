with

forecasts as (

    select * from {{ ref('stg_forecasts__energy_daily') }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

forecasts_placed as (

    select
        forecasts.*,
        meter_sites.site_id,
        meter_sites.site_key,
        meter_sites.fuel

    from forecasts
    left join meter_sites
        on
            forecasts.meter_id = meter_sites.meter_id
            and forecasts.forecast_date between meter_sites.valid_from_date and meter_sites.valid_to_date

),

final as (

    select
        -- ids
        meter_id,
        site_id,
        site_key,
        model_id,

        -- strings
        fuel,

        -- numerics
        horizon_days,
        cast(predicted_kwh as numeric(18, 4)) as predicted_kwh,
        cast(lower_kwh as numeric(18, 4)) as lower_kwh,
        cast(upper_kwh as numeric(18, 4)) as upper_kwh,
        cast(interval_pct as numeric(5, 2)) as interval_pct,

        -- dates
        as_of_date,
        forecast_date

    from forecasts_placed

)

select * from final
