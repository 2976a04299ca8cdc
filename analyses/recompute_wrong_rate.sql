with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'wrong_rate'

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

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

lines_with_rates_signed as (

    select
        invoice_lines.line_number,
        invoice_lines.quantity,
        invoice_lines.net_gbp,
        contract_rates.rate_gbp as signed_rate_gbp,
        -- the rate in force on the first day, or the last one that was: what is signed anew starts from it
        row_number() over (
            partition by invoice_lines.line_number
            order by contract_rates.valid_from_date desc
        ) as rate_rank

    from the_case
    inner join invoice_lines
        on
            the_case.invoice_id = invoice_lines.invoice_id
            and the_case.element = invoice_lines.element
    inner join contract_rates
        on
            the_case.meter_id = contract_rates.meter_id
            and invoice_lines.element = contract_rates.element
            and invoice_lines.rate_band = contract_rates.rate_band
            and the_case.period_start_date >= contract_rates.valid_from_date

),

recomputed as (

    select
        sum(net_gbp) as billed_gbp,
        sum({{ rounded_product('quantity', 'signed_rate_gbp', 18, 2) }}) as due_gbp

    from lines_with_rates_signed
    where rate_rank = 1

),

side_by_side as (

    select
        the_case.invoice_id,
        the_case.element,
        the_case.error_code,
        recomputed.billed_gbp,
        recomputed.due_gbp,
        the_case.found_gbp as detected_gbp,
        recomputed.billed_gbp - recomputed.due_gbp as recomputed_gbp,
        recomputed.billed_gbp - recomputed.due_gbp - the_case.found_gbp as difference_gbp

    from the_case
    cross join recomputed

)

select * from side_by_side
