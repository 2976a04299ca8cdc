with

contracts as (

    select * from {{ ref('stg_energy__contracts') }}

),

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

bookings as (

    select * from {{ ref('stg_travel__bookings') }}

),

suppliers_of_all_domains as (

    select
        supplier_id,
        supplier_name,
        file_id,
        true as is_energy_supplier,
        false as is_travel_supplier

    from contracts

    union all

    -- a bill may come from a supplier whose contract is not at hand
    select
        supplier_id,
        null as supplier_name,
        file_id,
        true as is_energy_supplier,
        false as is_travel_supplier

    from invoices

    union all

    select
        supplier_id,
        supplier_name,
        file_id,
        false as is_energy_supplier,
        true as is_travel_supplier

    from bookings

),

suppliers_ranked as (

    select
        suppliers_of_all_domains.*,
        row_number() over (
            partition by suppliers_of_all_domains.supplier_id
            order by
                case when suppliers_of_all_domains.supplier_name is null then 1 else 0 end asc,
                suppliers_of_all_domains.file_id desc,
                suppliers_of_all_domains.supplier_name asc
        ) as newest_first

    from suppliers_of_all_domains

),

final as (

    select
        -- ids
        supplier_id,

        -- strings
        max(case when newest_first = 1 then supplier_name end) as supplier_name,

        -- booleans
        max(case when is_energy_supplier then 1 else 0 end) = 1 as is_energy_supplier,
        max(case when is_travel_supplier then 1 else 0 end) = 1 as is_travel_supplier

    from suppliers_ranked
    group by supplier_id

)

select * from final
