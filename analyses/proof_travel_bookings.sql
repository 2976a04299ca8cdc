{{ config(group='travel') }}

with

bookings as (

    select * from {{ ref('stg_travel__bookings') }}
    where booking_status = 'travelled'

),

counted as (

    select count(distinct booking_id) as travel_bookings
    from bookings

)

select * from counted
