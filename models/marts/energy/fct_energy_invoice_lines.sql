with

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

invoice_lines as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

vat_rates as (

    select * from {{ ref('vat_rates') }}

),

energy_billed as (

    select
        invoice_id,
        -- empty, not nothing, where the bill has no line in kWh
        sum(case when element = 'unit' and quantity_unit = 'kwh' then quantity end) as billed_kwh

    from invoice_lines
    group by invoice_id

),

invoices_with_vat_due as (

    select
        invoices.invoice_id,
        invoices.meter_id,
        invoices.supplier_id,
        invoices.is_estimated,
        invoices.period_start_date,
        invoices.period_end_date,
        meter_sites.site_id,
        meter_sites.site_key,
        meter_sites.fuel,
        cast(invoices.period_end_date - invoices.period_start_date + 1 as integer) as days_billed,
        -- at the limit is within it: "not exceeding"; a credit is due at the rate of the energy that it takes back
        case
            when energy_billed.billed_kwh is null then null
            when
                abs(energy_billed.billed_kwh)
                <= vat_rates.de_minimis_kwh_per_day * (invoices.period_end_date - invoices.period_start_date + 1)
                then vat_rates.reduced_rate_pct
            else vat_rates.standard_rate_pct
        end as vat_rate_due_pct

    from invoices
    inner join energy_billed
        on invoices.invoice_id = energy_billed.invoice_id
    left join meter_sites
        on
            invoices.meter_id = meter_sites.meter_id
            and invoices.period_end_date between meter_sites.valid_from_date and meter_sites.valid_to_date
    left join vat_rates
        on
            meter_sites.fuel = vat_rates.fuel
            and invoices.period_end_date between vat_rates.valid_from_date and vat_rates.valid_to_date

),

final as (

    select
        -- ids
        invoice_lines.invoice_id,
        invoice_lines.line_number,
        invoices.meter_id,
        invoices.site_id,
        invoices.site_key,
        invoices.supplier_id,

        -- strings
        invoices.fuel,
        invoice_lines.element,
        invoice_lines.rate_band,
        invoice_lines.quantity_unit,

        -- numerics
        invoice_lines.quantity,
        invoice_lines.rate_gbp,
        invoice_lines.net_gbp,
        invoice_lines.vat_rate_pct,
        cast(invoices.vat_rate_due_pct as numeric(5, 2)) as vat_rate_due_pct,
        invoice_lines.vat_gbp,
        cast(invoice_lines.net_gbp + invoice_lines.vat_gbp as numeric(18, 4)) as gross_gbp,
        invoices.days_billed,

        -- booleans
        cast(invoices.invoice_id is not null as boolean) as has_invoice,
        invoices.is_estimated,

        -- dates
        invoices.period_start_date,
        invoices.period_end_date

    from invoice_lines
    -- a line is money billed, also while its header has not come
    left join invoices_with_vat_due as invoices
        on invoice_lines.invoice_id = invoices.invoice_id

)

select * from final
