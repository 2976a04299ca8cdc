{% macro get_incremental_range_overwrite_sql(arg_dict) -%}
    {#-
        Incremental strategy `range_overwrite`: take the changed days out by constant ranges of dates, put the new rows
        in, in the order of their dates. A merge by keys reads the whole table; this touches the blocks of the days only
        (BRIN on PostgreSQL, zone maps on DuckDB), so a day costs the same however long the history is.
    -#}
    {%- set target_relation = arg_dict['target_relation'] -%}
    {%- set range_column = config.get('meta')['range_column'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set ranges = changed_days(target_relation) -%}
    {%- if ranges -%}
        delete from {{ target_relation }}
        where {{ in_ranges(range_column, ranges) }};

        insert into {{ target_relation }} ({{ columns }})
        select {{ columns }}
        from {{ arg_dict['temp_relation'] }}
        order by {{ range_column }};

        {{ summarize_new_blocks(target_relation) }}
    {%- else -%}
        select 1 as nothing_has_changed
    {%- endif -%}
{%- endmacro %}
