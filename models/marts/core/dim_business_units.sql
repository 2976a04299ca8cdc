with

business_units as (

    select * from {{ ref('stg_core__business_units') }}

),

final as (

    select
        -- ids
        business_unit_id,

        -- strings
        business_unit_name

    from business_units

)

select * from final
