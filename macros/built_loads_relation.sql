{% macro built_loads_relation(relation) -%}
    {#- Table that keeps, for each incremental mart, the newest load and the definition it was built with. -#}
    {{ return(api.Relation.create(
        database=relation.database,
        schema=generate_schema_name('intermediate', none),
        identifier='built_loads',
        type='table'
    )) }}
{%- endmacro %}
