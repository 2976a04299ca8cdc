-- If this fails, what was left out of savings for a fault is not what the quality of the days says, and the list of
-- exclusions cannot be traced to them: run `data-layer quality` and `detect` one after the other. Energy of the 12
-- months is compared by metering point and status; a pair on one side only fails unless it holds no energy.
{{ config(group='savings') }}

with

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

left_out_of_savings as (

    select
        meter_id,
        reason_code as status_code,
        sum(excluded_kwh) as excluded_kwh

    from {{ ref('fct_savings_exclusions') }}
    where is_data_fault
    group by meter_id, reason_code

),

found_on_days as (

    select
        day_findings.meter_id,
        day_findings.status_code,
        sum(day_findings.excluded_kwh) as excluded_kwh

    from {{ ref('stg_quality__day_findings') }} as day_findings
    inner join as_of
        on day_findings.settlement_date between as_of.period_start_date and as_of.as_of_date
    group by day_findings.meter_id, day_findings.status_code

),

compared as (

    select
        coalesce(left_out_of_savings.meter_id, found_on_days.meter_id) as meter_id,
        coalesce(left_out_of_savings.status_code, found_on_days.status_code) as status_code,
        coalesce(left_out_of_savings.excluded_kwh, 0) as excluded_of_savings_kwh,
        coalesce(found_on_days.excluded_kwh, 0) as excluded_of_days_kwh

    from left_out_of_savings
    full outer join found_on_days
        on
            left_out_of_savings.meter_id = found_on_days.meter_id
            and left_out_of_savings.status_code = found_on_days.status_code

),

different as (

    select * from compared
    where excluded_of_savings_kwh != excluded_of_days_kwh

)

select * from different
