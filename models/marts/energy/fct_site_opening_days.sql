with

sites as (

    select * from {{ ref('dim_sites') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

opening_hours as (

    select * from {{ ref('stg_energy__opening_hours') }}

),

days_read as (

    select
        min(settlement_date) as first_date,
        max(settlement_date) as last_date

    from {{ ref('fct_energy_daily') }}

),

timetables as (

    select distinct
        site_id,
        valid_from_date

    from opening_hours

),

timetables_with_end_dates as (

    select
        site_id,
        valid_from_date,
        coalesce(
            lead(valid_from_date) over (partition by site_id order by valid_from_date) - 1,
            cast('9999-12-31' as date)
        ) as valid_to_date

    from timetables

),

site_days as (

    select
        sites.site_id,
        dates.date_day as settlement_date,
        timetables.valid_from_date as timetable_from_date,
        dates.day_of_week,
        case sites.nation
            when 'england' then dates.is_bank_holiday_england
            when 'wales' then dates.is_bank_holiday_wales
            when 'scotland' then dates.is_bank_holiday_scotland
            when 'northern_ireland' then dates.is_bank_holiday_northern_ireland
        end as is_bank_holiday

    from sites
    inner join dates
        on
            (sites.valid_from_date <= dates.date_day or sites.is_first_version)
            and sites.valid_to_date >= dates.date_day
            and coalesce(sites.open_date, cast('0001-01-01' as date)) <= dates.date_day
            and coalesce(sites.close_date, cast('9999-12-31' as date)) >= dates.date_day
    inner join days_read
        on dates.date_day between days_read.first_date and days_read.last_date
    -- no timetable is not closed: a day before the first one has no row
    inner join timetables_with_end_dates as timetables
        on
            sites.site_id = timetables.site_id
            and dates.date_day between timetables.valid_from_date and timetables.valid_to_date

),

site_days_with_kind as (

    select
        site_days.*,
        case when site_days.is_bank_holiday then 8 else site_days.day_of_week end as day_kind

    from site_days

),

opening_days as (

    select
        site_days.site_id,
        site_days.settlement_date,
        site_days.day_kind,
        site_days.is_bank_holiday,
        opening_hours.opens_at,
        opening_hours.closes_at,
        opening_hours.opens_minute,
        opening_hours.closes_minute,
        -- a kind of day that the timetable does not list is closed, and so is one that closes when it opens
        coalesce(opening_hours.closes_minute <= opening_hours.opens_minute, true) as is_closed_all_day

    from site_days_with_kind as site_days
    left join opening_hours
        on
            site_days.site_id = opening_hours.site_id
            and site_days.timetable_from_date = opening_hours.valid_from_date
            and site_days.day_kind = opening_hours.day_kind

),

final as (

    select
        -- ids
        site_id,

        -- strings
        opens_at,
        closes_at,

        -- numerics
        day_kind,
        opens_minute,
        closes_minute,

        -- booleans
        is_closed_all_day,
        is_bank_holiday,

        -- dates
        settlement_date

    from opening_days

)

select * from final
