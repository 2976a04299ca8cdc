"""Marts to bills: one metering point at a time, every amount a decimal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from data_layer.savings.arrays import NoReadingsError, Period
from data_layer.warehouse.connection import Warehouse

ENERGY_ELEMENTS = ("unit", "duos", "ccl")
"""Elements charged per kWh: they move with the energy billed."""


@dataclass(frozen=True)
class BillElement:
    """One element of a bill beside what it should be; amounts in pounds without VAT, except for the element vat.

    difference_gbp is billed less virtual, and the sum of timing, estimate, rate, volume, fixed and unexplained.
    Quantities are in `quantity_unit` and None where the bill or the contract has none.
    """

    element: str
    quantity_unit: str | None
    billed_quantity: Decimal | None
    virtual_quantity: Decimal | None
    billed_gbp: Decimal
    virtual_gbp: Decimal
    difference_gbp: Decimal
    timing_gbp: Decimal
    estimate_gbp: Decimal
    rate_difference_gbp: Decimal
    volume_difference_gbp: Decimal
    fixed_difference_gbp: Decimal
    unexplained_gbp: Decimal
    has_contract: bool
    is_contract_expired: bool


@dataclass(frozen=True)
class BillLine:
    """A line as billed (`net_gbp`) or as it should be; rate in pounds per `quantity_unit`.

    is_published  False where the rate comes from an illustrative seed; True for billed lines
    """

    element: str
    rate_band: str
    quantity: Decimal
    rate_gbp: Decimal | None
    net_gbp: Decimal
    is_published: bool = True


@dataclass(frozen=True)
class Bill:
    """A supplier's bill, or a gap between two (status `gap`, an invoice_id of our own). Dates are inclusive.

    coverage_share       delivered half-hours over those expected, 0 to 1; None where no reading is due
    read_unit            unit of the register printed on a gas bill, None where not printed
    lines, virtual_lines only filled where the bill differs from the virtual one
    credited_invoice_id  of a credit note that takes back a part: the bill, or its own number where it names none
    demand_days          days of the period with a half-hour of both active and reactive energy
    highest_kva          highest demand of these days, None without any
    """

    invoice_id: str
    status: str
    supplier_id: str | None
    already_billed_by_invoice_id: str | None
    is_estimated: bool
    is_small_supply: bool | None
    coverage_share: Decimal | None
    read_unit: str | None
    start_date: date
    end_date: date
    issue_date: date | None
    elements: Mapping[str, BillElement]
    lines: tuple[BillLine, ...] = ()
    virtual_lines: tuple[BillLine, ...] = ()
    demand_days: int = 0
    highest_kva: Decimal | None = None
    credited_invoice_id: str | None = None

    @property
    def days(self) -> int:
        return (self.end_date - self.start_date).days + 1

    @property
    def name(self) -> str:
        return f"Bill {self.invoice_id}"


@dataclass(frozen=True)
class CapacityTerm:
    """Agreed capacity, or the rate of a charge on it, in pounds per kVA and day; dates inclusive."""

    element: str
    agreed_kva: Decimal | None
    rate_gbp: Decimal | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class BandRate:
    """Transmission residual a day of a charging band; dates inclusive."""

    charging_band: str
    rate_gbp: Decimal
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class BillInputs:
    """Everything a detector of bills may look at, for one metering point.

    bills        standing bills in order of period, then issue; chains of credit and rebill are resolved before
    credits      standing credit notes: each gives back a part of a bill
    gaps         days between bills that none covers, as bills of status `gap`
    peak_squared highest Wh^2 + varh^2 of a half-hour in the 24 months to the as-of date; 0 where both are not metered
    small_supply_kwh_a_day limit at or under which no levy and the reduced VAT are due; None for other fuels
    explained    (invoice_id, element): pounds that the detectors before have named, with their sign
    """

    meter_id: str
    site_id: str | None
    site_type: str
    fuel: str
    charging_band: str | None
    read_unit: str | None
    site_close_date: date | None
    period: Period
    bills: tuple[Bill, ...]
    gaps: tuple[Bill, ...] = ()
    credits: tuple[Bill, ...] = ()
    peak_squared: int = 0
    capacity_terms: tuple[CapacityTerm, ...] = ()
    residual_rates: tuple[BandRate, ...] = ()
    explained: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    small_supply_kwh_a_day: Decimal | None = None


class BillReader:
    """Reads the bills of one estate from its marts: small tables once, bills in batches of metering points."""

    def __init__(self, warehouse: Warehouse, batch_size: int = 500):
        self._warehouse = warehouse
        self._energy = warehouse.schema("energy")
        self._core = warehouse.schema("core")
        self._batch_size = batch_size
        self.period = self._read_period()
        self._sites = self._read_sites()
        self._meters = self._read_meters()
        self._residual_rates = self._read_residual_rates()
        self._small_supplies = self._read_small_supplies()
        self.meter_ids = [
            row[0]
            for row in warehouse.fetch_rows(
                f"select distinct meter_id from {self._energy}.fct_energy_invoice_reconciliation "
                "where meter_id is not null order by meter_id"
            )
        ]

    def meters(self) -> Iterator[BillInputs]:
        """Each metering point's bills, in order of meter_id whatever the order in the warehouse."""
        for start in range(0, len(self.meter_ids), self._batch_size):
            batch = sorted(self.meter_ids[start : start + self._batch_size])
            elements = self._read_elements(batch)
            lines = self._read_lines(batch)
            virtual_lines = self._read_virtual_lines(batch)
            demand = self._read_demand(batch)
            peaks = self._read_peaks(batch)
            terms = self._read_capacity_terms(batch)
            for meter_id in batch:
                yield self._assemble(
                    meter_id, elements[meter_id], lines, virtual_lines, demand, peaks.get(meter_id, 0), terms[meter_id]
                )

    def _read_period(self) -> Period:
        rows = self._warehouse.fetch_rows(f"select as_of_date, period_start_date from {self._energy}.dim_energy_as_of")
        if not rows or rows[0][0] is None:
            raise NoReadingsError("There is no complete day of readings yet: load readings and build first.")
        return Period(as_of_date=rows[0][0], start_date=rows[0][1])

    def _read_sites(self) -> dict[str, tuple]:
        rows = self._warehouse.fetch_rows(
            f"select site_id, site_type, close_date from {self._core}.dim_sites where valid_from_date <= ? "
            "order by site_id, valid_from_date",
            [self.period.as_of_date],
        )
        return {row[0]: row[1:] for row in rows}

    def _read_meters(self) -> dict[str, tuple]:
        rows = self._warehouse.fetch_rows(
            f"select meter_id, site_id, fuel, charging_band, read_unit from {self._energy}.dim_meters"
        )
        return {row[0]: row[1:] for row in rows}

    def _read_residual_rates(self) -> tuple[BandRate, ...]:
        rows = self._warehouse.fetch_rows(
            "select charging_band, rate_gbp_per_day, valid_from_date, valid_to_date "
            f"from {self._warehouse.schema('seeds')}.tnuos_residual_rates order by charging_band, valid_from_date"
        )
        return tuple(BandRate(band, _decimal(rate), first, last) for band, rate, first, last in rows)

    def _read_small_supplies(self) -> dict[str, Decimal]:
        rows = self._warehouse.fetch_rows(
            f"select fuel, de_minimis_kwh_per_day from {self._warehouse.schema('seeds')}.vat_rates "
            "where valid_from_date <= ? order by fuel, valid_from_date",
            [self.period.as_of_date],
        )
        return {fuel: _decimal(limit) for fuel, limit in rows}

    def _read_elements(self, meter_ids: Sequence[str]) -> dict[str, dict[str, list[dict]]]:
        table = self._warehouse.fetch_arrow(
            "select invoice_id, meter_id, site_id, supplier_id, fuel, already_billed_by_invoice_id, "
            "credited_invoice_id, element, "
            "invoice_status, quantity_unit, read_unit, billed_quantity, virtual_quantity, billed_gbp, virtual_gbp, "
            "difference_gbp, timing_gbp, estimate_gbp, rate_difference_gbp, volume_difference_gbp, "
            "fixed_difference_gbp, unexplained_gbp, reading_coverage_share, is_estimated, has_contract, "
            "is_contract_expired, is_small_supply, period_start_date, period_end_date, issue_date "
            f"from {self._energy}.fct_energy_invoice_reconciliation where invoice_status in ('standing', 'gap') "
            f"and meter_id in ({_marks(meter_ids)})",
            list(meter_ids),
        )
        found: dict[str, dict[str, list[dict]]] = defaultdict(lambda: defaultdict(list))
        for row in table.to_pylist():
            found[row["meter_id"]][row["invoice_id"]].append(row)
        return found

    def _differing(self) -> str:
        return (
            f"select invoice_id from {self._energy}.fct_energy_invoice_reconciliation "
            "where difference_gbp != 0 and invoice_status = 'standing'"
        )

    def _read_lines(self, meter_ids: Sequence[str]) -> dict[str, list[BillLine]]:
        rows = self._warehouse.fetch_rows(
            "select invoice_id, element, rate_band, quantity, rate_gbp, net_gbp "
            f"from {self._energy}.fct_energy_invoice_lines where meter_id in ({_marks(meter_ids)}) "
            f"and invoice_id in ({self._differing()}) order by invoice_id, line_number",
            list(meter_ids),
        )
        found: dict[str, list[BillLine]] = defaultdict(list)
        for invoice_id, element, band, quantity, rate, net in rows:
            found[invoice_id].append(BillLine(element, band, quantity, rate, net))
        return found

    def _read_virtual_lines(self, meter_ids: Sequence[str]) -> dict[str, list[BillLine]]:
        rows = self._warehouse.fetch_rows(
            "select invoice_id, element, rate_band, quantity, rate_gbp, virtual_gbp, is_published "
            f"from {self._energy}.fct_energy_virtual_bill_lines where meter_id in ({_marks(meter_ids)}) "
            f"and invoice_id in ({self._differing()}) "
            "order by invoice_id, element, rate_band, valid_from_date",
            list(meter_ids),
        )
        found: dict[str, list[BillLine]] = defaultdict(list)
        for invoice_id, element, band, quantity, rate, amount, is_published in rows:
            found[invoice_id].append(BillLine(element, band, quantity, rate, amount, is_published is not False))
        return found

    def _read_demand(self, meter_ids: Sequence[str]) -> dict[str, tuple[int, Decimal | None]]:
        rows = self._warehouse.fetch_rows(
            "with bills as (select distinct invoice_id, meter_id, period_start_date, period_end_date "
            f"from {self._energy}.fct_energy_invoice_reconciliation "
            "where invoice_status = 'standing' and element in ('capacity', 'excess_capacity', 'reactive') "
            f"and meter_id in ({_marks(meter_ids)})) "
            "select bills.invoice_id, count(days.peak_demand_kva), max(days.peak_demand_kva) from bills "
            f"inner join {self._energy}.fct_energy_billing_days as days on bills.meter_id = days.meter_id "
            "and days.settlement_date between bills.period_start_date and bills.period_end_date "
            "group by bills.invoice_id",
            list(meter_ids),
        )
        return {row[0]: (int(row[1]), row[2]) for row in rows}

    def _read_peaks(self, meter_ids: Sequence[str]) -> dict[str, int]:
        since = two_years_to(self.period.as_of_date)
        rows = self._warehouse.fetch_rows(
            f"select meter_id, max(peak_squared) from {self._energy}.fct_energy_billing_days "
            f"where settlement_date between ? and ? and meter_id in ({_marks(meter_ids)}) group by meter_id",
            [since, self.period.as_of_date, *meter_ids],
        )
        return {meter_id: int(peak) for meter_id, peak in rows if peak is not None}

    def _read_capacity_terms(self, meter_ids: Sequence[str]) -> dict[str, list[CapacityTerm]]:
        rows = self._warehouse.fetch_rows(
            "select meter_id, element, agreed_capacity_kva, rate_gbp, valid_from_date, valid_to_date "
            f"from {self._energy}.dim_energy_contract_rates where element in ('capacity', 'excess_capacity') "
            f"and meter_id in ({_marks(meter_ids)}) order by meter_id, element, valid_from_date, contract_id",
            list(meter_ids),
        )
        found: dict[str, list[CapacityTerm]] = defaultdict(list)
        for meter_id, *term in rows:
            found[meter_id].append(CapacityTerm(*term))
        return found

    def _assemble(self, meter_id, invoices, lines, virtual_lines, demand, peak, terms) -> BillInputs:
        known_site, fuel, charging_band, read_unit = self._meters.get(meter_id, (None, None, None, None))
        first_row = next(rows[0] for rows in invoices.values()) if invoices else {}
        site_id = known_site or first_row.get("site_id")
        site_type, close_date = self._sites.get(site_id, (None, None))
        bills = sorted(
            (
                _bill(invoice_id, rows, lines[invoice_id], virtual_lines[invoice_id], demand.get(invoice_id, (0, None)))
                for invoice_id, rows in invoices.items()
            ),
            key=lambda bill: (bill.start_date, bill.end_date, bill.issue_date or date.max, bill.invoice_id),
        )
        own_fuel = fuel or first_row.get("fuel") or "electricity"
        return BillInputs(
            meter_id=meter_id,
            site_id=site_id,
            site_type=site_type or "other",
            fuel=own_fuel,
            charging_band=charging_band,
            read_unit=read_unit,
            site_close_date=close_date,
            period=self.period,
            bills=tuple(bill for bill in bills if bill.status == "standing" and bill.credited_invoice_id is None),
            credits=tuple(bill for bill in bills if bill.credited_invoice_id is not None),
            gaps=tuple(bill for bill in bills if bill.status == "gap"),
            peak_squared=peak,
            capacity_terms=tuple(terms),
            residual_rates=self._residual_rates,
            small_supply_kwh_a_day=self._small_supplies.get(own_fuel),
        )


