with

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

invoice_status as (

    select * from {{ ref('int_energy__invoice_status') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

sites as (

    select * from {{ ref('dim_sites') }}
    where is_current

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

standing_invoices as (

    select invoices.*
    from invoices
    inner join invoice_status
        on invoices.invoice_id = invoice_status.invoice_id
    -- what is given back in part has no bill of its own to be held against
    where
        invoice_status.invoice_status = 'standing'
        and invoices.invoice_type = 'invoice'

),

-- days that no bill covers --------------------------------------------------------------------------------------------

billed_stretches as (

    select
        meter_id,
        period_start_date,
        max(period_end_date) over (
            partition by meter_id
            order by period_start_date, period_end_date
            rows between unbounded preceding and current row
        ) as covered_to_date,
        lead(period_start_date) over (
            partition by meter_id order by period_start_date, period_end_date
        ) as next_start_date

    from standing_invoices

),

unbilled_stretches as (

    select
        billed_stretches.meter_id,
        billed_stretches.covered_to_date + 1 as period_start_date,
        least(
            -- after the last bill: a bill may be 45 days late
            coalesce(billed_stretches.next_start_date - 1, as_of.as_of_date - 46),
            coalesce(meters.last_date, cast('9999-12-31' as date)),
            coalesce(sites.close_date, cast('9999-12-31' as date))
        ) as period_end_date

    from billed_stretches
    cross join as_of
    inner join meters
        on billed_stretches.meter_id = meters.meter_id
    left join sites
        on meters.site_id = sites.site_id

),

final as (

    select
        invoice_id,
        meter_id,
        supplier_id,
        is_estimated,
        false as is_gap,
        issue_date,
        period_start_date,
        period_end_date

    from standing_invoices
    union all
    select
        'gap-' || meter_id || '-' || replace(cast(period_start_date as varchar), '-', '') as invoice_id,
        meter_id,
        cast(null as varchar) as supplier_id,
        false as is_estimated,
        true as is_gap,
        cast(null as date) as issue_date,
        period_start_date,
        period_end_date

    from unbilled_stretches
    where period_start_date <= period_end_date

)

select * from final
