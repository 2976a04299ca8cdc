"""A small made-up estate for the tests of pages: facts as the warehouse would give them, with awkward text in them."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path

import dbt.task.docs

from data_layer.site import evidence
from data_layer.site.bills_page import render_bills
from data_layer.site.docs import offline_docs
from data_layer.site.facts import (
    Candidate,
    Estate,
    Exclusion,
    Forecast,
    ForecastMonth,
    IllustrativeSeed,
    LoadedTable,
    MetricTotal,
    QualityStatus,
    QuarantineReason,
    RefusedFile,
    SavingsFacts,
)
from data_layer.site.pages import render
from data_layer.site.report import render_report
from site_bills import bill_facts

PROJECT = Path("/somewhere/on/a/machine")
AS_OF = dt.date(2025, 12, 31)
ESTATE = Estate("Sample estate", "DuckDB", AS_OF, dt.date(2025, 1, 1), dt.datetime(2026, 1, 2, 6, 30))


def capacity_candidate(candidate_id: str = "c1", cautious: str = "1830.12") -> Candidate:
    """A class A candidate with two years of monthly demand."""
    months = [f"{2024 + index // 12}-{index % 12 + 1:02d}" for index in range(24)]
    figures = {
        "agreed_kva": 250.0,
        "highest_demand_kva": 141.22,
        "highest_demand_date": "2025-01-14",
        "need_kva": 156,
        "rate_gbp_per_kva_day": 0.0534,
        "complete_months": 24,
        "monthly_highest_kva": {
            name: None if index == 7 else 120 + 21.22 * math.cos(index / 1.9) for index, name in enumerate(months)
        },
    }
    return Candidate(
        candidate_id=candidate_id,
        detector_id="capacity_above_need",
        detector_title="Agreed capacity above need",
        detector_version="1.0",
        evidence_class="A",
        meter_id="1200000000017",
        site_id="S0003",
        site_name="Keswick <Main> Street & Co food store",
        evidence=figures,
        evidence_sentence="Demand never passed 141.2 kVA in 24 months; with a tenth to spare 156 kVA would do.",
        range_basis="Recomputable from contract and meter: the range is the value itself.",
        standalone_kwh=Decimal("0.000"),
        sequenced_kwh=Decimal("0.000"),
        standalone_gbp=Decimal("1832.1540"),
        sequenced_gbp=Decimal("1832.1540"),
        cautious_gbp=Decimal(cautious),
        p50_gbp=Decimal("1832.15"),
        p90_gbp=Decimal("1832.15"),
        blended_rate_gbp=None,
        chart=evidence.chart(figures, "Keswick <Main> Street & Co food store"),
    )


def closed_candidate(candidate_id: str = "c2", cautious: str = "3120.50") -> Candidate:
    """A class B candidate with a year of weeks, one of them unread."""
    monday = dt.date(2024, 12, 30)
    weeks = [
        [
            str(monday + dt.timedelta(weeks=index)),
            None if index == 20 else 610 + 260 * (index > 14) + 40 * math.sin(index),
            None if index == 20 else 600 + 30 * math.cos(index / 8),
        ]
        for index in range(53)
    ]
    figures = {"closed_spells": 361, "mean_excess_kw": 2.4, "closed_kwh": 42_110, "weekly_closed_kwh": weeks}
    return Candidate(
        candidate_id=candidate_id,
        detector_id="load_when_closed",
        detector_title="Load while closed, above the site's own quiet nights",
        detector_version="1.0",
        evidence_class="B",
        meter_id="1200000000031",
        site_id="S0011",
        site_name="Harrogate office",
        evidence=figures,
        evidence_sentence="On 214 of 361 closed spells the site used 2.4 kW more than on its own quiet ones.",
        range_basis="Widths learnt from 44 placebo pairs, all segments pooled.",
        standalone_kwh=Decimal("14890.500"),
        sequenced_kwh=Decimal("14210.250"),
        standalone_gbp=Decimal("3820.7712"),
        sequenced_gbp=Decimal("3641.2210"),
        cautious_gbp=Decimal(cautious),
        p50_gbp=Decimal("3640.00"),
        p90_gbp=Decimal("4198.10"),
        blended_rate_gbp=Decimal("4610.0000"),
        chart=evidence.chart(figures, "Harrogate office"),
    )


def facts(**changes: object) -> SavingsFacts:
    """The made-up estate; `changes` replace fields."""
    candidates = [closed_candidate(), capacity_candidate()]
    months = [
        ForecastMonth(
            dt.date(2026, number, 1),
            Decimal(90_000 + 1500 * number),
            Decimal(88_000 + 1500 * number) if number != 4 else None,
        )
        for number in range(1, 13)
    ]
    content = {
        "estate": ESTATE,
        "headline_gbp": Decimal("4950.62"),
        "standalone_gbp": Decimal("5652.9252"),
        "sequenced_gbp": Decimal("5473.3750"),
        "invoiced_gbp": Decimal("612345.67"),
        "candidates": candidates,
        "exclusions": [
            Exclusion(
                detector_id="all",
                detector_title="All detectors",
                meter_id="7400000019",
                site_name="Whitby funeral home",
                reason_code="scale_break",
                reason="Readings change by a factor of about 2.83 on 2025-03-02.",
                excluded_days=304,
                excluded_kwh=Decimal("88210.000"),
                from_date=dt.date(2025, 3, 2),
                to_date=AS_OF,
            ),
            Exclusion(
                detector_id="capacity_above_need",
                detector_title="Agreed capacity above need",
                meter_id="1200000000048",
                site_name="Leeds depot",
                reason_code="short_history",
                reason="14 of the 24 months to 2025-12-31 are complete; 23 are needed.",
                excluded_days=0,
                excluded_kwh=Decimal("0.000"),
                from_date=None,
                to_date=None,
            ),
        ],
        "excluded_kwh": Decimal("88210.000"),
        "forecasts": [
            Forecast("electricity", months, Decimal(1_197_000), Decimal(1_079_000), 24, Decimal("80.00")),
        ],
        "meters_not_forecast": 1,
        "loaded_tables": [
            LoadedTable("energy", "readings_hh", 36, 26_310, 26_304, 6, 0),
            LoadedTable("energy", "sites", 1, 24, 24, 0, 0),
        ],
        "refused_files": [RefusedFile("energy/readings_2023.csv.gz", "The file ends in the middle: send it again.")],
        "quarantine_reasons": [QuarantineReason("wrong_type", "line 12: '4o' in kwh is not a number", 6)],
        "bills": bill_facts(),
        "quality": [
            QualityStatus("scale_break", "Readings on another <scale>", True, 1, Decimal(304), Decimal("88210.000")),
            QualityStatus("ok", "Read in full and nothing found", False, 24, Decimal(8456), Decimal("0.000")),
        ],
        "quality_days": Decimal(8760),
        "illustrative_seeds": [
            IllustrativeSeed("climate_normals", "Mean temperature, by `region`.", 120, 120, 120, []),
            IllustrativeSeed("energy_carbon_factors", "kgCO2e a kWh.", 1, 2, 8, ["estimated_read_share"]),
        ],
    }
    return SavingsFacts(**{**content, **changes})


METRICS = [
    MetricTotal(
        name="savings_cautious_gbp",
        label="Candidate savings, cautious",
        description="Counts each candidate's share of the portfolio's P10. Not counted: benchmark gaps.",
        unit="GBP",
        owner="Group Finance",
        steward="Savings Register Steward",
        good_direction="higher",
        is_additive=True,
        total=Decimal("4950.62"),
    ),
    MetricTotal(
        name="estimated_read_share",
        label="Share of estimated reads",
        description="Estimated half-hours in all half-hours with a value.",
        unit="pct",
        owner="Group Energy",
        steward="Energy Data Steward",
        good_direction="lower",
        is_additive=False,
        total=1.2345,
    ),
]


def rendered_pages() -> dict[str, str]:
    """Every page of the made-up estate, by file name; the documentation is dbt's page with a small project in it."""
    made_up = facts()
    return {
        "index.html": render(
            "index.html.j2", "index.html", estate=ESTATE, facts=made_up, bills=made_up.bills, metrics=METRICS
        ),
        "savings_report.html": render_report(made_up),
        "bills.html": render_bills(made_up.bills, ESTATE),
        "metrics.html": render("metrics.html.j2", "metrics.html", estate=ESTATE, metrics=METRICS),
        "docs.html": offline_docs(dbt_page(), "Data documentation | Sample estate", PROJECT),
    }


