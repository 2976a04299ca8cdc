{{ config(group='membership') }}

with

events as (

    select * from {{ ref('stg_membership__membership_events') }}

),

last_moments as (

    select
        member_id,
        max(event_at) as event_at

    from events
    group by member_id

),

last_events as (

    -- At the same instant leaving wins; nobody comes back from death.
    select
        last_moments.member_id,
        max(case when events.event_type = 'joined' then 0 else 1 end) as is_out_at_the_last_moment

    from last_moments
    inner join events
        on
            last_moments.member_id = events.member_id
            and last_moments.event_at = events.event_at
    group by last_moments.member_id

),

deaths as (

    select distinct member_id
    from events
    where event_type = 'died'

),

counted as (

    select count(*) as members
    from last_events
    left join deaths
        on last_events.member_id = deaths.member_id
    where last_events.is_out_at_the_last_moment = 0 and deaths.member_id is null

)

select * from counted
