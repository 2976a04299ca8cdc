with

source as (

    select * from {{ source('savings', 'claims') }}

),

renamed as (

    select
        -- ids
        candidate_id,
        detector_id,
        meter_id,

        -- strings
        rate_band,

        -- numerics
        standalone_kwh,
        sequenced_kwh,
        standalone_gbp,
        sequenced_gbp,

        -- dates
        settlement_date,

        -- booleans
        rate_band in ('all', 'day', 'night') as is_energy

    from source

)

select * from renamed
