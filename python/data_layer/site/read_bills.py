"""Reads what the page of bills says: rows from the marts, totals from the semantic layer."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from data_layer.site.bill_facts import (
    ELEMENTS,
    VAT,
    Bill,
    BillElement,
    BillFacts,
    BillFinding,
    BillLine,
    BillMonth,
    Difference,
    SiteBills,
)
from data_layer.site.facts import Estate, require_rows_sum
from data_layer.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from data_layer.metrics.query import MetricStore

BILLS_WITH_A_PAGE = 20_000
"""Bills on one page: about 1 kB each, so that the file stays below some 25 MB and opens on a phone. Above it only the
bills with a finding have a page of their own."""

AMOUNTS = (
    "billed_gbp",
    "virtual_gbp",
    "timing_gbp",
    "estimate_gbp",
    "rate_difference_gbp",
    "volume_difference_gbp",
    "fixed_difference_gbp",
    "unexplained_gbp",
)
SET_BY_LAW = {"ccl", VAT}

BANDS = ("all", "day", "night", "red", "amber", "green")

_PLACE = {name: place for place, name in enumerate(ELEMENTS)}


def read_bill_facts(warehouse: Warehouse, store: MetricStore, estate: Estate) -> BillFacts:
    """Everything that the pages say of bills, for the estate's 12 months and, where something was found, of all time.

    Raises RowsDoNotSumError when the months' rows do not come to the metrics.
    """
    period = _period(warehouse, estate)
    if period is None:
        return BillFacts(None, None, [], 0, 0, 0, [], [], None, None)
    findings = _findings(warehouse)
    checked, checked_in_period, in_period = _counts(warehouse, period)
    named = {row.invoice_id for row in findings} | {row.other_invoice_id for row in findings if row.other_invoice_id}
    is_complete = in_period + len(named) <= BILLS_WITH_A_PAGE
    bills, placed = _bills(warehouse, period[0] if is_complete else None, findings)
    if len(bills) > BILLS_WITH_A_PAGE:
        bills = sorted(bills, key=lambda bill: -abs(bill.found_gbp))[:BILLS_WITH_A_PAGE]
    total = store.query(["unexplained_bill_gbp", "unexplained_bill_share"], from_date=period[0], to_date=period[1])
    (row,) = total.to_pylist() or [{"unexplained_bill_gbp": None, "unexplained_bill_share": None}]
    return BillFacts(
        period_start_date=period[0],
        period_end_date=period[1],
        bills=bills,
        checked=checked,
        checked_in_period=checked_in_period,
        bills_in_period=in_period,
        findings=placed,
        months=_months(warehouse, store, period),
        unexplained_gbp=row["unexplained_bill_gbp"],
        unexplained_share=row["unexplained_bill_share"],
        sites=[] if is_complete else _sites(warehouse, store, period),
    )


def _period(warehouse: Warehouse, estate: Estate) -> tuple[dt.date, dt.date] | None:
    """The estate's 12 months; without readings the year up to the last day billed; None without any bill."""
    ((last_billed,),) = warehouse.fetch_rows(f"select max(period_end_date) from {_reconciliation(warehouse)}")
    if last_billed is None:
        return None
    if estate.as_of_date:
        return estate.period_start_date, estate.as_of_date
    last = last_billed.date() if isinstance(last_billed, dt.datetime) else last_billed
    return last - dt.timedelta(days=364), last


def _reconciliation(warehouse: Warehouse) -> str:
    return f"{warehouse.schema('energy')}.fct_energy_invoice_reconciliation"


def _counts(warehouse: Warehouse, period: tuple[dt.date, dt.date]) -> tuple[int, int, int]:
    """Standing bills of all time and of the 12 months; bills, credit notes and gaps of the 12 months."""
    ((checked, checked_in_period, in_period),) = warehouse.fetch_rows(
        "with bills as (select distinct invoice_id, invoice_status, period_end_date "
        f"from {_reconciliation(warehouse)}) "
        "select count(case when invoice_status = 'standing' then 1 end), "
        "count(case when invoice_status = 'standing' and period_end_date between ? and ? then 1 end), "
        "count(case when period_end_date >= ? then 1 end) from bills",
        [*period, period[0]],
    )
    return int(checked), int(checked_in_period), int(in_period)


