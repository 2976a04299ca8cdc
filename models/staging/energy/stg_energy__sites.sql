with

source as (

    select * from {{ source('energy', 'sites') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        source.*,
        dense_rank() over (
            partition by source.site_id, source.valid_from_date
            order by source._file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        site_id,
        business_unit_id,
        cost_centre_id,
        weather_station_id,
        _file_id as file_id,

        -- strings
        site_name,
        site_type,
        postcode,
        region,
        nation,

        -- numerics
        latitude_deg,
        longitude_deg,
        floor_area_m2,
        sales_area_m2,
        refrigeration_kw,

        -- dates
        open_date,
        close_date,
        valid_from_date

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
