with

source as (

    select * from {{ source('quality', 'day_findings') }}

),

renamed as (

    select
        -- ids
        meter_id,

        -- strings
        status_code,
        reason,

        -- numerics
        ratio,
        affected_half_hours,
        excluded_kwh,
        sequenced_excluded_kwh,

        -- dates
        settlement_date,

        -- booleans
        is_left_out_of_savings,
        is_left_out_of_forecasts

    from source

)

select * from renamed
