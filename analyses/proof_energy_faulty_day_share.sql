with

-- each finding of the quality step, and each day that was not read in full, on its own; joined to nothing but the days
statuses as (

    select * from {{ ref('energy_quality_statuses') }}

),

days as (

    select * from {{ ref('fct_energy_data_quality') }}

),

faulty_days as (

    select
        findings.meter_id,
        findings.settlement_date

    from {{ ref('stg_quality__day_findings') }} as findings
    inner join statuses
        on findings.status_code = statuses.status_code
    where statuses.is_faulty
    union
    select
        days.meter_id,
        days.settlement_date

    from days
    left join {{ ref('fct_energy_daily') }} as energy_days
        on
            days.meter_id = energy_days.meter_id
            and days.settlement_date = energy_days.settlement_date
    where coalesce(energy_days.missing_half_hours, 1) > 0

),

counted as (

    select
        (select count(*) from faulty_days) as faulty,
        (select count(*) from days) as days_in_all

),

divided as (

    select cast(faulty as double precision) / nullif(days_in_all, 0) as energy_faulty_day_share
    from counted

)

select * from divided
