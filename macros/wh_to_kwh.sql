{% macro wh_to_kwh(energy_wh) -%}
    cast({{ energy_wh }} * 0.001 as numeric(18, 3))
{%- endmacro %}
