with

source as (

    select * from {{ source('travel', 'bookings') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        *,
        row_number() over (
            partition by booking_id
            order by _file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        booking_id,
        traveller_id,
        cost_centre_id,
        supplier_id,
        _file_id as file_id,

        -- strings
        supplier_name,
        travel_mode,
        booking_status,

        -- numerics
        nights,
        net_gbp,
        vat_gbp,

        -- dates
        booked_date,
        travel_start_date,
        travel_end_date,

        -- booleans
        booking_status = 'travelled' as is_travelled,
        booked_date > travel_start_date as is_booked_after_start

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
