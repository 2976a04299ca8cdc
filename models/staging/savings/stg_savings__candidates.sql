with

source as (

    select * from {{ source('savings', 'candidates') }}

),

renamed as (

    select
        -- ids
        candidate_id,
        detector_id,
        meter_id,
        site_id,

        -- strings
        detector_version,
        evidence_class,
        evidence,
        evidence_sentence,
        range_basis,

        -- numerics
        cautious_gbp,
        p50_gbp,
        p90_gbp,
        blended_rate_gbp,

        -- dates
        as_of_date,
        period_start_date,
        period_end_date

    from source

)

select * from renamed
