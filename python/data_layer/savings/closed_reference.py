"""What a site uses while closed, learnt from its own quiet nights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_layer.savings.arrays import MeterArrays

START_PERCENT = 20
RUN_HALF_HOURS = 4
SIGMAS = 3.0
SHARE_OF_REFERENCE = 0.10
LEAST_WH = 100  # in a half-hour: 0.2 kW
TEMPERATURE_STEP_C = 1.0
LEAST_IN_STEP = 100
LEAST_IN_STEP_NEAR_OPENING = 25
LEAST_SIMILAR = 20
BEFORE_OPENING = 7  # half-hours: heating and setting up
AFTER_CLOSING = 3  # half-hours: cleaning
ROUNDS = 3


@dataclass(frozen=True)
class ClosedHalfHours:
    """The closed, usable half-hours of a meter in order of time; arrays (m,).

    row, column   where they stand in the meter's arrays
    used          Wh
    similar       number of the group of similar half-hours: in the three and a half hours before opening and the hour
                  and a half after closing by distance from it, else by clock, and by open day or closed all day
    temperature_c outdoor temperature without gaps; one constant where it is not known well enough
    spell         number of the uninterrupted closed spell
    groups        positions of each group of similar half-hours
    curves        positions that share one answer to temperature, coldest first: all at rest, each group near opening
    """

    row: np.ndarray
    column: np.ndarray
    used: np.ndarray
    similar: np.ndarray
    temperature_c: np.ndarray
    spell: np.ndarray
    groups: tuple[np.ndarray, ...]
    curves: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Reference:
    """reference_wh (m,); is_run (m,): above it for long enough; noise_wh: standard deviation of a quiet half-hour."""

    reference_wh: np.ndarray
    is_run: np.ndarray
    noise_wh: float


def closed_half_hours(meter: MeterArrays, is_usable: np.ndarray) -> ClosedHalfHours:
    """Pick the closed, usable half-hours and say which are alike. `is_usable`: bool (days, 50)."""
    # A spell ends where a half-hour is open; one that was not read does not end it.
    is_open = meter.exists & ~meter.is_closed
    sequence = np.cumsum(is_open).reshape(is_open.shape)
    row, column = np.nonzero(meter.is_closed & is_usable)
    spell = np.unique(sequence[row, column], return_inverse=True)[1] if row.size else row
    minute = meter.starts_minute[row, column].astype(np.int64)
    opens, closes = meter.opens_minute[row].astype(np.int64), meter.closes_minute[row].astype(np.int64)
    has_hours = ~meter.is_closed_all_day[row]
    to_opening, from_closing = (opens - minute + 29) // 30, (minute - closes + 29) // 30
    is_before = has_hours & (minute < opens) & (to_opening <= BEFORE_OPENING)
    is_after = has_hours & (minute >= closes) & (from_closing < AFTER_CLOSING)
    at_rest = minute // 30 + 48 * meter.is_closed_all_day[row]
    similar = np.where(is_before, 96 + to_opening, np.where(is_after, 97 + BEFORE_OPENING + from_closing, at_rest))
    temperature = _without_gaps(meter.temperature_c[row, column])
    curve = np.where(is_before | is_after, similar, 0)
    return ClosedHalfHours(
        row=row,
        column=column,
        used=meter.used_wh[row, column].astype(float),
        similar=similar,
        temperature_c=temperature,
        spell=spell,
        groups=_positions(similar, np.argsort(similar, kind="stable")),
        curves=_positions(curve, np.lexsort((temperature, curve))),
    )


def learn_reference(closed: ClosedHalfHours) -> Reference:
    """Start from the 20th percentile of similar half-hours, find runs above it, and settle on the median outside runs.

    A run is at least two hours whose two-hour mean is above the reference by more than 3 standard deviations of such
    means on quiet nights (as shares of the reference, on the same curve), 10 % of the reference and 0.2 kW.
    """
    level = _additive(closed, np.ones(len(closed.used), dtype=bool), START_PERCENT)
    residual = closed.used - level
    # On the low side there are no runs: the distance of two low percentiles of a normal gives its spread.
    spread = (_quantile(residual, 20) - _quantile(residual, 5)) / 0.803 if residual.size else 0.0
    reference = np.maximum(level + 0.842 * spread, 1.0)
    is_run = np.zeros(len(closed.used), dtype=bool)
    for round_number in range(ROUNDS):
        is_run = _runs(closed, reference, None if round_number == 0 else ~is_run)
        settled, is_covered = settled_reference(closed, ~is_run)
        reference = np.where(is_covered, np.maximum(settled, 1.0), reference)
    quiet = np.abs(closed.used - reference)[~is_run]
    noise = 1.4826 * _quantile(quiet, 50) if quiet.size else 0.0
    return Reference(reference_wh=reference, is_run=is_run, noise_wh=noise)


def settled_reference(closed: ClosedHalfHours, is_quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median reference from the quiet half-hours (m,), and where at least 20 similar ones stand behind it (m,)."""
    is_covered = np.zeros(len(closed.used), dtype=bool)
    for group in closed.groups:
        is_covered[group] = is_quiet[group].sum() >= LEAST_SIMILAR
    return _additive(closed, is_quiet, 50), is_covered


