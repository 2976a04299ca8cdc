"""Writes a whole sample estate: landing files of every source, and the truth about what is planted in them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from data_layer.errors import BadInputError
from data_layer.sample.contracts import Contract, Invoice, bill, make_contract
from data_layer.sample.landing_tables import (
    PLANTED_SCHEMA,
    READINGS_HH_SCHEMA,
    WEATHER_SCHEMA,
    ParquetParts,
    day_rows,
    decimal_array,
    hourly_rows_by_period,
    interval_rows_with_offset,
    pence_to_decimal,
    planted_rows,
    weather_rows,
    write_csv,
    write_csv_table,
)
from data_layer.sample.load_shapes import OpeningState, opening_state, site_load
from data_layer.sample.membership import write_membership
from data_layer.sample.metering import (
    ACTUAL,
    Device,
    MeteredSeries,
    MeterFault,
    MeterHistory,
    deliver,
    kwh_per_gas_unit,
    meter_history,
    plant_fault,
    to_thousandths,
    to_wh,
)
from data_layer.sample.organisation import write_organisation
from data_layer.sample.planted import (
    Truth,
    agreed_capacity_kva,
    capacity_truth,
    closed_load_truth,
    closed_load_wh,
    maximum_demand_kva,
    needed_capacity_kva,
    twelve_months_to,
)
from data_layer.sample.settlement_calendar import SettlementCalendar, calendar_between
from data_layer.sample.site_plans import (
    BUSINESS_UNIT_BY_TYPE,
    CAPACITY_ROLES,
    CLOSED_ROLES,
    HOURLY_LAYOUT_SITE,
    OFFSET_LAYOUT_SITE,
    SitePlan,
    plan_site,
)
from data_layer.sample.travel import write_travel
from data_layer.sample.weather import station_id, temperature

SITES_PER_BILLING_FILE = 100
ROWS_PER_GROUP = 8_000
GROUPS_PER_FILE = 25
DEFAULT_END_DATE = date(2025, 12, 31)
EXCHANGE_EVERY, EXCHANGE_OFFSET = 12, 5
POOR_SIGNAL_EVERY, POOR_SIGNAL_OFFSET = 24, 12


class SampleError(BadInputError):
    """The estate that was asked for cannot be made; the message says why."""


@dataclass(frozen=True)
class SampleSummary:
    """What was written. Money in pounds without VAT, over the 12 months to the as-of date."""

    out: Path
    sites: int
    meters: int
    reading_rows: int
    invoices: int
    bookings: int
    members: int
    first_date: date
    as_of_date: date
    spend_12m_gbp: Decimal
    planted_union_gbp_12m: Decimal


@dataclass
class _SiteResult:
    """All that one site adds to the estate."""

    plan: SitePlan
    series: list[MeteredSeries]
    devices: list[tuple[str, str, Device]]
    contracts: list[Contract]
    invoices: list[Invoice]
    truths: list[Truth]
    planted: list[tuple[str, str, np.ndarray]]


def generate(
    sites: int,
    years: int,
    seed: int,
    out: Path,
    end_date: date = DEFAULT_END_DATE,
    progress: Callable[[int, int], None] | None = None,
) -> SampleSummary:
    """Write an estate of `sites` sites over the `years` years that end on `end_date` (inclusive) into folder `out`.

    The same arguments give the same files. Site k is the same whatever the number of sites. Memory does not grow with
    the number of readings: they are written site by site. The folder appears under its name only when it is complete.
    `progress` is called with the sites done and the sites in all.

    Raises SampleError for numbers out of range and for a folder that holds something already.
    """
    out = out.absolute()
    _check(sites, years, out)
    first_date = _years_before(end_date, years)
    calendar = calendar_between(first_date, end_date)
    partial_out = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial_out, ignore_errors=True)
    partial_out.mkdir(parents=True)
    try:
        writer = _EstateWriter(partial_out, calendar)
        for number in range(sites):
            plan = plan_site(number, years, seed, first_date, end_date)
            outdoor_c = writer.weather_at(plan.place.region, seed)
            writer.add(_make_site(plan, calendar, outdoor_c, seed))
            if progress:
                progress(number + 1, sites)
        writer.close()
        write_organisation(partial_out)
        bookings = write_travel(partial_out, seed, first_date, end_date)
        members = write_membership(partial_out, seed, first_date, end_date)
        spend, union = Decimal(writer.spend_12m_pence) / 100, writer.union_gbp()
        _write_truth(partial_out, writer.truths, seed, sites, years, end_date, spend, union)
    except BaseException:
        shutil.rmtree(partial_out, ignore_errors=True)
        raise
    if out.exists():
        out.rmdir()
    partial_out.rename(out)
    return SampleSummary(
        out=out,
        sites=sites,
        meters=writer.meters,
        reading_rows=writer.reading_rows,
        invoices=writer.invoices,
        bookings=bookings,
        members=members,
        first_date=first_date,
        as_of_date=end_date,
        spend_12m_gbp=spend,
        planted_union_gbp_12m=union,
    )


def _check(sites: int, years: int, out: Path) -> None:
    if not 1 <= sites <= 99_999:
        raise SampleError(f"The estate can have 1 to 99,999 sites, not {sites}.")
    if not 1 <= years <= 20:
        raise SampleError(f"The estate can span 1 to 20 years, not {years}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SampleError(f"{out} holds something already. Name an empty or a new folder.")


def _years_before(end_date: date, years: int) -> date:
    first = end_date
    for _ in range(years):
        first = twelve_months_to(first) - timedelta(days=1)
    return first + timedelta(days=1)


def _make_site(plan: SitePlan, calendar: SettlementCalendar, outdoor_c: np.ndarray, seed: int) -> _SiteResult:
    state = opening_state(calendar, plan.timetables, plan.place.nation)
    load = site_load(plan, calendar, state, outdoor_c, seed)
    result = _SiteResult(plan, [], [], [], [], [], [])

    history = _history(plan, "electricity", plan.electricity_meter_id, seed, calendar)
    wh = to_thousandths(load.electricity_kw)
    planted_wh, planted_from, note = _planted_load(plan, calendar, state, load.electricity_kw, seed)
    wh = wh + planted_wh
    if plan.role in ("dead_meter", "scale_break"):
        wh, history.fault = plant_fault(plan.role, plan.site_id, seed, calendar, wh)
    active = deliver(plan.electricity_meter_id, "AI", "kwh", wh, history.status)
    result.series.append(active)

    agreed, needed = None, 0
    if plan.has_capacity_charge:
        varh = to_thousandths(load.reactive_kvar)
        reactive = deliver(plan.electricity_meter_id, "RI", "kvarh", varh, history.status)
        result.series.append(reactive)
        needed = needed_capacity_kva(maximum_demand_kva(calendar, active, reactive))
        agreed = agreed_capacity_kva(plan, needed, plan.role in CAPACITY_ROLES, seed)
    contract = _supply(plan, "electricity", active, agreed, history, calendar, seed, result)

    if planted_from is not None:
        truth, delivered_wh = closed_load_truth(plan, calendar, planted_wh, active, contract, planted_from, note)
        result.truths.append(truth)
        result.planted.append((truth.truth_id, truth.meter_id, delivered_wh))
    if plan.role in CAPACITY_ROLES and agreed is not None:
        result.truths.append(capacity_truth(plan, calendar, contract, needed, agreed))
    if history.fault:
        result.truths.append(_fault_truth(plan, calendar, active, history.fault))
    if plan.gas_meter_id and load.gas_kw is not None:
        _make_gas(plan, calendar, load.gas_kw, seed, result)
    return result


def _make_gas(plan: SitePlan, calendar: SettlementCalendar, gas_kw: np.ndarray, seed: int, result: _SiteResult) -> None:
    meter_id = plan.gas_meter_id or ""
    history = _history(plan, "gas", meter_id, seed, calendar)
    readings = to_thousandths(gas_kw, kwh_per_gas_unit(plan.gas_unit))
    if plan.role == "gas_unit_break":
        readings, history.fault = plant_fault(plan.role, plan.site_id, seed, calendar, readings)
    series = deliver(meter_id, "AI", plan.gas_unit, readings, history.status)
    result.series.append(series)
    _supply(plan, "gas", series, None, history, calendar, seed, result)
    if history.fault:
        result.truths.append(_fault_truth(plan, calendar, series, history.fault))


def _history(plan: SitePlan, fuel: str, meter_id: str, seed: int, calendar: SettlementCalendar) -> MeterHistory:
    is_electricity = fuel == "electricity"
    return meter_history(
        meter_id,
        seed,
        calendar,
        plan.first_date,
        plan.open_date,
        with_exchange=is_electricity and plan.number % EXCHANGE_EVERY == EXCHANGE_OFFSET,
        with_poor_signal=is_electricity and plan.number % POOR_SIGNAL_EVERY == POOR_SIGNAL_OFFSET,
    )


def _planted_load(
    plan: SitePlan, calendar: SettlementCalendar, state: OpeningState, electricity_kw: np.ndarray, seed: int
) -> tuple[np.ndarray, date | None, str]:
    if plan.role not in CLOSED_ROLES:
        return np.zeros(calendar.half_hours, dtype=np.int64), None, ""
    return closed_load_wh(plan, calendar, state, float(electricity_kw[~state.is_open].mean()), seed)


def _supply(
    plan: SitePlan,
    fuel: str,
    series: MeteredSeries,
    agreed_kva: int | None,
    history: MeterHistory,
    calendar: SettlementCalendar,
    seed: int,
    result: _SiteResult,
) -> Contract:
    """Contract, bills and devices of a metering point."""
    contract = make_contract(
        series.meter_id,
        fuel,
        seed,
        plan.first_date,
        calendar.last_date,
        is_small=plan.site_type == "funeral_home",
        agreed_capacity_kva=agreed_kva,
    )
    supplied = calendar.day_of_half_hour >= calendar.day_index(plan.first_date)
    energy_wh = to_wh(series.thousandths, series.unit)
    result.contracts.append(contract)
    result.invoices += bill(contract, calendar, plan.first_date, energy_wh, (series.status != ACTUAL) & supplied)
    result.devices += [(series.meter_id, fuel, device) for device in history.devices]
    return contract


def _fault_truth(plan: SitePlan, calendar: SettlementCalendar, series: MeteredSeries, fault: MeterFault) -> Truth:
    read = series.status[fault.positions] == ACTUAL
    since = calendar.day_index(twelve_months_to(calendar.last_date))
    in_year = calendar.day_of_half_hour[fault.positions] >= since
    error_wh = fault.error_thousandths * (read & in_year)
    error_kwh = float(error_wh.sum()) / 1000 * (1.0 if series.unit == "kwh" else kwh_per_gas_unit(series.unit))
    said = {
        "dead_meter": "The meter reads zero.",
        "scale_break": "The meter reads ten times too much.",
        "gas_unit_break": "The file says cubic metres, the values are hundreds of cubic feet.",
    }
    return Truth(
        truth_id=f"{plan.site_id}-{fault.kind.replace('_', '-')}",
        kind="fault",
        detector_id=None,
        meter_id=series.meter_id,
        site_id=plan.site_id,
        from_date=fault.first_date,
        to_date=fault.last_date,
        kwh_12m=round(error_kwh, 3),
        gbp_12m=0.0,
        note=f"{said[fault.kind]} kwh_12m is what was read less what was used.",
    )


@dataclass
class _EstateWriter:
    """Collects what is small, streams what is large."""

    out: Path
    calendar: SettlementCalendar
    truths: list[Truth] = field(default_factory=list)
    reading_rows: int = 0
    invoices: int = 0
    spend_12m_pence: int = 0
    billing_files: int = 0

    def __post_init__(self) -> None:
        self.energy = self.out / "energy"
        self.readings_hh = ParquetParts(self.energy, "readings_hh", READINGS_HH_SCHEMA, ROWS_PER_GROUP, GROUPS_PER_FILE)
        self.weather = ParquetParts(self.energy, "weather", WEATHER_SCHEMA, 200_000, GROUPS_PER_FILE)
        self.planted = ParquetParts(
            self.out / "_truth", "planted_half_hours", PLANTED_SCHEMA, 200_000, groups_per_file=1_000_000
        )
        self.temperatures: dict[str, np.ndarray] = {}
        self.site_rows: list[tuple] = []
        self.meter_rows: list[tuple] = []
        self.opening_rows: list[tuple] = []
        self.contract_rows: list[tuple] = []
        self.waiting_invoices: list[Invoice] = []
        self.waiting_sites = 0
        self.meter_ids: set[str] = set()

    @property
    def meters(self) -> int:
        return len(self.meter_ids)

    def weather_at(self, region: str, seed: int) -> np.ndarray:
        """Temperature of a region; its station is written when the first site needs it."""
        if region not in self.temperatures:
            self.temperatures[region] = temperature(self.calendar, region, seed)
            table = weather_rows(station_id(region), self.calendar, self.temperatures[region])
            for batch in table.to_batches():
                self.weather.write(batch)
        return self.temperatures[region]

    def add(self, result: _SiteResult) -> None:
        plan = result.plan
        self._add_readings(result)
        self.site_rows += _site_rows(plan)
        self.opening_rows += _opening_rows(plan)
        self.meter_rows += [
            (
                meter_id,
                device.valid_from_date,
                device.valid_to_date,
                plan.site_id,
                fuel,
                device.serial_number,
                60 if plan.number == HOURLY_LAYOUT_SITE else 30,
            )
            for meter_id, fuel, device in result.devices
        ]
        self.meter_ids |= {meter_id for meter_id, _, _ in result.devices}
        self.contract_rows += [row for contract in result.contracts for row in _contract_rows(contract)]
        for truth_id, meter_id, wh in result.planted:
            self.planted.write(planted_rows(truth_id, meter_id, self.calendar, wh))
        self.truths += result.truths
        self._add_invoices(result.invoices)

    def close(self) -> None:
        self.readings_hh.close()
        self.weather.close()
        self.planted.close()
        # A single file by contract; it holds all groups.
        (self.out / "_truth" / "planted_half_hours_0001.parquet").rename(
            self.out / "_truth" / "planted_half_hours.parquet"
        )
        self._flush_invoices()
        self.reading_rows += self.readings_hh.rows
        write_csv(self.energy / "sites.csv", SITES_HEADER, self.site_rows)
        write_csv(self.energy / "meters.csv", METERS_HEADER, self.meter_rows)
        write_csv(self.energy / "opening_hours.csv", OPENING_HOURS_HEADER, self.opening_rows)
        write_csv(self.energy / "contracts.csv", CONTRACTS_HEADER, self.contract_rows)

    def union_gbp(self) -> Decimal:
        """Worth of all planted savings with each half-hour counted once.

        No two planted loads share a meter, and capacity is no energy, so that the union is the sum.
        """
        savings = [truth for truth in self.truths if truth.kind == "saving"]
        keys = {(truth.detector_id, truth.meter_id) for truth in savings}
        if len(keys) != len(savings):
            raise AssertionError("Two planted savings of one kind share a meter; their sum is not their union.")
        return sum((Decimal(str(truth.gbp_12m)) for truth in savings), Decimal("0.00"))

    def _add_readings(self, result: _SiteResult) -> None:
        layouts: dict[int, Callable[[MeteredSeries, SettlementCalendar], pa.Table]] = {
            OFFSET_LAYOUT_SITE: interval_rows_with_offset,
            HOURLY_LAYOUT_SITE: hourly_rows_by_period,
        }
        layout = layouts.get(result.plan.number)
        if layout is None:
            for series in result.series:
                self.readings_hh.write(day_rows(series, self.calendar))
            return
        tables = [layout(series, self.calendar) for series in result.series]
        name = f"readings_{result.plan.site_id}.csv.gz"
        self.reading_rows += write_csv_table(self.energy / name, pa.concat_tables(tables))

    def _add_invoices(self, invoices: list[Invoice]) -> None:
        since = twelve_months_to(self.calendar.last_date)
        self.spend_12m_pence += sum(invoice.net_pence for invoice in invoices if invoice.period_end_date >= since)
        self.invoices += len(invoices)
        self.waiting_invoices += invoices
        self.waiting_sites += 1
        if self.waiting_sites == SITES_PER_BILLING_FILE:
            self._flush_invoices()

    def _flush_invoices(self) -> None:
        if self.waiting_invoices:
            self.billing_files += 1
            heads, lines = _invoice_tables(self.waiting_invoices)
            write_csv_table(self.energy / f"invoices_{self.billing_files:04d}.csv", heads)
            write_csv_table(self.energy / f"invoice_lines_{self.billing_files:04d}.csv", lines)
        self.waiting_invoices, self.waiting_sites = [], 0


SITES_HEADER = (
    *("site_id", "valid_from_date", "site_name", "site_type", "business_unit_id", "cost_centre_id", "postcode"),
    *("region", "nation", "weather_station_id", "latitude_deg", "longitude_deg", "floor_area_m2", "sales_area_m2"),
    *("refrigeration_kw", "open_date", "close_date"),
)
METERS_HEADER = (
    *("meter_id", "valid_from_date", "valid_to_date", "site_id"),
    *("fuel", "serial_number", "interval_minutes"),
)
OPENING_HOURS_HEADER = ("site_id", "valid_from_date", "day_kind", "opens_at", "closes_at")
CONTRACTS_HEADER = (
    *("contract_id", "meter_id", "supplier_id", "supplier_name", "element", "rate_band", "rate_gbp", "rate_unit"),
    *("agreed_capacity_kva", "valid_from_date", "valid_to_date"),
)


def _site_rows(plan: SitePlan) -> list[tuple]:
    """The site as it opened, and once more from a refit on."""
    place = plan.place

    def row(valid_from: date, refrigeration_kw: float) -> tuple:
        return (
            plan.site_id,
            valid_from,
            plan.site_name,
            plan.site_type,
            BUSINESS_UNIT_BY_TYPE[plan.site_type],
            plan.cost_centre_id,
            place.postcode,
            place.region,
            place.nation,
            station_id(place.region),
            place.latitude_deg,
            place.longitude_deg,
            f"{plan.floor_area_m2:.2f}",
            None if plan.sales_area_m2 is None else f"{plan.sales_area_m2:.2f}",
            f"{refrigeration_kw:.2f}",
            plan.open_date,
            None,
        )

    rows = [row(plan.open_date, plan.refrigeration_kw)]
    if plan.refit_date:
        rows.append(row(plan.refit_date, plan.refit_refrigeration_kw))
    return rows


def _opening_rows(plan: SitePlan) -> list[tuple]:
    def clock(minute: int) -> str:
        return f"{minute // 60:02d}:{minute % 60:02d}"

    return [
        (plan.site_id, table.valid_from_date, kind, clock(opens), clock(closes))
        for table in plan.timetables
        for kind, (opens, closes) in sorted(table.hours.items())
    ]


def _contract_rows(contract: Contract) -> list[tuple]:
    return [
        (
            contract.contract_id,
            contract.meter_id,
            contract.supplier_id,
            contract.supplier_name,
            rate.element,
            rate.rate_band,
            f"{rate.micro_gbp / 1_000_000:.6f}",
            rate.rate_unit,
            None if rate.agreed_capacity_kva is None else f"{rate.agreed_capacity_kva}.00",
            rate.valid_from_date,
            rate.valid_to_date,
        )
        for rate in contract.rates
    ]


def _invoice_tables(invoices: list[Invoice]) -> tuple[pa.Table, pa.Table]:
    """Heads and lines of bills."""
    heads = pa.table(
        {
            "invoice_id": pa.array([invoice.invoice_id for invoice in invoices]),
            "meter_id": pa.array([invoice.meter_id for invoice in invoices]),
            "supplier_id": pa.array([invoice.supplier_id for invoice in invoices]),
            "issue_date": pa.array([invoice.issue_date for invoice in invoices]),
            "period_start_date": pa.array([invoice.period_start_date for invoice in invoices]),
            "period_end_date": pa.array([invoice.period_end_date for invoice in invoices]),
            "is_estimated": pa.array([invoice.is_estimated for invoice in invoices]),
            "net_gbp": pence_to_decimal([invoice.net_pence for invoice in invoices]),
            "vat_gbp": pence_to_decimal([invoice.vat_pence for invoice in invoices]),
            "gross_gbp": pence_to_decimal([invoice.net_pence + invoice.vat_pence for invoice in invoices]),
        }
    )
    lines = [(invoice.invoice_id, number, line) for invoice in invoices for number, line in enumerate(invoice.lines, 1)]
    exact = partial(np.array, dtype=np.int64)
    details = pa.table(
        {
            "invoice_id": pa.array([invoice_id for invoice_id, _, _ in lines]),
            "line_number": pa.array([number for _, number, _ in lines], type=pa.int32()),
            "element": pa.array([line.element for _, _, line in lines]),
            "rate_band": pa.array([line.rate_band for _, _, line in lines]),
            "quantity": decimal_array(exact([line.quantity_ten_thousandths for _, _, line in lines]), 18, 4),
            "quantity_unit": pa.array([line.quantity_unit for _, _, line in lines]),
            "rate_gbp": decimal_array(exact([line.micro_gbp for _, _, line in lines]), 18, 6),
            "net_gbp": pence_to_decimal([line.net_pence for _, _, line in lines]),
            "vat_rate_pct": decimal_array(exact([line.vat_rate_pct * 100 for _, _, line in lines]), 5, 2),
            "vat_gbp": pence_to_decimal([line.vat_pence for _, _, line in lines]),
        }
    )
    return heads, details


def _write_truth(
    out: Path,
    truths: list[Truth],
    seed: int,
    sites: int,
    years: int,
    as_of_date: date,
    spend_gbp: Decimal,
    union_gbp: Decimal,
) -> None:
    folder = out / "_truth"
    rows = [{**asdict(truth), "from_date": str(truth.from_date), "to_date": str(truth.to_date)} for truth in truths]
    (folder / "planted.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    estate = {
        "seed": seed,
        "sites": sites,
        "years": years,
        "as_of_date": str(as_of_date),
        "spend_12m_gbp": float(spend_gbp),
        "planted_union_gbp_12m": float(union_gbp),
    }
    (folder / "estate.json").write_text(json.dumps(estate, indent=2) + "\n", encoding="utf-8")
