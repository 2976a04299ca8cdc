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

network_rates as (

    -- A claim says the band of its unit rate and not that of the network: what these can add lies between the two.
    select
        meter_id,
        valid_from_date,
        valid_to_date,
        min(avoidable_rate_gbp_per_kwh) as lowest_rate_gbp,
        max(avoidable_rate_gbp_per_kwh) as highest_rate_gbp

    from avoidable_rates
    where element = 'duos'
    group by
        meter_id,
        valid_from_date,
        valid_to_date

),

claims_priced as (

    -- The rates in force on the day: for a unit of energy in the band, the levy on it, and the network's.
    select
        claims.settlement_date,
        claims.standalone_kwh,
        claims.standalone_gbp,
        claims.standalone_kwh
        * (unit_rates.avoidable_rate_gbp_per_kwh + coalesce(levies.avoidable_rate_gbp_per_kwh, 0)) as supply_gbp,
        claims.standalone_kwh * coalesce(network_rates.lowest_rate_gbp, 0) as lowest_network_gbp,
        claims.standalone_kwh * coalesce(network_rates.highest_rate_gbp, 0) as highest_network_gbp

    from claims
    inner join the_case
        on claims.candidate_id = the_case.candidate_id
    left join avoidable_rates as unit_rates
        on
            claims.meter_id = unit_rates.meter_id
            and claims.rate_band = unit_rates.rate_band
            and claims.settlement_date between unit_rates.valid_from_date and unit_rates.valid_to_date
            and unit_rates.element = 'unit'
    left join avoidable_rates as levies
        on
            claims.meter_id = levies.meter_id
            and claims.settlement_date between levies.valid_from_date and levies.valid_to_date
            and levies.element = 'ccl'
    left join network_rates
        on
            claims.meter_id = network_rates.meter_id
            and claims.settlement_date between network_rates.valid_from_date and network_rates.valid_to_date
    where claims.is_in_headline_period

),

claims_added_up as (

    select
        sum(standalone_kwh) as claimed_kwh,
        sum(standalone_gbp) as detected_gbp,
        round(sum(supply_gbp + lowest_network_gbp), 2) as lowest_gbp,
        round(sum(supply_gbp + highest_network_gbp), 2) as highest_gbp

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

claims_recomputed as (

    -- without network charges apart the two ends are one figure; with them the detected value lies between
    select
        claims_added_up.*,
        least(
            greatest(round(claims_added_up.detected_gbp, 2), claims_added_up.lowest_gbp), claims_added_up.highest_gbp
        ) as recomputed_gbp

    from claims_added_up

),

side_by_side as (

    select
        the_case.candidate_id,
        the_case.meter_id,
        claims_recomputed.claimed_kwh,
        closed_use.used_while_closed_kwh,
        claims_recomputed.lowest_gbp,
        claims_recomputed.highest_gbp,
        claims_recomputed.recomputed_gbp,
        claims_recomputed.detected_gbp,
        claims_recomputed.recomputed_gbp - claims_recomputed.detected_gbp as difference_gbp

    from the_case
    cross join claims_recomputed
    cross join closed_use

)

select * from side_by_side
