with

source as (

    select * from {{ source('load', 'quarantine') }}

),

renamed as (

    select
        -- ids
        file_id,
        row_number as row_number_in_file,

        -- strings
        file_name,
        column_name,
        column_value,
        reason_code,
        reason,
        raw_row,

        -- numerics
        line_number

    from source

)

select * from renamed
