with

half_hours as (

    select * from {{ ref('dim_half_hours') }}

),

network_bands as (

    select * from {{ ref('dim_network_bands') }}

),

half_hours_in_bands as (

    select
        'all' as distributor_id,
        day_types.day_type,
        half_hours.rate_band,
        half_hours.periods_in_day,
        half_hours.settlement_period

    from half_hours
    cross join (values ('weekday'), ('weekend')) as day_types (day_type)
    union all
    select
        distributor_id,
        day_type,
        duos_band as rate_band,
        periods_in_day,
        settlement_period

    from network_bands

),

half_hours_in_runs as (

    select
        half_hours_in_bands.*,
        -- constant within a run of neighbouring half-hours of one band
        half_hours_in_bands.settlement_period - row_number() over (
            partition by
                half_hours_in_bands.distributor_id,
                half_hours_in_bands.day_type,
                half_hours_in_bands.rate_band,
                half_hours_in_bands.periods_in_day
            order by half_hours_in_bands.settlement_period
        ) as run_number

    from half_hours_in_bands

),

final as (

    select
        distributor_id,
        day_type,
        rate_band,
        periods_in_day,
        cast(min(settlement_period) as integer) as first_period,
        cast(max(settlement_period) as integer) as last_period

    from half_hours_in_runs
    group by
        distributor_id,
        day_type,
        rate_band,
        periods_in_day,
        run_number

)

select * from final
