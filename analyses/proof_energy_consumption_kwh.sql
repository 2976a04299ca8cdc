with

half_hours as (

    select * from {{ ref('fct_energy_readings') }}
    where measurement_quantity = 'AI' and is_in_site_total

),

added_up as (

    select sum(consumption_kwh) as energy_consumption_kwh
    from half_hours

)

select * from added_up