def _findings(warehouse: Warehouse) -> list[BillFinding]:
    table = warehouse.fetch_arrow(
        "select finding_id, detector_id, invoice_id, other_invoice_id, meter_id, element, error_code, basis, sentence, "
        "found_gbp, sequenced_gbp, period_start_date, period_end_date "
        f"from {warehouse.schema('savings')}.fct_savings_bill_findings order by finding_id"
    )
    return [BillFinding(**row) for row in table.to_pylist()]


def _bills(
    warehouse: Warehouse, from_date: dt.date | None, findings: Sequence[BillFinding]
) -> tuple[list[Bill], list[BillFinding]]:
    """Bills that a finding names, and those that end on or after `from_date` where one is given.

    With them all findings, each under the bill on whose page it stands.
    """
    findings_mart = f"{warehouse.schema('savings')}.fct_savings_bill_findings"
    wanted = (
        f"select invoice_id from {findings_mart} "
        f"union select other_invoice_id from {findings_mart} where other_invoice_id is not null "
        # The days that no bill covers are a bill of their own, which the finding does not name.
        f"union select invoice_id from {_reconciliation(warehouse)} where invoice_status = 'gap'"
    )
    parameters: list[Any] = []
    if from_date:
        wanted += f" union select invoice_id from {_reconciliation(warehouse)} where period_end_date >= ?"
        parameters.append(from_date)
    elements = warehouse.fetch_arrow(
        "select invoice_id, meter_id, site_id, supplier_id, contract_id, already_billed_by_invoice_id, fuel, element, "
        f"invoice_status, quantity_unit, billed_quantity, virtual_quantity, {', '.join(AMOUNTS)}, "
        "credited_invoice_id, reading_coverage_share, is_estimated, has_contract, is_contract_expired, "
        "is_small_supply, days_billed, "
        f"period_start_date, period_end_date, issue_date from {_reconciliation(warehouse)} "
        f"where invoice_id in ({wanted}) order by meter_id, period_start_date, issue_date, invoice_id",
        parameters,
    )
    by_bill: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in elements.to_pylist():
        by_bill[row["invoice_id"]].append(row)
    lines = _lines(warehouse, wanted, parameters)
    names = _names(warehouse)
    found = _found_by_bill(findings, by_bill)
    chains = _chains(warehouse, by_bill)
    bills = [
        _bill(invoice_id, rows, names, lines.get(invoice_id, ()), found.get(invoice_id, ()), chains.get(invoice_id, {}))
        for invoice_id, rows in by_bill.items()
    ]
    first = from_date or dt.date.max
    bills = [bill for bill in bills if bill.status != "gap" or bill.findings or bill.period_end_date >= first]
    return bills, [row for rows in found.values() for row in rows]


def _bill(
    invoice_id: str,
    rows: list[dict[str, Any]],
    names: tuple[Mapping[str, str], Mapping[str, str]],
    lines: Sequence[BillLine],
    findings: Sequence[BillFinding],
    chain: Mapping[str, str],
) -> Bill:
    head = rows[0]
    sites, suppliers = names

    def first(name: str) -> Any:
        return next((row[name] for row in rows if row[name] is not None), None)

    site_id = first("site_id")
    return Bill(
        invoice_id=invoice_id,
        status=head["invoice_status"],
        meter_id=head["meter_id"],
        site_id=site_id or "",
        site_name=sites.get(site_id) or site_id or "Site not known",
        supplier_name=suppliers.get(first("supplier_id")) or first("supplier_id") or "",
        contract_id=first("contract_id"),
        fuel=first("fuel") or "",
        days_billed=head["days_billed"],
        period_start_date=head["period_start_date"],
        period_end_date=head["period_end_date"],
        issue_date=head["issue_date"],
        coverage_share=first("reading_coverage_share"),
        credited_invoice_id=head["credited_invoice_id"],
        is_estimated=bool(head["is_estimated"]),
        has_contract=_has_contract(rows),
        is_contract_expired=any(row["is_contract_expired"] for row in rows),
        is_small_supply=any(row["is_small_supply"] for row in rows),
        already_billed_by_invoice_id=first("already_billed_by_invoice_id"),
        **chain,
        elements=tuple(_element(row) for row in sorted(rows, key=lambda row: _place(row["element"]))),
        lines=lines,
        findings=findings,
    )


def _has_contract(rows: list[dict[str, Any]]) -> bool:
    """A rate is known for a charge of the supplier's; VAT and levy are set by law and always have one."""
    charged = [row for row in rows if row["element"] not in SET_BY_LAW] or rows
    return any(row["has_contract"] for row in charged)


