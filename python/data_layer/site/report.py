"""The savings report: facts in, one HTML page out. It lays out rows and metrics and computes no metric."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from data_layer.site import charts
from data_layer.site.bill_facts import BASES, BillFinding
from data_layer.site.facts import Exclusion, Forecast, SavingsFacts, require_rows_sum
from data_layer.site.formats import grouped, pounds
from data_layer.site.pages import REPORT, render

SHOWN_IN_FULL = 200
"""Candidates with their evidence and chart; the table always has all of them."""

FAULT_ROWS = 50
"""Faults in the table, those with most energy first; the rest are counted."""

BILLS_OF_A_CANDIDATE = 12
"""Bills named with a candidate, those with the largest findings; the rest are counted."""

PENNY = Decimal("0.01")


def render_report(facts: SavingsFacts) -> str:
    """HTML of the savings report.

    Raises RowsDoNotSumError when the candidates' cautious or sequenced column does not come to its metric to the penny.
    """
    rows_total_gbp = _shown_total(facts)
    return render("savings_report.html.j2", REPORT, facts=facts, estate=facts.estate, **_content(facts, rows_total_gbp))


def _shown_total(facts: SavingsFacts) -> Decimal:
    cautious = [row.cautious_gbp for row in facts.candidates]
    require_rows_sum(cautious, facts.headline_gbp, "savings_cautious_gbp")
    require_rows_sum([row.sequenced_gbp for row in facts.candidates], facts.sequenced_gbp, "savings_sequenced_gbp")
    require_rows_sum([row.standalone_gbp for row in facts.candidates], facts.standalone_gbp, "savings_standalone_gbp")
    return sum(cautious, Decimal(0))


def _content(facts: SavingsFacts, rows_total_gbp: Decimal) -> dict[str, Any]:
    faults = [row for row in facts.exclusions if row.is_data_fault and row.excluded_days]
    before = [row for row in facts.exclusions if row.is_data_fault and not row.excluded_days]
    loaded = facts.loaded_tables
    return {
        "rows_total_gbp": rows_total_gbp,
        "shown_in_full": SHOWN_IN_FULL,
        "doubt_gbp": facts.sequenced_gbp.quantize(PENNY) - facts.headline_gbp,
        "unknown_gbp": sum((row.sequenced_gbp for row in facts.range_not_known), Decimal(0)),
        "faults": faults,
        "fault_rows": FAULT_ROWS,
        "fault_meters": len({row.meter_id for row in faults}),
        "meters_faulty_before": len({row.meter_id for row in before}),
        "bases": BASES,
        "bill_links": {row.candidate_id: _bill_links(facts.bill_findings(row)) for row in facts.candidates},
        "refusal_groups": _refusal_groups([row for row in facts.exclusions if not row.is_data_fault]),
        "sums_chart": _sums_chart(facts),
        "forecast_start": facts.estate.as_of_date + dt.timedelta(days=1),
        "forecast_charts": {row.fuel: _forecast_chart(row) for row in facts.forecasts},
        "files_loaded": sum(row.files for row in loaded),
        "rows_read": sum(row.rows_read for row in loaded),
        "rows_loaded": sum(row.rows_loaded for row in loaded),
        "rows_quarantined": sum(row.rows_quarantined for row in loaded),
        "rows_suppressed": sum(row.rows_suppressed for row in loaded),
    }


def _bill_links(findings: list[BillFinding]) -> tuple[list[str], int]:
    """Bills of a candidate, each once, and how many more there are."""
    ids = list(dict.fromkeys(row.invoice_id for row in findings))
    return ids[:BILLS_OF_A_CANDIDATE], len(ids[BILLS_OF_A_CANDIDATE:])


def _refusal_groups(refusals: list[Exclusion]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[Exclusion]] = defaultdict(list)
    for row in refusals:
        groups[row.detector_title, row.reason_code].append(row)
    return [
        {
            "detector": detector,
            "reason_code": reason_code,
            "meters": len({row.meter_id for row in rows}),
            "example": f"{rows[0].site_name}: {rows[0].reason}",
        }
        for (detector, reason_code), rows in sorted(groups.items(), key=lambda group: (group[0][0], -len(group[1])))
    ]


def _sums_chart(facts: SavingsFacts) -> str:
    values = [
        (label, amount, pounds(amount))
        for label, amount in (
            ("Naive sum: each candidate alone", facts.standalone_gbp),
            ("Net sum: overlaps counted once", facts.sequenced_gbp),
            ("Cautious total: the headline", facts.headline_gbp),
        )
    ]
    return charts.level_bars(values, ". ".join(f"{label} {text}" for label, _, text in values) + ".")


def _forecast_chart(forecast: Forecast) -> str:
    values = [(row.month_start_date, row.year_before_kwh, row.predicted_kwh) for row in forecast.months]
    summary = (
        f"{forecast.fuel} by month: {grouped(forecast.predicted_kwh)} kWh forecast in all, "
        f"{grouped(forecast.year_before_kwh)} kWh in the 12 months before."
    )
    # Megawatt-hours where kWh would crowd the axis.
    if max(float(value or 0) for _, *pair in values for value in pair) >= 10_000:
        values = [(start, *(None if v is None else v / 1000 for v in pair)) for start, *pair in values]
        return charts.paired_bars(values, ("year before", "forecast"), "MWh", summary)
    return charts.paired_bars(values, ("year before", "forecast"), "kWh", summary)
