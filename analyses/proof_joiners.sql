{{ config(group='membership') }}

with

events as (

    select * from {{ ref('stg_membership__membership_events') }}

),

events_with_what_came_before as (

    -- A joining counts when the last event before it was none or a leaving, and no death came before.
    select
        events.event_type,
        (
            select earlier.event_type
            from events as earlier
            where
                earlier.member_id = events.member_id
                and earlier.event_id != events.event_id
                and (
                    earlier.event_at < events.event_at
                    or (
                        earlier.event_at = events.event_at
                        and earlier.event_type = 'joined'
                        and earlier.event_id < events.event_id
                    )
                )
            order by
                earlier.event_at desc,
                case when earlier.event_type = 'joined' then 1 else 0 end asc,
                earlier.event_id desc
            limit 1
        ) as event_type_before,
        exists (
            select 1 as found
            from events as deaths
            where
                deaths.member_id = events.member_id
                and deaths.event_type = 'died'
                and deaths.event_at < events.event_at
        ) as is_after_death

    from events
    where events.event_type = 'joined'

),

counted as (

    select count(*) as joiners
    from events_with_what_came_before
    where coalesce(event_type_before, 'left') != 'joined' and not is_after_death

)

select * from counted
