{{ config(group='savings') }}

with

claims as (

    select * from {{ ref('stg_savings__claims') }}

),

candidates as (

    select * from {{ ref('stg_savings__candidates') }}

),

claims_of_the_12_months as (

    select claims.standalone_gbp
    from claims
    inner join candidates
        on
            claims.candidate_id = candidates.candidate_id
            and claims.settlement_date >= candidates.period_start_date
            and claims.settlement_date <= candidates.period_end_date

),

added_up as (

    select sum(standalone_gbp) as savings_standalone_gbp
    from claims_of_the_12_months

)

select * from added_up
