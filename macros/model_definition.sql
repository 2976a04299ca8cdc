{% macro model_definition(unique_id) -%}
    {#-
        A hash over the files of a model and of all models and seeds above it: it changes when a rule, a factor or a
        rate changes. Macros are not in it (dbt does not show their text here): after changing one, use --full-refresh.
    -#}
    {%- set seen = [] -%}
    {%- set waiting = [unique_id] -%}
    {%- set checksums = [] -%}
    {%- for _ in range(graph.nodes | length) if waiting -%}
        {%- set current = waiting.pop() -%}
        {%- if current in graph.nodes and current not in seen -%}
            {%- do seen.append(current) -%}
            {%- do checksums.append(current ~ graph.nodes[current].checksum.checksum) -%}
            {%- do waiting.extend(graph.nodes[current].depends_on.nodes | default([])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(checksums | sort | join(' '))) }}
{%- endmacro %}
