{% macro rounded_product(quantity, rate, precision, scale, quantity_scale=6) -%}
    {#-
        The only place where money and quantities are rounded. Both engines cast a decimal to fewer places by rounding
        half away from zero; of a double they do not agree, so neither factor may be one. The wide casts are there
        because DuckDB keeps 18 digits for the product of two 18-digit decimals and then overflows.
    -#}
    cast(
        cast({{ quantity }} as numeric(38, {{ quantity_scale }})) * cast({{ rate }} as numeric(38, 12))
        as numeric({{ precision }}, {{ scale }})
    )
{%- endmacro %}
