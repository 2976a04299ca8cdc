"""The check of bills: marts in, findings out, each pound given to one of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import pyarrow as pa

from data_layer.savings.allocation import BilledSpan, PoundClaim, allocate_pounds
from data_layer.savings.bill_detection import (
    ALL_ELEMENTS,
    CLAIMED,
    ROUNDING_GBP,
    BillFinding,
    SkippedBill,
    money,
)
from data_layer.savings.bill_inputs import BillInputs, BillReader
from data_layer.savings.registry import Detector, find_detectors
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import Warehouse, open_warehouse

FINDINGS = pa.schema(
    [
        ("finding_id", pa.string()),
        ("detector_id", pa.string()),
        ("detector_version", pa.string()),
        ("invoice_id", pa.string()),
        ("other_invoice_id", pa.string()),
        ("meter_id", pa.string()),
        ("site_id", pa.string()),
        ("element", pa.string()),
        ("error_code", pa.string()),
        ("basis", pa.string()),
        ("sentence", pa.string()),
        ("evidence", pa.string()),
        ("found_gbp", pa.decimal128(18, 4)),
        ("sequenced_gbp", pa.decimal128(18, 4)),
        ("period_start_date", pa.date32()),
        ("period_end_date", pa.date32()),
    ]
)


@dataclass(frozen=True)
class AllocatedFinding:
    """A finding with its detector and the part of it that no finding before has taken."""

    detector: Detector
    finding: BillFinding
    sequenced_gbp: Decimal

    @property
    def finding_id(self) -> str:
        return self.finding.finding_id(self.detector.card.id)


@dataclass
class BillResult:
    """All that the bills of one metering point give.

    refusals       (detector, code, reason): detectors that could judge none of the bills
    skipped        (detector, bill): bills held back by a guard
    capacity_left  capacity billed and claimed by no finding, by bill, for the claim on capacity above need
    """

    bills: BillInputs
    findings: list[AllocatedFinding] = field(default_factory=list)
    refusals: list[tuple[Detector, str, str]] = field(default_factory=list)
    skipped: list[tuple[Detector, SkippedBill]] = field(default_factory=list)
    capacity_left: list[BilledSpan] = field(default_factory=list)


@dataclass(frozen=True)
class BillReport:
    """What a check of bills found. Pounds without VAT, except for VAT itself; by basis, over all bills."""

    metering_points: int
    bills: int
    findings: int
    found_gbp: dict[str, Decimal]


def detect_bills(config: WarehouseConfig) -> BillReport:
    """Check the bills alone and replace raw_savings.bill_findings; candidates and claims stay as they are.

    Raises NoReadingsError when there is nothing to look at.
    """
    with open_warehouse(config) as warehouse:
        results = list(judge_all_bills(warehouse))
        write_findings(warehouse, results)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for result in results:
        for one in result.findings:
            found[one.finding.basis] += one.sequenced_gbp
    return BillReport(
        metering_points=len(results),
        bills=sum(len(result.bills.bills) for result in results),
        findings=sum(len(result.findings) for result in results),
        found_gbp=dict(found),
    )


def judge_all_bills(warehouse: Warehouse, detectors: Iterable[Detector] | None = None) -> Iterator[BillResult]:
    """The bills of each metering point, in order of meter_id."""
    chosen = list(detectors or find_detectors())
    for bills in BillReader(warehouse).meters():
        # What is judged is no longer needed in full: only its head stays, so that many sites fit into memory.
        result = judge_bills(bills, chosen)
        result.bills = replace(result.bills, bills=tuple(replace(bill, elements={}) for bill in bills.bills))
        yield result


def judge_bills(bills: BillInputs, detectors: Iterable[Detector]) -> BillResult:
    """All detectors of bills on one metering point, then what is left to each. Pure."""
    result = BillResult(bills)
    found: list[tuple[Detector, BillFinding]] = []
    explained: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    given_back = _given_back(bills)
    for detector in sorted(detectors, key=lambda one: (one.card.precedence, one.card.id)):
        if detector.card.claims != "bill" or bills.fuel not in detector.card.fuels:
            continue
        detection = detector.detect(replace(bills, explained=dict(explained)))
        if detection.refusal:
            result.refusals.append((detector, detection.refusal.reason_code, detection.refusal.reason))
        result.skipped += [(detector, bill) for bill in detection.skipped]
        for one in detection.findings:
            explained[one.invoice_id, one.element] += one.found_gbp
        found += [(detector, one) for one in _less_credits(detection.findings, given_back)]
    billed = {
        (bill.invoice_id, name): element.billed_gbp for bill in bills.bills for name, element in bill.elements.items()
    }
    served = allocate_pounds(
        (
            PoundClaim(
                detector.card.precedence,
                detector.card.id,
                one.finding_id(detector.card.id),
                one.invoice_id,
                one.element,
                one.error_code,
                one.found_gbp,
            )
            for detector, one in found
        ),
        billed,
    )
    result.findings = [
        AllocatedFinding(detector, one, served[one.finding_id(detector.card.id)]) for detector, one in found
    ]
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for one in result.findings:
        if one.finding.element == "capacity" and one.sequenced_gbp > 0:
            taken[one.finding.invoice_id] += one.sequenced_gbp
    result.capacity_left = [
        BilledSpan(
            order=(bill.issue_date or date.max, bill.invoice_id),
            start_date=bill.start_date,
            end_date=bill.end_date,
            left_gbp=bill.elements["capacity"].billed_gbp - taken[bill.invoice_id],
        )
        for bill in bills.bills
        if "capacity" in bill.elements
    ]
    return result


def _given_back(bills: BillInputs) -> dict[tuple[str, str], Decimal]:
    """Pounds by (invoice_id, element) that credit notes have given back of bills that stand.

    A credit that names no bill is for the first of the same days. What it gives back of an element that the bill does
    not have is lost to the reckoning: nothing says for what it was.
    """
    known = {bill.invoice_id for bill in bills.bills}
    given: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for credit in bills.credits:
        same_days = (
            bill.invoice_id
            for bill in bills.bills
            if (bill.start_date, bill.end_date) == (credit.start_date, credit.end_date)
        )
        named = credit.credited_invoice_id
        of_bill = named if named in known else next(same_days, None)
        if of_bill is not None and (named in known or named == credit.invoice_id):
            for name, element in credit.elements.items():
                given[of_bill, name] += max(-element.billed_gbp, Decimal(0))
    return given


def _less_credits(findings: Iterable[BillFinding], given_back: dict[tuple[str, str], Decimal]) -> Iterator[BillFinding]:
    """Findings without what has been given back already; one that is given back in full is none."""
    for one in findings:
        place = (one.invoice_id, one.element)
        back = min(given_back.get(place, Decimal(0)), one.found_gbp)
        if one.basis not in CLAIMED or back <= 0:
            yield one
            continue
        given_back[place] -= back
        left = one.found_gbp - back
        if left > ROUNDING_GBP:
            yield replace(
                one,
                found_gbp=left,
                sentence=f"{one.sentence} {money(back)} of it has been credited since: {money(left)} is left.",
            )


def write_findings(warehouse: Warehouse, results: Iterable[BillResult]) -> None:
    """Replace raw_savings.bill_findings as a whole."""
    table = findings_table(results)
    schema = warehouse.schema("raw_savings")
    with warehouse.transaction():
        warehouse.execute(f"delete from {schema}.bill_findings")
        if table.num_rows:
            warehouse.append(schema, "bill_findings", table)


def findings_table(results: Iterable[BillResult]) -> pa.Table:
    """Rows of raw_savings.bill_findings."""
    rows = [_row(result.bills, one) for result in results for one in result.findings]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["finding_id"]), FINDINGS)


def is_claimed(one: AllocatedFinding, start_date: date, as_of_date: date) -> bool:
    """May stand among the savings of the 12 months: charged though not due, or need not be, and something is left."""
    finding = one.finding
    return (
        finding.basis in CLAIMED
        and finding.element != ALL_ELEMENTS
        and one.sequenced_gbp > 0
        and start_date <= finding.end_date <= as_of_date
    )


def _row(bills: BillInputs, one: AllocatedFinding) -> dict:
    finding = one.finding
    return {
        "finding_id": one.finding_id,
        "detector_id": one.detector.card.id,
        "detector_version": one.detector.card.version,
        "invoice_id": finding.invoice_id,
        "other_invoice_id": finding.other_invoice_id,
        "meter_id": bills.meter_id,
        "site_id": bills.site_id,
        "element": finding.element,
        "error_code": finding.error_code,
        "basis": finding.basis,
        "sentence": finding.sentence,
        "evidence": json.dumps(finding.evidence, sort_keys=True),
        "found_gbp": finding.found_gbp,
        "sequenced_gbp": one.sequenced_gbp,
        "period_start_date": finding.start_date,
        "period_end_date": finding.end_date,
    }
