with

contracts as (

    select * from {{ ref('stg_energy__contracts') }}

),

regulated_rates as (

    select * from {{ ref('int_energy__regulated_rates') }}

),

-- days on which something begins or has ended -------------------------------------------------------------------------

turning_days as (

    select
        meter_id,
        element,
        valid_from_date as turning_date

    from contracts
    union distinct
    select
        meter_id,
        element,
        valid_to_date + 1 as turning_date

    from contracts
    where valid_to_date < cast('9999-12-31' as date)

),

stretches as (

    select
        meter_id,
        element,
        turning_date as from_date,
        coalesce(
            lead(turning_date) over (partition by meter_id, element order by turning_date) - 1,
            cast('9999-12-31' as date)
        ) as to_date

    from turning_days

),

-- one contract a stretch ----------------------------------------------------------------------------------------------

contracts_by_stretch as (

    select
        stretches.meter_id,
        stretches.element,
        stretches.from_date,
        stretches.to_date,
        contracts.contract_id,
        -- a rate whose last day is before the stretch has run out
        contracts.valid_to_date < stretches.from_date as is_contract_expired,
        max(contracts.valid_from_date) as last_begun_date,
        max(contracts.valid_to_date) as last_ended_date

    from stretches
    inner join contracts
        on
            stretches.meter_id = contracts.meter_id
            and stretches.element = contracts.element
            and stretches.from_date >= contracts.valid_from_date
    group by
        stretches.meter_id,
        stretches.element,
        stretches.from_date,
        stretches.to_date,
        contracts.contract_id,
        contracts.valid_to_date < stretches.from_date

),

contracts_ranked as (

    select
        contracts_by_stretch.*,
        row_number() over (
            partition by
                contracts_by_stretch.meter_id, contracts_by_stretch.element, contracts_by_stretch.from_date
            order by
                contracts_by_stretch.is_contract_expired asc,
                -- of those that hold, the one that began later; of those that have run out, the one that ended later
                case when contracts_by_stretch.is_contract_expired then contracts_by_stretch.last_ended_date end desc,
                contracts_by_stretch.last_begun_date desc,
                contracts_by_stretch.contract_id desc
        ) as rank_in_stretch

    from contracts_by_stretch

),

rates_by_stretch as (

    select
        contracts.contract_id,
        contracts.meter_id,
        contracts.element,
        contracts.rate_band,
        contracts.rate_unit,
        contracts.rate_gbp,
        contracts.agreed_capacity_kva,
        contracts.is_pass_through,
        contracts_ranked.is_contract_expired,
        contracts.valid_from_date as rate_from_date,
        contracts_ranked.from_date,
        contracts_ranked.to_date,
        max(contracts.valid_from_date) over (
            partition by contracts.meter_id, contracts.element, contracts_ranked.from_date, contracts.rate_band
        ) as band_begun_date,
        max(case when contracts.rate_band = 'all' then contracts.valid_from_date end) over (
            partition by contracts.meter_id, contracts.element, contracts_ranked.from_date
        ) as all_begun_date,
        max(case when contracts.rate_band != 'all' then contracts.valid_from_date end) over (
            partition by contracts.meter_id, contracts.element, contracts_ranked.from_date
        ) as bands_begun_date

    from contracts_ranked
    inner join contracts
        on
            contracts_ranked.meter_id = contracts.meter_id
            and contracts_ranked.element = contracts.element
            and contracts_ranked.contract_id = contracts.contract_id
            and contracts_ranked.from_date >= contracts.valid_from_date
            and (
                (not contracts_ranked.is_contract_expired and contracts_ranked.from_date <= contracts.valid_to_date)
                or (
                    contracts_ranked.is_contract_expired
                    and contracts_ranked.last_ended_date = contracts.valid_to_date
                )
            )
    where contracts_ranked.rank_in_stretch = 1

),

-- a rate without a last day ends where a later one of its band begins, and where a tariff of other bands does
rates_that_began_last as (

    select * from rates_by_stretch
    where
        rate_from_date = band_begun_date
        and rate_from_date >= coalesce(
            case when rate_band = 'all' then bands_begun_date else all_begun_date end, rate_from_date
        )

),

-- what is passed on follows the regulated rate, also after the contract has run out -----------------------------------

rates_resolved as (

    select
        rates_that_began_last.contract_id,
        rates_that_began_last.meter_id,
        rates_that_began_last.element,
        rates_that_began_last.rate_band,
        rates_that_began_last.rate_unit,
        rates_that_began_last.agreed_capacity_kva,
        rates_that_began_last.is_pass_through,
        rates_that_began_last.is_contract_expired,
        case
            when rates_that_began_last.is_pass_through then regulated_rates.rate_gbp
            else rates_that_began_last.rate_gbp
        end as rate_gbp,
        coalesce(regulated_rates.is_published, not rates_that_began_last.is_pass_through) as is_published,
        greatest(
            rates_that_began_last.rate_from_date,
            coalesce(regulated_rates.valid_from_date, rates_that_began_last.rate_from_date)
        ) as rate_from_date,
        greatest(
            rates_that_began_last.from_date, coalesce(regulated_rates.valid_from_date, rates_that_began_last.from_date)
        ) as valid_from_date,
        least(
            rates_that_began_last.to_date, coalesce(regulated_rates.valid_to_date, rates_that_began_last.to_date)
        ) as valid_to_date

    from rates_that_began_last
    left join regulated_rates
        on
            rates_that_began_last.is_pass_through
            and rates_that_began_last.meter_id = regulated_rates.meter_id
            and rates_that_began_last.element = regulated_rates.element
            and rates_that_began_last.rate_band = regulated_rates.rate_band
            and rates_that_began_last.from_date <= regulated_rates.valid_to_date
            and rates_that_began_last.to_date >= regulated_rates.valid_from_date

),

final as (

    select * from rates_resolved
    where rate_gbp is not null

)

select * from final
