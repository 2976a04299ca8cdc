with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'virtual_bill' and error_code = 'wrong_capacity'

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

contract_rates as (

    select * from {{ ref('dim_energy_contract_rates') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

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

days_by_rate as (

    select
        contract_rates.agreed_capacity_kva,
        contract_rates.rate_gbp,
        count(*) as day_count

    from the_case
    inner join dates
        on dates.date_day between the_case.period_start_date and the_case.period_end_date
    inner join contract_rates
        on
            the_case.meter_id = contract_rates.meter_id
            and dates.date_day between contract_rates.valid_from_date and contract_rates.valid_to_date
    where contract_rates.element = 'capacity'
    group by
        contract_rates.agreed_capacity_kva,
        contract_rates.rate_gbp

),

due as (

    select
        max(agreed_capacity_kva) as agreed_kva,
        sum({{ rounded_product('agreed_capacity_kva * day_count', 'rate_gbp', 18, 2) }}) as due_gbp

    from days_by_rate

),

side_by_side as (

    select
        the_case.invoice_id,
        the_case.element,
        the_case.error_code,
        due.agreed_kva,
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
