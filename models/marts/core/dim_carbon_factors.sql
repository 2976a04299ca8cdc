with

carbon_factors as (

    select * from {{ ref('carbon_factors') }}

),

factors_with_periods as (

    select
        carbon_factors.*,
        carbon_factors.fuel || '-' || cast(carbon_factors.factor_year as varchar) as carbon_factor_id,
        make_date(carbon_factors.factor_year, 1, 1) as valid_from_date,
        make_date(carbon_factors.factor_year, 12, 31) as valid_to_date

    from carbon_factors

),

final as (

    select
        -- ids
        carbon_factor_id,

        -- strings
        fuel,
        source,
        release,
        licence,

        -- numerics
        emissions_kgco2e_per_kwh,

        -- booleans
        is_published,

        -- dates
        valid_from_date,
        valid_to_date

    from factors_with_periods

)

select * from final
