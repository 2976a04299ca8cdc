with

events as (

    select * from {{ ref('stg_membership__membership_events') }}

),

events_in_order as (

    -- At the same instant leaving wins: joining is served first, so that the member is out afterwards.
    select
        *,
        row_number() over (
            partition by member_id
            order by event_at, case when event_type = 'joined' then 0 else 1 end, event_id
        ) as event_number

    from events

),

deaths as (

    select
        member_id,
        min(event_number) as death_event_number

    from events_in_order
    where event_type = 'died'
    group by member_id

),

events_in_life as (

    -- What is recorded after a death is a fault of the record: it opens nothing. dim_members counts it.
    select
        events_in_order.*,
        lag(events_in_order.event_type) over (
            partition by events_in_order.member_id
            order by events_in_order.event_number
        ) as previous_event_type

    from events_in_order
    left join deaths
        on events_in_order.member_id = deaths.member_id
    where events_in_order.event_number <= coalesce(deaths.death_event_number, events_in_order.event_number)

),

events_numbered_by_period as (

    -- Whatever came before, a member is in after `joined` and out after any other event, so that the event before
    -- alone tells whether this one changes anything.
    select
        *,
        event_type = 'joined' and coalesce(previous_event_type, 'none') != 'joined' as opens_period,
        event_type != 'joined' and coalesce(previous_event_type, 'none') = 'joined' as closes_period,
        sum(
            case when event_type = 'joined' and coalesce(previous_event_type, 'none') != 'joined' then 1 else 0 end
        ) over (
            partition by member_id
            order by event_number
            rows between unbounded preceding and current row
        ) as period_number

    from events_in_life

),

periods as (

    select
        member_id,
        cast(period_number as integer) as period_number,
        cast(
            sum(case when event_type = 'joined' and not opens_period then 1 else 0 end) as integer
        ) as duplicate_joins_ignored,
        max(case when opens_period then join_channel end) as join_channel,
        max(case when closes_period then event_type end) as end_reason,
        min(case when opens_period then event_date end) as joined_date,
        max(case when closes_period then event_date end) as left_date,
        min(case when opens_period then event_at end) as joined_at,
        max(case when closes_period then event_at end) as left_at

    from events_numbered_by_period
    where period_number > 0
    group by member_id, period_number

),

members as (

    select * from {{ ref('stg_membership__members') }}

),

final as (

    select
        -- ids
        periods.member_id || '-' || cast(periods.period_number as {{ dbt.type_string() }}) as membership_period_id,
        periods.member_id,

        -- strings
        members.home_region,
        periods.join_channel,
        periods.end_reason,

        -- numerics
        periods.period_number,
        periods.duplicate_joins_ignored,

        -- booleans
        periods.left_date is null as is_current,
        periods.period_number > 1 as is_rejoin,

        -- dates
        periods.joined_date,
        periods.left_date,

        -- timestamps
        periods.joined_at,
        periods.left_at

    from periods
    left join members
        on periods.member_id = members.member_id

)

select * from final
