with

source as (

    select * from {{ source('energy', 'readings') }}

),

renamed as (

    select
        -- ids
        meter_id,
        _file_id as file_id,
        _row_number as row_number_in_file,

        -- strings
        measurement_quantity,
        lower(trim(unit)) as unit,
        reading_type,

        -- numerics
        settlement_period,
        interval_minutes,
        reading_value,

        -- dates
        settlement_date,

        -- timestamps
        interval_start_at

    from source

)

select * from renamed
