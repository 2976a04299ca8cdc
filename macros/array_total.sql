{% macro array_total(array) -%}
    {{ return(adapter.dispatch('array_total', 'data_layer')(array)) }}
{%- endmacro %}

{% macro duckdb__array_total(array) -%}
    cast(list_sum({{ array }}) as bigint)
{%- endmacro %}

{% macro postgres__array_total(array) -%}
    (select cast(sum(elements.element) as bigint) from unnest({{ array }}) as elements (element))
{%- endmacro %}
