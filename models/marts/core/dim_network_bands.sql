with

duos_bands as (

    select * from {{ ref('duos_bands') }}

),

half_hours as (

    select * from {{ ref('dim_half_hours') }}

),

final as (

    select
        -- ids
        duos_bands.distributor_id,

        -- strings
        duos_bands.day_type,
        duos_bands.duos_band,

        -- numerics
        half_hours.periods_in_day,
        half_hours.settlement_period,

        -- booleans
        duos_bands.is_published

    from duos_bands
    -- by the clock, so that the band of a clock time is the same on the days on which clocks change
    inner join half_hours
        on
            duos_bands.starts_minute <= half_hours.starts_minute
            and duos_bands.ends_minute > half_hours.starts_minute

)

select * from final
