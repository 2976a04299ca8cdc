with

source as (

    select * from {{ source('membership', 'members') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        *,
        row_number() over (
            partition by member_id
            order by _file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        member_id,

        -- strings
        home_region,

        -- numerics
        birth_year

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
