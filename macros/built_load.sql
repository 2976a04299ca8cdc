{% macro built_load(relation) -%}
    {#- What the mart was last built with, as a dict of load_id and definition; none when it never was. -#}
    {%- set built_loads = built_loads_relation(relation) -%}
    {%- if adapter.get_relation(built_loads.database, built_loads.schema, built_loads.identifier) is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set rows = run_query(
        "select load_id, definition from " ~ built_loads ~ " where relation_name = '" ~ relation.identifier ~ "'"
    ).rows -%}
    {%- if rows | length == 0 -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'load_id': rows[0][0], 'definition': rows[0][1]}) }}
{%- endmacro %}
