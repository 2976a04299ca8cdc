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
from data_layer.sample.bills import Invoice
from data_layer.sample.cases import cases_of
from data_layer.sample.contracts import Contract
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
    supplier_layout_rows,
    weather_rows,
    write_csv,
    write_csv_table,
    write_parquet,
    write_supplier_csv,
)
from data_layer.sample.membership import write_membership
from data_layer.sample.metering import GAS_CALORIFIC_VALUE_MJ_PER_M3, GAS_VOLUME_CORRECTION, MeteredSeries
from data_layer.sample.organisation import write_organisation
from data_layer.sample.periods import twelve_months_to
from data_layer.sample.planted import Truth
from data_layer.sample.planted_bills import BillTruth
from data_layer.sample.settlement_calendar import SettlementCalendar, calendar_between
from data_layer.sample.site_maker import SiteResult, make_site
from data_layer.sample.site_plans import (
    BUSINESS_UNIT_BY_TYPE,
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
            cases = cases_of(number, years, seed, first_date, end_date)
            writer.add(make_site(plan, cases, calendar, outdoor_c, seed))
            if progress:
                progress(number + 1, sites)
        writer.close()
        write_organisation(partial_out)
        bookings = write_travel(partial_out, seed, first_date, end_date)
        members = write_membership(partial_out, seed, first_date, end_date)
        worth = writer.planted_worth()
        writer.write_truth({"seed": seed, "sites": sites, "years": years, "as_of_date": str(end_date)}, worth)
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
        spend_12m_gbp=worth["spend_12m_gbp"],
        planted_union_gbp_12m=worth["planted_union_gbp_12m"],
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


@dataclass
class _EstateWriter:
    """Collects what is small, streams what is large."""

    out: Path
    calendar: SettlementCalendar
    truths: list[Truth] = field(default_factory=list)
    bill_truths: list[BillTruth] = field(default_factory=list)
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

    def add(self, result: SiteResult) -> None:
        plan = result.plan
        self._add_readings(result)
        self.site_rows += _site_rows(plan, result.close_date)
        self.opening_rows += _opening_rows(plan)
        self.meter_rows += _meter_rows(result)
        self.meter_ids |= set(result.meters)
        self.contract_rows += [row for contract in result.contracts for row in _contract_rows(contract)]
        for truth_id, meter_id, wh in result.planted:
            self.planted.write(planted_rows(truth_id, meter_id, self.calendar, wh))
        self.truths += result.truths
        self.bill_truths += result.bill_truths
        self._add_invoices([invoice for account in result.accounts for invoice in account.all_invoices()])

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

    def planted_worth(self) -> dict[str, Decimal]:
        """Spend, and what is planted, in pounds without VAT over the 12 months to the as-of date.

        Operations: planted load and capacity above need. The union adds what is recoverable from suppliers, excess
        capacity, and dearer rates after a contract had ended. Each half-hour and each pound counts once: no two
        planted loads share a meter, capacity is no energy, and no bill carries two errors.
        """
        savings = [truth for truth in self.truths if truth.kind == "saving"]
        keys = {(truth.detector_id, truth.meter_id) for truth in savings}
        if len(keys) != len(savings):
            raise AssertionError("Two planted savings of one kind share a meter; their sum is not their union.")
        operations = sum((Decimal(str(truth.gbp_12m)) for truth in savings), Decimal("0.00"))
        since = twelve_months_to(self.calendar.last_date)

        def of_bills(basis: str, has_invoice: bool) -> Decimal:
            return sum(
                (
                    _gbp(truth.pence)
                    for truth in self.bill_truths
                    if truth.basis == basis
                    and (truth.invoice is not None) == has_invoice
                    and truth.period_end_date >= since
                ),
                Decimal("0.00"),
            )

        recoverable, expired = of_bills("recoverable", True), of_bills("avoidable", True)
        excess = of_bills("avoidable", False)
        return {
            "spend_12m_gbp": _gbp(self.spend_12m_pence),
            "planted_union_gbp_12m": operations + recoverable + expired + excess,
            "planted_operations_gbp_12m": operations,
            "planted_recoverable_gbp_12m": recoverable,
            "planted_expired_contract_gbp_12m": expired,
            "planted_excess_capacity_gbp_12m": excess,
        }

    def write_truth(self, estate: dict[str, object], worth: dict[str, Decimal]) -> None:
        """planted.json, planted_bills.json and estate.json; `planted_bills` counts bills by error."""
        rows = [
            {**asdict(truth), "from_date": str(truth.from_date), "to_date": str(truth.to_date)} for truth in self.truths
        ]
        bills: dict[str, set[tuple[str, str | None]]] = {}
        for truth in self.bill_truths:
            invoice_id = truth.invoice.invoice_id if truth.invoice else None
            bills.setdefault(truth.error_code, set()).add((truth.meter_id, invoice_id))
        counts = {error_code: len(bills[error_code]) for error_code in sorted(bills)}
        amounts = {name: float(amount) for name, amount in worth.items()}
        for name, content in (
            ("planted", rows),
            ("planted_bills", [_bill_truth_row(truth) for truth in self.bill_truths]),
            ("estate", {**estate, **amounts, "planted_bills": counts}),
        ):
            text = json.dumps(content, indent=2) + "\n"
            (self.out / "_truth" / f"{name}.json").write_text(text, encoding="utf-8")

    def _add_readings(self, result: SiteResult) -> None:
        layouts: dict[int, Callable[[MeteredSeries, SettlementCalendar], pa.Table]] = {
            OFFSET_LAYOUT_SITE: interval_rows_with_offset,
            HOURLY_LAYOUT_SITE: hourly_rows_by_period,
        }
        layout = layouts.get(result.plan.number)
        if result.later:
            path = self.energy / f"readings_hh_{result.plan.site_id}.parquet"
            self.reading_rows += write_parquet(path, [day_rows(series, self.calendar) for series in result.later])
        own = result.plan.electricity_meter_id if result.cases.data_case == "supplier_layout" else None
        if layout is None:
            for series in result.series:
                if (series.meter_id, series.measurement_quantity) == (own, "AI"):
                    path = self.energy / f"supplier_{result.plan.site_id}.csv"
                    self.reading_rows += write_supplier_csv(path, supplier_layout_rows(series, self.calendar))
                else:
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
    *("llfc", "charging_band", "read_unit", "pulse_unit", "pulse_value", "related_meter_id", "relation"),
)
OPENING_HOURS_HEADER = ("site_id", "valid_from_date", "day_kind", "opens_at", "closes_at")
CONTRACTS_HEADER = (
    *("contract_id", "meter_id", "supplier_id", "supplier_name", "element", "rate_band", "rate_gbp", "rate_unit"),
    *("agreed_capacity_kva", "is_pass_through", "valid_from_date", "valid_to_date"),
)


