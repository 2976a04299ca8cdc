with

carbon_factors as (

    select * from {{ ref('carbon_factors') }}

),

final as (

    select
        -- ids
        fuel || '-' || cast(factor_year as varchar) as carbon_factor_id,

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
        make_date(factor_year, 1, 1) as valid_from_date,
        make_date(factor_year, 12, 31) as valid_to_date

    from carbon_factors

)

select * from final
