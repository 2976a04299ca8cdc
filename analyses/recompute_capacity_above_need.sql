with

candidates as (

    select * from {{ ref('fct_savings_candidates') }}
    where detector_id = 'capacity_above_need'

),

readings as (

    select * from {{ ref('fct_energy_readings') }}

),

contract_rates as (

    select * from {{ ref('dim_energy_contract_rates') }}
    where element = 'capacity'

),

dates as (

    select * from {{ ref('dim_dates') }}

),

candidates_ranked as (

    -- The case of the largest value; put another number here to recompute another one.
    select
        *,
        row_number() over (order by standalone_gbp desc, candidate_id asc) as case_number

    from candidates

),

the_case as (

    select
        *,
        -- 24 whole months to the as-of date: a month that it does not end is left out.
        case
            when {{ dbt.last_day('as_of_date', 'month') }} = as_of_date then as_of_date
            else cast({{ dbt.date_trunc('month', 'as_of_date') }} as date) - 1
        end as last_month_end_date

    from candidates_ranked
    where case_number = 1

),

half_hours_of_the_case as (

    select
        readings.settlement_date,
        readings.settlement_period,
        max(case when readings.measurement_quantity = 'AI' then readings.consumption_kwh end) as active_kwh,
        max(case when readings.measurement_quantity = 'RI' then readings.consumption_kwh end) as reactive_kvarh,
        max(case when readings.measurement_quantity = 'AI' then readings.reading_type end) as reading_type

    from readings
    inner join the_case
        on
            readings.meter_id = the_case.meter_id
            and readings.settlement_date > the_case.last_month_end_date - 731
            and readings.settlement_date <= the_case.as_of_date
    group by readings.settlement_date, readings.settlement_period

),

highest_demand as (

    select 2 * sqrt(max(active_kwh * active_kwh + reactive_kvarh * reactive_kvarh)) as highest_kva
    from half_hours_of_the_case
    where reading_type = 'A'

),

days_of_the_case as (

    select
        dates.date_day,
        contract_rates.agreed_capacity_kva,
        contract_rates.rate_gbp

    from the_case
    inner join dates
        on dates.date_day between the_case.period_start_date and the_case.period_end_date
    inner join contract_rates
        on
            the_case.meter_id = contract_rates.meter_id
            and dates.date_day >= contract_rates.valid_from_date
            and dates.date_day <= coalesce(contract_rates.valid_to_date, cast('9999-12-31' as date))

),

needs as (

    select cast(ceiling(1.1 * highest_kva) as numeric(12, 2)) as need_kva
    from highest_demand

),

days_valued as (

    select
        days_of_the_case.date_day,
        round(
            greatest(days_of_the_case.agreed_capacity_kva - needs.need_kva, 0) * days_of_the_case.rate_gbp, 4
        ) as spare_capacity_gbp

    from days_of_the_case
    cross join needs

),

days_added_up as (

    select
        count(*) as days_charged,
        sum(spare_capacity_gbp) as recomputed_gbp

    from days_valued

),

side_by_side as (

    select
        the_case.candidate_id,
        the_case.meter_id,
        highest_demand.highest_kva,
        days_added_up.days_charged,
        days_added_up.recomputed_gbp,
        the_case.standalone_gbp as detected_gbp,
        days_added_up.recomputed_gbp - the_case.standalone_gbp as difference_gbp

    from the_case
    cross join highest_demand
    cross join days_added_up

)

select * from side_by_side
