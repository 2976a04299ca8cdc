with

devices as (

    select * from {{ ref('int_energy__meter_devices') }}
    -- a pulse that stands for nothing would turn every count into zero
    where pulse_value > 0

),

unit_factors as (

    select * from {{ ref('int_energy__unit_factors') }}
    where measurement_quantity = 'AI'

),

final as (

    select
        -- ids
        devices.meter_id,

        -- strings
        unit_factors.measurement_quantity,
        'pulse' as unit,

        -- numerics
        {{ rounded_product(
            'unit_factors.base_units_per_unit', 'devices.pulse_value', 28, 12, quantity_scale=12
        ) }} as base_units_per_pulse,

        -- dates
        greatest(unit_factors.valid_from_date, devices.in_place_from_date) as valid_from_date,
        least(unit_factors.valid_to_date, devices.in_place_to_date) as valid_to_date

    from devices
    inner join unit_factors
        on
            devices.pulse_unit = unit_factors.unit
            and devices.in_place_from_date <= unit_factors.valid_to_date
            and devices.in_place_to_date >= unit_factors.valid_from_date
            and (not unit_factors.is_gas_volume or devices.fuel = 'gas')

)

select * from final
