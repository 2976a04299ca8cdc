"""What the pages say, as plain data: read once from the warehouse and the semantic layer, then only laid out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from data_layer.errors import CheckFailedError
from data_layer.savings.calibration import RANGE_NOT_KNOWN
from data_layer.site.bill_facts import BillFacts, BillFinding
from data_layer.site.gates import SpendGate, spend_gate


class RowsDoNotSumError(CheckFailedError):
    """The rows of a page do not add up to the metric that heads it. The message gives both and the difference."""


@dataclass(frozen=True)
class Estate:
    """Which estate, on which engine, up to which day. Dates are inclusive, and None where no complete day is read;
    `built_at` is UTC.
    """

    name: str
    engine: str
    as_of_date: dt.date | None
    period_start_date: dt.date | None
    built_at: dt.datetime


@dataclass(frozen=True)
class Candidate:
    """A row of fct_savings_candidates with the place it belongs to. Money in GBP without VAT."""

    candidate_id: str
    detector_id: str
    detector_title: str
    detector_version: str
    evidence_class: str
    meter_id: str
    site_id: str
    site_name: str
    evidence: dict[str, Any]
    evidence_sentence: str
    range_basis: str
    standalone_kwh: Decimal
    sequenced_kwh: Decimal
    standalone_gbp: Decimal
    sequenced_gbp: Decimal
    cautious_gbp: Decimal
    p50_gbp: Decimal
    p90_gbp: Decimal
    blended_rate_gbp: Decimal | None
    chart: str = ""

    @property
    def anchor(self) -> str:
        """Id of the candidate's place on the page."""
        return f"candidate-{self.candidate_id}"

    @property
    def is_range_known(self) -> bool:
        """False where too few years without a change were there to learn a range from; it then counts nothing."""
        return not self.range_basis.startswith(RANGE_NOT_KNOWN)


@dataclass(frozen=True)
class Exclusion:
    """A metering point, or days of it, that was left out before savings were looked for. Energy in kWh as metered."""

    detector_id: str
    detector_title: str
    meter_id: str
    site_name: str
    reason_code: str
    reason: str
    excluded_days: int
    excluded_kwh: Decimal
    from_date: dt.date | None
    to_date: dt.date | None

    @property
    def is_data_fault(self) -> bool:
        """A fault in the data keeps the days from every detector; anything else is one detector's own guard."""
        return self.detector_id == "all"


@dataclass(frozen=True)
class QualityStatus:
    """Days of the 12 months with one quality status, each day under its most serious one. Energy in kWh as metered."""

    status_code: str
    meaning: str
    is_faulty: bool
    meters: int
    days: Decimal
    excluded_kwh: Decimal


@dataclass(frozen=True)
class ForecastMonth:
    """A calendar month ahead beside the same month a year earlier, kWh; None where the year before is not metered."""

    month_start_date: dt.date
    predicted_kwh: Decimal
    year_before_kwh: Decimal | None


@dataclass(frozen=True)
class Forecast:
    """Forecast of one fuel over the 12 months after the as-of date."""

    fuel: str
    months: list[ForecastMonth]
    predicted_kwh: Decimal
    year_before_kwh: Decimal
    meters: int
    interval_pct: Decimal


@dataclass(frozen=True)
class LoadedTable:
    """Row accounting of one landing table, over the files that stand in the warehouse now."""

    source_name: str
    table_name: str
    files: int
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_suppressed: int

    @property
    def adds_up(self) -> bool:
        """Rows in the files = rows loaded + quarantined + suppressed."""
        return self.rows_read == self.rows_loaded + self.rows_quarantined + self.rows_suppressed


@dataclass(frozen=True)
class RefusedFile:
    """A file of which nothing was taken, and why."""

    file_name: str
    reason: str


@dataclass(frozen=True)
class QuarantineReason:
    """Rows set aside for one reason."""

    reason_code: str
    example: str
    rows: int


@dataclass(frozen=True)
class IllustrativeSeed:
    """Reference figures without a published document for their time, and the metrics that rest on them.

    rows_in_period counts those that hold in the 12 months of the report, rows all of them.
    """

    seed: str
    description: str
    rows_in_period: int
    rows: int
    rows_in_all: int
    metrics: list[str]


@dataclass(frozen=True)
class MetricTotal:
    """A metric as the semantic layer defines it, with its total over everything that is loaded."""

    name: str
    label: str
    description: str
    unit: str
    owner: str
    steward: str
    good_direction: str
    is_additive: bool
    total: Decimal | float | None


@dataclass(frozen=True)
class SavingsFacts:
    """Everything the savings report says.

    headline_gbp, standalone_gbp, sequenced_gbp, invoiced_gbp, excluded_kwh and quality_days are metrics for the 12
    months; the rest are rows.
    """

    estate: Estate
    headline_gbp: Decimal
    standalone_gbp: Decimal
    sequenced_gbp: Decimal
    invoiced_gbp: Decimal | None
    candidates: list[Candidate]
    exclusions: list[Exclusion]
    excluded_kwh: Decimal
    forecasts: list[Forecast]
    meters_not_forecast: int
    loaded_tables: list[LoadedTable]
    refused_files: list[RefusedFile]
    quarantine_reasons: list[QuarantineReason]
    bills: BillFacts
    quality: list[QualityStatus]
    quality_days: Decimal
    illustrative_seeds: list[IllustrativeSeed] = field(default_factory=list)

    def bill_findings(self, candidate: Candidate) -> list[BillFinding]:
        """What a detector of bills found at the candidate's metering point in the 12 months, the largest first."""
        found = [
            row
            for row in self.bills.findings
            if (row.detector_id, row.meter_id) == (candidate.detector_id, candidate.meter_id)
            and self.bills.in_period(row)
        ]
        return sorted(found, key=lambda row: (-abs(row.found_gbp), row.finding_id))

    @property
    def gate(self) -> SpendGate:
        """What share of the invoiced spend the headline is, and whether it may stand."""
        return spend_gate(self.headline_gbp, self.invoiced_gbp)

    @property
    def range_not_known(self) -> list[Candidate]:
        """Candidates that count nothing in the headline because their range is not known."""
        return [row for row in self.candidates if not row.is_range_known]

    @property
    def range_bases(self) -> list[str]:
        """How the ranges of the candidates that have one were learnt and how often they held, each said once."""
        return sorted({row.range_basis for row in self.candidates if row.evidence_class != "A"})

    @property
    def blended_rate_gbp(self) -> Decimal | None:
        """What the candidates with energy would come to at the average rate of the bill; None where no row has one."""
        known = [row.blended_rate_gbp for row in self.candidates if row.blended_rate_gbp is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def beside_blended_rate_gbp(self) -> Decimal:
        """The same candidates at the avoidable rate, standalone: what the blended figure is to be held against."""
        rows = [row for row in self.candidates if row.blended_rate_gbp is not None]
        return sum((row.standalone_gbp for row in rows), Decimal(0))


def require_rows_sum(rows: list[Decimal], metric: Decimal, name: str) -> None:
    """Raise RowsDoNotSumError unless the rows shown come to the metric, to the penny (exactly, in decimals)."""
    shown = sum(rows, Decimal(0)).quantize(Decimal("0.01"))
    stated = metric.quantize(Decimal("0.01"))
    if shown != stated:
        raise RowsDoNotSumError(
            f"The rows of a page ({len(rows)}) come to {shown} GBP, but the metric {name} says {stated} GBP: off by "
            f"{shown - stated} GBP. The page was not written. Build the marts again; if the difference stays, mart and "
            "metric do not describe the same rows."
        )
