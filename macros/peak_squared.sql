{% macro peak_squared(half_hours_wh, half_hours_varh) -%}
    {#-
        Highest sum of the squares of Wh and varh over the half-hours that have both values; `peak_kva` makes demand of
        it. Empty where no half-hour has both.
    -#}
    {{ return(adapter.dispatch('peak_squared', 'data_layer')(half_hours_wh, half_hours_varh)) }}
{%- endmacro %}

{% macro duckdb__peak_squared(half_hours_wh, half_hours_varh) -%}
    list_max([
        {{ half_hours_wh }}[period] * {{ half_hours_wh }}[period]
        + {{ half_hours_varh }}[period] * {{ half_hours_varh }}[period]
        for period in range(1, len({{ half_hours_wh }}) + 1)
    ])
{%- endmacro %}

{% macro postgres__peak_squared(half_hours_wh, half_hours_varh) -%}
    (
        select max(pairs.wh * pairs.wh + pairs.varh * pairs.varh)
        from unnest({{ half_hours_wh }}, {{ half_hours_varh }}) as pairs (wh, varh)
    )
{%- endmacro %}
