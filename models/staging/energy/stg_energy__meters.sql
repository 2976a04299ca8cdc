with

source as (

    select * from {{ source('energy', 'meters') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        source.*,
        lower(trim(source.read_unit)) as read_unit_in_lower_case,
        lower(trim(source.pulse_unit)) as pulse_unit_in_lower_case,
        dense_rank() over (
            partition by source.meter_id, source.valid_from_date
            order by source._file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        meter_id,
        site_id,
        related_meter_id,
        _file_id as file_id,

        -- strings
        fuel,
        serial_number,
        llfc,
        charging_band,
        relation,
        read_unit_in_lower_case as read_unit,
        pulse_unit_in_lower_case as pulse_unit,

        -- numerics
        interval_minutes,
        pulse_value,

        -- dates
        valid_from_date,
        valid_to_date

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
