"""Ranges learnt from years with no known change, and rows that add up to the portfolio's cautious figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

DRAWS = 2000
SEED = 20_240_401
LEAST_PAIRS = 20
NEAR_P10 = 0.025
RANGE_NOT_KNOWN = "Range not known"


@dataclass(frozen=True)
class PlaceboPair:
    """One metering point and year without a known change: by what share of it the reference missed."""

    detector_id: str
    segment: str
    meter_id: str
    ratio: float


@dataclass(frozen=True)
class Exposure:
    """What the range of one candidate depends on.

    sequenced_nano_gbp  value of the claim
    reference_nano_gbp  value of the reference in the claimed half-hours: what a miss of the reference is a share of
    has_range           False for a claim that is recomputed from complete inputs (class A)
    """

    candidate_id: str
    detector_id: str
    segment: str
    sequenced_nano_gbp: int
    reference_nano_gbp: int
    has_range: bool


@dataclass(frozen=True)
class Calibrated:
    """Figures of one candidate, in pounds to the penny, and how its range was learnt."""

    candidate_id: str
    cautious_gbp: Decimal
    p50_gbp: Decimal
    p90_gbp: Decimal
    range_basis: str


@dataclass(frozen=True)
class Portfolio:
    """Candidates in order of id, and the quantiles of the joint sum of those that count.

    Cautious figures sum to p10_gbp exactly. A claim whose range is not known counts nothing in any of the three.
    """

    candidates: tuple[Calibrated, ...]
    p10_gbp: Decimal
    p50_gbp: Decimal
    p90_gbp: Decimal


def calibrate(exposures: Sequence[Exposure], placebo: Sequence[PlaceboPair], draws: int = DRAWS) -> Portfolio:
    """Draw the portfolio jointly and split its P10 over the candidates.

    In each draw the placebo pairs of a segment are resampled once for all its candidates (what is not known about the
    segment is shared), and each candidate takes the miss of one of them. A draw of a claim is the claim less the miss
    times its reference, and never less than nothing. Quantiles of the portfolio are those of the joint sum.
    A claim with a range that fewer than LEAST_PAIRS pairs would have to bear out counts nothing in that sum: no tenth
    percentile can be stated for it. Its own quantiles are still those of its draws.
    Deterministic: the seed is fixed, and candidates and pairs are put in order first.
    """
    ordered = sorted(exposures, key=lambda exposure: exposure.candidate_id)
    if not ordered:
        zero = Decimal("0.00")
        return Portfolio((), zero, zero, zero)
    misses = {}
    pools: dict[tuple[str, str], tuple[np.ndarray, str]] = {}
    for exposure in ordered:
        key = (exposure.detector_id, exposure.segment)
        if exposure.has_range and key not in pools:
            pools[key] = _pool(placebo, *key)
    generator = np.random.default_rng(SEED)
    for key in sorted(pools):
        pool, _ = pools[key]
        resampled = (
            pool[generator.integers(0, len(pool), size=(draws, len(pool)))] if len(pool) else np.zeros((draws, 1))
        )
        for exposure in ordered:
            if exposure.has_range and (exposure.detector_id, exposure.segment) == key:
                pick = generator.integers(0, resampled.shape[1], size=draws)
                misses[exposure.candidate_id] = resampled[np.arange(draws), pick]
    values = np.empty((len(ordered), draws))
    counts = np.ones(len(ordered), dtype=bool)
    for row, exposure in enumerate(ordered):
        miss = misses.get(exposure.candidate_id, np.zeros(draws))
        values[row] = np.maximum(exposure.sequenced_nano_gbp - miss * exposure.reference_nano_gbp, 0)
        if exposure.has_range:
            counts[row] = len(pools[exposure.detector_id, exposure.segment][0]) >= LEAST_PAIRS
    total = values[counts].sum(axis=0)
    p10, p50, p90 = (float(np.quantile(total, share)) for share in (0.1, 0.5, 0.9))
    low, high = np.quantile(total, [0.1 - NEAR_P10, 0.1 + NEAR_P10])
    near = values[:, (total >= low) & (total <= high)].mean(axis=1)
    p10_pence = _pence(p10)
    cautious = np.zeros(len(ordered), dtype=np.int64)
    if counts.any():
        counted = [exposure for exposure, is_counted in zip(ordered, counts, strict=True) if is_counted]
        cautious[counts] = _cautious_pence(counted, near[counts], p10_pence)
    candidates = []
    for row, exposure in enumerate(ordered):
        own50, own90 = np.quantile(values[row], [0.5, 0.9])
        basis = (
            pools[exposure.detector_id, exposure.segment][1]
            if exposure.has_range
            else "No range: recomputed from contract and readings that are complete."
        )
        candidates.append(
            Calibrated(exposure.candidate_id, _gbp(int(cautious[row])), _gbp(_pence(own50)), _gbp(_pence(own90)), basis)
        )
    return Portfolio(tuple(candidates), _gbp(p10_pence), _gbp(_pence(p50)), _gbp(_pence(p90)))


def _cautious_pence(exposures: Sequence[Exposure], near_nano_gbp: np.ndarray, p10_pence: int) -> list[int]:
    """Pence a candidate, summing to the P10.

    What has no range keeps its value to the penny: the small difference between the mean of the draws around the P10
    and the P10 itself belongs to the candidates that are uncertain, if there are any.
    """
    has_range = np.array([exposure.has_range for exposure in exposures])
    pence = [_pence(exposure.sequenced_nano_gbp) for exposure in exposures]
    certain = sum(value for value, is_uncertain in zip(pence, has_range, strict=True) if not is_uncertain)
    if not has_range.any() or certain > p10_pence:  # each certain value rounded by itself may come to a penny more
        return split_by_largest_remainder(near_nano_gbp, p10_pence)
    shares = iter(split_by_largest_remainder(near_nano_gbp[has_range], p10_pence - certain))
    return [next(shares) if is_uncertain else value for value, is_uncertain in zip(pence, has_range, strict=True)]


def split_by_largest_remainder(weights: np.ndarray, total: int) -> list[int]:
    """Whole numbers in proportion to the weights that sum to the total; ties go to the earlier row."""
    weights = np.maximum(np.asarray(weights, dtype=float), 0)
    if weights.sum() <= 0:
        weights = np.ones(len(weights))
    exact = weights / weights.sum() * total
    shares = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - shares), kind="stable")
    missing = int(total - shares.sum())
    shares[order[:missing]] += 1
    return [int(share) for share in shares]


def _pool(placebo: Sequence[PlaceboPair], detector_id: str, segment: str) -> tuple[np.ndarray, str]:
    pairs = sorted((pair for pair in placebo if pair.detector_id == detector_id), key=lambda pair: pair.meter_id)
    own = np.array([pair.ratio for pair in pairs if pair.segment == segment])
    everything = np.array([pair.ratio for pair in pairs])
    name = segment.replace("_", " ")
    if len(own) >= LEAST_PAIRS:
        return own, f"Placebo: {len(own)} meter-years of type {name} with no known change. {_coverage(own)}"
    if len(everything) >= LEAST_PAIRS:
        return everything, (
            f"Placebo: all site types pooled, {len(everything)} meter-years with no known change, because type {name} "
            f"has only {len(own)} (fewer than {LEAST_PAIRS}). {_coverage(everything)}"
        )
    known = {0: "no meter-year", 1: "only 1 meter-year"}.get(len(everything), f"only {len(everything)} meter-years")
    return everything, (
        f"{RANGE_NOT_KNOWN}: {known} with no known change ({LEAST_PAIRS} are needed); it counts nothing in the "
        "cautious total."
    )


def _coverage(ratios: np.ndarray) -> str:
    """What an 80 % band learnt from the other pairs would have held, one pair left out at a time."""
    held, widths = 0, []
    for index, ratio in enumerate(ratios):
        low, high = np.quantile(np.delete(ratios, index), [0.1, 0.9])
        held += low <= ratio <= high
        widths.append((high - low) / 2)
    return (
        f"An 80 % band learnt on the others held {held / len(ratios):.0%} of them (n = {len(ratios)}, median half-"
        f"width {np.median(widths):.1%} of the reference)."
    )


def _pence(nano_gbp: float) -> int:
    return int(np.floor(nano_gbp / 1e7 + 0.5))


def _gbp(pence: int) -> Decimal:
    return Decimal(pence).scaleb(-2)
