{% macro in_ranges(day, ranges, padding_days=0) -%}
    {#- Constants, not a join: only so does PostgreSQL read the blocks of the days alone (BRIN). -#}
    {%- if not ranges -%}
        false
    {%- else -%}
        (
            {%- for range in ranges %}
            {{ day }} between date '{{ range.from_date }}' - {{ padding_days }}
            and date '{{ range.to_date }}' + {{ padding_days }}
            {%- if not loop.last %} or {%- endif %}
            {%- endfor %}
        )
    {%- endif -%}
{%- endmacro %}
