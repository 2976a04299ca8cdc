with

findings as (

    select * from {{ ref('stg_savings__bill_findings') }}

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}

),

sites as (

    select * from {{ ref('dim_sites') }}

),

findings_placed as (

    -- The site as it was on the last day concerned. What is first known of it is taken to have held before.
    select
        findings.*,
        sites.site_key,
        findings.basis in ('recoverable', 'avoidable') as is_saving,
        findings.period_end_date between as_of.period_start_date and as_of.as_of_date as is_in_headline_period

    from findings
    cross join as_of
    left join sites
        on
            findings.site_id = sites.site_id
            and findings.period_end_date <= sites.valid_to_date
            and (sites.is_first_version or findings.period_end_date >= sites.valid_from_date)

),

findings_typed as (

    select
        *,
        cast(found_gbp as numeric(18, 4)) as whole_gbp,
        cast(sequenced_gbp as numeric(18, 4)) as own_gbp

    from findings_placed

),

final as (

    select
        -- ids
        finding_id,
        detector_id,
        invoice_id,
        other_invoice_id,
        meter_id,
        site_id,
        site_key,

        -- strings
        element,
        error_code,
        basis,
        sentence,
        evidence,
        detector_version,

        -- numerics
        whole_gbp as found_gbp,
        own_gbp as sequenced_gbp,

        -- booleans
        is_saving,
        is_in_headline_period,

        -- dates
        period_start_date,
        period_end_date

    from findings_typed

)

select * from final
