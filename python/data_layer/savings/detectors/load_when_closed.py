"""Electricity used while a site is closed, beyond what the same site uses on its own quiet nights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_layer.savings.arrays import MeterArrays
from data_layer.savings.detection import Detection, Inputs, refused
from data_layer.savings.evidence_series import weekly_kwh

START_PERCENTILE = 20
RUN_HALF_HOURS = 4
SIGMAS = 3.0
SHARE_OF_REFERENCE = 0.10
LEAST_WH = 100  # in a half-hour: 0.2 kW
SPELLS_WITHIN_28_DAYS = 4
TEMPERATURE_STEP_C = 1.0
LEAST_IN_STEP = 100
LEAST_SIMILAR = 20
BEFORE_OPENING = 7  # half-hours: heating and setting up
AFTER_CLOSING = 3  # half-hours: cleaning
ROUNDS = 3
LEAST_DAYS = 274
MATERIAL_SHARE = 0.03


@dataclass(frozen=True)
class _Closed:
    """The closed, usable half-hours of a meter in order of time; all arrays (m,).

    row, column   where they stand in the meter's arrays
    used          Wh
    similar       number of the group of similar half-hours: in the three and a half hours before opening and the hour
                  and a half after closing by distance from it, else by clock, and by open day or closed all day
    curve         number of the answer to temperature that it shares: 0 for all at rest, else its own group's
    temperature_c NaN-free outdoor temperature; a constant where it is not known well enough
    spell         number of the uninterrupted closed spell
    """

    row: np.ndarray
    column: np.ndarray
    used: np.ndarray
    similar: np.ndarray
    curve: np.ndarray
    temperature_c: np.ndarray
    spell: np.ndarray


@dataclass(frozen=True)
class _Reference:
    """reference (m,): Wh; is_run (m,): above it long enough; noise_wh: standard deviation of a quiet half-hour."""

    reference: np.ndarray
    is_run: np.ndarray
    noise_wh: float


def detect(inputs: Inputs) -> Detection:
    """Claim use above the reference in runs that persist. Formula, guards and source: the card beside this file."""
    meter, window = inputs.meter, inputs.window
    days = window.days
    hours_known = meter.is_hours_known[days].mean()
    if hours_known < 0.9:
        return refused(
            "no_opening_hours", f"Opening hours are known for {hours_known:.0%} of the days; 90 % are needed."
        )
    has_reads = inputs.is_usable.sum(axis=1) >= 40
    inside = np.zeros(len(meter.dates), dtype=bool)
    inside[days] = True
    if has_reads[inside].sum() < LEAST_DAYS or has_reads[~inside].sum() < 180:
        return refused(
            "short_history",
            f"{has_reads[inside].sum()} of the days judged and {has_reads[~inside].sum()} other days have usable "
            f"readings; {LEAST_DAYS} and 180 are needed.",
        )
    closed_share = meter.is_closed[days].sum() / meter.exists[days].sum()
    if closed_share < 0.1:
        return refused("always_open", f"The site is closed for {closed_share:.0%} of the time; 10 % are needed.")

    closed = _closed_half_hours(meter, inputs.is_usable)
    learnt = _learn_reference(closed)
    open_use = _mean_open_use(inputs)
    quiet_use = float(np.median(learnt.reference))
    if open_use < 1.05 * quiet_use:
        return refused(
            "hours_unverified",
            f"Mean use while open ({open_use / 500:,.1f} kW) is not above quiet closed use "
            f"({quiet_use / 500:,.1f} kW), so the timetable cannot be checked against the load.",
        )
    kept = learnt.is_run & inside[closed.row]
    kept &= ~_longer_hours(inputs, closed, kept)
    kept = _persistent(closed, kept)
    kept &= _is_material(closed, kept, learnt.reference, inside[closed.row])

    shape = meter.used_wh.shape
    claimed, reference = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    whole_reference = np.rint(learnt.reference).astype(np.int64)
    excess = np.maximum(closed.used - whole_reference, 0)
    where = (closed.row[kept], closed.column[kept])
    claimed[where] = excess[kept]
    in_window = inside[closed.row]
    reference[closed.row[in_window], closed.column[in_window]] = whole_reference[in_window]
    nights = len(np.unique(closed.spell[kept & (excess > 0)]))
    spells = len(np.unique(closed.spell[in_window]))
    kwh = int(claimed.sum()) / 1000
    evidence = {
        "closed_spells": spells,
        "spells_with_excess": nights,
        "mean_excess_kw": round(float(excess[kept].mean()) / 500, 2) if kept.any() else 0.0,
        "mean_reference_kw": round(quiet_use / 500, 2),
        "mean_open_kw": round(open_use / 500, 2),
        "noise_kw": round(learnt.noise_wh / 500, 2),
        "closed_kwh": round(float(closed.used[in_window].sum()) / 1000),
        "temperature_used": bool(np.ptp(closed.temperature_c) > 0),
        "weekly_closed_kwh": weekly_kwh(
            meter.dates[closed.row[in_window]], closed.used[in_window], learnt.reference[in_window]
        ),
    }
    sentence = ""
    if kwh > 0:
        sentence = (
            f"On {nights:,} of {spells:,} closed spells the site used {evidence['mean_excess_kw']:,.1f} kW more than "
            f"on its own quiet ones: {kwh:,.0f} kWh in the 12 months."
        )
    return Detection(claimed_wh=claimed, reference_wh=reference, evidence=evidence, sentence=sentence)


def placebo(inputs: Inputs) -> float | None:
    """Drift of quiet closed use in the window against the reference learnt from all other days, as a share of it.

    Runs are left out: what remains is a year with no known change, and its ratio says how far off the reference is.
    None where the guards or the number of other days do not allow it.
    """
    meter = inputs.meter
    inside = np.zeros(len(meter.dates), dtype=bool)
    inside[inputs.window.days] = True
    has_reads = inputs.is_usable.sum(axis=1) >= 40
    if has_reads[inside].sum() < LEAST_DAYS or has_reads[~inside].sum() < LEAST_DAYS:
        return None
    closed = _closed_half_hours(meter, inputs.is_usable)
    if closed.used.size == 0:
        return None
    is_run = _learn_reference(closed).is_run
    judged = inside[closed.row] & ~is_run
    learnt, covered = _settled(closed, ~inside[closed.row] & ~is_run)
    judged &= covered
    expected = learnt[judged].sum()
    if expected <= 0 or judged.sum() < 1000:
        return None
    return float(closed.used[judged].sum() / expected - 1)


def _closed_half_hours(meter: MeterArrays, is_usable: np.ndarray) -> _Closed:
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
    similar = np.where(is_before, 96 + to_opening, np.where(is_after, 96 + BEFORE_OPENING + 1 + from_closing, at_rest))
    return _Closed(
        row=row,
        column=column,
        used=meter.used_wh[row, column],
        similar=similar.astype(np.int64),
        curve=np.where(is_before | is_after, similar, 0).astype(np.int64),
        temperature_c=_known_temperature(meter.temperature_c[row, column]),
        spell=spell,
    )


def _known_temperature(temperature_c: np.ndarray) -> np.ndarray:
    """Gaps take the median; where more than a tenth is missing, all of it is put at one value and explains nothing."""
    known = ~np.isnan(temperature_c)
    if known.size == 0 or known.mean() < 0.9:
        return np.zeros(len(temperature_c))
    return np.where(known, temperature_c, np.median(temperature_c[known]))


def _learn_reference(closed: _Closed) -> _Reference:
    everything = np.ones(len(closed.used), dtype=bool)
    level = _additive(closed, everything, START_PERCENTILE)
    residual = closed.used - level
    # On the low side there are no runs: the distance of two low percentiles of a normal gives its spread.
    noise = max((np.percentile(residual, 20) - np.percentile(residual, 5)) / 0.803, 1.0)
    reference = level + 0.842 * noise
    is_run = np.zeros(len(closed.used), dtype=bool)
    for _ in range(ROUNDS):
        is_run = _runs(closed, reference, noise)
        settled, covered = _settled(closed, ~is_run)
        reference = np.where(covered, settled, reference)
        quiet = (closed.used - reference)[~is_run]
        if quiet.size:
            noise = max(1.4826 * float(np.median(np.abs(quiet - np.median(quiet)))), 1.0)
    return _Reference(reference=np.maximum(reference, 0), is_run=is_run, noise_wh=float(noise))


def _settled(closed: _Closed, is_quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median reference from the quiet half-hours, and where there are enough similar ones to trust it."""
    count = np.bincount(closed.similar[is_quiet], minlength=int(closed.similar.max(initial=0)) + 1)
    return _additive(closed, is_quiet, 50), count[closed.similar] >= LEAST_SIMILAR


