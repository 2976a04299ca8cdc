with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where detector_id = 'closed_site'

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

sites as (

    select * from {{ ref('dim_sites') }}
    where is_current

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

claimed as (

    -- nothing is due for a bill that starts more than 28 days after closing
    select
        sites.close_date,
        the_case.period_start_date - sites.close_date as days_after_closing,
        case when the_case.period_start_date - sites.close_date > 28 then billed.billed_gbp else 0 end as claimed_gbp

    from the_case
    cross join billed
    inner join sites
        on the_case.site_id = sites.site_id

),

side_by_side as (

    select
        the_case.invoice_id,
        the_case.element,
        the_case.error_code,
        claimed.close_date,
        claimed.days_after_closing,
        the_case.found_gbp as detected_gbp,
        claimed.claimed_gbp as recomputed_gbp,
        claimed.claimed_gbp - the_case.found_gbp as difference_gbp

    from the_case
    cross join claimed

)

select * from side_by_side
