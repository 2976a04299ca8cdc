"""Readings that do not measure energy: found before any saving is looked for, and never turned into one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_layer.quality.scale_breaks import find_scale_breaks, known_factors, scale_of_days
from data_layer.savings.arrays import MeterArrays

DAY = 48


@dataclass(frozen=True)
class Fault:
    """Half-hours of one metering point that are left out, and why.

    reason_code    short name
    reason         plain sentence
    is_excluded    bool (days, 50): no saving is claimed on them or learnt from them
    is_no_history  bool (days, 50): of those, the ones that a forecast must not be fitted on either; None: all of them
    """

    reason_code: str
    reason: str
    is_excluded: np.ndarray
    is_no_history: np.ndarray | None = None


def find_faults(meter: MeterArrays) -> list[Fault]:
    """Everything found wrong with a metering point's active import, most certain first; [] when nothing is."""
    found = [find_estimated_reads(meter), find_negative_reads(meter), find_dead_meter(meter), find_flat_line(meter)]
    known_bad = _union([fault for fault in found if fault is not None], meter.used_wh.shape)
    found.append(find_scale_break(meter, known_bad))
    # Spikes are sought on the scale in force, even where no saving may be claimed on it.
    known_bad = _history_union([fault for fault in found if fault is not None], meter.used_wh.shape)
    found.append(find_spikes(meter, known_bad))
    return [fault for fault in found if fault is not None]


def usable_half_hours(meter: MeterArrays, faults: list[Fault]) -> np.ndarray:
    """bool (days, 50): read, actual and in no fault: what savings may be claimed on and learnt from."""
    return meter.is_actual & ~_union(faults, meter.used_wh.shape)


def history_half_hours(meter: MeterArrays, faults: list[Fault]) -> np.ndarray:
    """bool (days, 50): read, actual and on the scale in force on the last day: what a forecast may be fitted on."""
    return meter.is_actual & ~_history_union(faults, meter.used_wh.shape)


def find_estimated_reads(meter: MeterArrays) -> Fault | None:
    """Half-hours that the supplier estimated: a saving on them would vanish when the true reading comes."""
    estimated = meter.is_read & ~meter.is_actual
    if not estimated.any():
        return None
    return Fault("estimated_reads", f"{estimated.sum():,} half-hours are estimates, not readings.", estimated)


def find_negative_reads(meter: MeterArrays) -> Fault | None:
    """Import cannot be negative: a correction or an export channel was delivered as import."""
    negative = meter.is_read & (meter.used_wh < 0)
    if not negative.any():
        return None
    days = _whole_days(negative)
    return Fault("negative_reads", f"Import is below zero on {negative.any(axis=1).sum():,} days.", days)


def find_dead_meter(meter: MeterArrays) -> Fault | None:
    """Electricity: nothing for 48 read half-hours in a row. Gas: nothing for 14 cold days in a row.

    Gas may rest in summer: only days colder than the 25th percentile of the days on which the meter turned count.
    """
    flat, rows = _sequence(meter)
    if flat.size == 0 or not (flat > 0).any():
        return _all_zero(meter, flat)
    is_zero = flat == 0
    if meter.fuel == "gas":
        is_dead = _dead_gas_days(meter)
    else:
        is_dead = np.zeros(len(meter.dates), dtype=bool)
        for start, end in _runs(is_zero):
            if end - start >= DAY:
                is_dead[rows[start] : rows[end - 1] + 1] = True
    if not is_dead.any():
        return None
    reason = f"The meter recorded nothing on {is_dead.sum():,} days while the supply was in use before or after."
    return Fault("dead_meter", reason, _days_mask(meter, is_dead))


def find_flat_line(meter: MeterArrays) -> Fault | None:
    """The same value, not zero, for 48 read half-hours in a row: a stuck register or a filled gap.

    Not judged where the meter counts in steps so coarse that half its days hold fewer than five different values.
    """
    ordered = np.sort(np.where(meter.is_read, meter.used_wh, -1), axis=1)
    distinct = ((np.diff(ordered, axis=1) > 0) & (ordered[:, 1:] >= 0)).sum(axis=1)[meter.is_read.any(axis=1)]
    if distinct.size == 0 or np.median(distinct) < 5:
        return None
    flat, rows = _sequence(meter)
    is_same = np.concatenate([[False], (flat[1:] == flat[:-1]) & (flat[1:] > 0)])
    is_stuck = np.zeros(len(meter.dates), dtype=bool)
    for start, end in _runs(is_same):
        if end - start + 1 >= DAY:
            is_stuck[rows[start - 1] : rows[end - 1] + 1] = True
    if not is_stuck.any():
        return None
    reason = f"The same value was repeated for a day or longer, on {is_stuck.sum():,} days in all."
    return Fault("flat_line", reason, _days_mask(meter, is_stuck))


