{{ config(group='energy') }}

with

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

lines_as_delivered as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

bills_taken_back as (

    select
        bills.invoice_id,
        min(credits.invoice_id) as credit_invoice_id

    from invoices as bills
    inner join invoices as credits
        on
            bills.invoice_id = credits.cancels_invoice_id
            and bills.net_gbp = -credits.net_gbp
    where credits.invoice_type = 'credit_note'
    group by bills.invoice_id

),

lines_that_stand as (

    select lines_as_delivered.*
    from lines_as_delivered
    left join bills_taken_back as taken_back
        on lines_as_delivered.invoice_id = taken_back.invoice_id
    left join bills_taken_back as giving_back
        on lines_as_delivered.invoice_id = giving_back.credit_invoice_id
    where
        taken_back.invoice_id is null
        and giving_back.invoice_id is null

),

added_up as (

    select
        sum(net_gbp) as cost_gbp,
        sum(case when element = 'unit' then quantity end) as billed_kwh

    from lines_that_stand

),

divided as (

    select cast(cost_gbp as double precision) / cast(billed_kwh as double precision) as average_unit_rate_gbp_per_kwh
    from added_up

)

select * from divided
