with

source as (

    select * from {{ source('energy', 'opening_hours') }}

),

ranked_by_file as (

    -- a later file replaces a timetable as a whole
    select
        source.*,
        dense_rank() over (
            partition by source.site_id, source.valid_from_date
            order by source._file_id desc
        ) as file_rank

    from source

),

clock_times_in_minutes as (

    select
        ranked_by_file.*,
        cast(substr(ranked_by_file.opens_at, 1, 2) as integer) * 60
        + cast(substr(ranked_by_file.opens_at, 4, 2) as integer) as opens_minute,
        cast(substr(ranked_by_file.closes_at, 1, 2) as integer) * 60
        + cast(substr(ranked_by_file.closes_at, 4, 2) as integer) as closes_minute

    from ranked_by_file
    where ranked_by_file.file_rank = 1

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
        opens_minute,
        closes_minute,

        -- dates
        valid_from_date

    from clock_times_in_minutes

)

select * from renamed
