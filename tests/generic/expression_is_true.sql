{% test expression_is_true(model, expression, column_name=none) %}

with

rows_checked as (

    select
        *,
        -- unknown is not true: a null in the expression must not pass
        coalesce({{ column_name if column_name else '' }} {{ expression }}, false) as is_true

    from {{ model }}

)

select * from rows_checked
where not is_true

{% endtest %}
