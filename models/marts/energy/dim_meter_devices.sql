with

meters as (

    select * from {{ ref('stg_energy__meters') }}

),

devices_with_successors as (

    select
        meters.*,
        lead(meters.valid_from_date) over (
            partition by meters.meter_id
            order by meters.valid_from_date
        ) as next_from_date

    from meters

),

final as (

    select
        -- ids
        meter_id,
        related_meter_id,

        -- strings
        serial_number,
        relation,

        -- dates
        valid_from_date,
        case
            when next_from_date is null then valid_to_date
            when valid_to_date is null or valid_to_date >= next_from_date then next_from_date - 1
            else valid_to_date
        end as valid_to_date

    from devices_with_successors

)

select * from final
