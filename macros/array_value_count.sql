{% macro array_value_count(array) -%}
    {{ return(adapter.dispatch('array_value_count', 'data_layer')(array)) }}
{%- endmacro %}

{% macro duckdb__array_value_count(array) -%}
    cast(list_count({{ array }}) as integer)
{%- endmacro %}

{% macro postgres__array_value_count(array) -%}
    cardinality(array_remove({{ array }}, null))
{%- endmacro %}
