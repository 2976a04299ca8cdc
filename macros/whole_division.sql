{% macro whole_division(dividend, divisor) -%}
    {#- `/` of integers truncates on PostgreSQL and gives a double on DuckDB; without the remainder both are exact. -#}
    cast(({{ dividend }} - mod({{ dividend }}, {{ divisor }})) / {{ divisor }} as integer)
{%- endmacro %}
