with

bills as (

    select * from {{ ref('int_energy__bill_totals') }}

),

bill_days as (

    select * from {{ ref('int_energy__bill_days') }}

),

rates_in_force as (

    select * from {{ ref('int_energy__rates_in_force') }}

),

levy_rates as (

    select * from {{ ref('climate_change_levy_rates') }}

),

-- which rate holds on which days of a bill ----------------------------------------------------------------------------

rates_of_bills as (

    select
        bills.invoice_id,
        rates.contract_id,
        rates.element,
        rates.rate_band,
        rates.rate_unit,
        rates.rate_gbp,
        rates.agreed_capacity_kva,
        rates.is_contract_expired,
        rates.is_pass_through,
        rates.is_published,
        rates.rate_from_date,
        greatest(rates.valid_from_date, bills.period_start_date) as from_date,
        least(rates.valid_to_date, bills.period_end_date) as to_date

    from bills
    inner join rates_in_force as rates
        on
            bills.meter_id = rates.meter_id
            and bills.period_start_date <= rates.valid_to_date
            and bills.period_end_date >= rates.valid_from_date

),

agreed_capacities as (

    select * from rates_of_bills
    where element = 'capacity'

),

excess_of_bills as (

    -- demand is held against the capacity that was agreed on the day
    select
        excess.invoice_id,
        excess.contract_id,
        excess.element,
        excess.rate_band,
        excess.rate_unit,
        excess.rate_gbp,
        coalesce(excess.agreed_capacity_kva, agreed.agreed_capacity_kva) as agreed_capacity_kva,
        excess.is_contract_expired,
        excess.is_pass_through,
        excess.is_published,
        excess.rate_from_date,
        greatest(excess.from_date, agreed.from_date) as from_date,
        least(excess.to_date, agreed.to_date) as to_date

    from rates_of_bills as excess
    inner join agreed_capacities as agreed
        on
            excess.invoice_id = agreed.invoice_id
            and excess.from_date <= agreed.to_date
            and excess.to_date >= agreed.from_date
    where excess.element = 'excess_capacity'

),

levies_of_bills as (

    select
        bills.invoice_id,
        cast(null as varchar) as contract_id,
        'ccl' as element,
        'all' as rate_band,
        'kwh' as rate_unit,
        cast(levy_rates.rate_gbp_per_kwh as numeric(18, 6)) as rate_gbp,
        cast(null as numeric(12, 2)) as agreed_capacity_kva,
        false as is_contract_expired,
        false as is_pass_through,
        levy_rates.is_published,
        levy_rates.valid_from_date as rate_from_date,
        greatest(levy_rates.valid_from_date, bills.period_start_date) as from_date,
        least(levy_rates.valid_to_date, bills.period_end_date) as to_date

    from bills
    inner join levy_rates
        on
            bills.fuel = levy_rates.fuel
            and bills.period_start_date <= levy_rates.valid_to_date
            and bills.period_end_date >= levy_rates.valid_from_date
    where not bills.is_small_supply

),

charges_of_bills as (

    select * from rates_of_bills
    where element != 'excess_capacity'
    union all
    select * from excess_of_bills
    union all
    select * from levies_of_bills

),

-- what was used on these days -----------------------------------------------------------------------------------------

spans as (

    select distinct
        invoice_id,
        from_date,
        to_date

    from charges_of_bills

),

bill_days_told_apart as (

    select
        bill_days.invoice_id,
        bill_days.settlement_date,
        bill_days.consumption_kwh,
        bill_days.night_kwh,
        bill_days.day_kwh,
        bill_days.red_kwh,
        bill_days.amber_kwh,
        bill_days.green_kwh,
        bill_days.already_billed_by_invoice_id is not null as is_already_billed,
        -- a kvarh is a thousand million millionths of a varh
        bill_days.chargeable_reactive_micro_varh * 0.000000001 as chargeable_kvarh

    from bill_days

),

