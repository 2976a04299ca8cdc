-- If this fails, energy cost is not what the suppliers billed: lines are missing, doubled or of another invoice.
-- A supplier's bill that does not add up is a finding about the bill, so it warns and the build goes on.
{{ config(severity='warn') }}

with

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

lines_by_invoice as (

    select
        invoice_id,
        sum(net_gbp) as net_gbp,
        sum(vat_gbp) as vat_gbp,
        sum(gross_gbp) as gross_gbp

    from {{ ref('fct_energy_invoice_lines') }}
    group by invoice_id

),

differences as (

    select
        coalesce(invoices.invoice_id, lines_by_invoice.invoice_id) as invoice_id,
        coalesce(lines_by_invoice.net_gbp, 0) - coalesce(invoices.net_gbp, 0) as net_difference_gbp,
        coalesce(lines_by_invoice.vat_gbp, 0) - coalesce(invoices.vat_gbp, 0) as vat_difference_gbp,
        coalesce(lines_by_invoice.gross_gbp, 0) - coalesce(invoices.gross_gbp, 0) as gross_difference_gbp,
        invoices.invoice_id is null or lines_by_invoice.invoice_id is null as is_on_one_side_only

    from invoices
    full outer join lines_by_invoice
        on invoices.invoice_id = lines_by_invoice.invoice_id

),

invoices_that_do_not_add_up as (

    select * from differences
    where
        net_difference_gbp != 0
        or vat_difference_gbp != 0
        or gross_difference_gbp != 0
        or is_on_one_side_only

)

select * from invoices_that_do_not_add_up
