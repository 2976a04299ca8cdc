{% macro remember_built_load(relation) -%}
    {#- Post-hook of an incremental mart, in its transaction: a build that fails is not remembered. -#}
    {%- set newest_load = ref('int_energy__readings_load') -%}
    {%- if execute -%}
        {%- set built_loads = built_loads_relation(relation) -%}
        create table if not exists {{ built_loads }} (relation_name varchar, load_id bigint, definition varchar);
        delete from {{ built_loads }} where relation_name = '{{ relation.identifier }}';
        insert into {{ built_loads }} (relation_name, load_id, definition)
        select '{{ relation.identifier }}', load_id, '{{ model_definition(model.unique_id) }}' from {{ newest_load }};
        {{ statistics_of_new_table(relation) }}
    {%- endif -%}
{%- endmacro %}
