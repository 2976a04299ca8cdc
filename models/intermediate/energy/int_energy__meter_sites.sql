with

meters as (

    select * from {{ ref('dim_meters') }}

),

sites as (

    select * from {{ ref('dim_sites') }}

),

meter_sites as (

    select
        -- ids
        meters.meter_id,
        meters.site_id,
        sites.site_key,

        -- strings
        meters.fuel,

        -- dates
        -- what is first known of a site is taken to have held before, so that an early reading is not without a site
        case
            when sites.is_first_version or sites.site_key is null then cast('0001-01-01' as date)
            else sites.valid_from_date
        end as valid_from_date,
        coalesce(sites.valid_to_date, cast('9999-12-31' as date)) as valid_to_date

    from meters
    left join sites
        on meters.site_id = sites.site_id

)

select * from meter_sites
