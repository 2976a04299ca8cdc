with

source as (

    select * from {{ source('membership', 'membership_events') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        *,
        row_number() over (
            partition by event_id
            order by _file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        event_id,
        member_id,

        -- strings
        event_type,
        join_channel,

        -- timestamps
        event_at,

        -- dates
        cast({{ london_local_time('event_at') }} as date) as event_date

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
