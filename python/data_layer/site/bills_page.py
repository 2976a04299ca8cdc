"""The page of bills: facts in, one HTML page out, with every bill's own page in it as data for one small script."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources
from typing import Any

import orjson
from markupsafe import Markup

from data_layer.site import charts
from data_layer.site.bill_facts import (
    BASES,
    ELEMENTS,
    PARTS,
    VERDICTS,
    Bill,
    BillElement,
    BillFacts,
    BillFinding,
    BillLine,
    Difference,
    error_title,
)
from data_layer.site.facts import Estate
from data_layer.site.formats import grouped, pounds, words
from data_layer.site.offline import without_addresses
from data_layer.site.pages import BILLS, render

FINDING_ROWS = 500
"""Findings in the table for readers without scripts, the largest first; the rest are counted."""

UNEXPLAINED_LIMIT_PCT = Decimal("0.5")
"""Share of spend that may stay unexplained in a month."""

_UNITS = {"kwh": "kWh", "day": "days", "kva_day": "kVA days", "kvarh": "kVArh"}
_NOT_PUBLISHED, _EXPIRED = 1, 2
_ESTIMATED, _CONTRACT_EXPIRED, _SMALL = 1, 2, 4


def render_bills(facts: BillFacts, estate: Estate) -> str:
    """HTML of the page of bills.

    Raises PartsDoNotSumError when the parts of a bill's or a month's difference do not come to the difference.
    """
    for bill in facts.bills:
        bill.net.require_sum(f"Bill {bill.invoice_id}")
    for month in facts.months:
        month.amounts.require_sum(f"Bills of {month.month_start_date:%Y-%m}")
    script = resources.files("data_layer.site").joinpath("templates/bills.js").read_text(encoding="utf-8")
    findings = sorted(facts.findings, key=lambda row: -abs(row.found_gbp))
    return render(
        "bills.html.j2",
        BILLS,
        estate=estate,
        facts=facts,
        data=Markup(embedded(page_data(facts.bills))),
        script=Markup(script),
        months_chart=_months_chart(facts),
        findings=findings[:FINDING_ROWS],
        findings_left=max(len(findings) - FINDING_ROWS, 0),
        limit_pct=UNEXPLAINED_LIMIT_PCT,
        parts=PARTS,
        bases=BASES,
        element_names=ELEMENTS,
    )


def page_data(bills: Sequence[Bill]) -> dict[str, Any]:
    """All bills as small arrays, in the order that bills.js reads; texts that many bills share are said once.

    Money is whole pence, halves rounded away from zero; quantities and rates are text, exact.
    """
    texts: dict[str, int] = {}

    def text(value: str | None) -> int | None:
        return None if value is None else texts.setdefault(value, len(texts))

    rows = [_bill(bill, text) for bill in bills]
    return {
        "texts": list(texts),
        "bills": rows,
        "elements": ELEMENTS,
        "bases": BASES,
        "verdicts": {key: label for key, label in VERDICTS.items() if any(bill.verdict == key for bill in bills)},
        "errors": {
            code: error_title(code) for code in sorted({row.error_code for bill in bills for row in bill.findings})
        },
    }


def embedded(data: Any) -> str:
    """JSON that may stand in a script element: it cannot close the element, and holds no address."""
    text = orjson.dumps(_without_addresses(data)).decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _without_addresses(data: Any) -> Any:
    """The data with outside addresses in its texts made plain words."""
    if isinstance(data, str):
        # In quotes, as it will stand: an address without a scheme is one only behind a quote.
        return without_addresses(f'"{data}"')[1:-1] if "//" in data else data
    if isinstance(data, dict):
        return {name: _without_addresses(value) for name, value in data.items()}
    return [_without_addresses(value) for value in data] if isinstance(data, list) else data


def pence(value: Decimal) -> int:
    """GBP as whole pence."""
    return int((value * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _bill(bill: Bill, text: Any) -> list[Any]:
    flags = (
        _ESTIMATED * bill.is_estimated + _CONTRACT_EXPIRED * bill.is_contract_expired + _SMALL * bill.is_small_supply
    )
    chain = [
        bill.cancels_invoice_id,
        bill.cancelled_by_invoice_id,
        bill.replaces_invoice_id,
        bill.replaced_by_invoice_id,
        bill.already_billed_by_invoice_id,
    ]
    return [
        bill.invoice_id,
        text(bill.status),
        text(bill.verdict),
        text(bill.label),
        bill.sentence,
        text(bill.site_name),
        text(bill.site_id),
        text(bill.meter_id),
        text(bill.supplier_name),
        text(bill.contract_id),
        text(words(bill.fuel)),
        bill.period_start_date,
        bill.period_end_date,
        bill.issue_date,
        bill.days_billed,
        None if bill.coverage_share is None else f"{grouped(100 * bill.coverage_share, 1)}%",
        flags,
        _amounts(bill.net),
        pence(bill.net.billed_gbp + bill.vat.billed_gbp),
        chain if any(chain) else 0,
        [_element(row, text) for row in bill.elements],
        [_line(row, text) for row in bill.lines],
        _findings(bill.findings, text),
        pence(bill.found_gbp),
    ]


def _amounts(amounts: Difference) -> list[int]:
    """Billed, virtual, difference and its parts; parts at the end that are nothing are left out."""
    values = [pence(amounts.billed_gbp), pence(amounts.virtual_gbp), pence(amounts.difference_gbp)]
    values += [pence(getattr(amounts, name)) for name in PARTS]
    while values and not values[-1]:
        values.pop()
    return values


def _element(row: BillElement, text: Any) -> list[Any]:
    return [text(row.element), _amounts(row.amounts)]


def _line(row: BillLine, text: Any) -> list[Any]:
    return [
        text(row.element),
        text(row.rate_band),
        text(_UNITS.get(row.quantity_unit, row.quantity_unit)),
        _plain(row.billed_quantity),
        _plain(row.virtual_quantity),
        _plain(row.billed_rate_gbp),
        _plain(row.due_rate_gbp),
        None if row.billed_gbp is None else pence(row.billed_gbp),
        None if row.virtual_gbp is None else pence(row.virtual_gbp),
        _NOT_PUBLISHED * (not row.is_published) + _EXPIRED * row.is_contract_expired,
    ]


def _findings(findings: Sequence[BillFinding], text: Any) -> list[list[Any]]:
    """Findings of a bill by error and basis, with what all elements come to; the largest element of each first."""
    groups: dict[tuple[str, str], list[BillFinding]] = {}
    for row in sorted(findings, key=lambda row: -abs(row.found_gbp)):
        groups.setdefault((row.error_code, row.basis), []).append(row)
    return [
        [
            text(error_code),
            text(basis),
            pence(sum((row.found_gbp for row in rows), Decimal(0))),
            next((row.other_invoice_id for row in rows if row.other_invoice_id), None),
            [[text(row.element), row.sentence, pence(row.found_gbp)] for row in rows],
        ]
        for (error_code, basis), rows in groups.items()
    ]


def _plain(value: Decimal | None) -> str | None:
    """A quantity or a rate with the digits that it has, thousands grouped, zeros at the end left out."""
    if value is None:
        return None
    normal = value.normalize()
    return grouped(normal, max(0, -normal.as_tuple().exponent))


def _months_chart(facts: BillFacts) -> str:
    values = [(row.month_start_date, row.amounts.virtual_gbp, row.amounts.billed_gbp) for row in facts.months]
    if not values:
        return ""
    summary = (
        f"By month: {pounds(facts.total.virtual_gbp)} by the virtual bill and {pounds(facts.total.billed_gbp)} billed "
        "over the 12 months."
    )
    if max(float(value) for _, *pair in values for value in pair) >= 10_000:
        values = [(start, *(value / 1000 for value in pair)) for start, *pair in values]
        return charts.paired_bars(values, ("virtual", "billed"), "\N{POUND SIGN} thousand", summary)
    return charts.paired_bars(values, ("virtual", "billed"), "\N{POUND SIGN}", summary)
