with

meters as (

    select * from {{ ref('stg_energy__meters') }}

),

devices_with_the_next as (

    select
        meters.*,
        lead(meters.valid_from_date) over (
            partition by meters.meter_id
            order by meters.valid_from_date
        ) as next_device_from_date,
        row_number() over (
            partition by meters.meter_id
            order by meters.valid_from_date
        ) as device_number

    from meters

),

final as (

    select
        -- ids
        meter_id,
        site_id,

        -- strings
        fuel,
        serial_number,
        relation,
        pulse_unit,

        -- numerics
        pulse_value,

        -- dates
        valid_from_date as in_place_from_date,
        least(
            coalesce(valid_to_date, cast('9999-12-31' as date)),
            coalesce(next_device_from_date - 1, cast('9999-12-31' as date))
        ) as in_place_to_date,
        case when device_number = 1 then cast('0001-01-01' as date) else valid_from_date end as row_holds_from_date,
        coalesce(next_device_from_date - 1, cast('9999-12-31' as date)) as row_holds_to_date

    from devices_with_the_next

)

select * from final
