with

source as (

    select * from {{ source('energy', 'readings_replaced') }}

),

units_in_lower_case as (

    select
        source.*,
        lower(trim(source.unit)) as unit_in_lower_case

    from source

),

renamed as (

    select
        -- ids
        meter_id,
        _file_id as file_id,
        _row_number as row_number_in_file,

        -- strings
        measurement_quantity,
        unit_in_lower_case as unit,
        reading_type,

        -- numerics
        settlement_period,
        interval_minutes,
        reading_value,

        -- dates
        settlement_date,

        -- timestamps
        interval_start_at

    from units_in_lower_case

)

select * from renamed