def _additive(closed: _Closed, learn_from: np.ndarray, percentile: float) -> np.ndarray:
    """Level of similar half-hours plus an effect of temperature on each curve: percentiles, fitted in turns."""
    level, effect = np.zeros(len(closed.used)), np.zeros(len(closed.used))
    for _ in range(2):
        level = _levels(closed, closed.used - effect, learn_from, percentile)
        effect = _temperature_effect(closed, closed.used - level, learn_from, percentile)
    return level + effect


def _levels(closed: _Closed, values: np.ndarray, use: np.ndarray, percentile: float) -> np.ndarray:
    levels = np.zeros(int(closed.similar.max(initial=0)) + 1)
    order = np.argsort(closed.similar[use], kind="stable")
    names, starts = np.unique(closed.similar[use][order], return_index=True)
    groups = np.split(values[use][order], starts[1:])
    overall = np.percentile(values[use], percentile) if groups else 0.0
    levels[:] = overall
    for name, group in zip(names, groups, strict=True):
        if group.size >= LEAST_SIMILAR:
            levels[name] = np.percentile(group, percentile)
    return levels[closed.similar]


def _temperature_effect(closed: _Closed, values: np.ndarray, use: np.ndarray, percentile: float) -> np.ndarray:
    """Percentile of the values at each step of temperature, with straight lines between the steps' mean temperatures.

    Beyond the coldest and hottest step the last slope goes on.
    """
    effect = np.zeros(len(values))
    for curve in np.unique(closed.curve):
        here = closed.curve == curve
        learn = here & use
        least = LEAST_IN_STEP if curve == 0 else LEAST_IN_STEP // 2
        at, found = _steps(closed.temperature_c[learn], values[learn], percentile, least)
        if len(at) < 3:
            continue
        found = found - np.median(values[learn])
        where = closed.temperature_c[here]
        between = np.interp(where, at, found)
        below, above = np.minimum(where - at[0], 0), np.maximum(where - at[-1], 0)
        first, last = (found[1] - found[0]) / (at[1] - at[0]), (found[-1] - found[-2]) / (at[-1] - at[-2])
        effect[here] = between + below * first + above * last
    return effect


