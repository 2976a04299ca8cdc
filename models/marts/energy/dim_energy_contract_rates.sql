with

contracts as (

    select * from {{ ref('stg_energy__contracts') }}

),

rates_by_what_they_follow as (

    select
        contracts.*,
        contracts.element = 'unit' as is_avoidable_by_using_less

    from contracts

),

final as (

    select
        -- ids
        contract_id,
        meter_id,
        supplier_id,

        -- strings
        element,
        rate_band,
        rate_unit,

        -- numerics
        rate_gbp,
        agreed_capacity_kva,

        -- booleans
        is_avoidable_by_using_less,

        -- dates
        valid_from_date,
        valid_to_date

    from rates_by_what_they_follow

)

select * from final
