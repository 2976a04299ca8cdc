-- If this fails, half-hours are counted on the wrong day and a year of 53 weeks is compared with one of 52.
with

days_known as (

    select
        date '2024-03-31' as date_day,
        46 as periods_in_day,
        timestamp '2024-03-31 00:00:00' as starts_at,
        2024 as fiscal_year,
        2024 as retail_year,
        14 as retail_week
    union all
    select
        date '2024-10-27' as date_day,
        50 as periods_in_day,
        timestamp '2024-10-26 23:00:00' as starts_at,
        2025 as fiscal_year,
        2024 as retail_year,
        44 as retail_week
    union all
    select
        date '2025-12-28' as date_day,
        48 as periods_in_day,
        timestamp '2025-12-28 00:00:00' as starts_at,
        2026 as fiscal_year,
        2025 as retail_year,
        53 as retail_week
    union all
    select
        date '2026-01-04' as date_day,
        48 as periods_in_day,
        timestamp '2026-01-04 00:00:00' as starts_at,
        2026 as fiscal_year,
        2026 as retail_year,
        1 as retail_week

),

days_found as (

    select * from {{ ref('dim_dates') }}

),

differences as (

    select days_known.*
    from days_known
    left join days_found
        on
            days_known.date_day = days_found.date_day
            and days_known.periods_in_day = days_found.periods_in_day
            and days_known.starts_at = days_found.starts_at
            and days_known.fiscal_year = days_found.fiscal_year
            and days_known.retail_year = days_found.retail_year
            and days_known.retail_week = days_found.retail_week
    where days_found.date_day is null

)

select * from differences
