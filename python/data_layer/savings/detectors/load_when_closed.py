"""Electricity used while a site is closed, beyond what the same site uses on its own quiet nights."""

from __future__ import annotations

import numpy as np

from data_layer.savings.closed_reference import (
    ClosedHalfHours,
    Reference,
    closed_half_hours,
    learn_reference,
    settled_reference,
)
from data_layer.savings.detection import Detection, Inputs, refused
from data_layer.savings.evidence_series import weekly_kwh

LEAST_DAYS = 274
LEAST_OTHER_DAYS = 180
SPELLS_WITHIN_28_DAYS = 4
MATERIAL_SHARE = 0.03
YEAR = 365


def detect(inputs: Inputs) -> Detection:
    """Claim use above the reference in runs that persist. Formula, guards and source: the card beside this file."""
    if refusal := _refusal(inputs):
        return refused(*refusal)
    meter, window = inputs.meter, inputs.window
    inside = np.zeros(len(meter.dates), dtype=bool)
    inside[window.days] = True
    closed = closed_half_hours(meter, inputs.is_usable)
    learnt = learn_reference(closed)
    in_window = inside[closed.row]
    open_use, quiet_use = _mean_open_use(inputs), float(np.median(learnt.reference_wh))
    if open_use < 1.05 * quiet_use:
        return refused(
            "hours_unverified",
            f"Mean use while open ({open_use / 500:,.1f} kW) is not above quiet closed use "
            f"({quiet_use / 500:,.1f} kW), so the timetable cannot be checked against the load.",
        )
    kept = learnt.is_run & in_window
    kept &= ~_longer_hours(inputs, closed, kept)
    kept = _persistent(closed, kept)
    kept &= _is_material(closed, kept, learnt.reference_wh, in_window)

    shape = meter.used_wh.shape
    claimed, reference = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    whole_reference = np.rint(learnt.reference_wh).astype(np.int64)
    excess = np.maximum(meter.used_wh[closed.row, closed.column] - whole_reference, 0)
    claimed[closed.row[kept], closed.column[kept]] = excess[kept]
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
            meter.dates[closed.row[in_window]], closed.used[in_window], learnt.reference_wh[in_window]
        ),
    }
    sentence = ""
    if kwh > 0:
        sentence = (
            f"On {nights:,} of {spells:,} closed spells the site used {evidence['mean_excess_kw']:,.1f} kW more than "
            f"on its own quiet ones: {kwh:,.0f} kWh in the 12 months."
        )
    return Detection(
        claimed_wh=claimed,
        reference_wh=reference,
        evidence=evidence,
        sentence=sentence,
        placebo_ratios=_placebo_ratios(inputs, closed, learnt),
    )


def _refusal(inputs: Inputs) -> tuple[str, str] | None:
    """Code and reason of the first guard on the data that fails."""
    meter, days = inputs.meter, inputs.window.days
    hours_known = meter.is_hours_known[days].mean()
    if hours_known < 0.9:
        return "no_opening_hours", f"Opening hours are known for {hours_known:.0%} of the days; 90 % are needed."
    has_reads = inputs.is_usable.sum(axis=1) >= 40
    judged = int(has_reads[days].sum())
    others = int(has_reads.sum()) - judged
    if judged < LEAST_DAYS or others < LEAST_OTHER_DAYS:
        return (
            "short_history",
            f"{judged} of the days judged and {others} other days have usable readings; {LEAST_DAYS} and "
            f"{LEAST_OTHER_DAYS} are needed.",
        )
    closed_share = meter.is_closed[days].sum() / meter.exists[days].sum()
    if closed_share < 0.1:
        return "always_open", f"The site is closed for {closed_share:.0%} of the time; 10 % are needed."
    return None


def _placebo_ratios(inputs: Inputs, closed: ClosedHalfHours, learnt: Reference) -> tuple[float, ...]:
    """By what share the reference misses whole years before the window, learnt each time from all other days.

    Runs are left out: what remains is a year without a known change, and its quiet use says how far off a reference
    from other years is. A year counts with at least 274 days of usable readings in it and as many outside it.
    """
    has_reads = inputs.is_usable.sum(axis=1) >= 40
    ratios = []
    last = inputs.window.first - 1
    while last - YEAR + 1 >= 0:
        inside = np.zeros(len(has_reads), dtype=bool)
        inside[last - YEAR + 1 : last + 1] = True
        last -= YEAR
        if has_reads[inside].sum() < LEAST_DAYS or has_reads[~inside].sum() < LEAST_DAYS:
            continue
        in_year = inside[closed.row]
        expected, is_covered = settled_reference(closed, ~in_year & ~learnt.is_run)
        judged = in_year & ~learnt.is_run & is_covered
        if judged.sum() >= 1000 and expected[judged].sum() > 0:
            ratios.append(float(closed.used[judged].sum() / expected[judged].sum() - 1))
    return tuple(ratios)


def _mean_open_use(inputs: Inputs) -> float:
    meter, days = inputs.meter, inputs.window.days
    is_open = (meter.exists & ~meter.is_closed & inputs.is_usable)[days]
    return float(meter.used_wh[days][is_open].mean()) if is_open.any() else 0.0


def _longer_hours(inputs: Inputs, closed: ClosedHalfHours, kept: np.ndarray) -> np.ndarray:
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


def _is_material(closed: ClosedHalfHours, kept: np.ndarray, reference: np.ndarray, inside: np.ndarray) -> bool:
    """The claim is at least 3 % of the closed use of the window: less is what drift alone brings."""
    excess = np.maximum(closed.used - reference, 0)
    return bool(excess[kept].sum() >= MATERIAL_SHARE * closed.used[inside].sum())


def _persistent(closed: ClosedHalfHours, kept: np.ndarray) -> np.ndarray:
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
