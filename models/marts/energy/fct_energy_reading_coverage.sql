{{ config(materialized='view') }}

with

days as (

    select * from {{ ref('fct_energy_daily') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

spans as (

    select
        meter_id,
        min(settlement_date) as first_date,
        max(settlement_date) as last_date

    from days
    where read_half_hours > 0
    group by meter_id

),

days_due as (

    select
        spans.meter_id,
        dates.date_day as settlement_date,
        dates.periods_in_day as due_half_hours

    from spans
    inner join dates
        on dates.date_day between spans.first_date and spans.last_date

),

final as (

    select
        -- ids
        days_due.meter_id,
        meter_sites.site_id,
        meter_sites.site_key,

        -- strings
        meter_sites.fuel,

        -- numerics
        days_due.due_half_hours,
        cast(coalesce(days.read_half_hours, 0) as integer) as delivered_half_hours,

        -- dates
        days_due.settlement_date

    from days_due
    left join days
        on
            days_due.meter_id = days.meter_id
            and days_due.settlement_date = days.settlement_date
    left join meter_sites
        on
            days_due.meter_id = meter_sites.meter_id
            and days_due.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date

)

select * from final
