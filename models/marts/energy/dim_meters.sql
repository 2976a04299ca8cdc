with

meters as (

    select * from {{ ref('stg_energy__meters') }}

),

devices_in_order as (

    select
        meters.*,
        -- an MPAN begins with the number of its distributor; MPRNs and our own ids name none
        case
            when
                meters.fuel = 'electricity'
                and length(meters.meter_id) = 13
                and translate(meters.meter_id, '0123456789', '') = ''
                then substr(meters.meter_id, 1, 2)
        end as distributor_id,
        coalesce(meters.relation = 'submeter_of', false) as is_submeter,
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
        newest_devices.related_meter_id,
        newest_devices.distributor_id,

        -- strings
        newest_devices.fuel,
        newest_devices.relation,
        newest_devices.llfc,
        newest_devices.charging_band,
        newest_devices.read_unit,

        -- numerics
        newest_devices.interval_minutes,
        spans.device_count,

        -- booleans
        newest_devices.is_submeter,

        -- dates
        spans.first_date,
        newest_devices.valid_to_date as last_date

    from devices_in_order as newest_devices
    inner join spans
        on newest_devices.meter_id = spans.meter_id
    where newest_devices.newest_first = 1

)

select * from final
