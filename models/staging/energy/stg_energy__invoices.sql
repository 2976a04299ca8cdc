with

source as (

    select * from {{ source('energy', 'invoices') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        source.*,
        coalesce(source.invoice_type, 'invoice') as known_invoice_type,
        lower(trim(source.read_unit)) as read_unit_in_lower_case,
        dense_rank() over (
            partition by source.invoice_id
            order by source._file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        invoice_id,
        meter_id,
        supplier_id,
        cancels_invoice_id,
        _file_id as file_id,

        -- strings
        known_invoice_type as invoice_type,
        read_unit_in_lower_case as read_unit,

        -- numerics
        net_gbp,
        vat_gbp,
        gross_gbp,
        opening_read,
        closing_read,
        correction_factor,
        calorific_value_mj_per_m3,

        -- booleans
        is_estimated,

        -- dates
        issue_date,
        period_start_date,
        period_end_date

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
