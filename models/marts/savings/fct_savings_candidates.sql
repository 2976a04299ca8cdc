with

candidates as (

    select * from {{ ref('stg_savings__candidates') }}

),

claims as (

    select * from {{ ref('fct_savings_claims') }}

),

sites as (

    select * from {{ ref('dim_sites') }}

),

claims_summed_by_candidate as (

    select
        candidate_id,
        count(*) as claims_in_period,
        sum(standalone_kwh) as standalone_kwh,
        sum(sequenced_kwh) as sequenced_kwh,
        sum(standalone_gbp) as standalone_gbp,
        sum(sequenced_gbp) as sequenced_gbp

    from claims
    where is_in_headline_period
    group by candidate_id

),

candidates_valued as (

    select
        candidates.*,
        sites.site_key,
        -- Software proposes, people decide: nothing here is more than seen.
        'detected' as candidate_status,
        coalesce(claims_summed_by_candidate.claims_in_period, 0) as claims_in_period,
        coalesce(claims_summed_by_candidate.standalone_kwh, 0) as standalone_kwh,
        coalesce(claims_summed_by_candidate.sequenced_kwh, 0) as sequenced_kwh,
        coalesce(claims_summed_by_candidate.standalone_gbp, 0) as standalone_gbp,
        coalesce(claims_summed_by_candidate.sequenced_gbp, 0) as sequenced_gbp

    from candidates
    left join claims_summed_by_candidate
        on candidates.candidate_id = claims_summed_by_candidate.candidate_id
    left join sites
        on
            candidates.site_id = sites.site_id
            and candidates.as_of_date <= sites.valid_to_date
            and (sites.is_first_version or candidates.as_of_date >= sites.valid_from_date)

),

final as (

    select
        -- ids
        candidate_id,
        detector_id,
        meter_id,
        site_id,
        site_key,

        -- strings
        candidate_status,
        evidence_class,
        detector_version,
        evidence_sentence,
        evidence,
        range_basis,

        -- numerics
        cast(claims_in_period as integer) as claims_in_period,
        cast(standalone_kwh as numeric(18, 3)) as standalone_kwh,
        cast(sequenced_kwh as numeric(18, 3)) as sequenced_kwh,
        cast(standalone_gbp as numeric(18, 4)) as standalone_gbp,
        cast(sequenced_gbp as numeric(18, 4)) as sequenced_gbp,
        cast(cautious_gbp as numeric(18, 2)) as cautious_gbp,
        cast(p50_gbp as numeric(18, 2)) as p50_gbp,
        cast(p90_gbp as numeric(18, 2)) as p90_gbp,
        cast(blended_rate_gbp as numeric(18, 4)) as blended_rate_gbp,

        -- dates
        as_of_date,
        period_start_date,
        period_end_date

    from candidates_valued

)

select * from final
