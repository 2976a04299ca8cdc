"""The detection run: marts in, claims, candidates and exclusions out, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_layer.quality.faults import Fault, find_faults, usable_half_hours
from data_layer.savings.allocation import allocate, cap_by_bills, physical_floor_wh
from data_layer.savings.arrays import EstateReader, MeterArrays, Period
from data_layer.savings.bill_detection import CLAIMED, TIMING, UNBILLED, UNDERCHARGED, SkippedBill, money
from data_layer.savings.bills import (
    AllocatedFinding,
    BillResult,
    findings_table,
    is_claimed,
    judge_all_bills,
)
from data_layer.savings.calibration import LEAST_PAIRS, Exposure, PlaceboPair, calibrate
from data_layer.savings.detection import Detection, Inputs, Window, refused
from data_layer.savings.prices import BANDS, NO_PRICE, kilowatt_hours, nano_gbp, pounds
from data_layer.savings.registry import Detector, find_detectors
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import Warehouse, open_warehouse

CHARGE_BAND = "capacity"
SUBMETER = (
    "submeter",
    "What it counts is counted by the metering point above it too: a saving here would be claimed twice.",
)

CLAIMS = pa.schema(
    [
        ("candidate_id", pa.string()),
        ("detector_id", pa.string()),
        ("meter_id", pa.string()),
        ("rate_band", pa.string()),
        ("standalone_kwh", pa.decimal128(18, 3)),
        ("sequenced_kwh", pa.decimal128(18, 3)),
        ("standalone_gbp", pa.decimal128(18, 4)),
        ("sequenced_gbp", pa.decimal128(18, 4)),
        ("settlement_date", pa.date32()),
    ]
)
CANDIDATES = pa.schema(
    [
        ("candidate_id", pa.string()),
        ("detector_id", pa.string()),
        ("detector_version", pa.string()),
        ("evidence_class", pa.string()),
        ("meter_id", pa.string()),
        ("site_id", pa.string()),
        ("evidence", pa.string()),
        ("evidence_sentence", pa.string()),
        ("range_basis", pa.string()),
        ("cautious_gbp", pa.decimal128(18, 2)),
        ("p50_gbp", pa.decimal128(18, 2)),
        ("p90_gbp", pa.decimal128(18, 2)),
        ("blended_rate_gbp", pa.decimal128(18, 4)),
        ("as_of_date", pa.date32()),
        ("period_start_date", pa.date32()),
        ("period_end_date", pa.date32()),
    ]
)
EXCLUSIONS = pa.schema(
    [
        ("detector_id", pa.string()),
        ("meter_id", pa.string()),
        ("reason_code", pa.string()),
        ("reason", pa.string()),
        ("excluded_days", pa.int32()),
        ("excluded_kwh", pa.decimal128(18, 3)),
        ("excluded_gbp", pa.decimal128(18, 4)),
        ("from_date", pa.date32()),
        ("to_date", pa.date32()),
    ]
)
HALF_HOURS = pa.schema(
    [
        ("candidate_id", pa.string()),
        ("detector_id", pa.string()),
        ("meter_id", pa.string()),
        ("settlement_date", pa.date32()),
        ("settlement_period", pa.int8()),
        ("used_wh", pa.int64()),
        ("reference_wh", pa.int64()),
        ("claimed_wh", pa.int64()),
        ("allocated_wh", pa.int64()),
    ]
)


@dataclass(frozen=True)
class DetectReport:
    """What a run found. Money in pounds without VAT, for the 12 months to as_of_date (both days inclusive).

    cautious_gbp is the headline: the portfolio's P10 and the sum of the candidates' rows. bill_findings counts those of
    all bills, not only of the 12 months.
    """

    as_of_date: date
    period_start_date: date
    meters: int
    candidates: int
    claims: int
    exclusions: int
    bill_findings: int
    standalone_gbp: Decimal
    sequenced_gbp: Decimal
    cautious_gbp: Decimal
    p50_gbp: Decimal
    p90_gbp: Decimal
    evidence_path: Path
    warnings: tuple[str, ...]

    def summary(self) -> str:
        """One line for the terminal."""
        text = (
            f"{self.candidates} candidates on {self.meters} metering points: £{self.cautious_gbp:,.2f} cautious, "
            f"£{self.sequenced_gbp:,.2f} sequenced, 12 months to {self.as_of_date}; "
            f"{self.bill_findings} findings on bills, {self.exclusions} exclusions"
        )
        return "\n  ".join([text, *(f"warning: {warning}" for warning in self.warnings)])


@dataclass(frozen=True)
class Candidate:
    """One detector's finding on one metering point, before its range is known."""

    candidate_id: str
    detector: Detector
    meter_id: str
    site_id: str
    site_type: str
    detection: Detection
    rows: list[dict]
    reference_nano_gbp: int
    half_hours: pa.Table | None

    @property
    def sequenced_gbp(self) -> Decimal:
        """Sum of the rows as stored, so that it is the sum of what is visible."""
        return sum((row["sequenced_gbp"] for row in self.rows), Decimal(0))


