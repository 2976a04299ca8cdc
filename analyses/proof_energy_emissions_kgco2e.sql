with

half_hours as (

    select * from {{ ref('fct_energy_readings') }}
    where measurement_quantity = 'AI' and is_in_site_total

),

carbon_factors as (

    select * from {{ ref('dim_carbon_factors') }}

),

days_added_up as (

    select
        meter_id,
        fuel,
        settlement_date,
        cast(sum(consumption_kwh) as numeric(18, 3)) as consumption_kwh

    from half_hours
    group by meter_id, fuel, settlement_date

),

days_with_emissions as (

    select round(days_added_up.consumption_kwh * carbon_factors.emissions_kgco2e_per_kwh, 6) as emissions_kgco2e
    from days_added_up
    inner join carbon_factors
        on
            days_added_up.fuel = carbon_factors.fuel
            and days_added_up.settlement_date between carbon_factors.valid_from_date and carbon_factors.valid_to_date

),

added_up as (

    select sum(emissions_kgco2e) as energy_emissions_kgco2e
    from days_with_emissions

)

select * from added_up
