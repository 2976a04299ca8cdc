with

half_hours_read as (

    select * from {{ ref('fct_energy_readings') }}
    where measurement_quantity = 'AI' and consumption_kwh is not null

),

counted as (

    select
        sum(case when reading_type = 'E' then 1 else 0 end) as estimated,
        count(*) as half_hours_in_all

    from half_hours_read

),

divided as (

    select cast(estimated as double precision) / nullif(half_hours_in_all, 0) as estimated_read_share
    from counted

)

select * from divided
