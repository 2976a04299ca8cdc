with

bank_holidays as (

    select * from {{ ref('bank_holidays') }}

),

retail_years as (

    select * from {{ ref('retail_years') }}

),

days as (

    select cast('2010-01-01' as date) + cast(day_number as integer) as date_day
    from generate_series(0, cast('2030-12-31' as date) - cast('2010-01-01' as date)) as numbers (day_number)

),

days_with_calendar_parts as (

    select
        date_day,
        cast(extract(year from date_day) as integer) as calendar_year,
        cast(extract(quarter from date_day) as integer) as calendar_quarter,
        cast(extract(month from date_day) as integer) as month_of_year,
        cast(extract(isoyear from date_day) as integer) as iso_year,
        cast(extract(week from date_day) as integer) as iso_week,
        cast(extract(isodow from date_day) as integer) as day_of_week,
        make_date(cast(extract(year from date_day) as integer), cast(extract(month from date_day) as integer), 1)
            as month_start_date,
        -- the hour is gained or lost at 01:00 UTC on the last Sunday of March and of October
        cast(extract(month from date_day) as integer) = 3
        and cast(extract(day from date_day) as integer) >= 25
        and cast(extract(isodow from date_day) as integer) = 7 as is_clocks_forward_day,
        cast(extract(month from date_day) as integer) = 10
        and cast(extract(day from date_day) as integer) >= 25
        and cast(extract(isodow from date_day) as integer) = 7 as is_clocks_back_day

    from days

),

days_with_clock_changes as (

    select
        days_with_calendar_parts.*,
        -- 1 once the clocks have gone forward on an earlier day, back to 0 once they have gone back
        sum(
            case
                when days_with_calendar_parts.is_clocks_forward_day then 1
                when days_with_calendar_parts.is_clocks_back_day then -1
                else 0
            end
        ) over (
            order by days_with_calendar_parts.date_day
            rows between unbounded preceding and 1 preceding
        ) as hours_gained_before

    from days_with_calendar_parts

),

bank_holidays_by_day as (

    select
        holiday_date,
        count(case when nation = 'england' then 1 end) > 0 as is_bank_holiday_england,
        count(case when nation = 'wales' then 1 end) > 0 as is_bank_holiday_wales,
        count(case when nation = 'scotland' then 1 end) > 0 as is_bank_holiday_scotland,
        count(case when nation = 'northern_ireland' then 1 end) > 0 as is_bank_holiday_northern_ireland

    from bank_holidays
    group by holiday_date

),

days_with_retail_weeks as (

    select
        days_with_clock_changes.*,
        retail_years.retail_year,
        retail_years.weeks_in_year as retail_weeks_in_year,
        (days_with_clock_changes.date_day - retail_years.valid_from_date) as retail_day_offset

    from days_with_clock_changes
    inner join retail_years
        on days_with_clock_changes.date_day between retail_years.valid_from_date and retail_years.valid_to_date

),

days_with_retail_week_numbers as (

    select
        *,
        {{ whole_division('retail_day_offset', 7) }} + 1 as retail_week

    from days_with_retail_weeks

),

days_with_all_parts as (

    select
        calendar.*,
        case
            when calendar.month_of_year >= 4 then calendar.calendar_year + 1
            else calendar.calendar_year
        end as fiscal_year,
        case
            when calendar.month_of_year >= 4 then calendar.month_of_year - 3
            else calendar.month_of_year + 9
        end as fiscal_month,
        -- quarters of 4, 4 and 5 weeks; a 53rd week belongs to period 12
        case
            when calendar.retail_week <= 4 then 1
            when calendar.retail_week <= 8 then 2
            when calendar.retail_week <= 13 then 3
            when calendar.retail_week <= 17 then 4
            when calendar.retail_week <= 21 then 5
            when calendar.retail_week <= 26 then 6
            when calendar.retail_week <= 30 then 7
            when calendar.retail_week <= 34 then 8
            when calendar.retail_week <= 39 then 9
            when calendar.retail_week <= 43 then 10
            when calendar.retail_week <= 47 then 11
            else 12
        end as retail_period,
        case
            when calendar.is_clocks_forward_day then 46
            when calendar.is_clocks_back_day then 50
            else 48
        end as periods_in_day,
        coalesce(bank_holidays_by_day.is_bank_holiday_england, false) as is_bank_holiday_england,
        coalesce(bank_holidays_by_day.is_bank_holiday_wales, false) as is_bank_holiday_wales,
        coalesce(bank_holidays_by_day.is_bank_holiday_scotland, false) as is_bank_holiday_scotland,
        coalesce(bank_holidays_by_day.is_bank_holiday_northern_ireland, false) as is_bank_holiday_northern_ireland,
        cast(calendar.date_day as timestamp)
        - cast(coalesce(calendar.hours_gained_before, 0) as integer) * interval '1 hour' as starts_at

    from days_with_retail_week_numbers as calendar
    left join bank_holidays_by_day
        on calendar.date_day = bank_holidays_by_day.holiday_date

),

final as (

    select
        -- numerics
        calendar_year,
        calendar_quarter,
        month_of_year,
        iso_year,
        iso_week,
        day_of_week,
        fiscal_year,
        fiscal_month,
        retail_year,
        retail_period,
        retail_week,
        retail_weeks_in_year,
        periods_in_day,

        -- booleans
        is_bank_holiday_england,
        is_bank_holiday_wales,
        is_bank_holiday_scotland,
        is_bank_holiday_northern_ireland,

        -- dates
        date_day,
        month_start_date,

        -- timestamps
        starts_at

    from days_with_all_parts

)

select * from final
