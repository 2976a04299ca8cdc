with

dates as (

    select
        date_day,
        periods_in_day,
        starts_at,
        lag(starts_at) over (order by date_day) as previous_day_starts_at

    from {{ ref('dim_dates') }}

),

readings_of_all_files as (

    select
        meter_id,
        file_id,
        row_number_in_file,
        measurement_quantity,
        unit,
        reading_type,
        settlement_period,
        interval_minutes,
        reading_value,
        settlement_date,
        interval_start_at,
        false as is_file_replaced

    from {{ ref('stg_energy__readings') }}

    union all

    select
        meter_id,
        file_id,
        row_number_in_file,
        measurement_quantity,
        unit,
        reading_type,
        settlement_period,
        interval_minutes,
        reading_value,
        settlement_date,
        interval_start_at,
        true as is_file_replaced

    from {{ ref('stg_energy__readings_replaced') }}

),

half_hour_parts as (

    select
        readings.*,
        cast(parts.part as integer) as part

    from readings_of_all_files as readings
    cross join generate_series(0, 1) as parts (part)
    where parts.part * 30 < readings.interval_minutes

),

half_hours_with_utc_start as (

    select
        half_hour_parts.*,
        -- a half-hour that the day does not have must not spill into the next day: it keeps its name and is surplus
        coalesce(half_hour_parts.settlement_period + half_hour_parts.part > dates.periods_in_day, false) as is_surplus,
        coalesce(
            dates.starts_at + (half_hour_parts.settlement_period - 1) * interval '30 minutes',
            half_hour_parts.interval_start_at
        ) + half_hour_parts.part * interval '30 minutes' as half_hour_start_at

    from half_hour_parts
    left join dates
        on half_hour_parts.settlement_date = dates.date_day

),

half_hours_on_candidate_days as (

    select
        half_hours_with_utc_start.*,
        candidate_days.date_day as candidate_date,
        half_hours_with_utc_start.half_hour_start_at < candidate_days.starts_at as is_day_before,
        case
            when half_hours_with_utc_start.half_hour_start_at < candidate_days.starts_at
                then candidate_days.previous_day_starts_at
            else candidate_days.starts_at
        end as day_starts_at

    from half_hours_with_utc_start
    inner join dates as candidate_days
        -- summer time is the latest that local time can be
        on cast(half_hours_with_utc_start.half_hour_start_at + interval '1 hour' as date) = candidate_days.date_day

),

half_hours_in_seconds_of_day as (

    select
        half_hours_on_candidate_days.*,
        cast(
            extract(
                epoch from half_hours_on_candidate_days.half_hour_start_at - half_hours_on_candidate_days.day_starts_at
            ) as integer
        ) as seconds_into_day

    from half_hours_on_candidate_days

),

half_hours_with_periods as (

    select
        half_hours.*,
        case
            when half_hours.is_surplus then half_hours.settlement_period + half_hours.part
            else {{ whole_division('half_hours.seconds_into_day', 1800) }} + 1
        end as period_of_day,
        case
            when half_hours.is_surplus then half_hours.settlement_date
            when half_hours.is_day_before then half_hours.candidate_date - 1
            else half_hours.candidate_date
        end as local_date

    from half_hours_in_seconds_of_day as half_hours

),

final as (

    select
        -- ids
        meter_id as delivered_meter_id,
        file_id,
        row_number_in_file,

        -- strings
        measurement_quantity,
        unit,
        reading_type,

        -- numerics
        period_of_day as settlement_period,
        interval_minutes,
        part,
        reading_value,

        -- booleans
        is_file_replaced,

        -- dates
        local_date as settlement_date,
        settlement_date as delivered_settlement_date,

        -- timestamps
        interval_start_at as delivered_interval_start_at

    from half_hours_with_periods

)

select * from final
