with

exclusions as (

    select * from {{ ref('stg_savings__exclusions') }}

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

sites as (

    select * from {{ ref('dim_sites') }}

),

exclusions_placed as (

    select
        exclusions.*,
        meters.site_id,
        sites.site_key,
        as_of.as_of_date

    from exclusions
    cross join as_of
    left join meters
        on exclusions.meter_id = meters.meter_id
    left join sites
        on
            meters.site_id = sites.site_id
            and as_of.as_of_date <= sites.valid_to_date
            and (sites.is_first_version or as_of.as_of_date >= sites.valid_from_date)

),

exclusions_named as (

    select
        *,
        cast(excluded_kwh as numeric(18, 3)) as metered_kwh,
        cast(excluded_gbp as numeric(18, 4)) as amount_gbp,
        detector_id || '-' || meter_id || '-' || reason_code as savings_exclusion_id

    from exclusions_placed

),

final as (

    select
        -- ids
        savings_exclusion_id,
        detector_id,
        meter_id,
        site_id,
        site_key,

        -- strings
        reason_code,
        reason,

        -- numerics
        excluded_days,
        metered_kwh as excluded_kwh,
        amount_gbp as excluded_gbp,

        -- booleans
        is_data_fault,

        -- dates
        as_of_date,
        from_date,
        to_date

    from exclusions_named

)

select * from final
