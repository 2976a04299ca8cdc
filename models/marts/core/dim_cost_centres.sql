with

cost_centres as (

    select * from {{ ref('stg_core__cost_centres') }}

),

final as (

    select
        -- ids
        cost_centre_id,
        business_unit_id,

        -- strings
        cost_centre_name

    from cost_centres

)

select * from final
