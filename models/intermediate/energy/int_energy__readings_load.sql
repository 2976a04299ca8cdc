{{ config(materialized='table') }}

with

files as (

    select * from {{ ref('stg_load__files') }}

),

newest_load as (

    select coalesce(max(file_id), 0) as load_id
    from files
    where source_name = 'energy'

)

select * from newest_load
