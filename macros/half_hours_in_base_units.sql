{% macro half_hours_in_base_units(half_hour_values, reading_types, base_units_per_unit, periods_in_day) -%}
    (
        select
            array_agg(
                case
                    when substr({{ reading_types }}, cast(half_hours.settlement_period as integer), 1) != '-'
                        then cast(
                            {{ rounded_product('half_hours.half_hour_value', base_units_per_unit, 38, 0) }} as bigint
                        )
                end
                order by half_hours.settlement_period
            )
        from
            unnest({{ half_hour_values }}[1:{{ periods_in_day }}])
                with ordinality as half_hours (half_hour_value, settlement_period)
    )
{%- endmacro %}
