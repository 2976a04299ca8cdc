{% macro half_hours_in_base_units(half_hour_values, reading_types, base_units_per_unit, periods_in_day) -%}
    {#-
        Whole Wh (varh) of a day's half-hours, as an array of the day's length; a value whose letter is `-` was not read.
        Rounded once, half away from zero, as `rounded_product` does.
    -#}
    {{ return(adapter.dispatch('half_hours_in_base_units', 'data_layer')(
        half_hour_values, reading_types, base_units_per_unit, periods_in_day
    )) }}
{%- endmacro %}

{% macro duckdb__half_hours_in_base_units(half_hour_values, reading_types, base_units_per_unit, periods_in_day) -%}
    {#-
        The list is worked on in place: to unnest it and put it together again takes several times the memory and time.
        Wh and kWh, which nearly all readings come in, keep to 64 bits: a value has at most ten digits before its point
        (the contract's bounds), and DuckDB takes thirty times as long over a wider product. Casts to fewer decimals, and
        to bigint, round half away from zero.
    -#}
    {%- set values_read -%}
        (
            case
                when contains({{ reading_types }}, '-')
                    then [
                        case
                            when substr({{ reading_types }}, settlement_period, 1) != '-'
                                then {{ half_hour_values }}[settlement_period]
                        end
                        for settlement_period in range(1, {{ periods_in_day }} + 1)
                    ]
                else {{ half_hour_values }}[1:{{ periods_in_day }}]
            end
        )
    {%- endset -%}
    case
        when {{ base_units_per_unit }} = 1
            then [cast(half_hour_value as bigint) for half_hour_value in {{ values_read }}]
        when {{ base_units_per_unit }} = 1000
            then [
                cast(cast(half_hour_value as numeric(14, 3)) * 1000 as bigint)
                for half_hour_value in {{ values_read }}
            ]
        else [
            cast(cast(half_hour_value as numeric(38, 6)) * cast({{ base_units_per_unit }} as numeric(38, 12)) as bigint)
            for half_hour_value in {{ values_read }}
        ]
    end
{%- endmacro %}

{% macro postgres__half_hours_in_base_units(half_hour_values, reading_types, base_units_per_unit, periods_in_day) -%}
    (
        select
            array_agg(
                case
                    when substr({{ reading_types }}, cast(half_hours.settlement_period as integer), 1) != '-'
                        then cast(
                            {{ rounded_product('half_hours.half_hour_value', base_units_per_unit, 38, 0) }} as bigint
                        )
                end
                order by half_hours.settlement_period
            )
        from
            unnest({{ half_hour_values }}[1:{{ periods_in_day }}])
                with ordinality as half_hours (half_hour_value, settlement_period)
    )
{%- endmacro %}