use_in_spans as (

    select
        spans.invoice_id,
        spans.from_date,
        spans.to_date,
        days_used.is_already_billed,
        cast(count(*) as numeric(24, 9)) as day_count,
        cast(sum(days_used.consumption_kwh) as numeric(24, 9)) as all_kwh,
        cast(sum(days_used.night_kwh) as numeric(24, 9)) as night_kwh,
        cast(sum(days_used.day_kwh) as numeric(24, 9)) as day_kwh,
        cast(sum(days_used.red_kwh) as numeric(24, 9)) as red_kwh,
        cast(sum(days_used.amber_kwh) as numeric(24, 9)) as amber_kwh,
        cast(sum(days_used.green_kwh) as numeric(24, 9)) as green_kwh,
        cast(sum(days_used.chargeable_kvarh) as numeric(24, 9)) as chargeable_kvarh

    from spans
    inner join bill_days_told_apart as days_used
        on
            spans.invoice_id = days_used.invoice_id
            and days_used.settlement_date between spans.from_date and spans.to_date
    group by
        spans.invoice_id,
        spans.from_date,
        spans.to_date,
        days_used.is_already_billed

),

quantities as (

    select
        charges.*,
        bills.meter_id,
        bills.is_gap,
        used.is_already_billed,
        case
            when charges.element in ('standing', 'tnuos') then used.day_count
            when charges.element = 'capacity' then cast(charges.agreed_capacity_kva * used.day_count as numeric(24, 9))
            when charges.element = 'excess_capacity'
                then cast(
                    greatest(bills.peak_demand_kva - charges.agreed_capacity_kva, 0) * used.day_count as numeric(24, 9)
                )
            when charges.element = 'reactive' then used.chargeable_kvarh
            when charges.rate_band = 'night' then used.night_kwh
            when charges.rate_band = 'day' then used.day_kwh
            when charges.rate_band = 'red' then used.red_kwh
            when charges.rate_band = 'amber' then used.amber_kwh
            when charges.rate_band = 'green' then used.green_kwh
            else used.all_kwh
        end as quantity

    from charges_of_bills as charges
    inner join bills
        on charges.invoice_id = bills.invoice_id
    inner join use_in_spans as used
        on
            charges.invoice_id = used.invoice_id
            and charges.from_date = used.from_date
            and charges.to_date = used.to_date

),

-- one line a rate, also where another contract held in between ----------------------------------------------------

lines as (

    select
        invoice_id,
        meter_id,
        contract_id,
        element,
        rate_band,
        rate_unit,
        rate_gbp,
        is_pass_through,
        is_published,
        is_gap,
        -- a kvarh is billed with three decimals; all else has no more
        cast(coalesce(sum(quantity), 0) as numeric(18, 3)) as quantity,
        cast(
            coalesce(sum(case when is_already_billed then quantity end), 0) as numeric(18, 3)
        ) as already_billed_quantity,
        max(case when is_contract_expired then 1 else 0 end) = 1 as is_contract_expired,
        min(from_date) as valid_from_date,
        max(to_date) as valid_to_date

    from quantities
    group by
        invoice_id,
        meter_id,
        contract_id,
        element,
        rate_band,
        rate_unit,
        rate_gbp,
        is_pass_through,
        is_published,
        is_gap,
        rate_from_date

),

lines_in_pounds as (

    select
        lines.*,
        {{ rounded_product('quantity', 'rate_gbp', 18, 2) }} as full_period_gbp,
        {{ rounded_product('already_billed_quantity', 'rate_gbp', 18, 2) }} as timing_gbp

    from lines

),

final as (

    select
        -- ids
        invoice_id,
        meter_id,
        contract_id,

        -- strings
        element,
        rate_band,
        rate_unit as quantity_unit,

        -- numerics
        cast(quantity as numeric(18, 4)) as quantity,
        cast(already_billed_quantity as numeric(18, 4)) as already_billed_quantity,
        cast(rate_gbp as numeric(18, 6)) as rate_gbp,
        cast(full_period_gbp as numeric(18, 4)) as full_period_gbp,
        cast(timing_gbp as numeric(18, 4)) as timing_gbp,
        cast(full_period_gbp - timing_gbp as numeric(18, 4)) as virtual_gbp,

        -- booleans
        is_contract_expired,
        is_pass_through,
        is_published,
        is_gap,

        -- dates
        valid_from_date,
        valid_to_date

    from lines_in_pounds
    -- a bill has no line for demand within the agreed capacity, nor for reactive energy that is not chargeable
    where element not in ('excess_capacity', 'reactive') or quantity > 0

)

select * from final
