-- If this fails, bills are checked against other energy than the reports show.
with

days as (

    select * from {{ ref('fct_energy_daily') }}

),

billing_days as (

    select * from {{ ref('fct_energy_billing_days') }}

),

differences as (

    select
        coalesce(days.meter_id, billing_days.meter_id) as meter_id,
        coalesce(days.settlement_date, billing_days.settlement_date) as settlement_date,
        coalesce(billing_days.consumption_kwh, 0) - coalesce(days.consumption_kwh, 0) as difference_kwh,
        coalesce(billing_days.read_half_hours, -1) - coalesce(days.read_half_hours, -1) as read_difference

    from days
    full outer join billing_days
        on
            days.meter_id = billing_days.meter_id
            and days.settlement_date = billing_days.settlement_date

),

days_that_differ as (

    select * from differences
    where
        difference_kwh != 0
        or read_difference != 0

)

select * from days_that_differ
