{{ config(group='energy') }}

with

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

lines_as_delivered as (

    select * from {{ ref('fct_energy_invoice_lines') }}

),

contracts as (

    select * from {{ ref('stg_energy__contracts') }}

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

first_contract_days as (

    select
        meter_id,
        element,
        min(valid_from_date) as first_date

    from contracts
    group by
        meter_id,
        element

),

-- a line is explained up to its quantity times its rate, where anything was agreed at all
lines_beside_their_product as (

    select
        lines_that_stand.invoice_id,
        lines_that_stand.element,
        lines_that_stand.net_gbp - case
            when lines_that_stand.element = 'ccl' or first_contract_days.meter_id is not null
                then {{ rounded_product('lines_that_stand.quantity', 'lines_that_stand.rate_gbp', 18, 2) }}
            else 0
        end as left_over_gbp

    from lines_that_stand
    left join first_contract_days
        on
            lines_that_stand.meter_id = first_contract_days.meter_id
            and lines_that_stand.element = first_contract_days.element
            and lines_that_stand.period_end_date >= first_contract_days.first_date

),

left_over_by_element as (

    select
        invoice_id,
        element,
        sum(left_over_gbp) as left_over_gbp

    from lines_beside_their_product
    group by
        invoice_id,
        element
    union all
    select
        invoice_id,
        'vat' as element,
        sum(vat_gbp - {{ rounded_product('net_gbp', 'vat_rate_due_pct * 0.01', 18, 2) }}) as left_over_gbp

    from lines_that_stand
    group by invoice_id

),

left_over as (

    select sum(abs(left_over_gbp)) as unexplained_gbp
    from left_over_by_element

),

billed as (

    select sum(gross_gbp) as billed_gbp
    from lines_that_stand

),

divided as (

    select
        cast(left_over.unexplained_gbp as double precision)
        / cast(billed.billed_gbp as double precision) as unexplained_bill_share

    from left_over
    cross join billed

)

select * from divided
