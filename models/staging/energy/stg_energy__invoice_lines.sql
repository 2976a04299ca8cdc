with

source as (

    select * from {{ source('energy', 'invoice_lines') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision; by the whole key, as a delivery may be cut in mid-invoice
    select
        source.*,
        dense_rank() over (
            partition by source.invoice_id, source.line_number
            order by source._file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        invoice_id,
        line_number,
        _file_id as file_id,

        -- strings
        element,
        rate_band,
        quantity_unit,

        -- numerics
        quantity,
        rate_gbp,
        net_gbp,
        vat_rate_pct,
        vat_gbp

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
