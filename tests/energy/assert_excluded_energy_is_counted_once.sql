-- If this fails, a day leaves out more energy than was read on it, or findings were lost or doubled on the way to the
-- mart. Sums by day are compared, days of one side only too.
{{ config(group='energy') }}

with

found as (

    select
        meter_id,
        settlement_date,
        sum(sequenced_excluded_kwh) as excluded_kwh,
        max(excluded_kwh) as largest_kwh

    from {{ ref('stg_quality__day_findings') }}
    group by meter_id, settlement_date

),

days as (

    select * from {{ ref('fct_energy_data_quality') }}

),

compared as (

    select
        days.meter_id,
        found.meter_id as found_meter_id,
        days.settlement_date,
        found.settlement_date as found_date,
        days.status_code,
        coalesce(days.consumption_kwh, 0) as consumption_kwh,
        coalesce(days.excluded_kwh, -1) as excluded_kwh,
        coalesce(found.excluded_kwh, 0) as found_kwh,
        coalesce(found.largest_kwh, 0) as largest_kwh

    from days
    full outer join found
        on
            days.meter_id = found.meter_id
            and days.settlement_date = found.settlement_date

),

wrong as (

    select * from compared
    where
        excluded_kwh != found_kwh
        -- where import is below zero a part may be more than the whole
        or (status_code != 'negative_reads' and (excluded_kwh > consumption_kwh or largest_kwh > excluded_kwh))

)

select * from wrong
