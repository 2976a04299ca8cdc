with

periods as (

    select * from {{ ref('fct_membership_periods') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

changes as (

    select
        home_region,
        join_channel,
        joined_date as change_date,
        1 as member_change

    from periods

    union all

    select
        home_region,
        join_channel,
        left_date as change_date,
        -1 as member_change

    from periods
    where left_date is not null

),

calendar as (

    select
        min(date_day) as first_date,
        max(date_day) as last_date

    from dates

),

span_of_changes as (

    -- Brought into the calendar: where all changes lie before it, its first day still has its members.
    select
        least(greatest(min(changes.change_date), min(calendar.first_date)), min(calendar.last_date)) as first_date,
        least(greatest(max(changes.change_date), min(calendar.first_date)), min(calendar.last_date)) as last_date

    from changes
    cross join calendar

),

days as (

    select dates.date_day

    from dates
    cross join span_of_changes
    where dates.date_day between span_of_changes.first_date and span_of_changes.last_date

),

first_day as (

    select min(date_day) as first_date_day

    from days

),

changes_by_day as (

    -- Who joined before the calendar begins is there on its first day.
    select
        changes.home_region,
        changes.join_channel,
        greatest(changes.change_date, first_day.first_date_day) as change_date,
        sum(changes.member_change) as member_change

    from changes
    cross join first_day
    group by changes.home_region, changes.join_channel, greatest(changes.change_date, first_day.first_date_day)

),

groups_of_members as (

    select distinct
        home_region,
        join_channel

    from changes

),

groups_by_day as (

    -- Every group on every day, also when nothing happened: the last day of a period must hold all groups.
    select
        groups_of_members.home_region,
        groups_of_members.join_channel,
        days.date_day

    from groups_of_members
    cross join days

),

members_counted as (

    select
        groups_by_day.home_region,
        groups_by_day.join_channel,
        groups_by_day.date_day,
        sum(coalesce(changes_by_day.member_change, 0)) over (
            partition by groups_by_day.home_region, groups_by_day.join_channel
            order by groups_by_day.date_day
            rows between unbounded preceding and current row
        ) as members_at_end_of_day

    from groups_by_day
    left join changes_by_day
        on
            groups_by_day.date_day = changes_by_day.change_date
            and coalesce(groups_by_day.home_region, '') = coalesce(changes_by_day.home_region, '')
            and coalesce(groups_by_day.join_channel, '') = coalesce(changes_by_day.join_channel, '')

),

final as (

    select
        -- strings
        home_region,
        join_channel,

        -- numerics
        cast(members_at_end_of_day as bigint) as members_at_end_of_day,

        -- dates
        date_day as membership_date

    from members_counted

)

select * from final
