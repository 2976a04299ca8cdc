{% macro chargeable_reactive_micro_varh(half_hours_wh, half_hours_varh) -%}
    {#-
        Millionths of a varh above a power factor of 0.95, over the half-hours that have both values: 0.328684 is the
        root of 0.95^-2 - 1. Empty where no half-hour has both.
    -#}
    {{ return(adapter.dispatch('chargeable_reactive_micro_varh', 'data_layer')(half_hours_wh, half_hours_varh)) }}
{%- endmacro %}

{% macro duckdb__chargeable_reactive_micro_varh(half_hours_wh, half_hours_varh) -%}
    cast(
        list_sum([
            greatest(1000000 * {{ half_hours_varh }}[period] - 328684 * {{ half_hours_wh }}[period], 0)
            for period in range(1, len({{ half_hours_wh }}) + 1)
            if {{ half_hours_wh }}[period] is not null and {{ half_hours_varh }}[period] is not null
        ]) as bigint
    )
{%- endmacro %}

{% macro postgres__chargeable_reactive_micro_varh(half_hours_wh, half_hours_varh) -%}
    (
        select cast(sum(greatest(1000000 * pairs.varh - 328684 * pairs.wh, 0)) as bigint)
        from unnest({{ half_hours_wh }}, {{ half_hours_varh }}) as pairs (wh, varh)
        where
            pairs.wh is not null
            and pairs.varh is not null
    )
{%- endmacro %}
