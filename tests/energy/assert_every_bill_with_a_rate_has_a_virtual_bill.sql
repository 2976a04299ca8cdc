-- If this fails, bills of supplies with a contract are not checked at all, and nobody is told.
with

bills as (

    select * from {{ ref('int_energy__bills') }}

),

rates_in_force as (

    select * from {{ ref('int_energy__rates_in_force') }}

),

bills_with_a_rate as (

    select distinct bills.invoice_id
    from bills
    inner join rates_in_force
        on
            bills.meter_id = rates_in_force.meter_id
            and bills.period_start_date <= rates_in_force.valid_to_date
            and bills.period_end_date >= rates_in_force.valid_from_date
    -- these have no line where nothing is chargeable
    where rates_in_force.element not in ('excess_capacity', 'reactive')

),

bills_with_lines as (

    select distinct invoice_id from {{ ref('fct_energy_virtual_bill_lines') }}

),

bills_checked as (

    select distinct invoice_id from {{ ref('fct_energy_invoice_reconciliation') }}

),

bills_not_checked as (

    select bills_with_a_rate.invoice_id
    from bills_with_a_rate
    left join bills_with_lines
        on bills_with_a_rate.invoice_id = bills_with_lines.invoice_id
    left join bills_checked
        on bills_with_a_rate.invoice_id = bills_checked.invoice_id
    where
        bills_with_lines.invoice_id is null
        or bills_checked.invoice_id is null

)

select * from bills_not_checked
