{{ config(group='membership') }}

with

events as (

    select * from {{ ref('stg_membership__membership_events') }}

),

deaths as (

    select
        member_id,
        min(event_at) as died_at

    from events
    where event_type = 'died'
    group by member_id

),

joinings as (

    -- Nobody joins after death.
    select
        events.event_id,
        events.member_id,
        events.event_at

    from events
    left join deaths
        on events.member_id = deaths.member_id
    where
        events.event_type = 'joined'
        and events.event_at <= coalesce(deaths.died_at, events.event_at)

),

joinings_with_what_came_before as (

    -- Of two joinings at one instant the first by number counts; a leaving at that instant comes after both.
    select
        joinings.event_id,
        max(case when events.event_type = 'joined' then events.event_at end) as joined_before_at,
        max(case when events.event_type != 'joined' then events.event_at end) as left_before_at

    from joinings
    left join events
        on
            joinings.member_id = events.member_id
            and (
                joinings.event_at > events.event_at
                or (
                    joinings.event_at = events.event_at
                    and events.event_type = 'joined'
                    and joinings.event_id > events.event_id
                )
            )
    group by joinings.event_id

),

counted as (

    -- A joining counts unless the last thing before it was a joining too.
    select count(*) as joiners
    from joinings_with_what_came_before
    where joined_before_at is null or left_before_at >= joined_before_at

)

select * from counted
