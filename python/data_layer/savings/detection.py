"""What a detector is given and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data_layer.savings.arrays import MeterArrays


@dataclass(frozen=True)
class Window:
    """The days for which a claim is made: rows first to last of the arrays, both inclusive."""

    first: int
    last: int

    @property
    def days(self) -> slice:
        return slice(max(self.first, 0), self.last + 1)


@dataclass(frozen=True)
class Refusal:
    """Why a detector did not judge a metering point."""

    reason_code: str
    reason: str


@dataclass(frozen=True)
class Detection:
    """A detector's answer for one metering point.

    refusal        set when the guards do not let it judge; the rest is then empty
    claimed_wh     int64 (days, 50), energy claims; None for a charge
    reference_wh   int64 (days, 50): what would have been used; None for a charge
    claimed_nano_gbp  int64 (days,): thousand-millionths of a pound a day, charges only; None for energy
    evidence       figures behind the claim, JSON-able
    sentence       what was seen, in one plain sentence; empty when nothing is claimed
    placebo_ratios how far the reference missed years with no known change, as shares of it (class B only)
    """

    refusal: Refusal | None = None
    claimed_wh: np.ndarray | None = None
    reference_wh: np.ndarray | None = None
    claimed_nano_gbp: np.ndarray | None = None
    evidence: dict = field(default_factory=dict)
    sentence: str = ""
    placebo_ratios: tuple[float, ...] = ()

    @property
    def is_claim(self) -> bool:
        """Something is claimed."""
        if self.claimed_wh is not None and self.claimed_wh.any():
            return True
        return self.claimed_nano_gbp is not None and bool(self.claimed_nano_gbp.any())


def refused(reason_code: str, reason: str) -> Detection:
    """A detection that only says why nothing was judged."""
    return Detection(refusal=Refusal(reason_code, reason))


@dataclass(frozen=True)
class Inputs:
    """What every detector's `detect` takes.

    meter           the metering point's arrays
    is_usable       bool (days, 50): actual readings in no fault
    window          days to judge
    allocated_wh    int64 (days, 50): energy already given to other claims (charges only; zeros for energy detectors)
    """

    meter: MeterArrays
    is_usable: np.ndarray
    window: Window
    allocated_wh: np.ndarray