def _without_gaps(temperature_c: np.ndarray) -> np.ndarray:
    """Gaps take the median; where more than a tenth is missing, all of it is put at one value and explains nothing."""
    known = ~np.isnan(temperature_c)
    if known.size == 0 or known.mean() < 0.9:
        return np.zeros(len(temperature_c))
    return np.where(known, temperature_c, np.median(temperature_c[known]))


def _positions(names: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, ...]:
    if order.size == 0:
        return ()
    return tuple(np.split(order, np.flatnonzero(np.diff(names[order])) + 1))


def _quantile(values: np.ndarray, percent: float) -> float:
    """Order statistic at that share of the way: a percentile without its interpolation, and much cheaper."""
    place = int(percent / 100 * (values.size - 1))
    return float(np.partition(values, place)[place])


def _additive(closed: ClosedHalfHours, use: np.ndarray, percent: float) -> np.ndarray:
    """Level of similar half-hours plus an effect of temperature on each curve: percentiles, fitted in turns."""
    level, effect = np.zeros(len(closed.used)), np.zeros(len(closed.used))
    for _ in range(2):
        level = _levels(closed, closed.used - effect, use, percent)
        effect = _temperature_effect(closed, closed.used - level, use, percent)
    return level + effect


def _levels(closed: ClosedHalfHours, values: np.ndarray, use: np.ndarray, percent: float) -> np.ndarray:
    level = np.full(len(values), _quantile(values[use], percent) if use.any() else 0.0)
    for group in closed.groups:
        learn = values[group[use[group]]]
        if learn.size >= LEAST_SIMILAR:
            level[group] = _quantile(learn, percent)
    return level


def _temperature_effect(closed: ClosedHalfHours, values: np.ndarray, use: np.ndarray, percent: float) -> np.ndarray:
    """Percentile of the values at each step of temperature, with straight lines between the steps' mean temperatures.

    Beyond the coldest and hottest step the last slope goes on.
    """
    effect = np.zeros(len(values))
    for curve in closed.curves:
        learn = curve[use[curve]]
        is_near_opening = closed.similar[curve[0]] >= 96
        least = LEAST_IN_STEP_NEAR_OPENING if is_near_opening else LEAST_IN_STEP
        at, found = _steps(closed.temperature_c[learn], values[learn], percent, least)
        if len(at) < 3:
            continue
        found = found - _quantile(values[learn], 50)
        where = closed.temperature_c[curve]
        below, above = np.minimum(where - at[0], 0), np.maximum(where - at[-1], 0)
        first, last = (found[1] - found[0]) / (at[1] - at[0]), (found[-1] - found[-2]) / (at[-1] - at[-2])
        effect[curve] = np.interp(where, at, found) + below * first + above * last
    return effect


def _steps(temperature_c: np.ndarray, values: np.ndarray, percent: float, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean temperature and percentile of the values in steps of at least 1 C and `least` half-hours.

    `temperature_c` comes coldest first.
    """
    at: list[float] = []
    found: list[float] = []
    start, size = 0, len(temperature_c)
    while size - start >= least:
        end = max(start + least, int(np.searchsorted(temperature_c, temperature_c[start] + TEMPERATURE_STEP_C)))
        if size - end < least:
            end = size
        mean = float(temperature_c[start:end].mean())
        if not at or mean - at[-1] > 0.2:
            at.append(mean)
            found.append(_quantile(values[start:end], percent))
        start = end
    return np.array(at), np.array(found)


def _runs(closed: ClosedHalfHours, reference: np.ndarray, is_quiet: np.ndarray | None) -> np.ndarray:
    """Half-hours in a run. `is_quiet`: those known to be in none (m,); None at first, when the low side must tell."""
    mean, is_whole = _two_hour_mean(closed, closed.used - reference)
    share = mean / reference
    spread = np.zeros(len(mean))
    for curve in closed.curves:
        learn = curve[is_whole[curve]] if is_quiet is None else curve[is_whole[curve] & is_quiet[curve]]
        if learn.size < LEAST_SIMILAR:
            spread[curve] = np.inf
        elif is_quiet is None:
            spread[curve] = (_quantile(share[learn], 20) - _quantile(share[learn], 5)) / 0.803
        else:
            spread[curve] = 1.4826 * _quantile(np.abs(share[learn]), 50)
    hot = is_whole & (share > np.maximum(SIGMAS * spread, SHARE_OF_REFERENCE)) & (mean > LEAST_WH)
    is_run = np.zeros(len(hot), dtype=bool)
    for shift in range(RUN_HALF_HOURS):
        is_run[shift:] |= hot[: len(hot) - shift]
    return is_run


def _two_hour_mean(closed: ClosedHalfHours, excess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each half-hour with the three after it, and whether all four are of one spell."""
    size = len(excess)
    mean, is_whole = np.zeros(size), np.zeros(size, dtype=bool)
    if size < RUN_HALF_HOURS:
        return mean, is_whole
    total = np.concatenate([[0.0], np.cumsum(excess)])
    span = size - RUN_HALF_HOURS + 1
    mean[:span] = (total[RUN_HALF_HOURS:] - total[:-RUN_HALF_HOURS]) / RUN_HALF_HOURS
    is_whole[:span] = closed.spell[:span] == closed.spell[RUN_HALF_HOURS - 1 :]
    return mean, is_whole
