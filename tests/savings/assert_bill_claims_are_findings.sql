-- If this fails, the headline holds an amount on a bill that no finding explains, or a finding of the 12 months that
-- costs more than need be is missing from it.
with

findings as (

    select * from {{ ref('fct_savings_bill_findings') }}

),

claims as (

    select * from {{ ref('fct_savings_claims') }}
    where not is_energy

),

detectors_of_bills as (

    select distinct detector_id
    from findings

),

findings_added_up as (

    select
        detector_id,
        meter_id,
        sum(sequenced_gbp) as findings_gbp

    from findings
    where
        is_saving
        and is_in_headline_period
        and site_id is not null
    group by
        detector_id,
        meter_id

),

claims_added_up as (

    select
        claims.detector_id,
        claims.meter_id,
        sum(claims.sequenced_gbp) as claims_gbp

    from claims
    -- a charge that does not rest on bills, as capacity above need, has no finding
    inner join detectors_of_bills
        on claims.detector_id = detectors_of_bills.detector_id
    group by
        claims.detector_id,
        claims.meter_id

),

compared as (

    select
        coalesce(findings_added_up.detector_id, claims_added_up.detector_id) as detector_id,
        coalesce(findings_added_up.meter_id, claims_added_up.meter_id) as meter_id,
        coalesce(findings_added_up.findings_gbp, 0) as findings_gbp,
        coalesce(claims_added_up.claims_gbp, 0) as claims_gbp

    from findings_added_up
    full outer join claims_added_up
        on
            findings_added_up.detector_id = claims_added_up.detector_id
            and findings_added_up.meter_id = claims_added_up.meter_id

),

breaches as (

    select * from compared
    where findings_gbp != claims_gbp

)

select * from breaches
