-- If this fails, the candidates do not add up to the claims of the 12 months: the report would show another total than
-- the metric.
with

candidates as (

    select * from {{ ref('fct_savings_candidates') }}

),

claims as (

    select * from {{ ref('fct_savings_claims') }}
    where is_in_headline_period

),

candidates_added_up as (

    select
        coalesce(sum(sequenced_gbp), 0) as sequenced_gbp,
        coalesce(sum(sequenced_kwh), 0) as sequenced_kwh

    from candidates

),

claims_added_up as (

    select
        coalesce(sum(sequenced_gbp), 0) as sequenced_gbp,
        coalesce(sum(sequenced_kwh), 0) as sequenced_kwh

    from claims

),

compared as (

    select
        candidates_added_up.sequenced_gbp as candidates_gbp,
        claims_added_up.sequenced_gbp as claims_gbp,
        candidates_added_up.sequenced_kwh as candidates_kwh,
        claims_added_up.sequenced_kwh as claims_kwh

    from candidates_added_up
    cross join claims_added_up

),

breaches as (

    select * from compared
    where candidates_gbp != claims_gbp or candidates_kwh != claims_kwh

)

select * from breaches
