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
TEMPERATURE_STEP_C = 3.0
LEAST_SIMILAR = 20
ROUNDS = 3


@dataclass(frozen=True)
class _Closed:
    """The closed, usable half-hours of a meter in order of time; all arrays (m,).

    row, column   where they stand in the meter's arrays
    used          Wh
    similar       number of the group of similar half-hours: clock half-hour, and open day or closed all day
    temperature   position of the temperature step; steps with few half-hours share one
    spell         number of the uninterrupted closed spell
    """

    row: np.ndarray
    column: np.ndarray
    used: np.ndarray
    similar: np.ndarray
    temperature: np.ndarray
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
    if has_reads[inside].sum() < 329 or has_reads[~inside].sum() < 180:
        return refused(
            "short_history",
            f"{has_reads[inside].sum()} of the days judged and {has_reads[~inside].sum()} other days have usable "
            "readings; 329 and 180 are needed.",
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
        "temperature_used": bool(np.unique(closed.temperature).size > 1),
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
    if has_reads[inside].sum() < 329 or has_reads[~inside].sum() < 329:
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
    sequence = np.cumsum(meter.exists & ~meter.is_closed).reshape(meter.is_closed.shape)
    row, column = np.nonzero(meter.is_closed & is_usable)
    spell = np.unique(sequence[row, column], return_inverse=True)[1] if row.size else row
    similar = meter.starts_minute[row, column] // 30 + 48 * meter.is_closed_all_day[row]
    return _Closed(
        row=row,
        column=column,
        used=meter.used_wh[row, column],
        similar=similar.astype(np.int64),
        temperature=_temperature_steps(meter.temperature_c[row, column]),
        spell=spell,
    )


def _temperature_steps(temperature_c: np.ndarray) -> np.ndarray:
    """Steps of 3 degrees; the coldest and hottest are joined to their neighbours until each has 500 half-hours."""
    known = ~np.isnan(temperature_c)
    if known.mean() < 0.9 if known.size else True:
        return np.zeros(len(temperature_c), dtype=np.int64)
    filled = np.where(known, temperature_c, np.nanmedian(temperature_c))
    step = np.floor(filled / TEMPERATURE_STEP_C).astype(np.int64)
    ordered = np.sort(step)
    low, high = ordered[min(500, len(ordered) - 1)], ordered[max(len(ordered) - 501, 0)]
    return np.clip(step, low, max(high, low)) - low


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
    """Level of the similar half-hours plus an effect of temperature, each a percentile, fitted in turns."""
    by_similar = np.zeros(int(closed.similar.max(initial=0)) + 1)
    by_temperature = np.zeros(int(closed.temperature.max(initial=0)) + 1)
    for _ in range(2):
        _percentiles(
            by_similar, closed.similar, closed.used - by_temperature[closed.temperature], learn_from, percentile
        )
        if len(by_temperature) > 1:
            _percentiles(
                by_temperature, closed.temperature, closed.used - by_similar[closed.similar], learn_from, percentile
            )
            by_temperature -= np.median(by_temperature)
    return by_similar[closed.similar] + by_temperature[closed.temperature]


def _percentiles(out: np.ndarray, group: np.ndarray, values: np.ndarray, use: np.ndarray, percentile: float) -> None:
    for name in range(len(out)):
        selected = values[use & (group == name)]
        if selected.size >= LEAST_SIMILAR:
            out[name] = np.percentile(selected, percentile)


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
    as_open = kept & on_open_day & (closed.used >= 0.8 * open_level)
    share = np.bincount(slot[as_open], minlength=48) / n_open
    often = share >= 0.5
    open_slots = np.bincount((meter.starts_minute // 30)[is_open].astype(np.int64), minlength=48) / n_open >= 0.3
    joined = open_slots.copy()
    for _ in range(8):  # four hours: longer than a change of hours, shorter than a night
        joined |= often & (np.roll(joined, 1) | np.roll(joined, -1))
    lengthened_slots = joined & ~open_slots
    if lengthened_slots.sum() > 8:
        return is_lengthened
    return kept & on_open_day & lengthened_slots[slot]


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
