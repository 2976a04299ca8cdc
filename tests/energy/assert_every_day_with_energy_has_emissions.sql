-- If this fails, emissions are understated: some energy has no factor (its year or its fuel is not in the seed).
{{ config(severity='warn') }}

with

days_without_emissions as (

    select
        meter_id,
        fuel,
        settlement_date,
        consumption_kwh

    from {{ ref('fct_energy_daily') }}
    where
        consumption_kwh is not null
        and emissions_kgco2e is null

)

select * from days_without_emissions
