-- If this fails, energy of some half-hours is charged by the network in no band, or in two.
with

half_hours_expected as (

    select
        areas.distributor_id,
        day_types.day_type,
        half_hours.periods_in_day,
        half_hours.settlement_period

    from {{ ref('distribution_areas') }} as areas
    cross join (values ('weekday'), ('weekend')) as day_types (day_type)
    cross join {{ ref('dim_half_hours') }} as half_hours

),

half_hours_in_bands as (

    select
        distributor_id,
        day_type,
        periods_in_day,
        settlement_period,
        count(*) as band_count

    from {{ ref('dim_network_bands') }}
    group by
        distributor_id,
        day_type,
        periods_in_day,
        settlement_period

),

half_hours_not_in_one_band as (

    select
        expected.distributor_id,
        expected.day_type,
        expected.periods_in_day,
        expected.settlement_period

    from half_hours_expected as expected
    left join half_hours_in_bands as found
        on
            expected.distributor_id = found.distributor_id
            and expected.day_type = found.day_type
            and expected.periods_in_day = found.periods_in_day
            and expected.settlement_period = found.settlement_period
    where coalesce(found.band_count, 0) != 1

)

select * from half_hours_not_in_one_band