def find_scale_break(meter: MeterArrays, known_bad: np.ndarray) -> Fault | None:
    """Days on another scale than the one in force at the end of the readings, by scale_breaks.find_scale_breaks.

    known_bad  bool (days, 50): faults found before, left out here
    A spell that ends on the scale on which it began leaves out its own days. After a change that lasts, readings do not
    tell which side is right: no saving is claimed on either, nor learnt across it. A forecast says what the meter will
    record, so it is fitted on the days on the scale in force, and on no others.
    """
    breaks = find_scale_breaks(meter, known_bad)
    if not breaks:
        return None
    scale = scale_of_days(breaks, len(meter.dates))
    is_off = scale != scale[-1]
    first, last = breaks[0], breaks[-1]
    factor = first.factor
    reason = (
        f"Readings change by a factor of about {factor:g} on {meter.dates[first.first_day]}, which is what "
        f"{known_factors(meter.fuel)[factor]} would leave: "
    )
    off = _days_mask(meter, is_off)
    if scale[0] == scale[-1]:
        return Fault("scale_break", reason + f"{is_off.sum():,} days are on another scale than the rest.", off)
    reason += (
        f"which side is right cannot be told from readings, so no saving is claimed on this meter; the "
        f"{(~is_off).sum():,} days on the scale since {meter.dates[last.first_day]} serve forecasts only."
    )
    return Fault("scale_break", reason, meter.exists.copy(), off)


def find_spikes(meter: MeterArrays, known_bad: np.ndarray) -> Fault | None:
    """Days with a half-hour above five times what all but 1 in 500 reach: a pulse error, or a sum delivered as one."""
    usable = meter.is_actual & ~known_bad
    values = meter.used_wh[usable]
    if values.size < 28 * DAY:
        return None
    limit = 5 * np.percentile(values, 99.8)
    spikes = usable & (meter.used_wh > max(limit, 1))
    if limit <= 0 or not spikes.any():
        return None
    reason = f"{spikes.sum():,} half-hours are above five times the highest ordinary use."
    return Fault("spike", reason, _whole_days(spikes) & meter.exists)


def _union(faults: list[Fault], shape: tuple[int, int]) -> np.ndarray:
    bad = np.zeros(shape, dtype=bool)
    for fault in faults:
        bad |= fault.is_excluded
    return bad


def _history_union(faults: list[Fault], shape: tuple[int, int]) -> np.ndarray:
    bad = np.zeros(shape, dtype=bool)
    for fault in faults:
        bad |= fault.is_excluded if fault.is_no_history is None else fault.is_no_history
    return bad


def _whole_days(where: np.ndarray) -> np.ndarray:
    return np.repeat(where.any(axis=1)[:, None], where.shape[1], axis=1)


def _days_mask(meter: MeterArrays, days: np.ndarray) -> np.ndarray:
    return meter.exists & days[:, None]


def _sequence(meter: MeterArrays) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.nonzero(meter.is_read)
    return meter.used_wh[rows, columns], rows


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _all_zero(meter: MeterArrays, flat: np.ndarray) -> Fault | None:
    if flat.size < DAY:
        return None
    return Fault("dead_meter", "The meter has never recorded anything.", meter.exists.copy())


def _dead_gas_days(meter: MeterArrays) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        temperature = _daily_mean(meter.temperature_c, ~np.isnan(meter.temperature_c))
    totals = np.where(meter.is_read, meter.used_wh, 0).sum(axis=1)
    has_reads = meter.is_read.any(axis=1)
    turning = has_reads & (totals > 0)
    is_dead = np.zeros(len(totals), dtype=bool)
    rows = np.flatnonzero(has_reads)
    if np.isnan(temperature[turning]).all():
        needs_heat = np.ones(len(totals), dtype=bool)
        least = 120
    else:
        needs_heat = temperature < np.nanpercentile(temperature[turning], 25)
        least = 14
    for start, end in _runs(totals[rows] == 0):
        run = rows[start:end]
        if needs_heat[run].sum() >= least:
            is_dead[run[0] : run[-1] + 1] = True
    return is_dead


def _daily_mean(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    count = where.sum(axis=1)
    total = np.where(where, values, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
