with

day_findings as (

    select * from {{ ref('stg_quality__day_findings') }}

),

statuses as (

    select * from {{ ref('energy_quality_statuses') }}

),

energy_days as (

    select * from {{ ref('fct_energy_daily') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

meter_sites as (

    select * from {{ ref('int_energy__meter_sites') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

as_of as (

    select * from {{ ref('dim_energy_as_of') }}
    where as_of_date is not null

),

meters_in_service as (

    select
        energy_days.meter_id,
        as_of.as_of_date,
        min(energy_days.settlement_date) as first_date,
        least(min(meters.last_date), as_of.as_of_date) as last_date

    from energy_days
    cross join as_of
    left join meters
        on energy_days.meter_id = meters.meter_id
    group by energy_days.meter_id, as_of.as_of_date

),

days_in_service as (

    select
        meters_in_service.meter_id,
        dates.date_day as settlement_date

    from meters_in_service
    inner join dates
        on
            meters_in_service.first_date <= dates.date_day
            and meters_in_service.last_date >= dates.date_day

),

days_judged as (

    select
        meter_id,
        settlement_date

    from days_in_service
    -- each day once; one that was read after the meter's last day, or lies in a gap before its first, comes too
    union
    select
        energy_days.meter_id,
        energy_days.settlement_date

    from energy_days
    inner join as_of
        on energy_days.settlement_date <= as_of.as_of_date
    where energy_days.read_half_hours > 0
    union
    select
        meter_id,
        settlement_date

    from day_findings

),

days_counted as (

    select
        days_judged.meter_id,
        days_judged.settlement_date,
        meter_sites.site_id,
        meter_sites.site_key,
        meter_sites.fuel,
        energy_days.consumption_kwh,
        dates.periods_in_day as expected_half_hours,
        coalesce(energy_days.read_half_hours, 0) as read_half_hours

    from days_judged
    inner join dates
        on days_judged.settlement_date = dates.date_day
    left join energy_days
        on
            days_judged.meter_id = energy_days.meter_id
            and days_judged.settlement_date = energy_days.settlement_date
    left join meter_sites
        on
            days_judged.meter_id = meter_sites.meter_id
            and days_judged.settlement_date between meter_sites.valid_from_date and meter_sites.valid_to_date

),

missing_readings as (

    select
        meter_id,
        settlement_date,
        case when read_half_hours = 0 then 'missing' else 'part_missing' end as status_code,
        expected_half_hours - read_half_hours as affected_half_hours,
        read_half_hours = 0 as is_left_out_of_savings,
        cast(read_half_hours as numeric(18, 6)) / expected_half_hours as read_share

    from days_counted
    where read_half_hours < expected_half_hours

),

all_findings as (

    select
        meter_id,
        settlement_date,
        status_code,
        reason,
        ratio,
        affected_half_hours,
        sequenced_excluded_kwh,
        is_left_out_of_savings,
        is_left_out_of_forecasts

    from day_findings
    union all
    select
        meter_id,
        settlement_date,
        status_code,
        cast(null as {{ dbt.type_string() }}) as reason,
        cast(1 - read_share as numeric(18, 6)) as ratio,
        affected_half_hours,
        0 as sequenced_excluded_kwh,
        is_left_out_of_savings,
        -- a forecast is fitted on sums of whole days
        true as is_left_out_of_forecasts

    from missing_readings

),

findings_ranked as (

    select
        all_findings.*,
        statuses.precedence,
        statuses.meaning,
        statuses.is_faulty,
        row_number() over (
            partition by all_findings.meter_id, all_findings.settlement_date
            order by statuses.precedence
        ) as precedence_rank

    from all_findings
    inner join statuses
        on all_findings.status_code = statuses.status_code

),

findings_by_day as (

    select
        meter_id,
        settlement_date,
        {{ dbt.listagg('status_code', "', '", 'order by precedence') }} as all_status_codes,
        max(case when precedence_rank = 1 then status_code end) as status_code,
        max(case when precedence_rank = 1 then coalesce(reason, meaning) end) as reason,
        max(case when precedence_rank = 1 then ratio end) as ratio,
        max(case when precedence_rank = 1 then affected_half_hours end) as affected_half_hours,
        sum(sequenced_excluded_kwh) as excluded_kwh,
        max(case when is_faulty then 1 else 0 end) = 1 as is_faulty,
        max(case when is_left_out_of_savings then 1 else 0 end) = 1 as is_left_out_of_savings,
        max(case when is_left_out_of_forecasts then 1 else 0 end) = 1 as is_left_out_of_forecasts

    from findings_ranked
    group by meter_id, settlement_date

),

sound_status as (

    select
        status_code,
        meaning

    from statuses
    where status_code = 'ok'

),

days_with_status as (

    select
        days_counted.*,
        findings_by_day.ratio,
        cast(coalesce(findings_by_day.excluded_kwh, 0) as numeric(18, 3)) as excluded_kwh,
        coalesce(findings_by_day.status_code, sound_status.status_code) as status_code,
        coalesce(findings_by_day.all_status_codes, sound_status.status_code) as all_status_codes,
        coalesce(findings_by_day.reason, sound_status.meaning) as reason,
        coalesce(findings_by_day.affected_half_hours, 0) as affected_half_hours,
        coalesce(findings_by_day.is_faulty, false) as is_faulty,
        coalesce(findings_by_day.is_left_out_of_savings, false) as is_left_out_of_savings,
        coalesce(findings_by_day.is_left_out_of_forecasts, false) as is_left_out_of_forecasts

    from days_counted
    cross join sound_status
    left join findings_by_day
        on
            days_counted.meter_id = findings_by_day.meter_id
            and days_counted.settlement_date = findings_by_day.settlement_date

),

final as (

    select
        -- ids
        meter_id,
        site_id,
        site_key,

        -- strings
        fuel,
        status_code,
        all_status_codes,
        reason,

        -- numerics
        ratio,
        expected_half_hours,
        read_half_hours,
        consumption_kwh,
        affected_half_hours,
        excluded_kwh,

        -- booleans
        is_faulty,
        is_left_out_of_savings,
        is_left_out_of_forecasts,

        -- dates
        settlement_date

    from days_with_status

)

select * from final
