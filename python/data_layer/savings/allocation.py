"""Overlapping claims on the same half-hour are counted once (DESIGN 7.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

ClaimKey = tuple[int, str]
"""(precedence on the detector's card, detector id): the order in which claims are served."""


def allocate(claims: Mapping[ClaimKey, np.ndarray], used_wh: np.ndarray, floor_wh: int) -> dict[ClaimKey, np.ndarray]:
    """Share each half-hour among the detectors that claim it.

    claims    per detector an int64 array of Wh, any shape, the same for all; not negative
    used_wh   int64 array of that shape: metered energy
    floor_wh  Wh a half-hour that the building needs whatever is done

    M(i) is the largest of the first i claims, no more than used - floor; detector i is given M(i) - M(i-1). The sum
    is therefore the union of the claims and two identical claims count once. The order is that of the keys, never
    that of the mapping. Raises ValueError for a negative claim or a shape that differs.
    """
    if floor_wh < 0:
        raise ValueError(f"The physical floor is {floor_wh} Wh; it cannot be below nothing.")
    room = np.maximum(used_wh - floor_wh, 0)
    largest = np.zeros_like(used_wh)
    allocated: dict[ClaimKey, np.ndarray] = {}
    for key in sorted(claims):
        claim = claims[key]
        if claim.shape != used_wh.shape:
            raise ValueError(f"The claim of {key[1]} has shape {claim.shape}, the readings {used_wh.shape}.")
        if claim.size and claim.min() < 0:
            raise ValueError(f"{key[1]} claims a negative amount of energy.")
        served = np.maximum(largest, np.minimum(claim, room))
        allocated[key] = served - largest
        largest = served
    return allocated


def physical_floor_wh(used_wh: np.ndarray, is_usable: np.ndarray, day_groups: Sequence[np.ndarray]) -> int:
    """Wh a half-hour below which the building has not been seen: what no claim may cut into.

    used_wh     int64 (days, 50)
    is_usable   bool (days, 50): read, not estimated, not on a fault day
    day_groups  bool (days,) masks in order of preference: days closed all day, then any day

    The first percentile of the half-hours of the first group with at least 10 days (480 half-hours), so that a
    single dropped pulse does not set it. 0 where no group has that many.
    """
    for days in day_groups:
        values = used_wh[days][is_usable[days]]
        if values.size >= 480:
            return max(int(np.percentile(values, 1, method="lower")), 0)
    return 0


@dataclass(frozen=True)
class PoundClaim:
    """An amount that a detector names on an element of a bill; negative where too little was charged."""

    precedence: int
    detector_id: str
    claim_id: str
    invoice_id: str
    element: str
    error_code: str
    amount_gbp: Decimal


def allocate_pounds(claims: Iterable[PoundClaim], billed_gbp: Mapping[tuple[str, str], Decimal]) -> dict[str, Decimal]:
    """Share what was billed for an element among the claims on it; pounds by claim_id.

    billed_gbp  by (invoice_id, element); a pair that is missing was not billed and bounds nothing (a missing bill)

    Claims are served in order of precedence, then detector, error and id, never in the order given. Claims for one
    error overlap fully: the second is given what exceeds the first. Claims for different errors add up. All together
    are given at most what was billed. What was charged too little (negative) is shared alike, without that bound.
    """
    taken: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    largest: dict[tuple[str, str, str, bool], Decimal] = defaultdict(Decimal)
    served: dict[str, Decimal] = {}
    order = sorted(claims, key=lambda one: (one.precedence, one.detector_id, one.error_code, one.claim_id))
    for claim in order:
        place = (claim.invoice_id, claim.element)
        same = (*place, claim.error_code, claim.amount_gbp > 0)
        beyond = max(abs(claim.amount_gbp) - largest[same], Decimal(0))
        largest[same] = max(largest[same], abs(claim.amount_gbp))
        if claim.amount_gbp <= 0:
            served[claim.claim_id] = -beyond
            continue
        if place in billed_gbp:
            beyond = min(beyond, max(billed_gbp[place] - taken[place], Decimal(0)))
        taken[place] += beyond
        served[claim.claim_id] = beyond
    return served


@dataclass(frozen=True)
class BilledSpan:
    """Days for which an element was billed (inclusive), and what of it no claim has taken yet."""

    order: tuple
    start_date: date
    end_date: date
    left_gbp: Decimal


def cap_by_bills(daily_gbp: Mapping[date, Decimal], bills: Iterable[BilledSpan]) -> dict[date, Decimal]:
    """Cut a daily charge down to what was billed for it and is not claimed yet.

    A day belongs to the first bill, in their `order`, that covers it. A bill's room is filled from its first day on.
    A day that no bill covers keeps its amount: it rests on the contract, and its bill is still to come.
    """
    capped = dict(daily_gbp)
    placed: set[date] = set()
    for bill in sorted(bills, key=lambda one: one.order):
        left = max(bill.left_gbp, Decimal(0))
        for day in sorted(day for day in daily_gbp if bill.start_date <= day <= bill.end_date and day not in placed):
            placed.add(day)
            capped[day] = min(daily_gbp[day], left)
            left -= capped[day]
    return capped
