with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'excess_capacity'

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

readings as (

    select * from {{ ref('fct_energy_readings') }}

),

contract_rates as (

    select * from {{ ref('dim_energy_contract_rates') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

findings_added_up as (

    select
        meter_id,
        sum(found_gbp) as found_gbp,
        count(*) as bill_count

    from findings
    group by meter_id

),

findings_ranked as (

    -- The metering point of the largest amount; put another number here to recompute another one.
    select
        *,
        row_number() over (order by found_gbp desc, meter_id asc) as case_number

    from findings_added_up

),

the_case as (

    select
        findings_ranked.*,
        as_of.as_of_date,
        as_of.period_start_date,
        cast({{ dbt.dateadd('month', -24, 'as_of.as_of_date') }} as date) as before_two_years_date

    from findings_ranked
    cross join as_of
    where findings_ranked.case_number = 1

),

paid as (

    -- a bill that a credit note took back counts with it, and so as nothing
    select sum(invoice_lines.net_gbp) as paid_gbp
    from the_case
    inner join invoices
        on
            the_case.meter_id = invoices.meter_id
            and invoices.period_end_date between the_case.period_start_date and the_case.as_of_date
    inner join invoice_lines
        on invoices.invoice_id = invoice_lines.invoice_id
    where invoice_lines.element = 'excess_capacity'

),

half_hours_of_the_case as (

    select
        readings.settlement_date,
        readings.settlement_period,
        max(case when readings.measurement_quantity = 'AI' then readings.consumption_kwh end) as active_kwh,
        max(case when readings.measurement_quantity = 'RI' then readings.consumption_kwh end) as reactive_kvarh

    from readings
    inner join the_case
        on
            readings.meter_id = the_case.meter_id
            and readings.settlement_date > the_case.before_two_years_date
            and readings.settlement_date <= the_case.as_of_date
    group by
        readings.settlement_date,
        readings.settlement_period

),

needs as (

    select
        cast(
            ceiling(1.1 * 2 * sqrt(max(active_kwh * active_kwh + reactive_kvarh * reactive_kvarh))) as numeric(12, 2)
        ) as need_kva

    from half_hours_of_the_case

),

agreed_day_by_day as (

    select sum((needs.need_kva - contract_rates.agreed_capacity_kva) * contract_rates.rate_gbp) as cost_gbp
    from the_case
    cross join needs
    inner join dates
        on dates.date_day between the_case.period_start_date and the_case.as_of_date
    inner join contract_rates
        on
            the_case.meter_id = contract_rates.meter_id
            and dates.date_day between contract_rates.valid_from_date and contract_rates.valid_to_date
    where contract_rates.element = 'capacity'

),

side_by_side as (

    select
        the_case.meter_id,
        the_case.bill_count,
        needs.need_kva,
        paid.paid_gbp,
        agreed_day_by_day.cost_gbp,
        the_case.found_gbp as detected_gbp,
        round(paid.paid_gbp - agreed_day_by_day.cost_gbp, 2) as recomputed_gbp,
        round(paid.paid_gbp - agreed_day_by_day.cost_gbp, 2) - the_case.found_gbp as difference_gbp

    from the_case
    cross join needs
    cross join paid
    cross join agreed_day_by_day

)

select * from side_by_side
