{% macro rounded_product(quantity, rate, precision, scale, quantity_scale=6, rate_scale=12) -%}
    {#-
        The only place where money and quantities are rounded. Both engines cast a decimal to fewer places by rounding
        half away from zero; of a double they do not agree, so neither factor may be one. The wide casts are there
        because DuckDB keeps 18 digits for the product of two 18-digit decimals and then overflows.
    -#}
    {{ return(adapter.dispatch('rounded_product', 'data_layer')(
        quantity, rate, precision, scale, quantity_scale, rate_scale
    )) }}
{%- endmacro %}

{% macro default__rounded_product(quantity, rate, precision, scale, quantity_scale, rate_scale) -%}
    cast(
        cast({{ quantity }} as numeric(38, {{ quantity_scale }})) * cast({{ rate }} as numeric(38, {{ rate_scale }}))
        as numeric({{ precision }}, {{ scale }})
    )
{%- endmacro %}

{% macro duckdb__rounded_product(quantity, rate, precision, scale, quantity_scale, rate_scale) -%}
    {%- set wide = default__rounded_product(quantity, rate, precision, scale, quantity_scale, rate_scale) -%}
    {%- if quantity_scale + rate_scale <= 8 -%}
        {#-
            Of a product of few decimals most values fit 64 bits, where DuckDB rounds forty times as fast. 10 digits
            before the point are shared out: 7 for the quantity and 3 for the rate.
        -#}
        case
            when abs({{ quantity }}) < 10000000 and abs({{ rate }}) < 1000
                then cast(
                    cast({{ quantity }} as numeric({{ 7 + quantity_scale }}, {{ quantity_scale }}))
                    * cast({{ rate }} as numeric({{ 3 + rate_scale }}, {{ rate_scale }}))
                    as numeric({{ precision }}, {{ scale }})
                )
            else {{ wide }}
        end
    {%- else -%}
        {{ wide }}
    {%- endif -%}
{%- endmacro %}
