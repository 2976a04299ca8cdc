with

energy_units as (

    select * from {{ ref('energy_units') }}

),

gas_calorific_values as (

    select * from {{ ref('gas_calorific_values') }}

),

measured_quantities as (

    select
        'AI' as measurement_quantity,
        'active_energy' as measures
    union all
    select
        'AE' as measurement_quantity,
        'active_energy' as measures
    union all
    select
        'RI' as measurement_quantity,
        'reactive_energy' as measures
    union all
    select
        'RE' as measurement_quantity,
        'reactive_energy' as measures

),

energy_factors as (

    select
        measured_quantities.measurement_quantity,
        energy_units.unit,
        false as is_gas_volume,
        cast(energy_units.base_units_per_unit as numeric(28, 12)) as base_units_per_unit,
        cast('0001-01-01' as date) as valid_from_date,
        cast('9999-12-31' as date) as valid_to_date

    from energy_units
    inner join measured_quantities
        on energy_units.measures = measured_quantities.measures

),

gas_volumes_at_reference_conditions as (

    select
        energy_units.unit,
        gas_calorific_values.calorific_value_mj_per_m3,
        gas_calorific_values.valid_from_date,
        gas_calorific_values.valid_to_date,
        {{ rounded_product('energy_units.base_units_per_unit', 'gas_calorific_values.correction_factor', 38, 12) }}
            as corrected_m3_per_unit

    from energy_units
    cross join gas_calorific_values
    where energy_units.measures = 'gas_volume'

),

gas_volumes_in_megajoules as (

    select
        unit,
        valid_from_date,
        valid_to_date,
        {{ rounded_product('calorific_value_mj_per_m3', 'corrected_m3_per_unit', 38, 12) }} as mj_per_unit

    from gas_volumes_at_reference_conditions

),

gas_volume_factors as (

    select
        'AI' as measurement_quantity,
        unit,
        true as is_gas_volume,
        -- 1 MJ is 1000 / 3.6 Wh
        {{ rounded_product('277.777777777778', 'mj_per_unit', 28, 12, quantity_scale=12) }} as base_units_per_unit,
        valid_from_date,
        valid_to_date

    from gas_volumes_in_megajoules

),

final as (

    select * from energy_factors
    union all
    select * from gas_volume_factors

)

select * from final
