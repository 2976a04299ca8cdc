with

bills as (

    select * from {{ ref('int_energy__bills') }}

),

bill_days as (

    select * from {{ ref('int_energy__bill_days') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

vat_rates as (

    select * from {{ ref('vat_rates') }}

),

totals as (

    select
        invoice_id,
        cast(count(*) as integer) as days_billed,
        cast(count(already_billed_by_invoice_id) as integer) as days_already_billed,
        cast(sum(coalesce(consumption_kwh, 0)) as numeric(18, 3)) as consumption_kwh,
        cast(sum(coalesce(read_half_hours, 0)) as bigint) as half_hours_read,
        cast(sum(expected_half_hours) as bigint) as half_hours_expected,
        max(already_billed_by_invoice_id) as already_billed_by_invoice_id,
        max(peak_squared) as peak_squared

    from bill_days
    group by invoice_id

),

final as (

    select
        -- ids
        bills.invoice_id,
        bills.meter_id,
        totals.already_billed_by_invoice_id,

        -- strings
        meters.fuel,

        -- numerics
        totals.days_billed,
        totals.days_already_billed,
        totals.consumption_kwh,
        totals.half_hours_read,
        totals.half_hours_expected,
        {{ peak_kva('totals.peak_squared') }} as peak_demand_kva,

        -- booleans
        bills.is_gap,
        -- at the limit is within it: "not exceeding"
        totals.consumption_kwh <= vat_rates.de_minimis_kwh_per_day * totals.days_billed as is_small_supply,

        -- dates
        bills.period_start_date,
        bills.period_end_date

    from bills
    inner join totals
        on bills.invoice_id = totals.invoice_id
    left join meters
        on bills.meter_id = meters.meter_id
    left join vat_rates
        on
            meters.fuel = vat_rates.fuel
            and bills.period_end_date between vat_rates.valid_from_date and vat_rates.valid_to_date

)

select * from final
