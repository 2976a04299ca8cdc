"""Supply contracts: signed prices with dates, and regulated charges that are passed through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from data_layer.sample.randomness import generator
from data_layer.sample.regulated import NETWORK_ELEMENTS, distributor_of, network_micro_gbp, residual_micro_gbp

# Illustrative price of a kWh by contract year (beginning 1 April), in millionths of a pound.
ELECTRICITY_MICRO_GBP = {2022: 228_000, 2023: 284_000, 2024: 252_000, 2025: 243_000}
GAS_MICRO_GBP = {2022: 58_000, 2023: 73_000, 2024: 62_000, 2025: 58_500}
USUAL_MICRO_GBP = {"electricity": 240_000, "gas": 60_000}
# What is left of the price of a kWh where network charges are billed on lines of their own.
COMMODITY_SHARE = 0.9
SUPPLIERS = {
    "electricity": [("SUP-01", "Fellside Power"), ("SUP-02", "Tidewater Energy"), ("SUP-03", "Greenlane Supply")],
    "gas": [("SUP-11", "Harbour Gas"), ("SUP-12", "Moorland Gas")],
}
RATE_UNITS = {
    "unit": "kwh",
    "standing": "day",
    "duos": "kwh",
    "capacity": "kva_day",
    "excess_capacity": "kva_day",
    "reactive": "kvarh",
    "tnuos": "day",
    "ccl": "kwh",
}


@dataclass(frozen=True)
class Rate:
    """One price: millionths of a pound a unit (None where passed through), from a day to a day, both inclusive."""

    element: str
    rate_band: str
    micro_gbp: int | None
    agreed_capacity_kva: int | None
    valid_from_date: date
    valid_to_date: date

    @property
    def rate_unit(self) -> str:
        return RATE_UNITS[self.element]


@dataclass(frozen=True)
class Contract:
    """Prices of one metering point; `charging_band` is the residual band of a supply with an agreed capacity."""

    contract_id: str
    meter_id: str
    fuel: str
    supplier_id: str
    supplier_name: str
    charging_band: str | None
    rates: list[Rate]

    def rate_on(self, element: str, rate_band: str, when: date) -> Rate | None:
        """The price in force on a day, else the last one before it; None where the contract has no such element."""
        earlier = [rate for rate in self._rates_in_order.get((element, rate_band), ()) if rate.valid_from_date <= when]
        return earlier[-1] if earlier else None

    @cached_property
    def _rates_in_order(self) -> dict[tuple[str, str], list[Rate]]:
        ordered: dict[tuple[str, str], list[Rate]] = {}
        for rate in sorted(self.rates, key=lambda rate: rate.valid_from_date):
            ordered.setdefault((rate.element, rate.rate_band), []).append(rate)
        return ordered

    def is_expired(self, when: date) -> bool:
        """True where no signed unit rate covers the day."""
        units = (rate for rate in self.rates if rate.element == "unit")
        return not any(rate.valid_from_date <= when <= rate.valid_to_date for rate in units)

    def micro_gbp(self, element: str, rate_band: str, when: date) -> int:
        """What a unit costs on a day; regulated charges as their seed has them."""
        rate = self.rate_on(element, rate_band, when)
        if rate is not None and rate.micro_gbp is not None:
            return rate.micro_gbp
        if element == "tnuos":
            return residual_micro_gbp(str(self.charging_band), when)
        return network_micro_gbp(distributor_of(self.meter_id), element, rate_band, when)

    @property
    def unit_bands(self) -> list[str]:
        return sorted({rate.rate_band for rate in self.rates if rate.element == "unit"})

    @property
    def agreed_capacity_kva(self) -> int | None:
        return next((rate.agreed_capacity_kva for rate in self.rates if rate.element == "capacity"), None)

    @property
    def is_network_charged(self) -> bool:
        """True where the charges of the networks are billed on lines of their own."""
        return self.charging_band is not None


def make_contract(
    meter_id: str,
    fuel: str,
    seed: int,
    first_date: date,
    last_date: date,
    is_small: bool,
    agreed_capacity_kva: int | None,
    charging_band: str | None,
) -> Contract:
    """Prices that change each 1 April; a day and a night rate for most larger electricity supplies.

    A supply with an agreed capacity pays the networks' charges at cost, and so less a unit.
    """
    random = generator(seed, "contract", meter_id)
    supplier_id, supplier_name = SUPPLIERS[fuel][int(random.integers(0, len(SUPPLIERS[fuel])))]
    bands = ["day", "night"] if fuel == "electricity" and not is_small and random.random() < 0.8 else ["all"]
    haggle = 1.0 + random.normal(0.0, 0.03)
    standing_gbp = random.uniform(0.6, 1.2) if is_small else random.uniform(1.5, 4.0)
    known = ELECTRICITY_MICRO_GBP if fuel == "electricity" else GAS_MICRO_GBP
    share = COMMODITY_SHARE if charging_band else 1.0
    rates = []
    begin_year = first_date.year if first_date >= date(first_date.year, 4, 1) else first_date.year - 1
    end_year = last_date.year if last_date >= date(last_date.year, 4, 1) else last_date.year - 1
    for year in range(begin_year, end_year + 1):
        valid_from, valid_to = date(year, 4, 1), date(year + 1, 3, 31)
        step = 1.0 + 0.03 * (year - begin_year)
        base = known.get(year, USUAL_MICRO_GBP[fuel]) * haggle * share
        for band in bands:
            # Rounded to a hundredth of a penny, as contracts are.
            price = round(base * {"all": 1.0, "day": 1.06, "night": 0.74}[band] / 100) * 100
            rates.append(Rate("unit", band, price, None, valid_from, valid_to))
        standing = round(standing_gbp * step * 10_000) * 100
        rates.append(Rate("standing", "all", standing, None, valid_from, valid_to))
    if charging_band:
        begins, ends = date(begin_year, 4, 1), date(end_year + 1, 3, 31)
        for element, own_bands in {**NETWORK_ELEMENTS, "tnuos": ("all",)}.items():
            agreed = agreed_capacity_kva if element == "capacity" else None
            rates += [Rate(element, band, None, agreed, begins, ends) for band in own_bands]
    return Contract(f"C-{meter_id}", meter_id, fuel, supplier_id, supplier_name, charging_band, rates)


def without_days(contract: Contract, first_date: date, last_date: date) -> Contract:
    """The contract with nothing signed from `first_date` to `last_date` (inclusive)."""
    rates = []
    for rate in contract.rates:
        if rate.valid_from_date < first_date:
            rates.append(replace(rate, valid_to_date=min(rate.valid_to_date, first_date - timedelta(days=1))))
        if rate.valid_to_date > last_date:
            rates.append(replace(rate, valid_from_date=max(rate.valid_from_date, last_date + timedelta(days=1))))
    return replace(contract, rates=rates)
