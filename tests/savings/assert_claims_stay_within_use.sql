-- If this fails, more energy would be saved on a day than was used on it: claims overlap and were added up twice, or
-- rest on readings that are no longer there. A day without a reading counts as no use.
with

claims as (

    select * from {{ ref('fct_savings_claims') }}
    where is_energy

),

energy_days as (

    select * from {{ ref('fct_energy_daily') }}

),

claims_by_day as (

    select
        meter_id,
        settlement_date,
        sum(sequenced_kwh) as sequenced_kwh,
        max(standalone_kwh) as largest_standalone_kwh

    from claims
    group by meter_id, settlement_date

),

compared as (

    select
        claims_by_day.meter_id,
        claims_by_day.settlement_date,
        claims_by_day.sequenced_kwh,
        claims_by_day.largest_standalone_kwh,
        coalesce(energy_days.consumption_kwh, 0) as used_kwh

    from claims_by_day
    left join energy_days
        on
            claims_by_day.meter_id = energy_days.meter_id
            and claims_by_day.settlement_date = energy_days.settlement_date

),

breaches as (

    select * from compared
    where sequenced_kwh > used_kwh or largest_standalone_kwh > used_kwh

)

select * from breaches
