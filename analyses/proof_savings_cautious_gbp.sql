{{ config(group='savings') }}

with

candidates as (

    select * from {{ ref('stg_savings__candidates') }}

),

added_up as (

    select sum(cautious_gbp) as savings_cautious_gbp
    from candidates

)

select * from added_up
