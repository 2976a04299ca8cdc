with

source as (

    select * from {{ source('energy', 'contracts') }}

),

ranked_by_file as (

    -- a key seen again in a later file is a revision
    select
        source.*,
        coalesce(source.is_pass_through, false) as is_passed_through,
        dense_rank() over (
            partition by source.contract_id, source.element, source.rate_band, source.valid_from_date
            order by source._file_id desc
        ) as file_rank

    from source

),

renamed as (

    select
        -- ids
        contract_id,
        meter_id,
        supplier_id,
        _file_id as file_id,

        -- strings
        supplier_name,
        element,
        rate_band,
        rate_unit,

        -- numerics
        rate_gbp,
        agreed_capacity_kva,

        -- booleans
        is_passed_through as is_pass_through,

        -- dates
        valid_from_date,
        coalesce(valid_to_date, cast('9999-12-31' as date)) as valid_to_date

    from ranked_by_file
    where file_rank = 1

)

select * from renamed