@dataclass
class MeterResult:
    """All that one metering point gives."""

    candidates: list[Candidate] = field(default_factory=list)
    exclusions: list[dict] = field(default_factory=list)
    placebo: list[PlaceboPair] = field(default_factory=list)


def detect_savings(config: WarehouseConfig, progress: Callable[..., None] | None = None) -> DetectReport:
    """Look for savings in the marts and replace raw_savings as a whole.

    progress  called with (metering points done, all, id)
    Half-hour evidence goes to `evidence/half_hours.parquet` under config.state_dir, sorted by metering point.
    Raises NoReadingsError when there is nothing to look at.
    """
    detectors = find_detectors()
    folder = config.state_dir / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    path, unfinished = folder / "half_hours.parquet", folder / "half_hours.parquet.unfinished"
    candidates: list[Candidate] = []
    exclusions: list[dict] = []
    placebo: list[PlaceboPair] = []
    with open_warehouse(config) as warehouse:
        estate = EstateReader(warehouse)
        bills = {result.bills.meter_id: result for result in judge_all_bills(warehouse, detectors)}
        with pq.ParquetWriter(unfinished, HALF_HOURS, compression="zstd") as writer:
            for done, meter in enumerate(estate.meters()):
                result = judge_meter(meter, estate.period, detectors, bills.get(meter.meter_id))
                for candidate in result.candidates:
                    if candidate.half_hours is not None:
                        writer.write_table(candidate.half_hours)
                    candidates.append(candidate)
                exclusions += result.exclusions
                placebo += result.placebo
                if progress:
                    progress(done + 1, len(estate.meter_ids), meter.meter_id)
        for result in bills.values():
            candidates += bill_candidates(result, estate.period)
            exclusions += bill_exclusions(result, estate.period)
        portfolio = calibrate([_exposure(candidate) for candidate in candidates], placebo)
        calibrated = {row.candidate_id: row for row in portfolio.candidates}
        blended = _blended_rates(warehouse, estate.period)
        tables = {
            "claims": pa.Table.from_pylist([row for candidate in candidates for row in candidate.rows], CLAIMS),
            "candidates": pa.Table.from_pylist(
                [_candidate_row(one, calibrated[one.candidate_id], blended, estate.period) for one in candidates],
                CANDIDATES,
            ),
            "exclusions": pa.Table.from_pylist(exclusions, EXCLUSIONS),
            "bill_findings": findings_table(bills.values()),
        }
        schema = warehouse.schema("raw_savings")
        with warehouse.transaction():
            for name, table in tables.items():
                warehouse.execute(f"delete from {schema}.{name}")
                if table.num_rows:
                    warehouse.append(schema, name, table)
    unfinished.replace(path)
    return DetectReport(
        as_of_date=estate.period.as_of_date,
        period_start_date=estate.period.start_date,
        meters=len(estate.meter_ids),
        candidates=len(candidates),
        claims=tables["claims"].num_rows,
        exclusions=len(exclusions),
        bill_findings=tables["bill_findings"].num_rows,
        standalone_gbp=sum((row["standalone_gbp"] for one in candidates for row in one.rows), Decimal(0)),
        sequenced_gbp=sum((one.sequenced_gbp for one in candidates), Decimal(0)),
        cautious_gbp=portfolio.p10_gbp,
        p50_gbp=portfolio.p50_gbp,
        p90_gbp=portfolio.p90_gbp,
        evidence_path=path,
        warnings=_warnings(len(estate.meter_ids), placebo, exclusions),
    )


