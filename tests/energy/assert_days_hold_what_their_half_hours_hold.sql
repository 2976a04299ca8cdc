-- If this fails, daily energy is not the sum of its half-hours: reports by day and by half-hour contradict each other.
with

half_hours_by_day as (

    select
        meter_id,
        settlement_date,
        sum(consumption_kwh) as consumption_kwh,
        count(consumption_kwh) as read_half_hours,
        count(case when reading_type = 'E' then settlement_period end) as estimated_half_hours,
        count(case when reading_type = 'P' then settlement_period end) as profiled_half_hours,
        count(*) as expected_half_hours

    from {{ ref('fct_energy_readings') }}
    where measurement_quantity = 'AI'
    group by
        meter_id,
        settlement_date

),

days as (

    select * from {{ ref('fct_energy_daily') }}

),

differences as (

    select
        coalesce(days.meter_id, half_hours_by_day.meter_id) as meter_id,
        coalesce(days.settlement_date, half_hours_by_day.settlement_date) as settlement_date,
        -- empty on both sides is equal; empty on one side only is not
        coalesce(days.consumption_kwh, -1) - coalesce(half_hours_by_day.consumption_kwh, -1) as difference_kwh,
        coalesce(days.read_half_hours, -1) - coalesce(half_hours_by_day.read_half_hours, -1) as read_difference,
        coalesce(days.estimated_half_hours, -1)
        - coalesce(half_hours_by_day.estimated_half_hours, -1) as estimated_difference,
        coalesce(days.profiled_half_hours, -1)
        - coalesce(half_hours_by_day.profiled_half_hours, -1) as profiled_difference,
        coalesce(days.expected_half_hours, -1)
        - coalesce(half_hours_by_day.expected_half_hours, -1) as expected_difference

    from days
    full outer join half_hours_by_day
        on
            days.meter_id = half_hours_by_day.meter_id
            and days.settlement_date = half_hours_by_day.settlement_date

),

days_that_differ as (

    select * from differences
    where
        difference_kwh != 0
        or read_difference != 0
        or estimated_difference != 0
        or profiled_difference != 0
        or expected_difference != 0

)

select * from days_that_differ
