with

reading_days as (

    select * from {{ ref('fct_energy_reading_days') }}
    where measurement_quantity = 'AI'

),

newest_day as (

    select max(settlement_date) as settlement_date
    from reading_days

),

recent_days as (

    select
        reading_days.meter_id,
        reading_days.settlement_date,
        reading_days.missing_half_hours < reading_days.periods_in_day as is_read,
        reading_days.half_hours_wh[reading_days.periods_in_day] is not null as is_read_to_the_end

    from reading_days
    inner join newest_day
        on reading_days.settlement_date > newest_day.settlement_date - 39

),

candidate_days as (

    select
        settlement_date,
        count(distinct case when is_read_to_the_end then meter_id end) as meters_read_to_the_end

    from recent_days
    group by settlement_date

),

meters_read_in_the_week_before as (

    select
        candidate_days.settlement_date,
        candidate_days.meters_read_to_the_end,
        count(distinct case when recent_days.is_read then recent_days.meter_id end) as meters_in_week_before

    from candidate_days
    inner join newest_day
        on candidate_days.settlement_date > newest_day.settlement_date - 32
    left join recent_days
        on
            candidate_days.settlement_date > recent_days.settlement_date
            and candidate_days.settlement_date - 7 <= recent_days.settlement_date
    group by
        candidate_days.settlement_date,
        candidate_days.meters_read_to_the_end

),

last_complete_day as (

    select max(settlement_date) as as_of_date
    from meters_read_in_the_week_before
    where
        meters_read_to_the_end > 0
        and meters_read_to_the_end * 2 >= meters_in_week_before

),

final as (

    select
        cast({{ dbt.dateadd('year', -1, 'as_of_date') }} as date) + 1 as period_start_date,
        as_of_date

    from last_complete_day
    where as_of_date is not null

)

select * from final
