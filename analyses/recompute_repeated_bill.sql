with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'repeated_bill' and error_code = 'duplicate_bill'

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

findings_ranked as (

    -- The case of the largest amount; put another number here to recompute another one.
    select
        *,
        row_number() over (order by abs(found_gbp) desc, finding_id asc) as case_number

    from findings

),

the_case as (

    select * from findings_ranked
    where case_number = 1

),

lines_of_the_case as (

    select invoice_lines.*
    from invoice_lines
    inner join the_case
        on
            invoice_lines.invoice_id = the_case.invoice_id
            and invoice_lines.element = the_case.element

),

billed as (

    select sum(net_gbp) as billed_gbp
    from lines_of_the_case

),

credited as (

    select distinct cancels_invoice_id as invoice_id
    from invoices
    where invoice_type = 'credit_note' and cancels_invoice_id is not null

),

bills_of_the_case as (

    -- bills of the metering point that no credit note has taken back
    select invoices.*
    from invoices
    inner join the_case
        on invoices.meter_id = the_case.meter_id
    left join credited
        on invoices.invoice_id = credited.invoice_id
    where
        invoices.invoice_type = 'invoice'
        and credited.invoice_id is null

),

days_charged_before as (

    select count(distinct dates.date_day) as day_count
    from the_case
    inner join bills_of_the_case as this_bill
        on the_case.invoice_id = this_bill.invoice_id
    inner join bills_of_the_case as other_bills
        on
            this_bill.invoice_id != other_bills.invoice_id
            and this_bill.issue_date >= other_bills.issue_date
    inner join dates
        on
            dates.date_day between this_bill.period_start_date and this_bill.period_end_date
            and dates.date_day between other_bills.period_start_date and other_bills.period_end_date

),

claimed as (

    select
        days_charged_before.day_count as days_charged_before,
        case
            when days_charged_before.day_count = the_case.period_end_date - the_case.period_start_date + 1
                then billed.billed_gbp
            else 0
        end as claimed_gbp

    from the_case
    cross join billed
    cross join days_charged_before

),

side_by_side as (

    select
        the_case.invoice_id,
        the_case.element,
        the_case.error_code,
        the_case.other_invoice_id,
        claimed.days_charged_before,
        the_case.found_gbp as detected_gbp,
        claimed.claimed_gbp as recomputed_gbp,
        claimed.claimed_gbp - the_case.found_gbp as difference_gbp

    from the_case
    cross join claimed

)

select * from side_by_side