def judge_meter(
    meter: MeterArrays, period: Period, detectors: Sequence[Detector], bills: BillResult | None = None
) -> MeterResult:
    """Faults, then energy claims, overlaps, charges and placebo years of one metering point. Pure.

    bills  what the check of its bills has found: a claim on a charge takes no more than they leave of it
    """
    result = MeterResult()
    window = Window(max(meter.day_index(period.start_date), 0), meter.day_index(period.as_of_date))
    faults = find_faults(meter)
    result.exclusions += [_fault_row(meter, fault, window) for fault in faults]
    is_usable = usable_half_hours(meter, faults)
    nothing = np.zeros_like(meter.used_wh)
    inputs = Inputs(meter, is_usable, window, nothing)

    found: dict[tuple[int, str], tuple[Detector, Detection]] = {}
    claims: dict[tuple[int, str], np.ndarray] = {}
    for detector in detectors:
        card = detector.card
        if card.claims != "energy" or meter.fuel not in card.fuels:
            continue
        detection = refused(*SUBMETER) if meter.is_submeter else detector.detect(inputs)
        if detection.refusal:
            result.exclusions.append(_refusal_row(meter, detector, detection, window))
            continue
        result.placebo += [
            PlaceboPair(card.id, meter.site_type, meter.meter_id, ratio) for ratio in detection.placebo_ratios
        ]
        claim, unpriced = _priced_claim(meter, is_usable, detection.claimed_wh, window)
        if unpriced.any():
            result.exclusions.append(_unpriced_row(meter, detector, unpriced, detection.claimed_wh))
        if claim.any():
            found[card.precedence, card.id] = (detector, detection)
            claims[card.precedence, card.id] = claim
    floor = physical_floor_wh(
        meter.used_wh,
        is_usable,
        [meter.is_closed_all_day & meter.is_hours_known, np.ones(len(meter.dates), dtype=bool)],
    )
    allocated = allocate(claims, meter.used_wh, floor) if claims else {}
    for key, (detector, detection) in found.items():
        result.candidates.append(_energy_candidate(meter, detector, detection, claims[key], allocated[key], floor))

    taken = sum(allocated.values(), start=nothing)
    for detector in detectors:
        card = detector.card
        if card.claims != "charge" or meter.fuel not in card.fuels:
            continue
        detection = detector.detect(Inputs(meter, is_usable, window, taken))
        if detection.refusal:
            result.exclusions.append(_refusal_row(meter, detector, detection, window))
        elif detection.is_claim:
            result.candidates.append(_charge_candidate(meter, detector, detection, window, bills))
    return result


def candidate_id(detector_id: str, meter_id: str) -> str:
    """Stable from run to run: the first 16 hexadecimal digits of a hash of detector and metering point."""
    return hashlib.sha256(f"{detector_id}|{meter_id}".encode()).hexdigest()[:16]


