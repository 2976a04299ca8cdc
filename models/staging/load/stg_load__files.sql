with

source as (

    select * from {{ source('load', 'files') }}

),

renamed as (

    select
        -- ids
        file_id,

        -- strings
        source_name,
        table_name,
        file_name,
        sha256,
        format_name,
        format_sha256,
        load_status,
        reason,

        -- numerics
        rows_read,
        rows_loaded,
        rows_quarantined,
        rows_suppressed,

        -- dates
        affected_from_date,
        affected_to_date,

        -- timestamps
        started_at,
        finished_at

    from source

)

select * from renamed
