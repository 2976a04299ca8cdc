{{ config(group='energy') }}

with

half_hours as (

    select * from {{ ref('fct_energy_readings') }}

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

contracts as (

    select * from {{ ref('stg_energy__contracts') }}
    where element = 'capacity'

),

meters_with_capacity as (

    select distinct contracts.meter_id
    from contracts
    inner join as_of
        on contracts.valid_from_date <= as_of.as_of_date

),

half_hours_of_both as (

    select
        active.consumption_kwh as active_kwh,
        reactive.consumption_kwh as reactive_kvarh

    from half_hours as active
    inner join half_hours as reactive
        on
            active.meter_id = reactive.meter_id
            and active.settlement_date = reactive.settlement_date
            and active.settlement_period = reactive.settlement_period
            and active.measurement_quantity = 'AI'
            and reactive.measurement_quantity = 'RI'
    inner join meters_with_capacity
        on active.meter_id = meters_with_capacity.meter_id
    inner join as_of
        on active.settlement_date between as_of.period_start_date and as_of.as_of_date

),

-- an hour's power is twice the energy of a half-hour
highest as (

    select max(active_kwh * active_kwh + reactive_kvarh * reactive_kvarh) as squared
    from half_hours_of_both

),

rounded as (

    select cast(round(cast(2 * sqrt(squared) as numeric(18, 6)), 1) as numeric(12, 1)) as peak_demand_kva
    from highest

)

select * from rounded
