-- If this fails, travel money was lost or counted twice on the way from bookings and claims to the mart: the metric of
-- spend is wrong by the difference. Rows, net and VAT are compared, by source.
{{ config(group='travel') }}

with

bookings as (

    select * from {{ ref('stg_travel__bookings') }}

),

expense_lines as (

    select * from {{ ref('stg_travel__expense_lines') }}

),

costs as (

    select * from {{ ref('fct_travel_spend') }}

),

delivered as (

    select
        'agency_booking' as cost_source,
        count(*) as row_count,
        sum(net_gbp) as net_gbp,
        sum(vat_gbp) as vat_gbp

    from bookings

    union all

    select
        'expense_claim' as cost_source,
        count(*) as row_count,
        sum(net_gbp) as net_gbp,
        sum(vat_gbp) as vat_gbp

    from expense_lines

),

in_mart as (

    select
        cost_source,
        count(*) as row_count,
        sum(spend_gbp + repeated_gbp) as net_gbp,
        sum(vat_gbp + repeated_vat_gbp) as vat_gbp

    from costs
    group by cost_source

),

compared as (

    select
        delivered.cost_source,
        delivered.row_count as delivered_rows,
        coalesce(in_mart.row_count, 0) as mart_rows,
        coalesce(delivered.net_gbp, 0) - coalesce(in_mart.net_gbp, 0) as net_difference_gbp,
        coalesce(delivered.vat_gbp, 0) - coalesce(in_mart.vat_gbp, 0) as vat_difference_gbp

    from delivered
    left join in_mart
        on delivered.cost_source = in_mart.cost_source

),

breaches as (

    select * from compared
    where delivered_rows != mart_rows or net_difference_gbp != 0 or vat_difference_gbp != 0

)

select * from breaches
