"""Single values that are no measurement: estimates, profiles, import below zero, spikes."""

from __future__ import annotations

import numpy as np

from data_layer.quality.fault import DAY, Fault, on_days
from data_layer.savings.arrays import MeterArrays

SPIKE_TIMES = 5  # times what all but 1 in 500 half-hours reach
ORDINARY_PERCENTILE = 99.8
LEAST_SPIKE_DAYS = 28


def find_estimated_reads(meter: MeterArrays) -> Fault | None:
    """Half-hours that the supplier estimated: a saving on them would vanish when the true reading comes."""
    estimated = meter.is_read & ~meter.is_actual & ~meter.is_profiled
    if not estimated.any():
        return None
    return Fault("estimated_reads", f"{estimated.sum():,} half-hours are estimates, not readings.", estimated)


def find_profiled_reads(meter: MeterArrays) -> Fault | None:
    """Half-hours cut from a register's advance by a load profile: their sum is metered, their shape is not."""
    profiled = meter.is_read & meter.is_profiled
    if not profiled.any():
        return None
    reason = f"{profiled.sum():,} half-hours are cut from a longer reading by a load profile, not metered."
    return Fault("profiled_reads", reason, profiled)


def find_negative_reads(meter: MeterArrays) -> Fault | None:
    """Import cannot be negative: a correction or an export channel was delivered as import."""
    negative = (meter.is_read & (meter.used_wh < 0)).any(axis=1)
    if not negative.any():
        return None
    return Fault("negative_reads", f"Import is below zero on {negative.sum():,} days.", on_days(meter, negative))


def find_spikes(meter: MeterArrays, known_bad: np.ndarray) -> Fault | None:
    """Days with a half-hour above five times what all but 1 in 500 reach: a pulse error, or a sum delivered as one.

    known_bad  bool (days, 50): faults found before, left out here
    """
    usable = meter.is_actual & ~known_bad
    values = meter.used_wh[usable]
    if values.size < LEAST_SPIKE_DAYS * DAY:
        return None
    usual = np.percentile(values, ORDINARY_PERCENTILE)
    limit = SPIKE_TIMES * usual
    spikes = usable & (meter.used_wh > max(limit, 1))
    if limit <= 0 or not spikes.any():
        return None
    ratio = np.where(spikes.any(axis=1), np.where(spikes, meter.used_wh, 0).max(axis=1) / usual, np.nan)
    reason = f"{spikes.sum():,} half-hours are above five times the highest ordinary use."
    return Fault("spike", reason, on_days(meter, spikes.any(axis=1)), ratio=ratio)
