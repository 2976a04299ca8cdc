{% macro changed_days(relation) -%}
    {#-
        Which days an incremental mart of readings must rebuild: a list of ranges, each with from_date and to_date (both
        inclusive, as text for a literal), apart from each other and in order. Empty when nothing has changed.

        The ledger of loads tells the days whose rows a load added, changed or took away, so that a late correction is
        found as surely as a new day, and nothing has to be compared. Everything is rebuilt when meters or sites came
        anew, or when the mart's SQL, a model above it, a seed or a macro is not the one it was built with.

        The newest load is read from a table that this run has built, not from the ledger: a load that ends while the
        run is under way is left to the next run, whole.
    -#}
    {%- set everything = [{'from_date': '0001-01-01', 'to_date': '9999-12-31'}] -%}
    {%- set newest_load = ref('int_energy__readings_load') -%}
    {%- set ledger = ref('stg_load__files') -%}
    {%- if not execute -%}
        {{ return(everything) }}
    {%- endif -%}
    {%- set built = built_load(relation) -%}
    {%- if built is none or built.definition != model_definition(model.unique_id) -%}
        {{ return(everything) }}
    {%- endif -%}
    {%- set loads_since -%}
        select
            table_name in ('meters', 'sites') as changes_every_day,
            -- the ledger has the local day on which an interval starts: an hour may reach into the next; a day more on
            -- either side is cheap and safe
            affected_from_date - 1 as from_date,
            affected_to_date + 1 as to_date
        from {{ ledger }}
        where
            source_name = 'energy'
            and table_name in ('readings', 'readings_hh', 'meters', 'sites')
            and load_status != 'refused'
            and file_id > {{ built.load_id }}
            and file_id <= (select load_id from {{ newest_load }})
        order by from_date, to_date
    {%- endset -%}
    {%- set ranges = [] -%}
    {%- for load in run_query(loads_since).rows -%}
        {%- if load[0] -%}
            {{ return(everything) }}
        {%- elif load[1] is none -%}
            {#- a file without a row -#}
        {%- elif ranges and load[1] <= ranges[-1].last_day -%}
            {%- set last_day = [ranges[-1].last_day, load[2]] | max -%}
            {%- do ranges[-1].update({'last_day': last_day, 'to_date': last_day | string}) -%}
        {%- else -%}
            {%- do ranges.append({'from_date': load[1] | string, 'to_date': load[2] | string, 'last_day': load[2]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(ranges) }}
{%- endmacro %}
