{{ config(group='travel') }}

with

bookings as (

    select * from {{ ref('stg_travel__bookings') }}

),

expense_lines as (

    select * from {{ ref('stg_travel__expense_lines') }}

),

money as (

    select net_gbp
    from bookings

    union all

    select expense_lines.net_gbp
    from expense_lines
    where
        not exists (
            select 1 as found
            from bookings
            where bookings.booking_id = expense_lines.booking_id
        )

),

added_up as (

    select sum(net_gbp) as travel_spend_gbp
    from money

)

select * from added_up
