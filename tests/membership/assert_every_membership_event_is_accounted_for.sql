-- If this fails, events of members were lost or counted twice: joiners, leavers and members cannot be trusted. Each
-- event opens a period, ends one, repeats a joining or fits nothing; the four must add up to the events delivered.
{{ config(group='membership') }}

with

events as (

    select * from {{ ref('stg_membership__membership_events') }}

),

periods as (

    select * from {{ ref('fct_membership_periods') }}

),

members as (

    select * from {{ ref('dim_members') }}

),

events_counted as (

    select
        count(*) as events_delivered,
        count(distinct member_id) as members_with_events

    from events

),

periods_counted as (

    select
        count(*) as opened,
        count(left_date) as ended,
        coalesce(sum(duplicate_joins_ignored), 0) as joined_again

    from periods

),

members_counted as (

    select
        coalesce(sum(membership_periods), 0) as opened,
        coalesce(sum(duplicate_joins_ignored), 0) as joined_again,
        coalesce(sum(unmatched_events_ignored), 0) as unmatched,
        count(case when unmatched_events_ignored < 0 then 1 end) as members_with_too_few_events

    from members

),

compared as (

    select
        events_counted.events_delivered,
        periods_counted.opened,
        periods_counted.ended,
        periods_counted.joined_again,
        members_counted.unmatched,
        members_counted.opened as opened_by_member,
        members_counted.joined_again as joined_again_by_member,
        members_counted.members_with_too_few_events

    from events_counted
    cross join periods_counted
    cross join members_counted

),

breaches as (

    select * from compared
    where
        events_delivered != opened + ended + joined_again + unmatched
        or opened != opened_by_member
        or joined_again != joined_again_by_member
        or members_with_too_few_events > 0

)

select * from breaches
