with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'billed_energy' and element = 'unit'

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

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

half_hours as (

    select * from {{ ref('dim_half_hours') }}

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

metered_by_rate as (

    -- every half-hour at the rate of its clock time, in force on its day
    select
        contract_rates.rate_band,
        contract_rates.rate_gbp,
        contract_rates.valid_from_date,
        sum(readings.consumption_kwh) as metered_kwh

    from the_case
    inner join readings
        on
            the_case.meter_id = readings.meter_id
            and readings.settlement_date between the_case.period_start_date and the_case.period_end_date
    inner join dates
        on readings.settlement_date = dates.date_day
    inner join half_hours
        on
            dates.periods_in_day = half_hours.periods_in_day
            and readings.settlement_period = half_hours.settlement_period
    inner join contract_rates
        on
            readings.meter_id = contract_rates.meter_id
            and readings.settlement_date between contract_rates.valid_from_date and contract_rates.valid_to_date
            and contract_rates.rate_band in ('all', half_hours.rate_band)
    where
        readings.measurement_quantity = 'AI'
        and contract_rates.element = 'unit'
    group by
        contract_rates.rate_band,
        contract_rates.rate_gbp,
        contract_rates.valid_from_date

),

due as (

    select
        sum(metered_kwh) as metered_kwh,
        sum({{ rounded_product('metered_kwh', 'rate_gbp', 18, 2) }}) as due_gbp

    from metered_by_rate

),

side_by_side as (

    select
        the_case.invoice_id,
        the_case.element,
        the_case.error_code,
        due.metered_kwh,
        billed.billed_gbp,
        due.due_gbp,
        the_case.found_gbp as detected_gbp,
        billed.billed_gbp - due.due_gbp as recomputed_gbp,
        billed.billed_gbp - due.due_gbp - the_case.found_gbp as difference_gbp

    from the_case
    cross join billed
    cross join due

)

select * from side_by_side
