{% macro statistics_of_new_table(relation) -%}
    {#- A statement that gathers the planner's statistics of a table that has none yet, if the engine needs it. -#}
    {{ return(adapter.dispatch('statistics_of_new_table', 'data_layer')(relation)) }}
{%- endmacro %}

{% macro default__statistics_of_new_table(relation) -%}
{%- endmacro %}

{% macro postgres__statistics_of_new_table(relation) -%}
    {#-
        Until PostgreSQL comes round to it, a mart that was just built for the first time seems to hold a row: the next
        day would then be looked for in the whole table, and take the longer the longer the history is. Later changes
        are small, and left to PostgreSQL. Arrays are left out: they are never filtered, and cost most.
    -#}
    {%- set known -%}
        select count(*) from pg_stats
        where schemaname = '{{ relation.schema }}' and tablename = '{{ relation.identifier }}'
    {%- endset -%}
    {%- if execute and run_query(known).rows[0][0] == 0 -%}
        {%- set columns = [] -%}
        {%- for column in adapter.get_columns_in_relation(relation) if not column.data_type.endswith('[]')
            and column.dtype != 'ARRAY' -%}
            {%- do columns.append(column.quoted) -%}
        {%- endfor -%}
        analyze {{ relation }} ({{ columns | join(', ') }});
    {%- endif -%}
{%- endmacro %}
