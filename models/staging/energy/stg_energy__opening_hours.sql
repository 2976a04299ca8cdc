with

source as (

    select * from {{ source('energy', 'opening_hours') }}

),

ranked_by_file as (

    -- a later file replaces a timetable as a whole
    select
        source.*,
        dense_rank() over (
            partition by site_id, valid_from_date
            order by _file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        site_id,
        _file_id as file_id,

        -- strings
        opens_at,
        closes_at,

        -- numerics
        day_kind,
        cast(substr(opens_at, 1, 2) as integer) * 60 + cast(substr(opens_at, 4, 2) as integer) as opens_minute,
        cast(substr(closes_at, 1, 2) as integer) * 60 + cast(substr(closes_at, 4, 2) as integer) as closes_minute,

        -- dates
        valid_from_date

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