def _priced_claim(
    meter: MeterArrays, is_usable: np.ndarray, claimed_wh: np.ndarray, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """The claim where it may stand (usable, inside the window, priced), and where only the price is missing."""
    inside = np.zeros(len(meter.dates), dtype=bool)
    inside[window.days] = True
    allowed = is_usable & inside[:, None] & (claimed_wh > 0)
    has_price = meter.price_micro_gbp != NO_PRICE
    return np.where(allowed & has_price, claimed_wh, 0), allowed & ~has_price


def _energy_candidate(
    meter: MeterArrays,
    detector: Detector,
    detection: Detection,
    claim: np.ndarray,
    allocated: np.ndarray,
    floor: int,
) -> Candidate:
    identity = candidate_id(detector.card.id, meter.meter_id)
    rows = []
    for day in np.flatnonzero(claim.any(axis=1)):
        price, band = meter.price_micro_gbp[day], meter.price_band[day]
        for code in np.unique(band[claim[day] > 0]):
            standalone, sequenced = (np.where(band == code, energy[day], 0) for energy in (claim, allocated))
            rows.append(
                {
                    "candidate_id": identity,
                    "detector_id": detector.card.id,
                    "meter_id": meter.meter_id,
                    "rate_band": BANDS[code],
                    "standalone_kwh": kilowatt_hours(standalone.sum()),
                    "sequenced_kwh": kilowatt_hours(sequenced.sum()),
                    "standalone_gbp": pounds(nano_gbp(standalone, price).sum()),
                    "sequenced_gbp": pounds(nano_gbp(sequenced, price).sum()),
                    "settlement_date": meter.dates[day].astype(object),
                }
            )
    row, column = np.nonzero(claim)
    half_hours = pa.table(
        [
            pa.array([identity] * len(row)),
            pa.array([detector.card.id] * len(row)),
            pa.array([meter.meter_id] * len(row)),
            pa.array(meter.dates[row]),
            pa.array((column + 1).astype(np.int8)),
            pa.array(meter.used_wh[row, column]),
            pa.array(detection.reference_wh[row, column]),
            pa.array(claim[row, column]),
            pa.array(allocated[row, column]),
        ],
        schema=HALF_HOURS,
    )
    served = np.where(allocated > 0, detection.reference_wh, 0)
    return Candidate(
        candidate_id=identity,
        detector=detector,
        meter_id=meter.meter_id,
        site_id=meter.site_id,
        site_type=meter.site_type,
        detection=Detection(evidence={**detection.evidence, "floor_kw": floor / 500}, sentence=detection.sentence),
        rows=rows,
        reference_nano_gbp=int(nano_gbp(served, meter.price_micro_gbp).sum()),
        half_hours=half_hours,
    )


def bill_candidates(result: BillResult, period: Period) -> list[Candidate]:
    """One candidate a detector, of its findings on bills that end in the 12 months and cost more than need be.

    A row a last day of the bill and element: two bills of one end are one row.
    """
    if result.bills.site_id is None:
        return []
    by_detector: dict[str, list[AllocatedFinding]] = defaultdict(list)
    for one in result.findings:
        if is_claimed(one, period.start_date, period.as_of_date):
            by_detector[one.detector.card.id].append(one)
    return [_bill_candidate(result, found) for found in by_detector.values()]


def _bill_candidate(result: BillResult, found: list[AllocatedFinding]) -> Candidate:
    bills, detector = result.bills, found[0].detector
    identity = candidate_id(detector.card.id, bills.meter_id)
    amounts: dict[tuple[date, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for one in found:
        amount = amounts[one.finding.end_date, one.finding.element]
        amount[0] += one.finding.found_gbp
        amount[1] += one.sequenced_gbp
    rows = [
        _charge_row(identity, detector, bills.meter_id, element, standalone, sequenced, end_date)
        for (end_date, element), (standalone, sequenced) in sorted(amounts.items())
    ]
    total = sum((one.sequenced_gbp for one in found), Decimal(0))
    largest = max(found, key=lambda one: (one.sequenced_gbp, one.finding_id))
    sentence = largest.finding.sentence
    if len(found) > 1:
        count = len({one.finding.invoice_id for one in found})
        where = "One bill" if count == 1 else f"{count} bills"
        sentence = f"{where} of the 12 months, {money(total)} in all. The largest: {sentence}"
    by_error: dict[str, Decimal] = defaultdict(Decimal)
    for one in found:
        by_error[one.finding.error_code] += one.sequenced_gbp
    evidence = {
        "findings": len(found),
        "bills": sorted({one.finding.invoice_id for one in found}),
        "gbp_by_error": {code: str(amount) for code, amount in sorted(by_error.items())},
        "largest": {"invoice_id": largest.finding.invoice_id, **largest.finding.evidence},
    }
    detection = Detection(evidence=evidence, sentence=sentence)
    return Candidate(identity, detector, bills.meter_id, bills.site_id, bills.site_type, detection, rows, 0, None)


NOT_CLAIMED = {
    TIMING: "comes back with a later bill, or was charged too early",
    UNBILLED: "has not been billed yet",
    UNDERCHARGED: "less was charged than is due, and may be asked for",
}


def bill_exclusions(result: BillResult, period: Period) -> list[dict]:
    """What the check of bills found, or could not judge, and does not claim: with its pounds, and why."""
    bills = result.bills
    rows = [
        _bill_exclusion(bills.meter_id, detector, code, reason, [], None, period)
        for detector, code, reason in result.refusals
    ]
    held_back: dict[tuple[str, str], list[tuple[Detector, SkippedBill]]] = defaultdict(list)
    for detector, bill in result.skipped:
        held_back[detector.card.id, bill.reason_code].append((detector, bill))
    for (_, code), members in held_back.items():
        amount = sum((bill.amount_gbp for _, bill in members), Decimal(0))
        spans = [(bill.start_date, bill.end_date) for _, bill in members]
        reason = members[0][1].reason
        if len(members) > 1:
            reason = f"{reason} And {len(members) - 1} more."
        rows.append(_bill_exclusion(bills.meter_id, members[0][0], code, reason, spans, amount, period))
    left_out: dict[tuple[str, str], list[AllocatedFinding]] = defaultdict(list)
    for one in result.findings:
        is_inside = period.start_date <= one.finding.end_date <= period.as_of_date
        if one.finding.basis in CLAIMED:
            if not is_inside:
                left_out[one.detector.card.id, "outside_period"].append(one)
            elif bills.site_id is None:
                left_out[one.detector.card.id, "no_site"].append(one)
        elif is_inside:
            left_out[one.detector.card.id, one.finding.basis].append(one)
    for (_, code), found in left_out.items():
        amount = sum((one.sequenced_gbp for one in found), Decimal(0))
        spans = [(one.finding.start_date, one.finding.end_date) for one in found]
        count = len({one.finding.invoice_id for one in found})
        where = "one bill" if count == 1 else f"{count} bills"
        why = {
            "outside_period": "on bills that do not end in the 12 months: ask for it, but it is no part of their total",
            "no_site": "at a metering point without a site",
        }.get(code) or NOT_CLAIMED[code]
        reason = f"{money(amount)} on {where}: {why}."
        if code == "outside_period":
            reason = f"{money(amount)} {why}."
        rows.append(_bill_exclusion(bills.meter_id, found[0].detector, code, reason, spans, amount, period))
    return rows


def _bill_exclusion(
    meter_id: str,
    detector: Detector,
    code: str,
    reason: str,
    spans: list[tuple[date, date]],
    amount_gbp: Decimal | None,
    period: Period,
) -> dict:
    days = sum(
        max((min(end, period.as_of_date) - max(start, period.start_date)).days + 1, 0) for start, end in set(spans)
    )
    return {
        "detector_id": detector.card.id,
        "meter_id": meter_id,
        "reason_code": code,
        "reason": reason,
        "excluded_days": days,
        "excluded_kwh": Decimal("0.000"),
        "excluded_gbp": amount_gbp,
        "from_date": min((start for start, _ in spans), default=None),
        "to_date": max((end for _, end in spans), default=None),
    }


def _charge_row(
    identity: str,
    detector: Detector,
    meter_id: str,
    element: str,
    standalone_gbp: Decimal,
    sequenced_gbp: Decimal,
    day: date,
) -> dict:
    """A claim on a charge: `rate_band` is the element, and no energy is in it."""
    zero = Decimal("0.000")
    return {
        "candidate_id": identity,
        "detector_id": detector.card.id,
        "meter_id": meter_id,
        "rate_band": element,
        "standalone_kwh": zero,
        "sequenced_kwh": zero,
        "standalone_gbp": standalone_gbp,
        "sequenced_gbp": sequenced_gbp,
        "settlement_date": day,
    }


def _charge_candidate(
    meter: MeterArrays, detector: Detector, detection: Detection, window: Window, bills: BillResult | None
) -> Candidate:
    identity = candidate_id(detector.card.id, meter.meter_id)
    daily = {
        meter.dates[day].astype(object): amount
        for day in range(max(window.first, 0), window.last + 1)
        if (amount := pounds(detection.claimed_nano_gbp[day]))
    }
    left = cap_by_bills(daily, bills.capacity_left if bills else ())
    rows = [
        _charge_row(identity, detector, meter.meter_id, CHARGE_BAND, amount, left[day], day)
        for day, amount in daily.items()
    ]
    return Candidate(identity, detector, meter.meter_id, meter.site_id, meter.site_type, detection, rows, 0, None)


def _exposure(candidate: Candidate) -> Exposure:
    return Exposure(
        candidate.candidate_id,
        candidate.detector.card.id,
        candidate.site_type,
        int(candidate.sequenced_gbp.scaleb(9)),
        candidate.reference_nano_gbp,
        has_range=candidate.detector.card.evidence_class != "A",
    )


def _candidate_row(candidate: Candidate, calibrated, blended: dict[str, Decimal], period: Period) -> dict:
    kwh = sum((row["sequenced_kwh"] for row in candidate.rows), Decimal(0))
    rate = blended.get(candidate.meter_id)
    card = candidate.detector.card
    return {
        "candidate_id": candidate.candidate_id,
        "detector_id": card.id,
        "detector_version": card.version,
        "evidence_class": card.evidence_class,
        "meter_id": candidate.meter_id,
        "site_id": candidate.site_id,
        "evidence": json.dumps(candidate.detection.evidence, sort_keys=True),
        "evidence_sentence": candidate.detection.sentence,
        "range_basis": calibrated.range_basis,
        "cautious_gbp": calibrated.cautious_gbp,
        "p50_gbp": calibrated.p50_gbp,
        "p90_gbp": calibrated.p90_gbp,
        "blended_rate_gbp": None if rate is None or not kwh else (kwh * rate).quantize(Decimal("0.0001")),
        "as_of_date": period.as_of_date,
        "period_start_date": period.start_date,
        "period_end_date": period.as_of_date,
    }


def _fault_row(meter: MeterArrays, fault: Fault, window: Window) -> dict:
    days = np.flatnonzero(fault.is_excluded.any(axis=1))
    inside = fault.is_excluded[window.days]
    return {
        "detector_id": "all",
        "meter_id": meter.meter_id,
        "reason_code": fault.reason_code,
        "reason": fault.reason,
        "excluded_days": int(inside.any(axis=1).sum()),
        "excluded_kwh": kilowatt_hours(np.where(inside, meter.used_wh[window.days], 0).sum()),
        "excluded_gbp": None,
        "from_date": meter.dates[days[0]].astype(object),
        "to_date": meter.dates[days[-1]].astype(object),
    }


def _refusal_row(meter: MeterArrays, detector: Detector, detection: Detection, window: Window) -> dict:
    days = meter.is_read[window.days].any(axis=1)
    return {
        "detector_id": detector.card.id,
        "meter_id": meter.meter_id,
        "reason_code": detection.refusal.reason_code,
        "reason": detection.refusal.reason,
        "excluded_days": int(days.sum()),
        "excluded_kwh": kilowatt_hours(meter.used_wh[window.days].sum()),
        "excluded_gbp": None,
        "from_date": meter.dates[max(window.first, 0)].astype(object),
        "to_date": meter.dates[window.last].astype(object),
    }


def _unpriced_row(meter: MeterArrays, detector: Detector, unpriced: np.ndarray, claimed_wh: np.ndarray) -> dict:
    days = np.flatnonzero(unpriced.any(axis=1))
    kwh = kilowatt_hours(np.where(unpriced, claimed_wh, 0).sum())
    return {
        "detector_id": detector.card.id,
        "meter_id": meter.meter_id,
        "reason_code": "no_price",
        "reason": f"No contract rate holds on {len(days):,} days with an excess of {kwh:,} kWh: not claimed.",
        "excluded_days": len(days),
        "excluded_kwh": kilowatt_hours(np.where(unpriced, meter.used_wh, 0).sum()),
        "excluded_gbp": None,
        "from_date": meter.dates[days[0]].astype(object),
        "to_date": meter.dates[days[-1]].astype(object),
    }


def _blended_rates(warehouse: Warehouse, period: Period) -> dict[str, Decimal]:
    """Pounds per kWh of everything on the bills that end in the period, by metering point: for comparison only."""
    billed: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    rows = warehouse.fetch_rows(
        f"select meter_id, element, net_gbp, quantity from {warehouse.schema('energy')}.fct_energy_invoice_lines "
        "where period_end_date between ? and ?",
        [period.start_date, period.as_of_date],
    )
    for meter_id, element, net_gbp, quantity in rows:
        billed[meter_id][0] += net_gbp
        if element == "unit":
            billed[meter_id][1] += quantity
    return {meter_id: net / kwh for meter_id, (net, kwh) in billed.items() if kwh > 0}


def _warnings(meters: int, placebo: list[PlaceboPair], exclusions: list[dict]) -> tuple[str, ...]:
    warnings = []
    if meters == 0:
        warnings.append("No metering point has both a site and readings.")
    if len(placebo) < LEAST_PAIRS:
        warnings.append(
            f"Ranges are not known: {len(placebo)} meter-years with no known change, {LEAST_PAIRS} are needed. "
            "Claims with a range count nothing in the cautious total."
        )
    unpriced = {row["meter_id"] for row in exclusions if row["reason_code"] == "no_price"}
    if unpriced:
        warnings.append(f"{len(unpriced)} metering points have an excess on days without a contract rate: not claimed.")
    return tuple(warnings)
