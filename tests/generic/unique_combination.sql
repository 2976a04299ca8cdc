{% test unique_combination(model, columns) %}

with

rows_by_key as (

    select
        {{ columns | join(', ') }},
        count(*) as row_count

    from {{ model }}
    group by {{ columns | join(', ') }}

)

select * from rows_by_key
where row_count > 1

{% endtest %}
