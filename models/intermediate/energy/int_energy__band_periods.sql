with

half_hours as (

    select * from {{ ref('dim_half_hours') }}

),

network_bands as (

    select * from {{ ref('dim_network_bands') }}

),

nights as (

    select
        periods_in_day,
        array_agg(settlement_period order by settlement_period) as night_periods

    from half_hours
    where rate_band = 'night'
    group by periods_in_day

),

network_periods as (

    select
        distributor_id,
        day_type,
        periods_in_day,
        array_agg(settlement_period order by settlement_period) filter (where duos_band = 'red') as red_periods,
        array_agg(settlement_period order by settlement_period) filter (where duos_band = 'amber') as amber_periods

    from network_bands
    group by
        distributor_id,
        day_type,
        periods_in_day

),

final as (

    select
        network_periods.distributor_id,
        network_periods.day_type,
        network_periods.periods_in_day,
        nights.night_periods,
        network_periods.red_periods,
        network_periods.amber_periods

    from network_periods
    inner join nights
        on network_periods.periods_in_day = nights.periods_in_day
    union all
    -- supplies without a distributor
    select
        'none' as distributor_id,
        day_types.day_type,
        nights.periods_in_day,
        nights.night_periods,
        null as red_periods,
        null as amber_periods

    from nights
    cross join (values ('weekday'), ('weekend')) as day_types (day_type)

)

select * from final
