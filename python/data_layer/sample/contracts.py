"""Supply contracts and the bills that follow from them, in whole pence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from data_layer.sample.randomness import generator
from data_layer.sample.settlement_calendar import SettlementCalendar

# Illustrative price of a kWh by contract year (beginning 1 April), in millionths of a pound.
ELECTRICITY_MICRO_GBP = {2022: 228_000, 2023: 284_000, 2024: 252_000, 2025: 243_000}
GAS_MICRO_GBP = {2022: 58_000, 2023: 73_000, 2024: 62_000, 2025: 58_500}
USUAL_MICRO_GBP = {"electricity": 240_000, "gas": 60_000}
SUPPLIERS = {
    "electricity": [("SUP-01", "Fellside Power"), ("SUP-02", "Tidewater Energy"), ("SUP-03", "Greenlane Supply")],
    "gas": [("SUP-11", "Harbour Gas"), ("SUP-12", "Moorland Gas")],
}
# Climate Change Levy, main rates by first day, in millionths of a pound a kWh; as seeds/climate_change_levy_rates.csv.
CCL_MICRO_GBP = {
    "electricity": [
        (date(1900, 1, 1), 5_240),
        (date(2014, 4, 1), 5_410),
        (date(2015, 4, 1), 5_540),
        (date(2016, 4, 1), 5_590),
        (date(2017, 4, 1), 5_680),
        (date(2018, 4, 1), 5_830),
        (date(2019, 4, 1), 8_470),
        (date(2020, 4, 1), 8_110),
        (date(2021, 4, 1), 7_750),
        (date(2026, 4, 1), 8_010),
    ],
    "gas": [
        (date(1900, 1, 1), 1_820),
        (date(2014, 4, 1), 1_880),
        (date(2015, 4, 1), 1_930),
        (date(2016, 4, 1), 1_950),
        (date(2017, 4, 1), 1_980),
        (date(2018, 4, 1), 2_030),
        (date(2019, 4, 1), 3_390),
        (date(2020, 4, 1), 4_060),
        (date(2021, 4, 1), 4_650),
        (date(2022, 4, 1), 5_680),
        (date(2023, 4, 1), 6_720),
        (date(2024, 4, 1), 7_750),
        (date(2026, 4, 1), 8_010),
    ],
}
# At or below so many kWh a day a supply counts as domestic use: reduced VAT and no levy.
DE_MINIMIS_KWH_PER_DAY = {"electricity": 33, "gas": 145}
STANDARD_VAT_PCT, REDUCED_VAT_PCT = 20, 5


@dataclass(frozen=True)
class Rate:
    """One price: millionths of a pound a unit, from a day to a day (inclusive; None when open-ended)."""

    element: str
    rate_band: str
    micro_gbp: int
    rate_unit: str
    agreed_capacity_kva: int | None
    valid_from_date: date
    valid_to_date: date | None


@dataclass(frozen=True)
class Contract:
    """Prices of one metering point."""

    contract_id: str
    meter_id: str
    fuel: str
    supplier_id: str
    supplier_name: str
    rates: list[Rate]

    def rate_on(self, element: str, rate_band: str, when: date) -> Rate | None:
        """The price in force on a day, or None where the contract has no such element."""
        for rate in self.rates:
            ends = rate.valid_to_date or date.max
            if (rate.element, rate.rate_band) == (element, rate_band) and rate.valid_from_date <= when <= ends:
                return rate
        return None

    @property
    def unit_bands(self) -> list[str]:
        return sorted({rate.rate_band for rate in self.rates if rate.element == "unit"})


@dataclass(frozen=True)
class InvoiceLine:
    """A line of a bill; `quantity_ten_thousandths` of `quantity_unit`, money in whole pence."""

    element: str
    rate_band: str
    quantity_ten_thousandths: int
    quantity_unit: str
    micro_gbp: int
    net_pence: int
    vat_rate_pct: int
    vat_pence: int


@dataclass(frozen=True)
class Invoice:
    """A bill for a month or part of one (dates inclusive)."""

    invoice_id: str
    meter_id: str
    supplier_id: str
    issue_date: date
    period_start_date: date
    period_end_date: date
    is_estimated: bool
    lines: list[InvoiceLine]

    @property
    def net_pence(self) -> int:
        return sum(line.net_pence for line in self.lines)

    @property
    def vat_pence(self) -> int:
        return sum(line.vat_pence for line in self.lines)


def ccl_micro_gbp(fuel: str, when: date) -> int:
    """Climate Change Levy on a day, in millionths of a pound a kWh."""
    return [rate for since, rate in CCL_MICRO_GBP[fuel] if since <= when][-1]


def make_contract(
    meter_id: str,
    fuel: str,
    seed: int,
    first_date: date,
    last_date: date,
    is_small: bool,
    agreed_capacity_kva: int | None,
) -> Contract:
    """Prices that change each 1 April; a day and a night rate for most larger electricity supplies."""
    random = generator(seed, "contract", meter_id)
    supplier_id, supplier_name = SUPPLIERS[fuel][int(random.integers(0, len(SUPPLIERS[fuel])))]
    bands = ["day", "night"] if fuel == "electricity" and not is_small and random.random() < 0.8 else ["all"]
    haggle = 1.0 + random.normal(0.0, 0.03)
    standing_gbp = random.uniform(0.6, 1.2) if is_small else random.uniform(1.5, 4.0)
    capacity_gbp = random.uniform(0.034, 0.047)
    known = ELECTRICITY_MICRO_GBP if fuel == "electricity" else GAS_MICRO_GBP
    rates = []
    begin_year = first_date.year if first_date >= date(first_date.year, 4, 1) else first_date.year - 1
    end_year = last_date.year if last_date >= date(last_date.year, 4, 1) else last_date.year - 1
    for year in range(begin_year, end_year + 1):
        valid_from, valid_to = date(year, 4, 1), date(year + 1, 3, 31)
        step = 1.0 + 0.03 * (year - begin_year)
        base = known.get(year, USUAL_MICRO_GBP[fuel]) * haggle
        for band in bands:
            # Rounded to a hundredth of a penny, as contracts are.
            price = round(base * {"all": 1.0, "day": 1.06, "night": 0.74}[band] / 100) * 100
            rates.append(Rate("unit", band, price, "kwh", None, valid_from, valid_to))
        standing = round(standing_gbp * step * 10_000) * 100
        rates.append(Rate("standing", "all", standing, "day", None, valid_from, valid_to))
        if agreed_capacity_kva is not None:
            capacity = round(capacity_gbp * step * 10_000) * 100
            rates.append(Rate("capacity", "all", capacity, "kva_day", agreed_capacity_kva, valid_from, valid_to))
    return Contract(f"C-{meter_id}", meter_id, fuel, supplier_id, supplier_name, rates)


def energy_by_month_wh(calendar: SettlementCalendar, wh: np.ndarray) -> dict[int, tuple[int, int]]:
    """Energy of each month by its number (year x 12 + month - 1): Wh by day and by night."""
    month = calendar.month_numbers[calendar.day_of_half_hour]
    first = int(calendar.month_numbers[0])
    months = int(calendar.month_numbers[-1]) - first + 1
    # Sums stay far below 2**53, so that float64 holds them exactly.
    bins = np.bincount((month - first) * 2 + calendar.is_night, weights=wh, minlength=2 * months)
    return {first + at: (int(bins[2 * at]), int(bins[2 * at + 1])) for at in range(months)}


def bill(
    contract: Contract,
    calendar: SettlementCalendar,
    first_date: date,
    wh: np.ndarray,
    is_uncertain: np.ndarray,
) -> list[Invoice]:
    """One invoice a calendar month, from delivered readings.

    `wh` int64 over half-hours (0 where nothing was delivered), `is_uncertain` true where a half-hour was estimated or
    missing. Money is rounded half up to the penny a line, in integers.
    """
    monthly = energy_by_month_wh(calendar, wh)
    half_hour_month = calendar.month_numbers[calendar.day_of_half_hour]
    uncertain_months = set(np.unique(half_hour_month[is_uncertain]).tolist())
    invoices = []
    for month, (day_wh, night_wh) in monthly.items():
        year, month_index = divmod(month, 12)
        period_end = date(year + (month_index == 11), (month_index + 1) % 12 + 1, 1) - timedelta(days=1)
        period_start = max(date(year, month_index + 1, 1), first_date)
        period_end = min(period_end, calendar.last_date)
        if period_start > period_end:
            continue
        days = (period_end - period_start).days + 1
        energy = {"day": day_wh, "night": night_wh, "all": day_wh + night_wh}
        is_small = energy["all"] <= DE_MINIMIS_KWH_PER_DAY[contract.fuel] * 1000 * days
        vat_pct = REDUCED_VAT_PCT if is_small else STANDARD_VAT_PCT
        lines = []
        for band in contract.unit_bands:
            rate = contract.rate_on("unit", band, period_start)
            lines.append(_line("unit", band, energy[band] * 10, "kwh", rate.micro_gbp, vat_pct))
        standing = contract.rate_on("standing", "all", period_start)
        lines.append(_line("standing", "all", days * 10_000, "day", standing.micro_gbp, vat_pct))
        capacity = contract.rate_on("capacity", "all", period_start)
        if capacity:
            kva_days = capacity.agreed_capacity_kva * days * 10_000
            lines.append(_line("capacity", "all", kva_days, "kva_day", capacity.micro_gbp, vat_pct))
        if not is_small:
            levy = ccl_micro_gbp(contract.fuel, period_start)
            lines.append(_line("ccl", "all", energy["all"] * 10, "kwh", levy, vat_pct))
        invoices.append(
            Invoice(
                invoice_id=f"{contract.supplier_id[4:]}-{contract.meter_id}-{year}{month_index + 1:02d}",
                meter_id=contract.meter_id,
                supplier_id=contract.supplier_id,
                issue_date=period_end + timedelta(days=6),
                period_start_date=period_start,
                period_end_date=period_end,
                is_estimated=month in uncertain_months,
                lines=lines,
            )
        )
    return invoices


def _line(element: str, band: str, quantity: int, unit: str, micro_gbp: int, vat_pct: int) -> InvoiceLine:
    """Price a quantity given in ten-thousandths: both roundings half up, to the penny."""
    net_pence = (quantity * micro_gbp + 50_000_000) // 100_000_000
    vat_pence = (net_pence * vat_pct + 50) // 100
    return InvoiceLine(element, band, quantity, unit, micro_gbp, net_pence, vat_pct, vat_pence)