def _element(row: Mapping[str, Any]) -> BillElement:
    return BillElement(
        element=row["element"],
        amounts=Difference(*(row[name] or Decimal(0) for name in AMOUNTS)),
        quantity_unit=row["quantity_unit"],
        billed_quantity=row["billed_quantity"],
        virtual_quantity=row["virtual_quantity"],
    )


def _lines(warehouse: Warehouse, wanted: str, parameters: list[Any]) -> dict[str, tuple[BillLine, ...]]:
    """Lines as billed beside lines that were due, by bill; of one element and band in order of number and of day."""
    schema = warehouse.schema("energy")
    billed = warehouse.fetch_arrow(
        "select invoice_id, element, rate_band, quantity_unit, quantity, rate_gbp, net_gbp "
        f"from {schema}.fct_energy_invoice_lines where invoice_id in ({wanted}) order by invoice_id, line_number",
        parameters,
    ).to_pylist()
    due = warehouse.fetch_arrow(
        "select invoice_id, element, rate_band, quantity_unit, quantity - already_billed_quantity as quantity, "
        "rate_gbp, virtual_gbp, is_published, is_contract_expired "
        f"from {schema}.fct_energy_virtual_bill_lines where invoice_id in ({wanted}) "
        "order by invoice_id, element, rate_band, valid_from_date",
        parameters,
    ).to_pylist()
    sides: dict[tuple[str, str, str], tuple[list, list]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((billed, due)):
        for row in rows:
            sides[row["invoice_id"], row["element"], row["rate_band"]][side].append(row)
    found: dict[str, list[BillLine]] = defaultdict(list)
    for (invoice_id, _, _), (billed_lines, due_lines) in sorted(
        sides.items(), key=lambda item: (item[0][0], _place(item[0][1]), _band_place(item[0][2]))
    ):
        found[invoice_id] += [_line(*pair) for pair in zip_longest(billed_lines, due_lines)]
    return {invoice_id: tuple(rows) for invoice_id, rows in found.items()}


def _line(billed: Mapping[str, Any] | None, due: Mapping[str, Any] | None) -> BillLine:
    known = billed or due or {}
    return BillLine(
        element=known["element"],
        rate_band=known["rate_band"],
        quantity_unit=known["quantity_unit"],
        billed_quantity=billed and billed["quantity"],
        virtual_quantity=due and due["quantity"],
        billed_rate_gbp=billed and billed["rate_gbp"],
        due_rate_gbp=due and due["rate_gbp"],
        billed_gbp=billed and billed["net_gbp"],
        virtual_gbp=due and due["virtual_gbp"],
        is_published=due is None or due["is_published"] is not False,
        is_contract_expired=bool(due and due["is_contract_expired"]),
    )


def _found_by_bill(
    findings: Iterable[BillFinding], by_bill: Mapping[str, list[dict[str, Any]]]
) -> dict[str, tuple[BillFinding, ...]]:
    """Findings by the bill on whose page they stand: what was not billed stands with the days without a bill."""
    gaps = {
        (rows[0]["meter_id"], rows[0]["period_start_date"]): invoice_id
        for invoice_id, rows in by_bill.items()
        if rows[0]["invoice_status"] == "gap"
    }
    found: dict[str, list[BillFinding]] = defaultdict(list)
    for row in findings:
        gap = gaps.get((row.meter_id, row.period_start_date)) if row.basis == "unbilled" else None
        placed = replace(row, invoice_id=gap, other_invoice_id=row.invoice_id) if gap else row
        found[placed.invoice_id].append(placed)
    return {
        invoice_id: tuple(sorted(rows, key=lambda row: (_place(row.element), row.finding_id)))
        for invoice_id, rows in found.items()
    }


def _chains(warehouse: Warehouse, by_bill: Mapping[str, list[dict[str, Any]]]) -> dict[str, dict[str, str]]:
    """Who takes back and who replaces whom, by bill.

    A rebill names no bill: it is the standing bill of the same days that was issued when the credit note was, or later.
    """
    credits = warehouse.fetch_rows(
        f"select invoice_id, cancels_invoice_id from {warehouse.schema('staging')}.stg_energy__invoices "
        "where cancels_invoice_id is not null order by invoice_id"
    )
    standing: dict[tuple, list[dict[str, Any]]] = defaultdict(list)
    for rows in by_bill.values():
        if rows[0]["invoice_status"] == "standing":
            standing[_days(rows[0])].append(rows[0])
    chains: dict[str, dict[str, str]] = defaultdict(dict)
    for credit_id, cancelled_id in credits:
        if credit_id not in by_bill or by_bill[credit_id][0]["invoice_status"] != "credit_note":
            continue
        credit = by_bill[credit_id][0]
        chains[credit_id]["cancels_invoice_id"] = cancelled_id
        chains[cancelled_id]["cancelled_by_invoice_id"] = credit_id
        later = [
            row
            for row in standing[_days(credit)]
            if (row["issue_date"] or dt.date.max) >= (credit["issue_date"] or dt.date.min)
        ]
        if later:
            rebill_id = min(later, key=lambda row: (row["issue_date"] or dt.date.max, row["invoice_id"]))["invoice_id"]
            chains[rebill_id]["replaces_invoice_id"] = cancelled_id
            chains[cancelled_id]["replaced_by_invoice_id"] = rebill_id
    return chains


def _days(row: Mapping[str, Any]) -> tuple:
    return row["meter_id"], row["period_start_date"], row["period_end_date"]


def _months(warehouse: Warehouse, store: MetricStore, period: tuple[dt.date, dt.date]) -> list[BillMonth]:
    """Bills by month of their last day: the parts are rows of the mart, which must come to the metrics."""
    standing = ", ".join(f"sum(case when invoice_status = 'standing' then {name} end)" for name in AMOUNTS)
    rows = warehouse.fetch_rows(
        f"select extract(year from period_end_date), extract(month from period_end_date), {standing}, "
        "sum(case when invoice_status in ('cancelled', 'credit_note') then billed_gbp end), "
        f"sum(case when invoice_status = 'gap' then virtual_gbp end) from {_reconciliation(warehouse)} "
        "where element <> 'vat' and period_end_date between ? and ? group by 1, 2 order by 1, 2",
        [*period],
    )
    shares = _by_month(store, "unexplained_bill_share", period)
    months = []
    for year, number, *values in rows:
        start = dt.date(int(year), int(number), 1)
        *amounts, taken_back_gbp, not_billed_gbp = (value or Decimal(0) for value in values)
        months.append(BillMonth(start, Difference(*amounts), taken_back_gbp, not_billed_gbp, shares.get(start)))
    for metric, shown in (
        ("standing_bill_gbp", lambda month: [month.amounts.billed_gbp]),
        ("virtual_bill_gbp", lambda month: [month.amounts.virtual_gbp]),
        ("energy_cost_gbp", lambda month: [month.amounts.billed_gbp, month.taken_back_gbp]),
    ):
        stated = _by_month(store, metric, period)
        for month in months:
            name = f"{metric} of {month.month_start_date:%Y-%m}"
            require_rows_sum(shown(month), stated.get(month.month_start_date) or Decimal(0), name)
    return months


def _by_month(store: MetricStore, metric: str, period: tuple[dt.date, dt.date]) -> dict[dt.date, Any]:
    rows = store.query([metric], group_by=["month"], from_date=period[0], to_date=period[1]).to_pylist()
    return {row["month"]: row[metric] for row in rows}


def _sites(warehouse: Warehouse, store: MetricStore, period: tuple[dt.date, dt.date]) -> list[SiteBills]:
    names, _ = _names(warehouse)
    rows = store.query(
        ["standing_bill_gbp", "virtual_bill_gbp", "unexplained_bill_gbp"],
        group_by=["site"],
        from_date=period[0],
        to_date=period[1],
    ).to_pylist()
    found = [
        SiteBills(
            names.get(row["site"]) or row["site"] or "Site not known",
            row["standing_bill_gbp"],
            row["virtual_bill_gbp"],
            row["unexplained_bill_gbp"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: (-(row.unexplained_gbp or 0), row.site_name))


def _names(warehouse: Warehouse) -> tuple[dict[str, str], dict[str, str]]:
    """Names of sites (the newest of each) and of suppliers, by id."""
    schema = warehouse.schema("core")
    sites = warehouse.fetch_rows(f"select site_id, site_name from {schema}.dim_sites order by site_id, valid_from_date")
    suppliers = warehouse.fetch_rows(f"select supplier_id, supplier_name from {schema}.dim_suppliers")
    return dict(sites), dict(suppliers)


def _band_place(rate_band: str) -> int:
    return BANDS.index(rate_band) if rate_band in BANDS else len(BANDS)


def _place(element: str) -> int:
    return _PLACE.get(element, len(_PLACE))
