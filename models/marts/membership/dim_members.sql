with

members as (

    select * from {{ ref('stg_membership__members') }}

),

events as (

    select * from {{ ref('stg_membership__membership_events') }}

),

periods as (

    select * from {{ ref('fct_membership_periods') }}

),

member_ids as (

    select member_id from members

    union distinct

    select member_id from events

),

events_counted as (

    select
        member_id,
        count(*) as events_recorded,
        sum(case when event_type = 'died' then 1 else 0 end) as deaths_recorded

    from events
    group by member_id

),

periods_summarised as (

    select
        member_id,
        count(*) as membership_periods,
        count(left_date) as closed_periods,
        sum(duplicate_joins_ignored) as duplicate_joins_ignored,
        min(joined_date) as first_joined_date,
        max(case when is_current then 1 else 0 end) as current_periods,
        max(left_date) as last_left_date

    from periods
    group by member_id

),

members_described as (

    select
        member_ids.member_id,
        members.home_region,
        periods_summarised.first_joined_date,
        -- A decade, not a year: nobody needs the year, and it narrows down who somebody is.
        cast(floor(members.birth_year / 10.0) * 10 as integer) as birth_decade,
        cast(coalesce(periods_summarised.membership_periods, 0) as integer) as membership_periods,
        cast(coalesce(periods_summarised.duplicate_joins_ignored, 0) as integer) as duplicate_joins_ignored,
        cast(
            coalesce(events_counted.events_recorded, 0)
            - coalesce(periods_summarised.membership_periods, 0)
            - coalesce(periods_summarised.closed_periods, 0)
            - coalesce(periods_summarised.duplicate_joins_ignored, 0) as integer
        ) as unmatched_events_ignored,
        coalesce(periods_summarised.current_periods, 0) = 1 as is_member,
        coalesce(events_counted.deaths_recorded, 0) > 0 as is_deceased,
        members.member_id is not null as has_member_record,
        case
            when coalesce(periods_summarised.current_periods, 0) = 0 then periods_summarised.last_left_date
        end as last_left_date

    from member_ids
    left join members
        on member_ids.member_id = members.member_id
    left join events_counted
        on member_ids.member_id = events_counted.member_id
    left join periods_summarised
        on member_ids.member_id = periods_summarised.member_id

),

final as (

    select
        -- ids
        member_id,

        -- strings
        home_region,

        -- numerics
        birth_decade,
        membership_periods,
        duplicate_joins_ignored,
        unmatched_events_ignored,

        -- booleans
        is_member,
        is_deceased,
        has_member_record,

        -- dates
        first_joined_date,
        last_left_date

    from members_described

)

select * from final
