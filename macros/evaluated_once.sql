{% macro evaluated_once() -%}
    {#- Stands after `as` of a CTE, followed by its bracket. -#}
    {{ return(adapter.dispatch('evaluated_once', 'data_layer')()) }}
{%- endmacro %}

{% macro duckdb__evaluated_once() -%}
    {#- DuckDB works out a column once, however often it is named; to keep the rows would only cost memory. -#}
{%- endmacro %}

{% macro postgres__evaluated_once() -%}
    {#- PostgreSQL puts the expression of a column in each place that names it, and works it out there again. -#}
    materialized {# -#}
{%- endmacro %}
