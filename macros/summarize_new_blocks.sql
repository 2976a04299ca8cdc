{% macro summarize_new_blocks(relation) -%}
    {#- A statement that lets the relation's range indexes know the blocks that were just written, if the engine needs it. -#}
    {{ return(adapter.dispatch('summarize_new_blocks', 'data_layer')(relation)) }}
{%- endmacro %}

{% macro default__summarize_new_blocks(relation) -%}
{%- endmacro %}

{% macro postgres__summarize_new_blocks(relation) -%}
    {#-
        A BRIN index knows nothing of new blocks until the table is vacuumed, which PostgreSQL does when a fifth of the
        table is new: until then every query for a day reads them all, and the more the longer the history is. Nothing is
        waited for: a vacuum that is at work on the table does the same, and what is left out the next call makes up.
    -#}
    select brin_summarize_new_values(indexes.indexrelid)
    from pg_index as indexes
    inner join pg_class as classes
        on indexes.indexrelid = classes.oid
    inner join pg_am as methods
        on classes.relam = methods.oid
    where
        indexes.indrelid = cast('{{ relation }}' as regclass)
        and methods.amname = 'brin'
        and not exists (
            select 1 from pg_locks as locks
            where
                locks.relation = indexes.indrelid
                and locks.mode = 'ShareUpdateExclusiveLock'
                and locks.pid != pg_backend_pid()
        );
{%- endmacro %}
