-- If this fails, the marts do not hold what the detection step wrote: rows are missing or doubled, and the headline is
-- not the sum of the visible rows. Rows and money are compared, table by table.
{{ config(group='savings') }}

with

delivered as (

    select
        'claims' as table_name,
        count(*) as row_count,
        sum(standalone_gbp) as first_sum,
        sum(sequenced_gbp) as second_sum

    from {{ ref('stg_savings__claims') }}

    union all

    select
        'candidates' as table_name,
        count(*) as row_count,
        sum(cautious_gbp) as first_sum,
        sum(p50_gbp) as second_sum

    from {{ ref('stg_savings__candidates') }}

    union all

    select
        'exclusions' as table_name,
        count(*) as row_count,
        sum(excluded_kwh) as first_sum,
        sum(excluded_days) as second_sum

    from {{ ref('stg_savings__exclusions') }}

    union all

    select
        'bill_findings' as table_name,
        count(*) as row_count,
        sum(found_gbp) as first_sum,
        sum(sequenced_gbp) as second_sum

    from {{ ref('stg_savings__bill_findings') }}

),

in_marts as (

    select
        'claims' as table_name,
        count(*) as row_count,
        sum(standalone_gbp) as first_sum,
        sum(sequenced_gbp) as second_sum

    from {{ ref('fct_savings_claims') }}

    union all

    select
        'candidates' as table_name,
        count(*) as row_count,
        sum(cautious_gbp) as first_sum,
        sum(p50_gbp) as second_sum

    from {{ ref('fct_savings_candidates') }}

    union all

    select
        'exclusions' as table_name,
        count(*) as row_count,
        sum(excluded_kwh) as first_sum,
        sum(excluded_days) as second_sum

    from {{ ref('fct_savings_exclusions') }}

    union all

    select
        'bill_findings' as table_name,
        count(*) as row_count,
        sum(found_gbp) as first_sum,
        sum(sequenced_gbp) as second_sum

    from {{ ref('fct_savings_bill_findings') }}

),

compared as (

    select
        delivered.table_name,
        delivered.row_count as delivered_rows,
        in_marts.row_count as mart_rows,
        coalesce(delivered.first_sum, 0) - coalesce(in_marts.first_sum, 0) as first_difference,
        coalesce(delivered.second_sum, 0) - coalesce(in_marts.second_sum, 0) as second_difference

    from delivered
    inner join in_marts
        on delivered.table_name = in_marts.table_name

),

breaches as (

    select * from compared
    where delivered_rows != mart_rows or first_difference != 0 or second_difference != 0

)

select * from breaches
