with

source as (

    select * from {{ source('energy', 'invoice_lines') }}

),

ranked_by_file as (

    -- a later file replaces all the lines of an invoice: one with fewer lines leaves none behind
    select
        source.*,
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
