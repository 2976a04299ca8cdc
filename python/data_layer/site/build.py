"""Writes all pages of an estate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from data_layer.site.bills_page import render_bills
from data_layer.site.docs import offline_docs
from data_layer.site.formats import count, day, pounds
from data_layer.site.pages import BILLS, DOCS, INDEX, METRICS, REPORT, render, write_page
from data_layer.site.read_bills import read_bill_facts
from data_layer.site.read_facts import estate_name, read_estate, read_metrics, read_savings_facts
from data_layer.site.report import render_report
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession

Progress = Callable[..., None]
TITLES = {
    INDEX: "Start page",
    REPORT: "Savings report",
    BILLS: "Bills",
    METRICS: "Metrics",
    DOCS: "Data documentation",
}
STEPS = 5


@dataclass(frozen=True)
class SiteReport:
    """What was written: (title, path) of each page, the start page first, and the headline as one line."""

    pages: list[tuple[str, Path]]
    headline: str


def build_site(
    config: WarehouseConfig, out: Path, progress: Progress | None = None, dbt: DbtSession | None = None
) -> SiteReport:
    """Write the start page, the savings report, the bills, the metrics and the documentation to `out`.

    Without a complete day of readings there is no savings report; one of an earlier run is removed.

    progress  called with pages done, pages in all and what is at hand
    dbt       a session that has parsed the project already; without it one is made
    Raises RowsDoNotSumError when rows of a page do not come to the metric that heads it, PartsDoNotSumError when the
    parts of a bill do not come to its difference, OutsideAddressError when a page would lead outside; nothing of a
    faulty page is written.
    """
    # The semantic layer takes seconds to import: who only wants a chart should not wait for it.
    from data_layer.metrics.query import MetricStore

    advance = progress or (lambda *_: None)
    advance(0, STEPS, "documentation")
    if dbt is None:
        with DbtSession(config) as session:
            docs_page = session.docs().read_text(encoding="utf-8")
    else:
        docs_page = dbt.docs().read_text(encoding="utf-8")
    manifest = orjson.loads((config.dbt_target_path / "manifest.json").read_bytes())

    advance(1, STEPS, "bills")
    built_at = dt.datetime.now(dt.UTC)
    with MetricStore(config, dbt) as store, open_warehouse(config) as warehouse:
        estate = read_estate(warehouse, built_at)
        bills = read_bill_facts(warehouse, store, estate)
        advance(2, STEPS, "figures")
        metrics = read_metrics(store)
        facts = read_savings_facts(warehouse, store, estate, manifest, bills) if estate.as_of_date else None

    advance(3, STEPS, "pages")
    # The report is rendered first: a start page must not announce a headline that its rows do not bear out.
    rendered = {REPORT: render_report(facts)} if facts else {}
    rendered |= {
        INDEX: render("index.html.j2", INDEX, estate=estate, facts=facts, bills=bills, metrics=metrics),
        BILLS: render_bills(bills, estate),
        METRICS: render("metrics.html.j2", METRICS, estate=estate, metrics=metrics),
        DOCS: offline_docs(docs_page, f"Data documentation | {estate_name(config)}", config.root, INDEX),
    }
    advance(4, STEPS, "pages")
    pages = [(TITLES[name], write_page(out, name, rendered[name])) for name in TITLES if name in rendered]
    advance(STEPS, STEPS)
    if facts is None:
        (out / REPORT).unlink(missing_ok=True)
        return SiteReport(pages, "No complete day of energy readings is loaded: no saving was looked for.")
    gate = facts.gate
    figure = "REFUSED" if gate.is_refused else pounds(facts.headline_gbp)
    headline = (
        f"Candidate savings, cautious: {figure} from {count(len(facts.candidates), 'candidate')} "
        f"in the 12 months to {day(estate.as_of_date)}. Detected, not validated."
    )
    if not gate.is_open:
        headline += f" {gate.verdict}: {gate.sentence}"
    return SiteReport(pages=pages, headline=headline)
