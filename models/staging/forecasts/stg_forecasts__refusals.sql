with

source as (

    select * from {{ source('forecasts', 'refusals') }}

),

renamed as (

    select
        -- ids
        meter_id,

        -- strings
        reason,

        -- dates
        as_of_date

    from source

)

select * from renamed
