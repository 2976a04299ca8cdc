"""Readings that do not measure energy: found before any saving is looked for, and never turned into one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_layer.savings.arrays import MeterArrays

SCALE_FACTORS = {
    2.83: "a gas volume in hundreds of cubic feet taken for cubic metres, or the reverse",
    10.0: "a digit of the register or a pulse weight",
    11.2: "gas in cubic metres taken for kWh, or the reverse",
    35.3: "a gas volume in cubic feet taken for cubic metres, or the reverse",
    100.0: "two digits of the register or a pulse weight",
    1000.0: "Wh taken for kWh, or the reverse",
}
"""Ratios left by unit and register errors. 1.02264, the gas correction factor, is not looked for: a change of 2 %
cannot be told from ordinary drift."""

SCALE_TOLERANCE = 0.14
DAY = 48


@dataclass(frozen=True)
class Fault:
    """Half-hours of one metering point that are left out, and why.

    reason_code    short name
    reason         plain sentence
    is_excluded    bool (days, 50)
    """

    reason_code: str
    reason: str
    is_excluded: np.ndarray


def find_faults(meter: MeterArrays) -> list[Fault]:
    """Everything found wrong with a metering point's active import, most certain first; [] when nothing is."""
    found = [find_estimated_reads(meter), find_negative_reads(meter), find_dead_meter(meter), find_flat_line(meter)]
    known_bad = _union([fault for fault in found if fault is not None], meter.used_wh.shape)
    found.append(find_scale_break(meter, known_bad))
    known_bad = _union([fault for fault in found if fault is not None], meter.used_wh.shape)
    found.append(find_spikes(meter, known_bad))
    return [fault for fault in found if fault is not None]


def usable_half_hours(meter: MeterArrays, faults: list[Fault]) -> np.ndarray:
    """bool (days, 50): read, actual and in no fault."""
    return meter.is_actual & ~_union(faults, meter.used_wh.shape)


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
    """Days on another scale than most of the history, after a sudden change by one of SCALE_FACTORS.

    known_bad  bool (days, 50): faults found before, left out here
    The level is the daily mean in logarithms, less what is usual on its day of the week, and for gas at its
    temperature. A break is a day with medians of the 7 days on either side that differ by a known factor within 14 %;
    for factors below 5, of the 28 days as well.
    """
    level = _daily_log_level(meter, known_bad)
    breaks = _scale_breaks(level)
    if not breaks:
        return None
    scale = np.zeros(len(level))
    for day, jump, _factor in breaks:
        scale[day:] += jump
    groups = np.round(scale, 6)
    names, counts = np.unique(groups[~np.isnan(level)], return_counts=True)
    usual = names[np.argmax(counts)]
    off = np.abs(groups - usual) > 0.5
    if not off.any():
        return None
    factor = breaks[0][2]
    reason = (
        f"Readings change by a factor of about {factor:g} on {meter.dates[breaks[0][0]]}, which is what "
        f"{SCALE_FACTORS[factor]} would leave: {off.sum():,} days are on another scale than the rest."
    )
    return Fault("scale_break", reason, _days_mask(meter, off))


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


def _daily_log_level(meter: MeterArrays, known_bad: np.ndarray) -> np.ndarray:
    usable = meter.is_actual & ~known_bad
    mean = _daily_mean(meter.used_wh.astype(float), usable)
    mean[(usable.sum(axis=1) < 40) | ~(mean > 0)] = np.nan
    level = np.log(mean)
    if meter.fuel == "gas":
        temperature = _daily_mean(meter.temperature_c, ~np.isnan(meter.temperature_c))
        step = np.where(np.isnan(temperature), 99, np.round(temperature / 3)).astype(int)
        level = _less_usual(level, step)
    return _less_usual(level, (meter.dates.astype(int) + 3) % 7)


def _less_usual(level: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Level less the median of the days of its kind (n,)."""
    less = level.copy()
    for name in np.unique(kind):
        same = (kind == name) & ~np.isnan(level)
        if same.any():
            less[same] -= np.median(level[same])
    return less


def _scale_breaks(level: np.ndarray) -> list[tuple[int, float, float]]:
    """(first day on the new scale, signed log jump, factor) of each break, in order of day."""
    weeks = _median_steps(level, 7, least=5)
    months = _median_steps(level, 28, least=14)
    sharp = _median_steps(level, 2, least=1)
    candidates = []
    for day in np.flatnonzero(np.abs(weeks) > 0.8):
        week, month = weeks[day], months[day]
        for factor in SCALE_FACTORS:
            size = np.log(factor)
            miss = abs(abs(week) - size)
            # A season may double use within weeks, never multiply it by ten: small factors must last.
            if factor < 5:
                if np.isnan(month) or np.sign(month) != np.sign(week):
                    continue
                miss = max(miss, abs(abs(month) - size))
            if miss <= SCALE_TOLERANCE:
                closeness = 9.0 if np.isnan(sharp[day]) else abs(sharp[day] - week)
                candidates.append((closeness + miss, int(day), np.sign(week) * size, factor))
    breaks: list[tuple[int, float, float]] = []
    for _, day, jump, factor in sorted(candidates):
        if all(abs(day - other) > 6 for other, _, _ in breaks):
            breaks.append((day, float(jump), factor))
    return sorted(breaks)


def _median_steps(level: np.ndarray, width: int, least: int) -> np.ndarray:
    """Median of the `width` days from each day on, less that of the days before it; NaN with fewer than `least`."""
    padded = np.concatenate([np.full(width, np.nan), level, np.full(width, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    # NaN sorts last, so the median of what is known is found by counting.
    ordered = np.sort(windows, axis=1)
    known = (~np.isnan(windows)).sum(axis=1)
    rows = np.arange(len(windows))
    upper, lower = ordered[rows, known // 2 % width], ordered[rows, np.maximum(known - 1, 0) // 2]
    medians = np.where(known >= least, (upper + lower) / 2, np.nan)
    return medians[width : width + len(level)] - medians[: len(level)]