def dbt_page() -> str:
    """dbt's own documentation page as `docs generate --static` leaves it, for a project of one model."""
    model = {
        "resource_type": "model",
        "unique_id": "model.made_up.dim_sites",
        "name": "dim_sites",
        "package_name": "made_up",
        "description": "Sites, see https://www.example.org/sites and [the guide](https://www.example.org/guide).",
        "path": "dim_sites.sql",
        "original_file_path": "models/dim_sites.sql",
        "root_path": str(PROJECT),
        "database": "made_up",
        "schema": "core",
        "alias": "dim_sites",
        "language": "sql",
        "raw_code": "select 1 as site_id -- https://example.org/comment",
        "compiled_code": "select 1 as site_id",
        "config": {"materialized": "table", "meta": {}, "contract": {"enforced": False}},
        "meta": {},
        "tags": [],
        "docs": {"show": True},
        "columns": {"site_id": {"name": "site_id", "description": "The group's own number.", "meta": {}, "tags": []}},
        "depends_on": {"nodes": [], "macros": []},
        "refs": [],
        "sources": [],
        "fqn": ["made_up", "dim_sites"],
    }
    overview = {
        "name": "__overview__",
        "package_name": "made_up",
        "block_contents": "# One version of the truth\n\nSee `dim_sites`.",
    }
    manifest = {
        "metadata": {"project_name": "made_up", "adapter_type": "duckdb", "send_anonymous_usage_stats": True},
        "nodes": {model["unique_id"]: model},
        "docs": {"doc.made_up.__overview__": overview},
        "parent_map": {model["unique_id"]: []},
        "child_map": {model["unique_id"]: []},
    }
    for name in ("sources", "exposures", "metrics", "macros", "semantic_models", "saved_queries", "unit_tests"):
        manifest[name] = {}
    catalog = {"metadata": {}, "nodes": {}, "sources": {}, "errors": None}
    page = Path(dbt.task.docs.__path__[0], "index.html").read_text(encoding="utf-8")
    page = page.replace('"MANIFEST.JSON INLINE DATA"', json.dumps(manifest))
    return page.replace('"CATALOG.JSON INLINE DATA"', json.dumps(catalog))
