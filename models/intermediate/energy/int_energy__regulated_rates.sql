with

contracts as (

    select * from {{ ref('stg_energy__contracts') }}

),

meters as (

    select * from {{ ref('dim_meters') }}

),

devices as (

    select * from {{ ref('stg_energy__meters') }}

),

duos_rates as (

    select * from {{ ref('duos_rates') }}

),

tnuos_residual_rates as (

    select * from {{ ref('tnuos_residual_rates') }}

),

meters_with_passed_on_charges as (

    select distinct
        contracts.meter_id,
        meters.distributor_id

    from contracts
    inner join meters
        on contracts.meter_id = meters.meter_id
    where contracts.is_pass_through

),

devices_with_the_band_before as (

    select
        devices.*,
        lag(devices.charging_band) over (
            partition by devices.meter_id order by devices.valid_from_date
        ) as previous_charging_band

    from devices
    where devices.charging_band is not null

),

-- an exchange of the device that leaves the band as it was changes no rate
charging_bands as (

    select
        meter_id,
        charging_band,
        -- what is first known of a supply is taken to have held before, as for its site
        case
            when row_number() over (partition by meter_id order by valid_from_date) = 1
                then cast('0001-01-01' as date)
            else valid_from_date
        end as valid_from_date,
        coalesce(
            lead(valid_from_date) over (partition by meter_id order by valid_from_date) - 1,
            cast('9999-12-31' as date)
        ) as valid_to_date

    from devices_with_the_band_before
    where
        previous_charging_band is null
        or charging_band != previous_charging_band

),

distribution_charges as (

    select
        meters_with_passed_on_charges.meter_id,
        duos_rates.element,
        duos_rates.rate_band,
        duos_rates.rate_gbp,
        duos_rates.is_published,
        duos_rates.valid_from_date,
        duos_rates.valid_to_date

    from meters_with_passed_on_charges
    inner join duos_rates
        on meters_with_passed_on_charges.distributor_id = duos_rates.distributor_id

),

transmission_charges as (

    select
        meters_with_passed_on_charges.meter_id,
        'tnuos' as element,
        'all' as rate_band,
        tnuos_residual_rates.rate_gbp_per_day as rate_gbp,
        tnuos_residual_rates.is_published,
        greatest(charging_bands.valid_from_date, tnuos_residual_rates.valid_from_date) as valid_from_date,
        least(charging_bands.valid_to_date, tnuos_residual_rates.valid_to_date) as valid_to_date

    from meters_with_passed_on_charges
    inner join charging_bands
        on meters_with_passed_on_charges.meter_id = charging_bands.meter_id
    inner join tnuos_residual_rates
        on
            charging_bands.charging_band = tnuos_residual_rates.charging_band
            and charging_bands.valid_from_date <= tnuos_residual_rates.valid_to_date
            and charging_bands.valid_to_date >= tnuos_residual_rates.valid_from_date

),

final as (

    select * from distribution_charges
    union all
    select * from transmission_charges

)

select * from final
