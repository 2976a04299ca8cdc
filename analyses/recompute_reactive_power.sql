with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'reactive_power'

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
            and readings.settlement_date between the_case.period_start_date and the_case.period_end_date
    group by
        readings.settlement_date,
        readings.settlement_period

),

chargeable as (

    -- 0.328684 is the root of 0.95^-2 - 1: the kvarh a kWh that a power factor of 0.95 allows
    select round(sum(greatest(reactive_kvarh - 0.328684 * active_kwh, 0)), 3) as chargeable_kvarh
    from half_hours_of_the_case
    where active_kwh is not null and reactive_kvarh is not null

),

due as (

    select
        chargeable.chargeable_kvarh,
        {{ rounded_product('chargeable.chargeable_kvarh', 'contract_rates.rate_gbp', 18, 2) }} as due_gbp

    from the_case
    cross join chargeable
    inner join contract_rates
        on
            the_case.meter_id = contract_rates.meter_id
            and the_case.period_start_date between contract_rates.valid_from_date and contract_rates.valid_to_date
    where contract_rates.element = 'reactive'

),

side_by_side as (

    select
        the_case.invoice_id,
        the_case.element,
        the_case.error_code,
        due.chargeable_kvarh,
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
