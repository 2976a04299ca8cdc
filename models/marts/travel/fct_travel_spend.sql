with

bookings as (

    select * from {{ ref('stg_travel__bookings') }}

),

expense_lines as (

    select * from {{ ref('stg_travel__expense_lines') }}

),

cost_centres as (

    select * from {{ ref('dim_cost_centres') }}

),

lead_times_measured as (

    -- A booking made after travel began (an extension, a late record) counts as no lead time at all: leaving it out
    -- would make the average look better than it is.
    select
        *,
        travel_start_date - booked_date as days_from_booking_to_travel

    from bookings

),

booking_costs as (

    select
        booking_id,
        traveller_id,
        cost_centre_id,
        supplier_id,
        supplier_name,
        travel_mode as travel_category,
        booking_status,
        nights,
        net_gbp as spend_gbp,
        vat_gbp,
        booked_date,
        travel_start_date,
        travel_end_date,
        travel_start_date as spend_date,
        is_travelled as is_travelled_booking,
        is_booked_after_start,
        'booking-' || booking_id as travel_cost_id,
        'agency_booking' as cost_source,
        cast(null as {{ dbt.type_string() }}) as claim_id,
        case
            when is_travelled then cast(greatest(days_from_booking_to_travel, 0) as integer)
        end as lead_time_days,
        cast(null as numeric(12, 2)) as distance_miles,
        cast(0 as numeric(18, 4)) as repeated_gbp,
        cast(0 as numeric(18, 4)) as repeated_vat_gbp,
        false as is_repeat,
        false as has_unknown_booking

    from lead_times_measured

),

expense_lines_matched_to_bookings as (

    -- A claim that repeats a booking is money already counted with the booking: it is kept, but counts nothing.
    select
        expense_lines.*,
        bookings.booking_id is not null as is_repeat,
        expense_lines.booking_id is not null and bookings.booking_id is null as has_unknown_booking

    from expense_lines
    left join bookings
        on expense_lines.booking_id = bookings.booking_id

),

expense_costs as (

    select
        booking_id,
        traveller_id,
        cost_centre_id,
        cast(null as {{ dbt.type_string() }}) as supplier_id,
        cast(null as {{ dbt.type_string() }}) as supplier_name,
        expense_type as travel_category,
        cast(null as {{ dbt.type_string() }}) as booking_status,
        cast(null as integer) as nights,
        case when is_repeat then 0 else net_gbp end as spend_gbp,
        case when is_repeat then 0 else vat_gbp end as vat_gbp,
        cast(null as date) as booked_date,
        cast(null as date) as travel_start_date,
        cast(null as date) as travel_end_date,
        spend_date,
        false as is_travelled_booking,
        false as is_booked_after_start,
        'expense-' || expense_line_id as travel_cost_id,
        'expense_claim' as cost_source,
        claim_id,
        cast(null as integer) as lead_time_days,
        distance_miles,
        case when is_repeat then net_gbp else 0 end as repeated_gbp,
        case when is_repeat then vat_gbp else 0 end as repeated_vat_gbp,
        is_repeat,
        has_unknown_booking

    from expense_lines_matched_to_bookings

),

costs as (

    select * from booking_costs

    union all

    select * from expense_costs

),

final as (

    select
        -- ids
        costs.travel_cost_id,
        costs.booking_id,
        costs.claim_id,
        costs.traveller_id,
        costs.cost_centre_id,
        cost_centres.business_unit_id,
        costs.supplier_id,

        -- strings
        costs.cost_source,
        costs.travel_category,
        costs.booking_status,
        costs.supplier_name,

        -- numerics
        costs.nights,
        costs.lead_time_days,
        costs.distance_miles,
        cast(costs.spend_gbp as numeric(18, 4)) as spend_gbp,
        cast(costs.vat_gbp as numeric(18, 4)) as vat_gbp,
        cast(costs.repeated_gbp as numeric(18, 4)) as repeated_gbp,
        cast(costs.repeated_vat_gbp as numeric(18, 4)) as repeated_vat_gbp,

        -- booleans
        costs.is_travelled_booking,
        costs.is_booked_after_start,
        costs.is_repeat,
        costs.has_unknown_booking,

        -- dates
        costs.spend_date,
        costs.booked_date,
        costs.travel_start_date,
        costs.travel_end_date

    from costs
    left join cost_centres
        on costs.cost_centre_id = cost_centres.cost_centre_id

)

select * from final
