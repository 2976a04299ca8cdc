{{
    config(
        materialized='incremental',
        incremental_strategy='range_overwrite',
        on_schema_change='fail',
        meta={'range_column': 'settlement_date'},
        indexes=[{'columns': ['settlement_date'], 'type': 'brin'}] if target.type == 'postgres' else [],
        post_hook='{{ remember_built_load(this) }}'
    )
}}

-- depends_on: {{ ref('int_energy__readings_load') }}
-- depends_on: {{ ref('stg_load__files') }}
{%- set all_days = [{'from_date': '0001-01-01', 'to_date': '9999-12-31'}] -%}
{%- set ranges = changed_days(this) if is_incremental() else all_days %}

with

changed_half_hours as (

    -- a day further on both sides: a local day starts the evening before in UTC, and an hour may reach into the next
    select * from {{ ref('int_energy__interval_half_hours') }}
    where
        not is_file_replaced
        and (
            {{ in_ranges('delivered_settlement_date', ranges, padding_days=1) }}
            or {{ in_ranges('delivered_interval_start_at', ranges, padding_days=1) }}
        )

),

-- the rows are wide: read again where they are needed, not kept
changed_reading_days as not materialized (

    select * from {{ ref('stg_energy__readings_hh') }}
    where {{ in_ranges('settlement_date', ranges) }}

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

half_hours as (

    select * from {{ ref('dim_half_hours') }}

),

-- rows of an interval -------------------------------------------------------------------------------------------------

half_hours_by_metering_point as (

    select
        changed_half_hours.*,
        coalesce(meter_aliases.meter_id, changed_half_hours.delivered_meter_id) as meter_id

    from changed_half_hours
    left join meter_aliases
        on
            changed_half_hours.delivered_meter_id = meter_aliases.delivered_meter_id
            and changed_half_hours.settlement_date
            between meter_aliases.valid_from_date and meter_aliases.valid_to_date
    where {{ in_ranges('changed_half_hours.settlement_date', ranges) }}

),

half_hours_with_interval_totals as (

    select
        readings.meter_id,
        readings.measurement_quantity,
        readings.settlement_date,
        readings.settlement_period,
        readings.file_id,
        readings.row_number_in_file,
        readings.reading_type,
        readings.interval_minutes,
        readings.part,
        cast(
            {{ rounded_product(
                'readings.reading_value',
                'coalesce(unit_factors.base_units_per_unit, pulse_factors.base_units_per_pulse)',
                38, 0
            ) }}
            as bigint
        ) as interval_wh

    from half_hours_by_metering_point as readings
    left join meter_sites
        on
            readings.meter_id = meter_sites.meter_id
            and readings.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date
    left join unit_factors
        on
            readings.measurement_quantity = unit_factors.measurement_quantity
            and readings.unit = unit_factors.unit
            and readings.settlement_date between unit_factors.valid_from_date and unit_factors.valid_to_date
            and (not unit_factors.is_gas_volume or coalesce(meter_sites.fuel, 'gas') = 'gas')
    left join pulse_factors
        on
            readings.meter_id = pulse_factors.meter_id
            and readings.measurement_quantity = pulse_factors.measurement_quantity
            and readings.unit = pulse_factors.unit
            and readings.settlement_date between pulse_factors.valid_from_date and pulse_factors.valid_to_date

),

half_hours_from_intervals as (

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        row_number_in_file,
        reading_type,
        -- an hour is shared equally; the odd watt-hour goes to its first half-hour
        cast(
            case
                when interval_minutes = 30 then interval_wh
                when part = 0 then interval_wh - (interval_wh - mod(interval_wh, 2)) / 2
                else (interval_wh - mod(interval_wh, 2)) / 2
            end as bigint
        ) as half_hour_wh

    from half_hours_with_interval_totals

),

-- which days one row tells whole, and which have to be put together ---------------------------------------------------

day_deliveries as (

    select
        coalesce(meter_aliases.meter_id, reading_days.meter_id) as meter_id,
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        reading_days.file_id,
        false as is_by_intervals

    from changed_reading_days as reading_days
    left join meter_aliases
        on
            reading_days.meter_id = meter_aliases.delivered_meter_id
            and reading_days.settlement_date between meter_aliases.valid_from_date and meter_aliases.valid_to_date

    union all

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        max(file_id) as file_id,
        true as is_by_intervals

    from half_hours_from_intervals
    group by
        meter_id,
        measurement_quantity,
        settlement_date

),

days_of_many_deliveries as (

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        max(file_id) as newest_file_id

    from day_deliveries
    group by
        meter_id,
        measurement_quantity,
        settlement_date
    having count(*) > 1 or count(case when is_by_intervals then 1 end) > 0

),

-- rows of a day -------------------------------------------------------------------------------------------------------

reading_days_with_factors as not materialized (

    select
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        reading_days.file_id,
        reading_days.row_number_in_file,
        reading_days.half_hour_values,
        reading_days.half_hour_reading_types,
        dates.periods_in_day,
        meter_sites.site_id,
        meter_sites.site_key,
        meter_sites.fuel,
        meter_sites.relation,
        coalesce(meter_aliases.meter_id, reading_days.meter_id) as meter_id,
        coalesce(unit_factors.base_units_per_unit, pulse_factors.base_units_per_pulse) as base_units_per_unit

    from changed_reading_days as reading_days
    inner join dates
        on reading_days.settlement_date = dates.date_day
    left join meter_aliases
        on
            reading_days.meter_id = meter_aliases.delivered_meter_id
            and reading_days.settlement_date between meter_aliases.valid_from_date and meter_aliases.valid_to_date
    left join meter_sites
        on
            coalesce(meter_aliases.meter_id, reading_days.meter_id) = meter_sites.meter_id
            and reading_days.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date
    left join unit_factors
        on
            reading_days.measurement_quantity = unit_factors.measurement_quantity
            and reading_days.unit = unit_factors.unit
            and reading_days.settlement_date between unit_factors.valid_from_date and unit_factors.valid_to_date
            and (not unit_factors.is_gas_volume or coalesce(meter_sites.fuel, 'gas') = 'gas')
    left join pulse_factors
        on
            meter_sites.meter_id = pulse_factors.meter_id
            and reading_days.measurement_quantity = pulse_factors.measurement_quantity
            and reading_days.unit = pulse_factors.unit
            and reading_days.settlement_date between pulse_factors.valid_from_date and pulse_factors.valid_to_date

),

days_told_by_one_row as {{ evaluated_once() }}(

    select
        reading_days.meter_id,
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        reading_days.file_id,
        reading_days.periods_in_day,
        reading_days.site_id,
        reading_days.site_key,
        reading_days.fuel,
        reading_days.relation,
        reading_days.half_hour_reading_types,
        {{ half_hours_in_base_units(
            'reading_days.half_hour_values',
            'reading_days.half_hour_reading_types',
            'reading_days.base_units_per_unit',
            'reading_days.periods_in_day'
        ) }} as half_hours_wh,
        {{ array_value_count('reading_days.half_hour_values[reading_days.periods_in_day + 1:50]') }}
            as surplus_half_hours,
        case
            when reading_days.base_units_per_unit is null
                then {{ reading_types_of_values(
                    'reading_days.half_hour_values[1:reading_days.periods_in_day]',
                    'reading_days.half_hour_reading_types'
                ) }}
            else ''
        end as reading_types_not_converted

    from reading_days_with_factors as reading_days
    left join days_of_many_deliveries
        on
            reading_days.meter_id = days_of_many_deliveries.meter_id
            and reading_days.measurement_quantity = days_of_many_deliveries.measurement_quantity
            and reading_days.settlement_date = days_of_many_deliveries.settlement_date
    where days_of_many_deliveries.meter_id is null

),

-- days of more than one delivery, half-hour by half-hour --------------------------------------------------------------

half_hours_from_reading_days as (

    select
        reading_days.meter_id,
        reading_days.measurement_quantity,
        reading_days.settlement_date,
        cast(elements.settlement_period as integer) as settlement_period,
        reading_days.file_id,
        reading_days.row_number_in_file,
        substr(reading_days.half_hour_reading_types, cast(elements.settlement_period as integer), 1) as reading_type,
        cast(
            {{ rounded_product('elements.half_hour_value', 'reading_days.base_units_per_unit', 38, 0) }} as bigint
        ) as half_hour_wh

    from reading_days_with_factors as reading_days
    inner join days_of_many_deliveries
        on
            reading_days.meter_id = days_of_many_deliveries.meter_id
            and reading_days.measurement_quantity = days_of_many_deliveries.measurement_quantity
            and reading_days.settlement_date = days_of_many_deliveries.settlement_date
    cross join unnest(reading_days.half_hour_values) with ordinality as elements (half_hour_value, settlement_period)
    -- an empty cell says nothing against a value of another delivery
    where elements.half_hour_value is not null

),

half_hours_delivered as (

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        row_number_in_file,
        reading_type,
        half_hour_wh

    from half_hours_from_intervals

    union all

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        settlement_period,
        file_id,
        row_number_in_file,
        reading_type,
        half_hour_wh

    from half_hours_from_reading_days
    where reading_type != '-'

),

half_hours_best_first as (

    select
        half_hours_delivered.*,
        row_number() over (
            partition by
                half_hours_delivered.meter_id,
                half_hours_delivered.measurement_quantity,
                half_hours_delivered.settlement_date,
                half_hours_delivered.settlement_period
            order by
                -- what cannot be converted takes nothing away
                case when half_hours_delivered.half_hour_wh is null then 1 else 0 end asc,
                -- A, E, P: the order of the alphabet is that of their worth
                half_hours_delivered.reading_type asc,
                half_hours_delivered.file_id desc,
                half_hours_delivered.row_number_in_file desc
        ) as best_first

    from half_hours_delivered

),

half_hours_in_force as (

    select * from half_hours_best_first
    where best_first = 1

),

days_in_force as (

    select
        half_hours_in_force.meter_id,
        half_hours_in_force.measurement_quantity,
        half_hours_in_force.settlement_date,
        max(half_hours_in_force.file_id) as file_id,
        count(case when half_hours_in_force.settlement_period > dates.periods_in_day then 1 end) as surplus_half_hours,
        count(
            case
                when
                    half_hours_in_force.half_hour_wh is null
                    and half_hours_in_force.settlement_period <= dates.periods_in_day
                    then 1
            end
        ) as unconverted_half_hours

    from half_hours_in_force
    inner join dates
        on half_hours_in_force.settlement_date = dates.date_day
    group by
        half_hours_in_force.meter_id,
        half_hours_in_force.measurement_quantity,
        half_hours_in_force.settlement_date

),

days_put_together as (

    select
        mixed_days.meter_id,
        mixed_days.measurement_quantity,
        mixed_days.settlement_date,
        dates.periods_in_day,
        array_agg(half_hours_in_force.half_hour_wh order by half_hours.settlement_period) as half_hours_wh,
        string_agg(
            case when half_hours_in_force.half_hour_wh is null then '-' else half_hours_in_force.reading_type end,
            '' order by half_hours.settlement_period
        ) as reading_types,
        max(mixed_days.newest_file_id) as newest_file_id

    from days_of_many_deliveries as mixed_days
    inner join dates
        on mixed_days.settlement_date = dates.date_day
    inner join half_hours
        on dates.periods_in_day = half_hours.periods_in_day
    left join half_hours_in_force
        on
            mixed_days.meter_id = half_hours_in_force.meter_id
            and mixed_days.measurement_quantity = half_hours_in_force.measurement_quantity
            and mixed_days.settlement_date = half_hours_in_force.settlement_date
            and half_hours.settlement_period = half_hours_in_force.settlement_period
    group by
        mixed_days.meter_id,
        mixed_days.measurement_quantity,
        mixed_days.settlement_date,
        dates.periods_in_day

),

days_put_together_and_counted as (

    select
        mixed_days.meter_id,
        mixed_days.measurement_quantity,
        mixed_days.settlement_date,
        mixed_days.periods_in_day,
        meter_sites.site_id,
        meter_sites.site_key,
        meter_sites.fuel,
        meter_sites.relation,
        mixed_days.half_hours_wh,
        mixed_days.reading_types,
        cast(coalesce(days_in_force.surplus_half_hours, 0) as integer) as surplus_half_hours,
        cast(coalesce(days_in_force.unconverted_half_hours, 0) as integer) as unconverted_half_hours,
        coalesce(days_in_force.file_id, mixed_days.newest_file_id) as load_id

    from days_put_together as mixed_days
    left join days_in_force
        on
            mixed_days.meter_id = days_in_force.meter_id
            and mixed_days.measurement_quantity = days_in_force.measurement_quantity
            and mixed_days.settlement_date = days_in_force.settlement_date
    left join meter_sites
        on
            mixed_days.meter_id = meter_sites.meter_id
            and mixed_days.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date

),

-- one row a day -------------------------------------------------------------------------------------------------------

days_of_both_kinds as (

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        periods_in_day,
        site_id,
        site_key,
        fuel,
        relation,
        load_id,
        half_hours_wh,
        surplus_half_hours,
        reading_types,
        unconverted_half_hours

    from days_put_together_and_counted

    union all

    select
        meter_id,
        measurement_quantity,
        settlement_date,
        periods_in_day,
        site_id,
        site_key,
        fuel,
        relation,
        file_id as load_id,
        half_hours_wh,
        surplus_half_hours,
        {{ reading_types_of_values('half_hours_wh', 'half_hour_reading_types') }} as reading_types,
        length(replace(reading_types_not_converted, '-', '')) as unconverted_half_hours

    from days_told_by_one_row

),

days_counted as (

    select
        days_of_both_kinds.*,
        {{ array_total('days_of_both_kinds.half_hours_wh') }} as consumption_wh,
        days_of_both_kinds.periods_in_day - length(replace(days_of_both_kinds.reading_types, 'E', '')) as letters_e,
        days_of_both_kinds.periods_in_day - length(replace(days_of_both_kinds.reading_types, 'P', '')) as letters_p,
        days_of_both_kinds.periods_in_day - length(replace(days_of_both_kinds.reading_types, '-', '')) as letters_none,
        coalesce(
            days_of_both_kinds.relation != 'submeter_of'
            -- what a supply for export is said to import is no import of the site
            and (days_of_both_kinds.relation != 'export_of' or days_of_both_kinds.measurement_quantity != 'AI'),
            true
        ) as is_in_site_total

    from days_of_both_kinds

),

final as (

    select
        -- ids
        meter_id,
        site_id,
        site_key,
        load_id,

        -- strings
        fuel,
        measurement_quantity,
        reading_types,

        -- numerics
        periods_in_day,
        half_hours_wh,
        consumption_wh,
        cast(letters_e as integer) as estimated_half_hours,
        cast(letters_p as integer) as profiled_half_hours,
        cast(letters_none as integer) as missing_half_hours,
        cast(unconverted_half_hours as integer) as unconverted_half_hours,
        surplus_half_hours,

        -- booleans
        is_in_site_total,

        -- dates
        settlement_date

    from days_counted
    -- in the order of dates, so that a range of them lies in few blocks
    order by settlement_date, meter_id, measurement_quantity

)

select * from final
