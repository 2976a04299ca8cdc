with

sites as (

    select * from {{ ref('stg_energy__sites') }}

),

versions_in_order as (

    select
        sites.*,
        lead(sites.valid_from_date) over (
            partition by sites.site_id
            order by sites.valid_from_date
        ) as next_valid_from_date,
        row_number() over (
            partition by sites.site_id
            order by sites.valid_from_date
        ) as version_number

    from sites

),

versions_with_end_dates as (

    select
        versions_in_order.*,
        versions_in_order.site_id || '@' || cast(versions_in_order.valid_from_date as varchar) as site_key,
        versions_in_order.version_number = 1 as is_first_version,
        versions_in_order.next_valid_from_date is null as is_current,
        coalesce(versions_in_order.next_valid_from_date - 1, cast('9999-12-31' as date)) as valid_to_date

    from versions_in_order

),

final as (

    select
        -- ids
        site_key,
        site_id,
        business_unit_id,
        cost_centre_id,
        weather_station_id,

        -- strings
        site_name,
        site_type,
        postcode,
        region,
        nation,

        -- numerics
        latitude_deg,
        longitude_deg,
        floor_area_m2,
        sales_area_m2,
        refrigeration_kw,

        -- booleans
        is_first_version,
        is_current,

        -- dates
        open_date,
        close_date,
        valid_from_date,
        valid_to_date

    from versions_with_end_dates

)

select * from final
