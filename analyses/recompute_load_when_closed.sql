with

candidates as (

    select * from {{ ref('fct_savings_candidates') }}
    where detector_id = 'load_when_closed'

),

claims as (

    select * from {{ ref('fct_savings_claims') }}

),

readings as (

    select * from {{ ref('fct_energy_readings') }}
    where measurement_quantity = 'AI'

),

dates as (

    select * from {{ ref('dim_dates') }}

),

half_hours as (

    select * from {{ ref('dim_half_hours') }}

),

opening_days as (

    select * from {{ ref('fct_site_opening_days') }}

),

avoidable_rates as (

    select * from {{ ref('dim_energy_avoidable_rates') }}

),

candidates_ranked as (

    -- The case of the largest value; put another number here to recompute another one.
    select
        *,
        row_number() over (order by standalone_gbp desc, candidate_id asc) as case_number

    from candidates

),

the_case as (

    select *
    from candidates_ranked
    where case_number = 1

),

claims_priced as (

    -- The rate in force on the day, in the band, for a unit of energy with the levy on it.
    select
        claims.settlement_date,
        claims.standalone_kwh,
        claims.standalone_gbp,
        claims.standalone_kwh * avoidable_rates.avoidable_rate_gbp_per_kwh as recomputed_gbp

    from claims
    inner join the_case
        on claims.candidate_id = the_case.candidate_id
    left join avoidable_rates
        on
            claims.meter_id = avoidable_rates.meter_id
            and claims.rate_band = avoidable_rates.rate_band
            and claims.settlement_date >= avoidable_rates.valid_from_date
            and claims.settlement_date <= coalesce(avoidable_rates.valid_to_date, cast('9999-12-31' as date))
    where claims.is_in_headline_period

),

claims_added_up as (

    select
        sum(standalone_kwh) as claimed_kwh,
        sum(standalone_gbp) as detected_gbp,
        round(sum(recomputed_gbp), 2) as recomputed_gbp

    from claims_priced

),

closed_use as (

    -- What the meter counted in half-hours that begin before opening or after closing: no claim can be larger.
    select sum(readings.consumption_kwh) as used_while_closed_kwh
    from readings
    inner join the_case
        on
            readings.meter_id = the_case.meter_id
            and readings.settlement_date >= the_case.period_start_date
            and readings.settlement_date <= the_case.period_end_date
    inner join dates
        on readings.settlement_date = dates.date_day
    inner join half_hours
        on
            dates.periods_in_day = half_hours.periods_in_day
            and readings.settlement_period = half_hours.settlement_period
    inner join opening_days
        on
            readings.site_id = opening_days.site_id
            and readings.settlement_date = opening_days.settlement_date
    where
        opening_days.is_closed_all_day
        or half_hours.starts_minute < opening_days.opens_minute
        or half_hours.starts_minute >= opening_days.closes_minute

),

side_by_side as (

    select
        the_case.candidate_id,
        the_case.meter_id,
        claims_added_up.claimed_kwh,
        closed_use.used_while_closed_kwh,
        claims_added_up.recomputed_gbp,
        claims_added_up.detected_gbp,
        claims_added_up.recomputed_gbp - claims_added_up.detected_gbp as difference_gbp

    from the_case
    cross join claims_added_up
    cross join closed_use

)

select * from side_by_side
