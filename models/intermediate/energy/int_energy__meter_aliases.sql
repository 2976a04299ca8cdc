with

devices as (

    select * from {{ ref('int_energy__meter_devices') }}
    where serial_number is not null

),

metering_points as (

    select distinct meter_id from {{ ref('int_energy__meter_devices') }}

),

serial_numbers as (

    select serial_number
    from devices
    group by serial_number
    having count(distinct meter_id) = 1

),

final as (

    select
        -- ids
        devices.serial_number as delivered_meter_id,
        devices.meter_id,

        -- dates
        devices.in_place_from_date as valid_from_date,
        devices.in_place_to_date as valid_to_date

    from devices
    inner join serial_numbers
        on devices.serial_number = serial_numbers.serial_number
    left join metering_points
        on devices.serial_number = metering_points.meter_id
    where metering_points.meter_id is null

)

select * from final
