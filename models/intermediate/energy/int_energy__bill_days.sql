{{ config(materialized='table') }}

with

bills as (

    select * from {{ ref('int_energy__bills') }}

),

billing_days as (

    select * from {{ ref('fct_energy_billing_days') }}

),

days_of_bills as (

    select
        bills.invoice_id,
        bills.meter_id,
        bills.issue_date,
        bills.period_start_date + cast(later_days.days_later as integer) as settlement_date

    from bills
    cross join generate_series(0, bills.period_end_date - bills.period_start_date) as later_days (days_later)

),

days_in_order_of_issue as (

    select
        invoice_id,
        meter_id,
        settlement_date,
        first_value(invoice_id) over (
            partition by meter_id, settlement_date order by issue_date, invoice_id
        ) as first_invoice_id

    from days_of_bills

),

days_told_apart as (

    select
        invoice_id,
        meter_id,
        settlement_date,
        case when first_invoice_id != invoice_id then first_invoice_id end as already_billed_by_invoice_id

    from days_in_order_of_issue

),

final as (

    select
        -- ids
        bill_days.invoice_id,
        bill_days.meter_id,
        bill_days.already_billed_by_invoice_id,

        -- numerics
        billing_days.consumption_kwh,
        billing_days.night_kwh,
        billing_days.day_kwh,
        billing_days.red_kwh,
        billing_days.amber_kwh,
        billing_days.green_kwh,
        billing_days.chargeable_reactive_micro_varh,
        billing_days.peak_squared,
        billing_days.read_half_hours,
        dates.periods_in_day as expected_half_hours,

        -- dates
        bill_days.settlement_date

    from days_told_apart as bill_days
    inner join {{ ref('dim_dates') }} as dates
        on bill_days.settlement_date = dates.date_day
    left join billing_days
        on
            bill_days.meter_id = billing_days.meter_id
            and bill_days.settlement_date = billing_days.settlement_date

)

select * from final
