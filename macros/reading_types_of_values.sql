{% macro reading_types_of_values(half_hour_values, reading_types) -%}
    {{ return(adapter.dispatch('reading_types_of_values', 'data_layer')(half_hour_values, reading_types)) }}
{%- endmacro %}

{% macro duckdb__reading_types_of_values(half_hour_values, reading_types) -%}
    array_to_string(
        list_transform(
            {{ half_hour_values }},
            lambda half_hour_value, settlement_period: case
                when half_hour_value is null then '-'
                else substr({{ reading_types }}, cast(settlement_period as integer), 1)
            end
        ),
        ''
    )
{%- endmacro %}

{% macro postgres__reading_types_of_values(half_hour_values, reading_types) -%}
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