def _steps(
    temperature_c: np.ndarray, values: np.ndarray, percentile: float, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean temperature and percentile of the values in steps of at least 1 C and `least` half-hours."""
    at, found = [], []
    order = np.argsort(temperature_c, kind="stable")
    warm, sorted_values = temperature_c[order], values[order]
    start = 0
    while len(warm) - start >= least:
        end = max(start + least, int(np.searchsorted(warm, warm[start] + TEMPERATURE_STEP_C)))
        if len(warm) - end < least:
            end = len(warm)
        at.append(float(warm[start:end].mean()))
        found.append(float(np.percentile(sorted_values[start:end], percentile)))
        start = end
    at_array, found_array = np.array(at), np.array(found)
    apart = np.concatenate([[True], np.diff(at_array) > 0.2]) if at else np.zeros(0, dtype=bool)
    return at_array[apart], found_array[apart]


def _runs(closed: _Closed, reference: np.ndarray, noise: float) -> np.ndarray:
    excess = closed.used - reference
    mean, is_whole = _two_hour_mean(closed, excess)
    threshold = np.maximum(SIGMAS * noise / np.sqrt(RUN_HALF_HOURS), SHARE_OF_REFERENCE * reference)
    hot = is_whole & (mean > np.maximum(threshold, LEAST_WH))
    is_run = np.zeros(len(hot), dtype=bool)
    for shift in range(RUN_HALF_HOURS):
        is_run[shift:] |= hot[: len(hot) - shift] if shift else hot
    return is_run


def _two_hour_mean(closed: _Closed, excess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each half-hour with the three after it, where all four are of one spell and follow one another."""
    size = len(excess)
    mean, is_whole = np.zeros(size), np.zeros(size, dtype=bool)
    if size < RUN_HALF_HOURS:
        return mean, is_whole
    total = np.concatenate([[0.0], np.cumsum(excess)])
    span = size - RUN_HALF_HOURS + 1
    mean[:span] = (total[RUN_HALF_HOURS:] - total[:-RUN_HALF_HOURS]) / RUN_HALF_HOURS
    is_whole[:span] = closed.spell[:span] == closed.spell[RUN_HALF_HOURS - 1 :]
    return mean, is_whole


def _mean_open_use(inputs: Inputs) -> float:
    meter, days = inputs.meter, inputs.window.days
    is_open = (meter.exists & ~meter.is_closed & inputs.is_usable)[days]
    return float(meter.used_wh[days][is_open].mean()) if is_open.any() else 0.0


def _longer_hours(inputs: Inputs, closed: _Closed, kept: np.ndarray) -> np.ndarray:
    """Half-hours of runs that only lengthen the open day (see the guard hours_changed).

    For each clock half-hour of open days that are in a run on most open days and joined to the open hours through
    others like it: use at 80 % or more of usual open use means that people are in.
    """
    meter, days = inputs.meter, inputs.window.days
    is_lengthened = np.zeros(len(kept), dtype=bool)
    open_rows = np.zeros(len(meter.dates), dtype=bool)
    open_rows[days] = True
    open_rows &= meter.is_hours_known & ~meter.is_closed_all_day
    n_open = open_rows.sum()
    if not kept.any() or n_open == 0:
        return is_lengthened
    is_open = meter.exists & ~meter.is_closed & inputs.is_usable & open_rows[:, None]
    open_level = np.median(meter.used_wh[is_open]) if is_open.any() else np.inf
    slot = meter.starts_minute[closed.row, closed.column] // 30
    on_open_day = open_rows[closed.row]
    # A load that stays on through most of the spell is not a longer day.
    size = np.bincount(closed.spell)
    is_short = (np.bincount(closed.spell[kept], minlength=len(size)) < 0.6 * size)[closed.spell]
    as_open = kept & on_open_day & is_short & (closed.used >= 0.8 * open_level)
    share = np.bincount(slot[as_open], minlength=48) / n_open
    often = share >= 0.5
    open_slots = np.bincount((meter.starts_minute // 30)[is_open].astype(np.int64), minlength=48) / n_open >= 0.3
    joined = open_slots.copy()
    for _ in range(8):  # four hours: longer than a change of hours, shorter than a night
        joined |= often & (np.roll(joined, 1) | np.roll(joined, -1))
    lengthened_slots = joined & ~open_slots
    if lengthened_slots.sum() > 8:
        return is_lengthened
    return kept & on_open_day & is_short & lengthened_slots[slot]


def _is_material(closed: _Closed, kept: np.ndarray, reference: np.ndarray, inside: np.ndarray) -> bool:
    """The claim is at least 3 % of the closed use of the window: less is what drift alone brings."""
    excess = np.maximum(closed.used - reference, 0)
    return bool(excess[kept].sum() >= MATERIAL_SHARE * closed.used[inside].sum())


def _persistent(closed: _Closed, kept: np.ndarray) -> np.ndarray:
    if not kept.any():
        return kept
    spells, first = np.unique(closed.spell[kept], return_index=True)
    day = closed.row[kept][first]
    # Every spell of some 28 days that hold enough of them stays, wherever in these days it lies.
    beyond = np.searchsorted(day, day + 27, side="right")
    starts = np.flatnonzero(beyond - np.arange(len(day)) >= SPELLS_WITHIN_28_DAYS)
    change = np.zeros(len(day) + 1, dtype=np.int64)
    np.add.at(change, starts, 1)
    np.add.at(change, beyond[starts], -1)
    enough = np.cumsum(change[:-1]) > 0
    persists = np.zeros(int(closed.spell.max()) + 1, dtype=bool)
    persists[spells[enough]] = True
    return kept & persists[closed.spell]
