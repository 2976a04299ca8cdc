with

source as (

    select * from {{ source('forecasts', 'energy_daily') }}

),

renamed as (

    select
        -- ids
        meter_id,
        model_id,

        -- numerics
        horizon_days,
        predicted_kwh,
        lower_kwh,
        upper_kwh,
        interval_pct,

        -- dates
        as_of_date,
        forecast_date

    from source

)

select * from renamed
