{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- A schema is named after its folder, not after the target: the prefix keeps two estates, or two developers, apart. -#}
    {{ env_var('DATA_LAYER_SCHEMA_PREFIX', '') }}{{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
