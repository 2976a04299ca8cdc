{{ config(materialized='view') }}

with

half_hours_by_interval as (

    select * from {{ ref('int_energy__interval_half_hours') }}

),

reading_days as (

    select
        standing.*,
        false as is_file_replaced

    from {{ ref('stg_energy__readings_hh') }} as standing

    union all

    select
        replaced.*,
        true as is_file_replaced

    from {{ ref('stg_energy__readings_hh_replaced') }} as replaced

),

meter_aliases as (

    select * from {{ ref('int_energy__meter_aliases') }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

unit_factors as (

    select * from {{ ref('int_energy__unit_factors') }}

),

pulse_factors as (

    select * from {{ ref('int_energy__pulse_factors') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

files as (

    select * from {{ ref('stg_load__files') }}

),

half_hours_of_days as (

    select
        reading_days.meter_id as delivered_meter_id,
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        cast(half_hours.settlement_period as integer) as settlement_period,
        reading_days.file_id,
        reading_days.row_number_in_file,
        reading_days.unit,
        half_hours.half_hour_value as reading_value,
        30 as interval_minutes,
        0 as part,
        reading_days.is_file_replaced,
        substr(reading_days.half_hour_reading_types, cast(half_hours.settlement_period as integer), 1) as reading_type

    from reading_days
    cross join unnest(reading_days.half_hour_values) with ordinality as half_hours (half_hour_value, settlement_period)
    where half_hours.half_hour_value is not null

),

half_hours_of_both_shapes as (

    select
        delivered_meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        row_number_in_file,
        unit,
        reading_type,
        reading_value,
        interval_minutes,
        part,
        is_file_replaced

    from half_hours_of_days
    where reading_type != '-'

    union all

    select
        delivered_meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        row_number_in_file,
        unit,
        reading_type,
        reading_value,
        interval_minutes,
        part,
        is_file_replaced

    from half_hours_by_interval

),

half_hours_by_metering_point as (

    select
        half_hours_of_both_shapes.*,
        dates.periods_in_day,
        coalesce(meter_aliases.meter_id, half_hours_of_both_shapes.delivered_meter_id) as meter_id

    from half_hours_of_both_shapes
    inner join dates
        on half_hours_of_both_shapes.settlement_date = dates.date_day
    left join meter_aliases
        on
            half_hours_of_both_shapes.delivered_meter_id = meter_aliases.delivered_meter_id
            and half_hours_of_both_shapes.settlement_date
            between meter_aliases.valid_from_date and meter_aliases.valid_to_date

),

half_hours_with_interval_totals as (

    select
        half_hours.*,
        cast(
            {{ rounded_product(
                'half_hours.reading_value',
                'coalesce(unit_factors.base_units_per_unit, pulse_factors.base_units_per_pulse)',
                38, 0
            ) }}
            as bigint
        ) as interval_wh

    from half_hours_by_metering_point as half_hours
    left join meter_sites
        on
            half_hours.meter_id = meter_sites.meter_id
            and half_hours.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date
    left join unit_factors
        on
            half_hours.measurement_quantity = unit_factors.measurement_quantity
            and half_hours.unit = unit_factors.unit
            and half_hours.settlement_date between unit_factors.valid_from_date and unit_factors.valid_to_date
            and (not unit_factors.is_gas_volume or coalesce(meter_sites.fuel, 'gas') = 'gas')
    left join pulse_factors
        on
            half_hours.meter_id = pulse_factors.meter_id
            and half_hours.measurement_quantity = pulse_factors.measurement_quantity
            and half_hours.unit = pulse_factors.unit
            and half_hours.settlement_date between pulse_factors.valid_from_date and pulse_factors.valid_to_date

),

half_hours_in_wh as (

    select
        totals.*,
        cast(
            case
                when totals.interval_minutes = 30 then totals.interval_wh
                when totals.part = 0 then totals.interval_wh - (totals.interval_wh - mod(totals.interval_wh, 2)) / 2
                else (totals.interval_wh - mod(totals.interval_wh, 2)) / 2
            end as bigint
        ) as half_hour_wh

    from half_hours_with_interval_totals as totals

),

half_hours_best_first as (

    select
        half_hours_in_wh.*,
        row_number() over best_first as best_first,
        first_value(half_hours_in_wh.reading_type) over best_first as reading_type_in_force

    from half_hours_in_wh
    window best_first as (
        partition by
            half_hours_in_wh.meter_id,
            half_hours_in_wh.measurement_quantity,
            half_hours_in_wh.settlement_date,
            half_hours_in_wh.settlement_period
        order by
            case when half_hours_in_wh.is_file_replaced then 1 else 0 end asc,
            case when half_hours_in_wh.half_hour_wh is null then 1 else 0 end asc,
            -- A, E, P: the order of the alphabet is that of their worth
            half_hours_in_wh.reading_type asc,
            half_hours_in_wh.file_id desc,
            half_hours_in_wh.row_number_in_file desc
    )

),

half_hours_judged as (

    select
        half_hours_best_first.*,
        case
            when half_hours_best_first.is_file_replaced then 'file_replaced'
            when half_hours_best_first.settlement_period > half_hours_best_first.periods_in_day then 'beyond_the_day'
            when half_hours_best_first.half_hour_wh is null then 'not_converted'
            when half_hours_best_first.best_first = 1 then null
            when half_hours_best_first.reading_type != half_hours_best_first.reading_type_in_force then 'worse_type'
            else 'later_file'
        end as not_in_force_reason

    from half_hours_best_first

),

half_hours_in_force_or_not as (

    select
        half_hours_judged.*,
        half_hours_judged.not_in_force_reason is null as is_in_force

    from half_hours_judged

),

final as (

    select
        -- ids
        half_hours_in_force_or_not.meter_id,
        half_hours_in_force_or_not.delivered_meter_id,
        half_hours_in_force_or_not.file_id,

        -- strings
        half_hours_in_force_or_not.measurement_quantity,
        half_hours_in_force_or_not.reading_type,
        half_hours_in_force_or_not.not_in_force_reason,
        files.file_name,

        -- numerics
        half_hours_in_force_or_not.settlement_period,
        half_hours_in_force_or_not.row_number_in_file,
        half_hours_in_force_or_not.half_hour_wh,

        -- booleans
        half_hours_in_force_or_not.is_in_force,

        -- dates
        half_hours_in_force_or_not.settlement_date,

        -- timestamps
        files.finished_at as loaded_at

    from half_hours_in_force_or_not
    left join files
        on half_hours_in_force_or_not.file_id = files.file_id

)

select * from final
