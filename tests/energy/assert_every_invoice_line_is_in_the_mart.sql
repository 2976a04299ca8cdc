-- If this fails, invoice lines that were delivered are not in energy cost, are in it twice, or with another amount.
-- Counted from the raw table: the last file that holds a line decides, whatever else that file holds of the invoice.
with

lines_delivered as (

    select * from {{ source('energy', 'invoice_lines') }}

),

last_files as (

    select
        invoice_id,
        line_number,
        max(_file_id) as file_id

    from lines_delivered
    group by
        invoice_id,
        line_number

),

amounts_delivered as (

    select
        last_files.invoice_id,
        last_files.line_number,
        1 as line_count,
        lines_delivered.net_gbp,
        lines_delivered.vat_gbp

    from last_files
    inner join lines_delivered
        on
            last_files.invoice_id = lines_delivered.invoice_id
            and last_files.line_number = lines_delivered.line_number
            and last_files.file_id = lines_delivered._file_id

),

amounts_in_mart as (

    select
        invoice_id,
        line_number,
        count(*) as line_count,
        sum(net_gbp) as net_gbp,
        sum(vat_gbp) as vat_gbp

    from {{ ref('fct_energy_invoice_lines') }}
    group by
        invoice_id,
        line_number

),

differences as (

    select
        coalesce(amounts_delivered.invoice_id, amounts_in_mart.invoice_id) as invoice_id,
        coalesce(amounts_delivered.line_number, amounts_in_mart.line_number) as line_number,
        coalesce(amounts_in_mart.line_count, 0) - coalesce(amounts_delivered.line_count, 0) as line_difference,
        coalesce(amounts_in_mart.net_gbp, 0) - coalesce(amounts_delivered.net_gbp, 0) as net_difference_gbp,
        coalesce(amounts_in_mart.vat_gbp, 0) - coalesce(amounts_delivered.vat_gbp, 0) as vat_difference_gbp

    from amounts_delivered
    full outer join amounts_in_mart
        on
            amounts_delivered.invoice_id = amounts_in_mart.invoice_id
            and amounts_delivered.line_number = amounts_in_mart.line_number

),

lines_that_differ as (

    select * from differences
    where
        line_difference != 0
        or net_difference_gbp != 0
        or vat_difference_gbp != 0

)

select * from lines_that_differ
