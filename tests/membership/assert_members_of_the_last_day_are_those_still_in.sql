-- If this fails, the number of members is not the number of people whose membership has not ended: the daily count has
-- drifted from the periods.
with

days as (

    select * from {{ ref('fct_membership_days') }}

),

periods as (

    select * from {{ ref('fct_membership_periods') }}

),

members as (

    select * from {{ ref('dim_members') }}

),

last_day as (

    select max(membership_date) as membership_date
    from days

),

counted_by_day as (

    select coalesce(sum(days.members_at_end_of_day), 0) as by_day
    from days
    inner join last_day
        on days.membership_date = last_day.membership_date

),

counted_by_period as (

    select count(*) as by_period
    from periods
    where is_current

),

counted_by_member as (

    select count(*) as by_member
    from members
    where is_member

),

compared as (

    select
        counted_by_day.by_day,
        counted_by_period.by_period,
        counted_by_member.by_member

    from counted_by_day
    cross join counted_by_period
    cross join counted_by_member

),

breaches as (

    select * from compared
    where by_day != by_period or by_period != by_member

)

select * from breaches
