{{ config(group='travel') }}

with

bookings as (

    select * from {{ ref('stg_travel__bookings') }}
    where booking_status = 'travelled'

),

lead_times as (

    -- Whole days between two dates; a booking made after travel began has none.
    select case when travel_start_date > booked_date then travel_start_date - booked_date else 0 end as lead_time_days
    from bookings

),

divided as (

    select cast(sum(lead_time_days) as double precision) / nullif(count(*), 0) as average_lead_time_days
    from lead_times

)

select * from divided
