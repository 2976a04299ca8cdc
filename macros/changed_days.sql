{% macro changed_days(relation) -%}
    {#-
        Which days an incremental mart of readings must rebuild, as a dict: from_date and to_date (both inclusive, as
        text for a literal), load_id (newest load taken account of) and has_changes.

        The ledger of loads tells the days whose rows a load added, changed or took away, so that a late correction is
        found as surely as a new day, and nothing has to be compared. Everything is rebuilt when meters or sites came
        anew, or when the mart's SQL, a model above it or a seed is not the one it was built with.

        The newest load is read from a table that this run has built, not from the ledger: a load that ends while the
        run is under way is left to the next run, whole.
    -#}
    {%- set nothing = {'has_changes': false, 'from_date': '9999-12-31', 'to_date': '0001-01-01', 'load_id': 0} -%}
    {%- set everything = {'has_changes': true, 'from_date': '0001-01-01', 'to_date': '9999-12-31', 'load_id': 0} -%}
    {%- set newest_load = ref('int_energy__readings_load') -%}
    {%- set ledger = ref('stg_load__files') -%}
    {#- An empty warehouse, as when the project is only compiled or linted, has nothing to ask. -#}
    {%- if not execute or load_relation(newest_load) is none -%}
        {{ return(everything) }}
    {%- endif -%}
    {%- set load_id = run_query('select load_id from ' ~ newest_load).rows[0][0] -%}
    {%- do everything.update({'load_id': load_id}) -%}
    {%- do nothing.update({'load_id': load_id}) -%}
    {%- set built = built_load(relation) -%}
    {%- if built is none or built.definition != model_definition(model.unique_id) -%}
        {{ return(everything) }}
    {%- endif -%}
    {%- set loads_since -%}
        select
            -- the ledger dates an interval by its UTC day: the local day may be the next, and an hour may reach into it
            min(affected_from_date) - 1 as from_date,
            max(affected_to_date) + 1 as to_date,
            count(case when table_name in ('meters', 'sites') then 1 end) as loads_of_meters_and_sites
        from {{ ledger }}
        where
            source_name = 'energy'
            and table_name in ('readings', 'readings_hh', 'meters', 'sites')
            and load_status <> 'refused'
            and file_id > {{ built.load_id }}
            and file_id <= {{ load_id }}
    {%- endset -%}
    {%- set row = run_query(loads_since).rows[0] -%}
    {%- if row[2] > 0 -%}
        {{ return(everything) }}
    {%- elif row[0] is none -%}
        {{ return(nothing) }}
    {%- endif -%}
    {{ return({'has_changes': true, 'from_date': row[0] | string, 'to_date': row[1] | string, 'load_id': load_id}) }}
{%- endmacro %}
