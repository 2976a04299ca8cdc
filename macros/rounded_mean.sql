{% macro rounded_mean(total, row_count, precision, scale) -%}
    {#-
        Mean of a column with `scale` decimals, rounded half away from zero to as many. The sum is counted in units of
        the last decimal and divided as whole numbers: DuckDB divides decimals as doubles, and a tie could fall either way.
    -#}
    cast(
        sign({{ total }}) * (
            cast(abs({{ total }}) * {{ 10 ** scale }} * 2 as bigint) + {{ row_count }}
            - mod(cast(abs({{ total }}) * {{ 10 ** scale }} * 2 as bigint) + {{ row_count }}, 2 * {{ row_count }})
        ) / (2 * {{ row_count }}) / {{ 10 ** scale }}
        as numeric({{ precision }}, {{ scale }})
    )
{%- endmacro %}
