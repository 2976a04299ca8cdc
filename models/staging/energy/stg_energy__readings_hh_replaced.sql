with

source as (

    select * from {{ source('energy', 'readings_hh_replaced') }}

),

columns_packed as (

    select
        source.*,
        lower(trim(source.unit)) as unit_in_lower_case,
        -- one letter a half-hour, whichever way the supplier said it; where letters end early, that of the row
        rpad(coalesce(source.reading_types, source.reading_type), 50, source.reading_type) as half_hour_reading_types,
        array[
            source.hh_01, source.hh_02, source.hh_03, source.hh_04, source.hh_05,
            source.hh_06, source.hh_07, source.hh_08, source.hh_09, source.hh_10,
            source.hh_11, source.hh_12, source.hh_13, source.hh_14, source.hh_15,
            source.hh_16, source.hh_17, source.hh_18, source.hh_19, source.hh_20,
            source.hh_21, source.hh_22, source.hh_23, source.hh_24, source.hh_25,
            source.hh_26, source.hh_27, source.hh_28, source.hh_29, source.hh_30,
            source.hh_31, source.hh_32, source.hh_33, source.hh_34, source.hh_35,
            source.hh_36, source.hh_37, source.hh_38, source.hh_39, source.hh_40,
            source.hh_41, source.hh_42, source.hh_43, source.hh_44, source.hh_45,
            source.hh_46, source.hh_47, source.hh_48, source.hh_49, source.hh_50
        ] as half_hour_values

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
        half_hour_reading_types,

        -- numerics
        half_hour_values,

        -- dates
        settlement_date

    from columns_packed

)

select * from renamed
