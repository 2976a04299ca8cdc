with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'levy_and_vat'

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

readings as (

    select * from {{ ref('fct_energy_readings') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

levy_rates as (

    select * from {{ ref('climate_change_levy_rates') }}

),

vat_rates as (

    select * from {{ ref('vat_rates') }}

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

metered as (

    select
        sum(readings.consumption_kwh) as metered_kwh,
        max(the_case.period_end_date - the_case.period_start_date + 1) as day_count

    from the_case
    inner join readings
        on
            the_case.meter_id = readings.meter_id
            and readings.settlement_date between the_case.period_start_date and the_case.period_end_date
    where readings.measurement_quantity = 'AI'

),

rates_due as (

    select
        metered.metered_kwh,
        metered.metered_kwh <= vat_rates.de_minimis_kwh_per_day * metered.day_count as is_small_supply,
        case
            when metered.metered_kwh <= vat_rates.de_minimis_kwh_per_day * metered.day_count
                then vat_rates.reduced_rate_pct
            else vat_rates.standard_rate_pct
        end as vat_rate_pct,
        case
            when metered.metered_kwh <= vat_rates.de_minimis_kwh_per_day * metered.day_count then 0
            else levy_rates.rate_gbp_per_kwh
        end as levy_rate_gbp

    from the_case
    cross join metered
    inner join meters
        on the_case.meter_id = meters.meter_id
    inner join vat_rates
        on
            meters.fuel = vat_rates.fuel
            and the_case.period_end_date between vat_rates.valid_from_date and vat_rates.valid_to_date
    inner join levy_rates
        on
            meters.fuel = levy_rates.fuel
            and the_case.period_end_date between levy_rates.valid_from_date and levy_rates.valid_to_date

),

levy as (

    select
        sum(invoice_lines.net_gbp) as billed_gbp,
        max({{ rounded_product('rates_due.metered_kwh', 'rates_due.levy_rate_gbp', 18, 2) }}) as due_gbp

    from the_case
    cross join rates_due
    inner join invoice_lines
        on
            the_case.invoice_id = invoice_lines.invoice_id
            and invoice_lines.element = 'ccl'

),

vat as (

    select
        sum(invoice_lines.vat_gbp) as billed_gbp,
        sum({{ rounded_product('invoice_lines.net_gbp', 'rates_due.vat_rate_pct * 0.01', 18, 2) }}) as due_gbp

    from the_case
    cross join rates_due
    inner join invoice_lines
        on the_case.invoice_id = invoice_lines.invoice_id

),

billed_and_due as (

    select
        case when the_case.element = 'vat' then vat.billed_gbp else levy.billed_gbp end as billed_gbp,
        case when the_case.element = 'vat' then vat.due_gbp else levy.due_gbp end as due_gbp

    from the_case
    cross join levy
    cross join vat

),

side_by_side as (

    select
        the_case.invoice_id,
        the_case.element,
        the_case.error_code,
        rates_due.metered_kwh,
        rates_due.is_small_supply,
        billed_and_due.billed_gbp,
        billed_and_due.due_gbp,
        the_case.found_gbp as detected_gbp,
        billed_and_due.billed_gbp - billed_and_due.due_gbp as recomputed_gbp,
        billed_and_due.billed_gbp - billed_and_due.due_gbp - the_case.found_gbp as difference_gbp

    from the_case
    cross join rates_due
    cross join billed_and_due

)

select * from side_by_side
