with

source as (

    select * from {{ source('savings', 'exclusions') }}

),

renamed as (

    select
        -- ids
        detector_id,
        meter_id,

        -- strings
        reason_code,
        reason,

        -- numerics
        excluded_days,
        excluded_kwh,
        excluded_gbp,

        -- dates
        from_date,
        to_date,

        -- booleans
        detector_id = 'all' as is_data_fault

    from source

)

select * from renamed
