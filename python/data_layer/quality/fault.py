"""What a fault is: half-hours of one metering point, why they are left out, and from what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_layer.savings.arrays import MeterArrays

DAY = 48


@dataclass(frozen=True)
class Fault:
    """Half-hours of one metering point that are left out, and why.

    reason_code    short name, as in seeds/energy_quality_statuses.csv
    reason         plain sentence
    is_excluded    bool (days, 50): no saving is claimed on them or learnt from them
    is_no_history  bool (days, 50): of those, the ones that a forecast must not be fitted on either; None: all of them
    ratio          float (days,): readings as they stand over what they should be; NaN or None where that is not meant
    """

    reason_code: str
    reason: str
    is_excluded: np.ndarray
    is_no_history: np.ndarray | None = None
    ratio: np.ndarray | None = None

    @property
    def is_off_history(self) -> np.ndarray:
        """bool (days, 50): not to be forecast from."""
        return self.is_excluded if self.is_no_history is None else self.is_no_history


def excluded(faults: list[Fault], shape: tuple[int, int]) -> np.ndarray:
    """bool (days, 50): left out of savings by any of the faults."""
    bad = np.zeros(shape, dtype=bool)
    for fault in faults:
        bad |= fault.is_excluded
    return bad


def off_history(faults: list[Fault], shape: tuple[int, int]) -> np.ndarray:
    """bool (days, 50): left out of forecasts by any of the faults."""
    bad = np.zeros(shape, dtype=bool)
    for fault in faults:
        bad |= fault.is_off_history
    return bad


def on_days(meter: MeterArrays, days: np.ndarray) -> np.ndarray:
    """bool (days, 50): all half-hours of the days named, bool (days,)."""
    return meter.exists & days[:, None]


def in_sequence(meter: MeterArrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wh, day and column of every half-hour read, one after the other (m,)."""
    rows, columns = np.nonzero(meter.is_read)
    return meter.used_wh[rows, columns], rows, columns


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First position and the one after the last of each unbroken run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
