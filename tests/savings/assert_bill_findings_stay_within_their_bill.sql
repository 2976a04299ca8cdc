-- If this fails, more is claimed on a bill than was charged, or an error is said to be larger than the difference
-- between the bill and its virtual bill: finance would ask a supplier for money that was never paid.
with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}
    where element != 'all'

),

reconciliation as (

    select * from {{ ref('fct_energy_invoice_reconciliation') }}

),

findings_by_element as (

    select
        invoice_id,
        element,
        sum(case when is_saving then sequenced_gbp else 0 end) as claimed_gbp,
        -- what a closed site is charged, and demand above the agreed capacity, is due by contract and no difference
        sum(
            case when error_code not in ('closed_site', 'excess_capacity') then sequenced_gbp else 0 end
        ) as wrong_gbp

    from findings
    group by
        invoice_id,
        element

),

compared as (

    select
        findings_by_element.invoice_id,
        findings_by_element.element,
        findings_by_element.claimed_gbp,
        findings_by_element.wrong_gbp,
        reconciliation.invoice_status,
        coalesce(reconciliation.billed_gbp, 0) as billed_gbp,
        coalesce(reconciliation.difference_gbp, 0) as difference_gbp,
        -- of a duplicate all that was billed is wrong, also where the bill is not what the days alone come to
        greatest(
            coalesce(reconciliation.difference_gbp, 0), coalesce(reconciliation.timing_gbp, 0), 0
        ) as most_wrong_gbp,
        least(coalesce(reconciliation.difference_gbp, 0), 0) as least_wrong_gbp

    from findings_by_element
    left join reconciliation
        on
            findings_by_element.invoice_id = reconciliation.invoice_id
            and findings_by_element.element = reconciliation.element

),

breaches as (

    select * from compared
    where
        invoice_status is null
        or invoice_status != 'standing'
        or claimed_gbp > greatest(billed_gbp, 0)
        or wrong_gbp > most_wrong_gbp
        or wrong_gbp < least_wrong_gbp

)

select * from breaches
