{% macro peak_kva(peak_squared) -%}
    {#-
        Demand in kVA of the half-hour whose squares of Wh and varh add up to `peak_squared`: 2 x root / 1000, rounded
        half up to one decimal. The root of a double is only a first guess; whole numbers decide: the demand is n tenths
        of a kVA where (50 n - 25)^2 <= peak_squared < (50 n + 25)^2.
    -#}
    {%- set guess = "cast(floor(sqrt(cast(" ~ peak_squared ~ " as double precision)) / 50 + 0.5) as bigint)" -%}
    cast(
        (
            case
                when (50 * {{ guess }} - 25) * (50 * {{ guess }} - 25) > {{ peak_squared }} and {{ guess }} > 0
                    then {{ guess }} - 1
                when (50 * {{ guess }} + 25) * (50 * {{ guess }} + 25) <= {{ peak_squared }}
                    then {{ guess }} + 1
                else {{ guess }}
            end
        ) * 0.1 as numeric(12, 1)
    )
{%- endmacro %}
