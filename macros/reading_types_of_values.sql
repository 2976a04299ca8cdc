{% macro reading_types_of_values(half_hour_values, reading_types) -%}
    (
        select
            string_agg(
                case
                    when half_hours.half_hour_value is null then '-'
                    else substr({{ reading_types }}, cast(half_hours.settlement_period as integer), 1)
                end,
                ''
                order by half_hours.settlement_period
            )
        from unnest({{ half_hour_values }}) with ordinality as half_hours (half_hour_value, settlement_period)
    )
{%- endmacro %}
