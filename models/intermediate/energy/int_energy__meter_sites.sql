with

devices as (

    select * from {{ ref('int_energy__meter_devices') }}

),

sites as (

    select
        site_id,
        site_key,
        -- what is first known of a site is taken to have held before, so that an early reading is not without a site
        case when is_first_version then cast('0001-01-01' as date) else valid_from_date end as valid_from_date,
        coalesce(valid_to_date, cast('9999-12-31' as date)) as valid_to_date

    from {{ ref('dim_sites') }}

),

meter_sites as (

    select
        -- ids
        devices.meter_id,
        devices.site_id,
        sites.site_key,

        -- strings
        devices.fuel,
        devices.relation,

        -- dates
        -- both engines leave an empty date out: a metering point of an unknown site keeps its own dates
        greatest(sites.valid_from_date, devices.row_holds_from_date) as valid_from_date,
        least(sites.valid_to_date, devices.row_holds_to_date) as valid_to_date

    from devices
    left join sites
        on
            devices.site_id = sites.site_id
            and devices.row_holds_from_date <= sites.valid_to_date
            and devices.row_holds_to_date >= sites.valid_from_date

)

select * from meter_sites
