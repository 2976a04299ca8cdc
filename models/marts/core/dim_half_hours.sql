with

day_lengths as (

    select 46 as periods_in_day
    union all
    select 48 as periods_in_day
    union all
    select 50 as periods_in_day

),

half_hours as (

    select
        day_lengths.periods_in_day,
        cast(numbers.settlement_period as integer) as settlement_period

    from day_lengths
    cross join generate_series(1, 50) as numbers (settlement_period)
    where numbers.settlement_period <= day_lengths.periods_in_day

),

half_hours_on_the_clock as (

    select
        periods_in_day,
        settlement_period,
        case
            -- spring: 01:00 does not exist, the third half-hour starts at 02:00
            when periods_in_day = 46 and settlement_period > 2 then settlement_period * 30 + 30
            -- autumn: 01:00 to 02:00 comes twice, first in summer time, then in winter time
            when periods_in_day = 50 and settlement_period > 4 then settlement_period * 30 - 90
            else settlement_period * 30 - 30
        end as starts_minute,
        case
            when periods_in_day = 46 and settlement_period <= 2 then 0
            when periods_in_day = 46 then 60
            when periods_in_day = 50 and settlement_period <= 4 then 60
            when periods_in_day = 50 then 0
        end as utc_offset_minutes

    from half_hours

),

half_hours_with_bands as (

    select
        half_hours_on_the_clock.*,
        half_hours_on_the_clock.periods_in_day * 100 + half_hours_on_the_clock.settlement_period as half_hour_key,
        lpad(cast({{ whole_division('starts_minute', 60) }} as varchar), 2, '0')
        || ':'
        || lpad(cast(mod(half_hours_on_the_clock.starts_minute, 60) as varchar), 2, '0') as local_start_time,
        case when half_hours_on_the_clock.starts_minute < 420 then 'night' else 'day' end as rate_band

    from half_hours_on_the_clock

),

final as (

    select
        -- ids
        half_hour_key,

        -- strings
        local_start_time,
        rate_band,

        -- numerics
        periods_in_day,
        settlement_period,
        starts_minute,
        utc_offset_minutes

    from half_hours_with_bands

)

select * from final
