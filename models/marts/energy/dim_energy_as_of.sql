with

reading_days as (

    select * from {{ ref('fct_energy_reading_days') }}
    where measurement_quantity = 'AI'

),

meters_counted_by_day as (

    select
        settlement_date,
        count(case when missing_half_hours < periods_in_day then 1 end) as meters_read,
        count(case when substr(reading_types, periods_in_day, 1) != '-' then 1 end) as meters_read_to_the_end

    from reading_days
    group by settlement_date

),

days_with_a_reading as (

    select * from meters_counted_by_day
    where meters_read > 0

),

days_beside_their_week_before as (

    select
        days_with_a_reading.settlement_date,
        days_with_a_reading.meters_read_to_the_end,
        min(days_with_a_reading.settlement_date) over () as first_date,
        -- by the fullest of the seven days: one pass over the days, however far back the last complete one lies
        max(days_with_a_reading.meters_read) over (
            order by days_with_a_reading.settlement_date
            range between interval '7 days' preceding and interval '1 day' preceding
        ) as meters_in_week_before

    from days_with_a_reading

),

last_complete_day as (

    select max(settlement_date) as as_of_date
    from days_beside_their_week_before
    where
        meters_read_to_the_end > 0
        and (
            meters_read_to_the_end * 2 >= meters_in_week_before
            -- a day without a week before is a stray date, unless the readings begin with it
            or settlement_date = first_date
        )

),

final as (

    select
        cast({{ dbt.dateadd('year', -1, 'as_of_date') }} as date) + 1 as period_start_date,
        as_of_date

    from last_complete_day
    where as_of_date is not null

)

select * from final
