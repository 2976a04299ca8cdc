{% test periods_do_not_overlap(model, partition_by) %}

with

periods as (

    select
        {{ partition_by | join(', ') }},
        valid_from_date,
        coalesce(valid_to_date, cast('9999-12-31' as date)) as valid_to_date

    from {{ model }}

),

periods_with_next as (

    select
        periods.*,
        lead(valid_from_date) over (
            partition by {{ partition_by | join(', ') }}
            order by valid_from_date, valid_to_date
        ) as next_valid_from_date

    from periods

)

-- both ends are inclusive: the next period starts after this one has ended
select * from periods_with_next
where valid_to_date < valid_from_date or next_valid_from_date <= valid_to_date

{% endtest %}
