with

source as (

    select * from {{ source('savings', 'bill_findings') }}

),

renamed as (

    select
        -- ids
        finding_id,
        detector_id,
        invoice_id,
        other_invoice_id,
        meter_id,
        site_id,

        -- strings
        detector_version,
        element,
        error_code,
        basis,
        sentence,
        evidence,

        -- numerics
        found_gbp,
        sequenced_gbp,

        -- dates
        period_start_date,
        period_end_date

    from source

)

select * from renamed
