-- If this fails, a day's change in the number of members is not who joined less who left on it. Compared on every day
-- after the first, which also holds whoever joined before the calendar begins.
with

days as (

    select * from {{ ref('fct_membership_days') }}

),

periods as (

    select * from {{ ref('fct_membership_periods') }}

),

days_added_up as (

    select
        membership_date,
        sum(members_at_end_of_day) as members_at_end_of_day

    from days
    group by membership_date

),

changes as (

    select
        membership_date,
        members_at_end_of_day
        - lag(members_at_end_of_day) over (
            order by membership_date
        ) as change_in_members

    from days_added_up

),

joined_by_day as (

    select
        joined_date,
        count(*) as joined

    from periods
    group by joined_date

),

left_by_day as (

    select
        left_date,
        count(*) as left_again

    from periods
    where left_date is not null
    group by left_date

),

compared as (

    select
        changes.membership_date,
        changes.change_in_members,
        coalesce(joined_by_day.joined, 0) - coalesce(left_by_day.left_again, 0) as joined_less_left

    from changes
    left join joined_by_day
        on changes.membership_date = joined_by_day.joined_date
    left join left_by_day
        on changes.membership_date = left_by_day.left_date
    where changes.change_in_members is not null

),

breaches as (

    select * from compared
    where change_in_members != joined_less_left

)

select * from breaches
