with

source as (

    select * from {{ source('energy', 'readings_hh') }}

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
        -- one letter a half-hour, whichever way the supplier said it
        coalesce(reading_types, repeat(reading_type, 50)) as half_hour_reading_types,

        -- numerics
        array[
            hh_01, hh_02, hh_03, hh_04, hh_05,
            hh_06, hh_07, hh_08, hh_09, hh_10,
            hh_11, hh_12, hh_13, hh_14, hh_15,
            hh_16, hh_17, hh_18, hh_19, hh_20,
            hh_21, hh_22, hh_23, hh_24, hh_25,
            hh_26, hh_27, hh_28, hh_29, hh_30,
            hh_31, hh_32, hh_33, hh_34, hh_35,
            hh_36, hh_37, hh_38, hh_39, hh_40,
            hh_41, hh_42, hh_43, hh_44, hh_45,
            hh_46, hh_47, hh_48, hh_49, hh_50
        ] as half_hour_values,

        -- dates
        settlement_date

    from source

)

select * from renamed
