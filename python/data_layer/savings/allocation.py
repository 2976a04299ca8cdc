"""Overlapping claims on the same half-hour are counted once (DESIGN 7.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
