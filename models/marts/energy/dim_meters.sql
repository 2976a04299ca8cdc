with

meters as (

    select * from {{ ref('stg_energy__meters') }}

),

devices_in_order as (

    select
        meters.*,
        row_number() over (
            partition by meters.meter_id
            order by meters.valid_from_date desc
        ) as newest_first

    from meters

),

spans as (

    select
        meter_id,
        cast(count(*) as integer) as device_count,
        min(valid_from_date) as first_date

    from meters
    group by meter_id

),

final as (

    select
        -- ids
        newest_devices.meter_id,
        newest_devices.site_id,

        -- strings
        newest_devices.fuel,

        -- numerics
        newest_devices.interval_minutes,
        spans.device_count,

        -- dates
        spans.first_date,
        newest_devices.valid_to_date as last_date

    from devices_in_order as newest_devices
    inner join spans
        on newest_devices.meter_id = spans.meter_id
    where newest_devices.newest_first = 1

)

select * from final
