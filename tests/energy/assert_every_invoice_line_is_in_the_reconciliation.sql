-- If this fails, bills are checked without some of what was billed, or with it twice: errors go unseen or are made up.
with

billed as (

    select
        invoice_id,
        element,
        sum(net_gbp) as billed_gbp,
        sum(quantity) as billed_quantity

    from {{ ref('fct_energy_invoice_lines') }}
    group by
        invoice_id,
        element
    union all
    select
        invoice_lines.invoice_id,
        'vat' as element,
        case
            when max(abs(invoice_lines.vat_gbp)) = 0 then coalesce(max(invoices.vat_gbp), 0)
            else sum(invoice_lines.vat_gbp)
        end as billed_gbp,
        0 as billed_quantity

    from {{ ref('fct_energy_invoice_lines') }} as invoice_lines
    left join {{ ref('stg_energy__invoices') }} as invoices
        on invoice_lines.invoice_id = invoices.invoice_id
    group by invoice_lines.invoice_id

),

reconciled as (

    select
        invoice_id,
        element,
        billed_gbp,
        invoice_status,
        coalesce(billed_quantity, 0) as billed_quantity

    from {{ ref('fct_energy_invoice_reconciliation') }}

),

differences as (

    select
        coalesce(billed.invoice_id, reconciled.invoice_id) as invoice_id,
        coalesce(billed.element, reconciled.element) as element,
        coalesce(reconciled.billed_gbp, 0) - coalesce(billed.billed_gbp, 0) as difference_gbp,
        coalesce(reconciled.billed_quantity, 0) - coalesce(billed.billed_quantity, 0) as quantity_difference,
        billed.invoice_id is not null and reconciled.invoice_id is null as is_lost,
        billed.invoice_id is not null and reconciled.invoice_status = 'gap' as is_in_a_gap

    from billed
    full outer join reconciled
        on
            billed.invoice_id = reconciled.invoice_id
            and billed.element = reconciled.element

),

elements_that_differ as (

    select * from differences
    where
        difference_gbp != 0
        or quantity_difference != 0
        or is_lost
        or is_in_a_gap

)

select * from elements_that_differ
