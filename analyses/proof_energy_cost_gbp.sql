{{ config(group='energy') }}

with

lines_as_delivered as (

    select * from {{ ref('stg_energy__invoice_lines') }}

),

added_up as (

    select sum(net_gbp) as energy_cost_gbp
    from lines_as_delivered

)

select * from added_up