def two_years_to(day: date) -> date:
    """First day (inclusive) of the 24 months that end on the day."""
    after = day + timedelta(days=1)
    try:
        return after.replace(year=after.year - 2)
    except ValueError:  # 29 February has no twin two years before
        return date(after.year - 2, 3, 1)


def _bill(invoice_id: str, rows: list[dict], lines, virtual_lines, demand) -> Bill:
    head = rows[0]
    return Bill(
        invoice_id=invoice_id,
        status=head["invoice_status"],
        supplier_id=head["supplier_id"],
        already_billed_by_invoice_id=head["already_billed_by_invoice_id"],
        is_estimated=bool(head["is_estimated"]),
        is_small_supply=head["is_small_supply"],
        coverage_share=_decimal(head["reading_coverage_share"]),
        read_unit=head["read_unit"],
        start_date=head["period_start_date"],
        end_date=head["period_end_date"],
        issue_date=head["issue_date"],
        elements={row["element"]: _element(row) for row in sorted(rows, key=lambda row: row["element"])},
        lines=tuple(lines),
        virtual_lines=tuple(virtual_lines),
        demand_days=demand[0],
        highest_kva=demand[1],
        credited_invoice_id=head["credited_invoice_id"],
    )


def _element(row: dict) -> BillElement:
    amounts = {
        name: row[name] if row[name] is not None else Decimal(0)
        for name in (
            "billed_gbp",
            "virtual_gbp",
            "difference_gbp",
            "timing_gbp",
            "estimate_gbp",
            "rate_difference_gbp",
            "volume_difference_gbp",
            "fixed_difference_gbp",
            "unexplained_gbp",
        )
    }
    return BillElement(
        element=row["element"],
        quantity_unit=row["quantity_unit"],
        billed_quantity=row["billed_quantity"],
        virtual_quantity=row["virtual_quantity"],
        has_contract=bool(row["has_contract"]),
        is_contract_expired=bool(row["is_contract_expired"]),
        **amounts,
    )


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" for _ in values)
