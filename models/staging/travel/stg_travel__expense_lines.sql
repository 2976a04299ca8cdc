with

source as (

    select * from {{ source('travel', 'expense_lines') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        *,
        row_number() over (
            partition by expense_line_id
            order by _file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        expense_line_id,
        claim_id,
        traveller_id,
        cost_centre_id,
        booking_id,

        -- strings
        expense_type,

        -- numerics
        distance_miles,
        net_gbp,
        vat_gbp,

        -- dates
        spend_date

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
