{% macro model_definition(unique_id) -%}
    {#-
        A hash over the files of a model, of all models and seeds above it, and of the project's macros that any of these
        calls, through other macros too: it changes when a rule, a factor or a rate changes, wherever it is written.
        The bookkeeping of increments is left out: it says which days are built, not what they hold, and dbt counts it
        among a model's macros in some runs only.
    -#}
    {%- set bookkeeping = ['changed_days', 'remember_built_load'] -%}
    {%- set seen = [] -%}
    {%- set waiting = [unique_id] -%}
    {%- set definitions = [] -%}
    {#- Each round takes one name off the list; a name is put on it once for each place that uses it. -#}
    {%- for _ in range(100000) if waiting -%}
        {%- set current = waiting.pop() -%}
        {%- set name = current.split('.')[-1] -%}
        {%- if current in seen or name in bookkeeping -%}
            {#- nothing to add -#}
        {%- elif current in graph.nodes -%}
            {%- set node = graph.nodes[current] -%}
            {%- do seen.append(current) -%}
            {%- do definitions.append(current ~ node.checksum.checksum) -%}
            {%- do waiting.extend(node.depends_on.nodes | default([])) -%}
            {%- do waiting.extend(node.depends_on.macros | default([])) -%}
        {%- elif current.startswith('macro.' ~ project_name ~ '.') -%}
            {%- set macro = context[project_name][name].macro -%}
            {%- do seen.append(current) -%}
            {%- do definitions.append(current ~ local_md5(macro.macro_sql)) -%}
            {%- do waiting.extend(macro.depends_on.macros) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(definitions | sort | join(' '))) }}
{%- endmacro %}