def _site_rows(plan: SitePlan, close_date: date | None) -> list[tuple]:
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
            close_date,
        )

    rows = [row(plan.open_date, plan.refrigeration_kw)]
    if plan.refit_date:
        rows.append(row(plan.refit_date, plan.refit_refrigeration_kw))
    return rows


def _meter_rows(result: SiteResult) -> list[tuple]:
    """A row a metering point and device."""
    rows = []
    for meter_id, device in result.devices:
        facts = result.meters[meter_id]
        rows.append(
            (
                meter_id,
                device.valid_from_date,
                device.valid_to_date,
                result.plan.site_id,
                facts.fuel,
                device.serial_number,
                facts.interval_minutes,
                facts.llfc,
                facts.charging_band,
                facts.read_unit,
                facts.pulse_unit,
                facts.pulse_value,
                facts.related_meter_id,
                facts.relation,
            )
        )
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
            None if rate.micro_gbp is None else f"{rate.micro_gbp / 1_000_000:.6f}",
            rate.rate_unit,
            None if rate.agreed_capacity_kva is None else f"{rate.agreed_capacity_kva}.00",
            "true" if rate.micro_gbp is None else "false",
            rate.valid_from_date,
            rate.valid_to_date,
        )
        for rate in contract.rates
    ]


def _invoice_tables(invoices: list[Invoice]) -> tuple[pa.Table, pa.Table]:
    """Heads and lines of bills."""
    strings = partial(pa.array, type=pa.string())
    is_gas = np.array([invoice.read_unit is not None for invoice in invoices])
    heads = pa.table(
        {
            "invoice_id": strings([invoice.invoice_id for invoice in invoices]),
            "meter_id": strings([invoice.meter_id for invoice in invoices]),
            "supplier_id": strings([invoice.supplier_id for invoice in invoices]),
            "invoice_type": strings(["credit_note" if invoice.is_credit_note else "invoice" for invoice in invoices]),
            "cancels_invoice_id": strings(
                [invoice.cancels.invoice_id if invoice.cancels else None for invoice in invoices]
            ),
            "read_unit": strings([invoice.read_unit for invoice in invoices]),
            "issue_date": pa.array([invoice.issue_date for invoice in invoices]),
            "period_start_date": pa.array([invoice.period_start_date for invoice in invoices]),
            "period_end_date": pa.array([invoice.period_end_date for invoice in invoices]),
            "is_estimated": pa.array([invoice.is_estimated for invoice in invoices]),
            "opening_read": _exact([invoice.opening_read or 0 for invoice in invoices], 18, 3, ~is_gas),
            "closing_read": _exact([invoice.closing_read or 0 for invoice in invoices], 18, 3, ~is_gas),
            "correction_factor": _exact([round(GAS_VOLUME_CORRECTION * 1e6)] * len(invoices), 10, 6, ~is_gas),
            "calorific_value_mj_per_m3": _exact(
                [round(GAS_CALORIFIC_VALUE_MJ_PER_M3 * 1e4)] * len(invoices), 10, 4, ~is_gas
            ),
            "net_gbp": pence_to_decimal([invoice.net_pence for invoice in invoices]),
            "vat_gbp": pence_to_decimal([invoice.vat_pence for invoice in invoices]),
            "gross_gbp": pence_to_decimal([invoice.net_pence + invoice.vat_pence for invoice in invoices]),
        }
    )
    lines = [(invoice.invoice_id, number, line) for invoice in invoices for number, line in enumerate(invoice.lines, 1)]
    details = pa.table(
        {
            "invoice_id": strings([invoice_id for invoice_id, _, _ in lines]),
            "line_number": pa.array([number for _, number, _ in lines], type=pa.int32()),
            "element": strings([line.element for _, _, line in lines]),
            "rate_band": strings([line.rate_band for _, _, line in lines]),
            "quantity": _exact([line.quantity_ten_thousandths for _, _, line in lines], 18, 4),
            "quantity_unit": strings([line.quantity_unit for _, _, line in lines]),
            "rate_gbp": _exact([line.micro_gbp for _, _, line in lines], 18, 6),
            "net_gbp": pence_to_decimal([line.net_pence for _, _, line in lines]),
            "vat_rate_pct": _exact([line.vat_rate_pct * 100 for _, _, line in lines], 5, 2),
            "vat_gbp": pence_to_decimal([line.vat_pence for _, _, line in lines]),
        }
    )
    return heads, details


def _exact(scaled: list[int], precision: int, scale: int, is_null: np.ndarray | None = None) -> pa.Array:
    return decimal_array(np.array(scaled, dtype=np.int64), precision, scale, is_null)


def _gbp(pence: int) -> Decimal:
    return (Decimal(pence) / 100).quantize(Decimal("0.01"))


def _bill_truth_row(truth: BillTruth) -> dict[str, str | None]:
    invoice_id = truth.invoice.invoice_id if truth.invoice else None
    return {
        "truth_id": f"{invoice_id or truth.meter_id}-{truth.error_code}-{truth.element}".replace("_", "-"),
        "error_code": truth.error_code,
        "detector_id": truth.detector_id,
        "invoice_id": invoice_id,
        "other_invoice_id": truth.other_invoice.invoice_id if truth.other_invoice else None,
        "meter_id": truth.meter_id,
        "site_id": truth.site_id,
        "element": truth.element,
        "gbp": str(_gbp(truth.pence)),
        "basis": truth.basis,
        "period_start_date": str(truth.period_start_date),
        "period_end_date": str(truth.period_end_date),
        "note": truth.note,
    }
