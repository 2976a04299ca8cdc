-- If this fails, readings were delivered for a metering point and day that the marts do not show: use is understated.
with

days_delivered as (

    select distinct
        meter_id,
        measurement_quantity,
        settlement_date

    from {{ ref('stg_energy__readings_hh') }}
    union distinct
    select distinct
        meter_id,
        measurement_quantity,
        -- As in the mart, a settlement date counts together with its period; without one, the start does. The UTC day
        -- of a half-hour that does not start in the last hour is its local day too, in winter and in summer.
        case
            when settlement_period is null then coalesce(cast(interval_start_at as date), settlement_date)
            else coalesce(settlement_date, cast(interval_start_at as date))
        end as settlement_date

    from {{ ref('stg_energy__readings') }}
    where
        (settlement_date is not null and settlement_period is not null)
        or interval_start_at is null
        or cast(extract(hour from interval_start_at) as integer) < 23

),

-- what names a device by its serial number is kept under the metering point
meter_aliases as (

    select * from {{ ref('int_energy__meter_aliases') }}

),

days_of_metering_points as (

    select
        days_delivered.measurement_quantity,
        days_delivered.settlement_date,
        coalesce(meter_aliases.meter_id, days_delivered.meter_id) as meter_id

    from days_delivered
    left join meter_aliases
        on
            days_delivered.meter_id = meter_aliases.delivered_meter_id
            and days_delivered.settlement_date between meter_aliases.valid_from_date and meter_aliases.valid_to_date

),

days_kept as (

    select * from {{ ref('fct_energy_reading_days') }}

),

days_lost as (

    select
        days_of_metering_points.meter_id,
        days_of_metering_points.measurement_quantity,
        days_of_metering_points.settlement_date

    from days_of_metering_points
    left join days_kept
        on
            days_of_metering_points.meter_id = days_kept.meter_id
            and days_of_metering_points.measurement_quantity = days_kept.measurement_quantity
            and days_of_metering_points.settlement_date = days_kept.settlement_date
    where days_kept.meter_id is null

)

select * from days_lost
