{% macro london_local_time(utc_timestamp) -%}
    {#- The same text on DuckDB and PostgreSQL: first the bare UTC timestamp becomes a moment, then London's clock at it. -#}
    (({{ utc_timestamp }} at time zone 'UTC') at time zone 'Europe/London')
{%- endmacro %}
