with

contracts as (

    select * from {{ ref('stg_energy__contracts') }}

),

regulated_rates as (

    select * from {{ ref('int_energy__regulated_rates') }}

),

rates_resolved as (

    select
        contracts.contract_id,
        contracts.meter_id,
        contracts.supplier_id,
        contracts.element,
        contracts.rate_band,
        contracts.rate_unit,
        contracts.agreed_capacity_kva,
        contracts.is_pass_through,
        contracts.element in ('unit', 'duos') as is_avoidable_by_using_less,
        case when contracts.is_pass_through then regulated_rates.rate_gbp else contracts.rate_gbp end as rate_gbp,
        coalesce(regulated_rates.is_published, not contracts.is_pass_through) as is_published,
        -- a contract that runs across a change of the regulated rate gives a row on each side of it
        greatest(
            contracts.valid_from_date, coalesce(regulated_rates.valid_from_date, contracts.valid_from_date)
        ) as valid_from_date,
        least(
            contracts.valid_to_date, coalesce(regulated_rates.valid_to_date, contracts.valid_to_date)
        ) as valid_to_date

    from contracts
    left join regulated_rates
        on
            contracts.is_pass_through
            and contracts.meter_id = regulated_rates.meter_id
            and contracts.element = regulated_rates.element
            and contracts.rate_band = regulated_rates.rate_band
            and contracts.valid_from_date <= regulated_rates.valid_to_date
            and contracts.valid_to_date >= regulated_rates.valid_from_date

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
        cast(rate_gbp as numeric(18, 6)) as rate_gbp,
        agreed_capacity_kva,

        -- booleans
        is_avoidable_by_using_less,
        is_pass_through,
        is_published,

        -- dates
        valid_from_date,
        valid_to_date

    from rates_resolved

)

select * from final
