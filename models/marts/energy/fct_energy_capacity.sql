with

rates_in_force as (

    select * from {{ ref('int_energy__rates_in_force') }}
    where element = 'capacity'

),

billing_days as (

    select * from {{ ref('fct_energy_billing_days') }}

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

capacity_at_as_of as (

    select
        rates_in_force.meter_id,
        rates_in_force.agreed_capacity_kva,
        as_of.period_start_date,
        as_of.as_of_date

    from rates_in_force
    inner join as_of
        on as_of.as_of_date between rates_in_force.valid_from_date and rates_in_force.valid_to_date
    where rates_in_force.agreed_capacity_kva is not null

),

demand_of_the_year as (

    select
        billing_days.meter_id,
        cast(count(billing_days.peak_squared) as integer) as days_with_demand,
        max(billing_days.peak_squared) as peak_squared

    from billing_days
    inner join as_of
        on billing_days.settlement_date between as_of.period_start_date and as_of.as_of_date
    group by billing_days.meter_id

),

capacity_beside_demand as (

    select
        capacity.meter_id,
        capacity.agreed_capacity_kva,
        capacity.period_start_date,
        capacity.as_of_date,
        {{ peak_kva('demand.peak_squared') }} as peak_demand_kva,
        coalesce(demand.days_with_demand, 0) as days_with_demand

    from capacity_at_as_of as capacity
    left join demand_of_the_year as demand
        on capacity.meter_id = demand.meter_id

),

final as (

    select
        -- ids
        capacity.meter_id,
        meter_sites.site_id,
        meter_sites.site_key,

        -- numerics
        cast(capacity.agreed_capacity_kva as numeric(12, 2)) as agreed_capacity_kva,
        capacity.peak_demand_kva,
        cast(capacity.agreed_capacity_kva - capacity.peak_demand_kva as numeric(12, 2)) as headroom_kva,
        capacity.days_with_demand,

        -- dates
        capacity.period_start_date,
        capacity.as_of_date

    from capacity_beside_demand as capacity
    left join meter_sites
        on
            capacity.meter_id = meter_sites.meter_id
            and capacity.as_of_date between meter_sites.valid_from_date and meter_sites.valid_to_date

)

select * from final
