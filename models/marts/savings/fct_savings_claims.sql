with

claims as (

    select * from {{ ref('stg_savings__claims') }}

),

candidates as (

    select * from {{ ref('stg_savings__candidates') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

sites as (

    select * from {{ ref('dim_sites') }}

),

claims_placed as (

    -- The site as it was on the day of the claim, not as it is now. What is first known of it is taken to have held
    -- before, as in the energy marts.
    select
        claims.*,
        meters.site_id,
        sites.site_key,
        claims.settlement_date between candidates.period_start_date and candidates.period_end_date
            as is_in_candidate_period

    from claims
    left join candidates
        on claims.candidate_id = candidates.candidate_id
    left join meters
        on claims.meter_id = meters.meter_id
    left join sites
        on
            meters.site_id = sites.site_id
            and claims.settlement_date <= sites.valid_to_date
            and (sites.is_first_version or claims.settlement_date >= sites.valid_from_date)

),

claims_typed as (

    select
        candidate_id,
        detector_id,
        meter_id,
        site_id,
        site_key,
        rate_band,
        is_energy,
        settlement_date,
        cast(standalone_kwh as numeric(18, 3)) as standalone_kwh,
        cast(sequenced_kwh as numeric(18, 3)) as sequenced_kwh,
        cast(standalone_gbp as numeric(18, 4)) as standalone_gbp,
        cast(sequenced_gbp as numeric(18, 4)) as sequenced_gbp,
        coalesce(is_in_candidate_period, false) as is_in_headline_period

    from claims_placed

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
        rate_band,

        -- numerics
        standalone_kwh,
        sequenced_kwh,
        standalone_gbp,
        sequenced_gbp,

        -- booleans
        is_energy,
        is_in_headline_period,

        -- dates
        settlement_date

    from claims_typed

)

select * from final
