{{ config(group='membership') }}

with

periods as (

    select * from {{ ref('fct_membership_periods') }}

),

events as (

    select * from {{ ref('stg_membership__membership_events') }}

),

-- Every period that is not open any more has ended once: joiners less members, counted from the events that end one.
endings as (

    select distinct
        periods.membership_period_id,
        events.event_at

    from periods
    inner join events
        on
            periods.member_id = events.member_id
            and periods.joined_at <= events.event_at
            and events.event_type in ('left', 'died')

),

first_endings as (

    select
        membership_period_id,
        min(event_at) as ended_at

    from endings
    group by membership_period_id

),

counted as (

    select count(ended_at) as leavers
    from first_endings

)

select * from counted
