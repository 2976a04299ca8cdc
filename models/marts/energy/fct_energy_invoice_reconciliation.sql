with

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

invoice_status as (

    select * from {{ ref('int_energy__invoice_status') }}

),

invoice_lines as (

    select * from {{ ref('fct_energy_invoice_lines') }}

),

bills as (

    select * from {{ ref('int_energy__bill_totals') }}

),

virtual_lines as (

    select * from {{ ref('fct_energy_virtual_bill_lines') }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

rates_in_force as (

    select * from {{ ref('int_energy__rates_in_force') }}

),

vat_rates as (

    select * from {{ ref('vat_rates') }}

),

-- what was billed -----------------------------------------------------------------------------------------------------

billed_by_band as (

    select
        invoice_id,
        element,
        rate_band,
        min(quantity_unit) as quantity_unit,
        sum(quantity) as billed_quantity,
        sum(net_gbp) as billed_gbp,
        -- what the lines would come to if each were its quantity times its rate
        sum({{ rounded_product('quantity', 'rate_gbp', 18, 2) }}) as multiplied_gbp

    from invoice_lines
    group by
        invoice_id,
        element,
        rate_band

),

-- what should have been -----------------------------------------------------------------------------------------------

virtual_by_band as (

    select
        invoice_id,
        element,
        rate_band,
        -- thousandths of a unit times millionths of a pound: whole numbers, to be divided without a remainder
        cast(sum(quantity * rate_gbp) * 1000000000 as bigint) as rated_quantity,
        cast(sum(quantity) * 1000 as bigint) as whole_quantity,
        min(quantity_unit) as quantity_unit,
        max(contract_id) as contract_id,
        sum(quantity) as virtual_quantity,
        sum(already_billed_quantity) as already_billed_quantity,
        sum(full_period_gbp) as full_period_gbp,
        sum(timing_gbp) as timing_gbp,
        max(rate_gbp) as virtual_rate_gbp,
        count(distinct rate_gbp) as rate_count,
        max(case when is_contract_expired then 1 else 0 end) as expired_lines

    from virtual_lines
    group by
        invoice_id,
        element,
        rate_band

),

bands_side_by_side as (

    select
        due.contract_id,
        coalesce(billed.invoice_id, due.invoice_id) as invoice_id,
        coalesce(billed.element, due.element) as element,
        coalesce(billed.quantity_unit, due.quantity_unit) as quantity_unit,
        coalesce(billed.billed_quantity, 0) as billed_quantity,
        coalesce(billed.billed_gbp, 0) as billed_gbp,
        coalesce(billed.multiplied_gbp, 0) as multiplied_gbp,
        coalesce(due.virtual_quantity, 0) as virtual_quantity,
        coalesce(due.already_billed_quantity, 0) as already_billed_quantity,
        coalesce(due.full_period_gbp, 0) as full_period_gbp,
        coalesce(due.timing_gbp, 0) as timing_gbp,
        coalesce(due.expired_lines, 0) as expired_lines,
        billed.invoice_id is not null as has_billed_line,
        due.invoice_id is not null as has_virtual_line,
        -- the billed quantity at the rate that was due: what parts the error of the rate from that of the quantity
        case
            when billed.invoice_id is null then 0
            when due.invoice_id is null then billed.multiplied_gbp
            when billed.billed_quantity = due.virtual_quantity then due.full_period_gbp
            when due.rate_count = 1 or due.whole_quantity = 0
                then {{ rounded_product('billed.billed_quantity', 'due.virtual_rate_gbp', 18, 2) }}
            else
                {{ rounded_product(
                    'billed.billed_quantity',
                    'cast((due.rated_quantity - mod(due.rated_quantity, due.whole_quantity))'
                    ~ ' / due.whole_quantity as bigint) * 0.000001',
                    18, 2
                ) }}
        end as billed_quantity_at_virtual_rate_gbp

    from billed_by_band as billed
    full outer join virtual_by_band as due
        on
            billed.invoice_id = due.invoice_id
            and billed.element = due.element
            and billed.rate_band = due.rate_band

),

charges_by_element as (

    select
        invoice_id,
        element,
        min(quantity_unit) as quantity_unit,
        max(contract_id) as contract_id,
        sum(billed_quantity) as billed_quantity,
        sum(virtual_quantity - already_billed_quantity) as virtual_quantity,
        sum(billed_gbp) as billed_gbp,
        sum(full_period_gbp - timing_gbp) as virtual_gbp,
        sum(timing_gbp) as timing_gbp,
        sum(multiplied_gbp - billed_quantity_at_virtual_rate_gbp) as rate_difference_gbp,
        sum(billed_quantity_at_virtual_rate_gbp - full_period_gbp) as quantity_difference_gbp,
        max(expired_lines) = 1 as is_contract_expired,
        count(case when has_billed_line then 1 end) > 0 as has_billed_line,
        count(case when has_virtual_line then 1 end) > 0 as has_virtual_line

    from bands_side_by_side
    group by
        invoice_id,
        element

),

-- VAT is held against the lines as billed: a wrong net amount is not a wrong rate of VAT as well ------------------

lines_with_rate_due as (

    select
        invoice_lines.invoice_id,
        invoice_lines.net_gbp,
        invoice_lines.vat_gbp,
        case
            when invoice_lines.vat_rate_due_pct is not null then invoice_lines.vat_rate_due_pct
            -- a bill that shows no energy is judged by what was read
            when bills.is_small_supply then vat_rates.reduced_rate_pct
            else vat_rates.standard_rate_pct
        end as vat_rate_due_pct

    from invoice_lines
    left join bills
        on
            invoice_lines.invoice_id = bills.invoice_id
            and bills.half_hours_read > 0
    left join vat_rates
        on
            bills.fuel = vat_rates.fuel
            and bills.period_end_date between vat_rates.valid_from_date and vat_rates.valid_to_date

),

lines_with_vat_due as (

    select
        invoice_id,
        vat_gbp,
        {{ rounded_product('net_gbp', 'vat_rate_due_pct * 0.01', 18, 2) }} as vat_due_gbp

    from lines_with_rate_due

),

vat_by_invoice as (

    select
        lines_with_vat_due.invoice_id,
        'vat' as element,
        cast(null as varchar) as quantity_unit,
        cast(null as varchar) as contract_id,
        cast(null as numeric(18, 4)) as billed_quantity,
        cast(null as numeric(18, 4)) as virtual_quantity,
        -- some suppliers print VAT for the bill as a whole only
        case
            when max(abs(lines_with_vat_due.vat_gbp)) = 0 then coalesce(max(invoices.vat_gbp), 0)
            else sum(lines_with_vat_due.vat_gbp)
        end as billed_gbp,
        -- without fuel or energy nothing says which rate is due, and the bill stands
        case
            when count(lines_with_vat_due.vat_due_gbp) = 0 and max(abs(lines_with_vat_due.vat_gbp)) = 0
                then coalesce(max(invoices.vat_gbp), 0)
            else sum(coalesce(lines_with_vat_due.vat_due_gbp, lines_with_vat_due.vat_gbp))
        end as virtual_gbp,
        cast(0 as numeric(18, 4)) as timing_gbp,
        cast(0 as numeric(18, 4)) as rate_difference_gbp,
        cast(0 as numeric(18, 4)) as quantity_difference_gbp,
        false as is_contract_expired,
        true as has_billed_line,
        count(lines_with_vat_due.vat_due_gbp) > 0 as has_virtual_line

    from lines_with_vat_due
    left join invoices
        on lines_with_vat_due.invoice_id = invoices.invoice_id
    group by lines_with_vat_due.invoice_id

),

elements as (

    select * from charges_by_element
    union all
    select * from vat_by_invoice

),

elements_with_a_rate as (

    -- a rate that begins in the middle of a bill does not say what the whole of it should be
    select
        bills.invoice_id,
        rates_in_force.element,
        min(rates_in_force.valid_from_date) <= bills.period_start_date
        and max(rates_in_force.valid_to_date) >= bills.period_end_date as is_whole

    from bills
    inner join rates_in_force
        on
            bills.meter_id = rates_in_force.meter_id
            and bills.period_start_date <= rates_in_force.valid_to_date
            and bills.period_end_date >= rates_in_force.valid_from_date
    group by
        bills.invoice_id,
        bills.period_start_date,
        bills.period_end_date,
        rates_in_force.element
    union all
    select
        invoice_id,
        'ccl' as element,
        true as is_whole

    from bills
    where fuel is not null

),

invoices_with_lines as (

    select distinct invoice_id
    from invoice_lines

),

elements_of_bills as (

    select
        elements.invoice_id,
        elements.contract_id,
        elements.element,
        elements.quantity_unit,
        elements.billed_quantity,
        elements.billed_gbp,
        elements.is_contract_expired,
        elements.rate_difference_gbp,
        elements.quantity_difference_gbp,
        invoices.supplier_id,
        invoices.read_unit,
        invoices.issue_date,
        bills.already_billed_by_invoice_id,
        bills.is_small_supply,
        bills.half_hours_read,
        bills.half_hours_expected,
        coalesce(invoices.meter_id, bills.meter_id) as meter_id,
        coalesce(invoices.is_estimated, false) as is_estimated,
        coalesce(invoices.period_start_date, bills.period_start_date) as period_start_date,
        coalesce(invoices.period_end_date, bills.period_end_date) as period_end_date,
        case
            when bills.is_gap then 'gap'
            -- a line whose invoice has not come is money billed all the same
            else coalesce(invoice_status.invoice_status, 'standing')
        end as invoice_status,
        coalesce(elements_with_a_rate.is_whole, elements.has_virtual_line) as has_contract,
        case
            when invoices.invoice_type = 'credit_note' then coalesce(invoices.cancels_invoice_id, invoices.invoice_id)
        end as credited_invoice_id,
        -- what was taken back, and what has no bill or no contract to be held against, is not parted
        case
            when bills.invoice_id is null then 0
            else elements.virtual_gbp
        end as virtual_gbp,
        case
            when bills.invoice_id is null and elements.element != 'vat' then 0
            else elements.virtual_quantity
        end as virtual_quantity,
        case
            when invoice_status.invoice_status in ('cancelled', 'credit_note') then elements.billed_gbp
            when bills.invoice_id is null then 0
            else elements.timing_gbp
        end as timing_gbp,
        bills.invoice_id is not null
        and coalesce(elements_with_a_rate.is_whole, elements.has_virtual_line)
        and (bills.is_gap or invoices_with_lines.invoice_id is not null) as is_parted

    from elements
    left join invoices
        on elements.invoice_id = invoices.invoice_id
    left join invoice_status
        on elements.invoice_id = invoice_status.invoice_id
    left join bills
        on elements.invoice_id = bills.invoice_id
    left join elements_with_a_rate
        on
            elements.invoice_id = elements_with_a_rate.invoice_id
            and elements.element = elements_with_a_rate.element
    left join invoices_with_lines
        on elements.invoice_id = invoices_with_lines.invoice_id

),

differences as (

    select
        elements_of_bills.*,
        elements_of_bills.billed_gbp - elements_of_bills.virtual_gbp as difference_gbp,
        case
            when
                elements_of_bills.is_parted
                and elements_of_bills.is_estimated
                and elements_of_bills.element in ('unit', 'duos', 'ccl', 'reactive')
                then elements_of_bills.quantity_difference_gbp
            else 0
        end as estimate_gbp,
        case when elements_of_bills.is_parted then elements_of_bills.rate_difference_gbp else 0 end as rate_part_gbp,
        case
            when
                elements_of_bills.is_parted
                and not elements_of_bills.is_estimated
                and elements_of_bills.element in ('unit', 'duos', 'ccl', 'reactive')
                then elements_of_bills.quantity_difference_gbp
            else 0
        end as volume_difference_gbp,
        case
            when
                elements_of_bills.is_parted and elements_of_bills.element not in ('unit', 'duos', 'ccl', 'reactive')
                then elements_of_bills.quantity_difference_gbp
            else 0
        end as fixed_difference_gbp

    from elements_of_bills

),

final as (

    select
        -- ids
        differences.invoice_id,
        differences.meter_id,
        meter_sites.site_id,
        meter_sites.site_key,
        differences.supplier_id,
        differences.contract_id,
        differences.already_billed_by_invoice_id,
        differences.credited_invoice_id,

        -- strings
        meter_sites.fuel,
        differences.element,
        differences.invoice_status,
        differences.quantity_unit,
        differences.read_unit,

        -- numerics
        cast(differences.billed_quantity as numeric(18, 4)) as billed_quantity,
        cast(differences.virtual_quantity as numeric(18, 4)) as virtual_quantity,
        cast(differences.billed_gbp as numeric(18, 4)) as billed_gbp,
        cast(differences.virtual_gbp as numeric(18, 4)) as virtual_gbp,
        cast(differences.difference_gbp as numeric(18, 4)) as difference_gbp,
        cast(differences.timing_gbp as numeric(18, 4)) as timing_gbp,
        cast(differences.estimate_gbp as numeric(18, 4)) as estimate_gbp,
        cast(differences.rate_part_gbp as numeric(18, 4)) as rate_difference_gbp,
        cast(differences.volume_difference_gbp as numeric(18, 4)) as volume_difference_gbp,
        cast(differences.fixed_difference_gbp as numeric(18, 4)) as fixed_difference_gbp,
        cast(
            differences.difference_gbp
            - differences.timing_gbp
            - differences.estimate_gbp
            - differences.rate_part_gbp
            - differences.volume_difference_gbp
            - differences.fixed_difference_gbp as numeric(18, 4)
        ) as unexplained_gbp,
        cast(
            {{ whole_division('differences.half_hours_read * 1000000', 'differences.half_hours_expected') }}
            * 0.000001 as numeric(9, 6)
        ) as reading_coverage_share,
        cast(differences.period_end_date - differences.period_start_date + 1 as integer) as days_billed,

        -- booleans
        differences.is_estimated,
        differences.has_contract,
        differences.is_contract_expired,
        differences.is_small_supply,

        -- dates
        differences.period_start_date,
        differences.period_end_date,
        differences.issue_date

    from differences
    left join meter_sites
        on
            differences.meter_id = meter_sites.meter_id
            and differences.period_end_date between meter_sites.valid_from_date and meter_sites.valid_to_date

)

select * from final
