with

rates_in_force as (

    select * from {{ ref('int_energy__rates_in_force') }}
    -- after a contract has run out nobody has agreed what a kWh costs
    where
        element in ('unit', 'duos')
        and not is_contract_expired

),

meters as (

    select * from {{ ref('dim_meters') }}

),

energy_days as (

    select * from {{ ref('fct_energy_daily') }}

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

levy_rates as (

    select * from {{ ref('climate_change_levy_rates') }}

),

vat_rates as (

    select * from {{ ref('vat_rates') }}

),

use_of_the_year as (

    select
        energy_days.meter_id,
        sum(energy_days.consumption_kwh) as consumption_kwh,
        count(energy_days.consumption_kwh) as day_count

    from energy_days
    inner join as_of
        on energy_days.settlement_date between as_of.period_start_date and as_of.as_of_date
    group by energy_days.meter_id

),

supplies_that_bear_the_levy as (

    select
        meters.meter_id,
        meters.fuel

    from meters
    inner join use_of_the_year
        on meters.meter_id = use_of_the_year.meter_id
    cross join as_of
    inner join vat_rates
        on
            meters.fuel = vat_rates.fuel
            and as_of.as_of_date between vat_rates.valid_from_date and vat_rates.valid_to_date
    where use_of_the_year.consumption_kwh > vat_rates.de_minimis_kwh_per_day * use_of_the_year.day_count

),

contract_layers as (

    select
        contract_id,
        meter_id,
        element,
        rate_band,
        rate_gbp,
        valid_from_date,
        valid_to_date

    from rates_in_force

),

days_under_contract as (

    select distinct
        contract_id,
        meter_id,
        valid_from_date,
        valid_to_date

    from rates_in_force
    where element = 'unit'

),

levy_layers as (

    select
        days_under_contract.contract_id,
        days_under_contract.meter_id,
        'ccl' as element,
        'all' as rate_band,
        levy_rates.rate_gbp_per_kwh as rate_gbp,
        -- a contract that runs across a change of the levy gives a row on each side of it
        greatest(days_under_contract.valid_from_date, levy_rates.valid_from_date) as valid_from_date,
        least(days_under_contract.valid_to_date, levy_rates.valid_to_date) as valid_to_date

    from days_under_contract
    inner join supplies_that_bear_the_levy as supplies
        on days_under_contract.meter_id = supplies.meter_id
    inner join levy_rates
        on
            supplies.fuel = levy_rates.fuel
            and days_under_contract.valid_from_date <= levy_rates.valid_to_date
            and days_under_contract.valid_to_date >= levy_rates.valid_from_date

),

layers as (

    select * from contract_layers
    union all
    select * from levy_layers

),

final as (

    select
        -- ids
        contract_id,
        meter_id,

        -- strings
        element,
        rate_band,

        -- numerics
        cast(rate_gbp as numeric(18, 6)) as avoidable_rate_gbp_per_kwh,

        -- dates
        valid_from_date,
        valid_to_date

    from layers

)

select * from final
