with

source as (

    select * from {{ source('energy', 'weather') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        source.*,
        dense_rank() over (
            partition by source.weather_station_id, source.observed_at
            order by source._file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        weather_station_id,
        _file_id as file_id,

        -- numerics
        temperature_c,

        -- timestamps
        observed_at

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
