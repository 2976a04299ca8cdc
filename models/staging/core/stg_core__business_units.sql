with

source as (

    select * from {{ source('core', 'business_units') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        source.*,
        dense_rank() over (
            partition by source.business_unit_id
            order by source._file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        business_unit_id,
        _file_id as file_id,

        -- strings
        business_unit_name

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
