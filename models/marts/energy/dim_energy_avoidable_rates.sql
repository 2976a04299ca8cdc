with

contract_rates as (

    select * from {{ ref('dim_energy_contract_rates') }}
    where is_avoidable_by_using_less

),

meters as (

    select * from {{ ref('dim_meters') }}

),

levy_rates as (

    select * from {{ ref('climate_change_levy_rates') }}

),

final as (

    select
        -- ids
        contract_rates.contract_id,
        contract_rates.meter_id,

        -- strings
        contract_rates.rate_band,

        -- numerics
        cast(contract_rates.rate_gbp as numeric(18, 6)) as unit_rate_gbp_per_kwh,
        cast(levy_rates.rate_gbp_per_kwh as numeric(18, 6)) as levy_rate_gbp_per_kwh,
        cast(contract_rates.rate_gbp + levy_rates.rate_gbp_per_kwh as numeric(18, 6)) as avoidable_rate_gbp_per_kwh,

        -- dates
        greatest(contract_rates.valid_from_date, levy_rates.valid_from_date) as valid_from_date,
        least(contract_rates.valid_to_date, levy_rates.valid_to_date) as valid_to_date

    from contract_rates
    inner join meters
        on contract_rates.meter_id = meters.meter_id
    -- a contract that runs across a change of the levy gives a row on each side of it
    inner join levy_rates
        on
            meters.fuel = levy_rates.fuel
            and contract_rates.valid_from_date <= levy_rates.valid_to_date
            and contract_rates.valid_to_date >= levy_rates.valid_from_date

)

select * from final
