{% macro array_total_at(array, places) -%}
    {#- Sum of the elements of an array that stand at the places of another; 0 where there are none. -#}
    {{ return(adapter.dispatch('array_total_at', 'data_layer')(array, places)) }}
{%- endmacro %}

{% macro duckdb__array_total_at(array, places) -%}
    cast(coalesce(list_sum(list_select({{ array }}, {{ places }})), 0) as bigint)
{%- endmacro %}

{% macro postgres__array_total_at(array, places) -%}
    (
        select cast(coalesce(sum(({{ array }})[chosen.place]), 0) as bigint)
        from unnest({{ places }}) as chosen (place)
    )
{%- endmacro %}
