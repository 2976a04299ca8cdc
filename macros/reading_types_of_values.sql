{% macro reading_types_of_values(half_hour_values, reading_types) -%}
    {#- One letter a half-hour of the array: as the supplier said, `-` where there is no value. -#}
    {{ return(adapter.dispatch('reading_types_of_values', 'data_layer')(half_hour_values, reading_types)) }}
{%- endmacro %}

{% macro duckdb__reading_types_of_values(half_hour_values, reading_types) -%}
    {#- Most days are whole, and need no look at each half-hour. -#}
    case
        when list_count({{ half_hour_values }}) = len({{ half_hour_values }})
            then substr({{ reading_types }}, 1, len({{ half_hour_values }}))
        else array_to_string(
            [
                case
                    when ({{ half_hour_values }})[settlement_period] is null then '-'
                    else substr({{ reading_types }}, settlement_period, 1)
                end
                for settlement_period in range(1, len({{ half_hour_values }}) + 1)
            ],
            ''
        )
    end
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
