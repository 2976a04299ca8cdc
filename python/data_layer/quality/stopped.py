"""Meters that stand still: nothing recorded, zeros in place of missing readings, one value over and over."""

from __future__ import annotations

import numpy as np

from data_layer.quality.fault import DAY, Fault, in_sequence, on_days, runs
from data_layer.savings.arrays import MeterArrays

LEAST_DEAD_COLD_DAYS = 14
LEAST_DEAD_DAYS_WITHOUT_WEATHER = 120
NEED_HEAT_PERCENTILE = 25  # of the temperatures of days on which the meter turned

RESTS_A_YEAR = 10
"""Spells of a day or longer without use from which a supply is one that rests: lights of a pitch, a shut weekend."""
LONGEST_REST_DAYS = 60
LONGEST_SEASON_DAYS = 270
SAME_SEASON = 0.8
"""Share of the same days, 52 weeks before or after, that have no use where a season without use comes every year."""

NEIGHBOUR_DAYS = 7
"""Read days on either side of a run of zeros with which it is compared, at the same times of the day."""
LEAST_NEIGHBOURS = 4
MOST_ZEROS_BESIDE = 0.10
"""Where more of the neighbours are zero, zero is an ordinary value at that time."""
LOWEST_BESIDE = 0.10
"""Share of the neighbours' median below which their lowest tenth may not lie: else use fades out and may reach zero."""
SUDDEN = 0.4
"""Share of what is usual at their time that the readings next to the zeros have: own generation comes by and by. An
hourly reading next to a gap may lack one of its half-hours."""
LEAST_STEPS = 3
"""Steps of the register that the lowest tenth is worth at least: a coarse counter shows zero in the ordinary way."""
LEAST_ZEROS = {"electricity": 1, "gas": 24}
"""Half-hours: a boiler stands for some hours in the ordinary way."""
MOST_ZEROS = {"electricity": LONGEST_REST_DAYS * DAY, "gas": LEAST_DEAD_COLD_DAYS * DAY}
"""Longer spells are a dead meter's, or heating that was switched off."""
MOST_BETWEEN_STEPS = 0.05
"""Share of the lowest values that lie between one and two steps, at most, where a register counts in such steps."""


def find_dead_meter(meter: MeterArrays) -> Fault | None:
    """Electricity: nothing for 48 read half-hours in a row. Gas: nothing for 14 cold days in a row.

    Electricity may rest too: where spells without use come often, or every year in the same season, they are readings.
    Gas may rest in summer: only days colder than the 25th percentile of the days on which the meter turned count.
    """
    flat, rows, _ = in_sequence(meter)
    if flat.size == 0 or not (flat > 0).any():
        return _never_turned(meter, flat)
    is_zero = flat == 0
    if meter.fuel == "gas":
        is_dead = _dead_gas_days(meter)
    else:
        spells = [(rows[start], rows[end - 1]) for start, end in runs(is_zero) if end - start >= DAY]
        is_dead = _dead_electricity_days(meter, spells)
    if not is_dead.any():
        return None
    reason = f"The meter recorded nothing on {is_dead.sum():,} days while the supply was in use before or after."
    return Fault("dead_meter", reason, on_days(meter, is_dead))


def find_flat_line(meter: MeterArrays) -> Fault | None:
    """The same value, not zero, for 48 read half-hours in a row: a stuck register or a filled gap.

    Not judged where the meter counts in steps so coarse that half its days hold fewer than five different values.
    """
    ordered = np.sort(np.where(meter.is_read, meter.used_wh, -1), axis=1)
    distinct = ((np.diff(ordered, axis=1) > 0) & (ordered[:, 1:] >= 0)).sum(axis=1)[meter.is_read.any(axis=1)]
    if distinct.size == 0 or np.median(distinct) < 5:
        return None
    flat, rows, _ = in_sequence(meter)
    is_same = np.concatenate([[False], (flat[1:] == flat[:-1]) & (flat[1:] > 0)])
    is_stuck = np.zeros(len(meter.dates), dtype=bool)
    for start, end in runs(is_same):
        if end - start + 1 >= DAY:
            is_stuck[rows[start - 1] : rows[end - 1] + 1] = True
    if not is_stuck.any():
        return None
    reason = f"The same value was repeated for a day or longer, on {is_stuck.sum():,} days in all."
    return Fault("flat_line", reason, on_days(meter, is_stuck))


def find_zero_runs(meter: MeterArrays, known_bad: np.ndarray) -> Fault | None:
    """Exact zeros at times at which the weeks around show steady use: most likely missing readings set to zero.

    known_bad  bool (days, 50): faults found before, left out here
    A run of zeros is compared with the same times of NEIGHBOUR_DAYS read days before it and as many after it. Where
    zero occurs there too, use fades out, or the register counts in steps as coarse as the use, zero is a reading.
    """
    usable = meter.is_read & ~known_bad
    rows, columns = np.nonzero(usable)
    values = meter.used_wh[rows, columns]
    step = _register_step(values)
    is_zero = values == 0
    if step is None or not is_zero.any():
        return None
    read_days = np.flatnonzero(usable.any(axis=1))
    zeros, reads = (
        np.concatenate([np.zeros((1, where.shape[1]), dtype=np.int32), np.cumsum(where[read_days], axis=0)])
        for where in (usable & (meter.used_wh == 0), usable)
    )
    found = np.zeros_like(usable)
    position = np.searchsorted(read_days, rows)
    fewest, most = LEAST_ZEROS[meter.fuel], MOST_ZEROS[meter.fuel]
    long = [(start, end) for start, end in runs(is_zero) if fewest <= end - start < most]
    for start, end in _worth_a_look(long, position, columns, zeros, reads):
        where = np.unique(columns[start:end])
        before = read_days[max(position[start] - NEIGHBOUR_DAYS, 0) : position[start]]
        after = read_days[position[end - 1] + 1 : position[end - 1] + 1 + NEIGHBOUR_DAYS]
        if not _is_too_warm(meter, np.unique(rows[start:end]), np.concatenate([before, after])) and all(
            _is_steady(meter.used_wh, usable, side, where, step)
            and values[edge] >= SUDDEN * np.median(meter.used_wh[_of_its_kind(meter, side, rows[edge]), columns[edge]])
            for side, edge in ((before, start - 1), (after, end))
        ):
            found[rows[start:end], columns[start:end]] = True
    if not found.any():
        return None
    reason = (
        f"{found.sum():,} half-hours on {found.any(axis=1).sum():,} days are exactly zero though the same times of the "
        "weeks around show steady use: zero most likely stands for a missing reading."
    )
    return Fault("zero_run", reason, found)


def _is_steady(used_wh: np.ndarray, usable: np.ndarray, days: np.ndarray, where: np.ndarray, step: float) -> bool:
    """Use on these days, at the columns `where`, keeps away from zero."""
    around = np.ix_(days, where)
    seen = used_wh[around][usable[around] & (used_wh[around] > 0)]
    lowest, usual = np.percentile(seen, [10, 50])
    return bool(lowest >= max(LOWEST_BESIDE * usual, LEAST_STEPS * step))


def _is_too_warm(meter: MeterArrays, days: np.ndarray, around: np.ndarray) -> bool:
    """Gas: the days are warmer than all the days around, so that nothing may have been heated."""
    if meter.fuel != "gas":
        return False
    known = ~np.isnan(meter.temperature_c[np.concatenate([days, around])])
    temperature = _daily_mean(meter.temperature_c[np.concatenate([days, around])], known)
    # Of days without weather nothing is known: a comparison with NaN is false.
    return bool(temperature[: len(days)].min() > temperature[len(days) :].max())


def _of_its_kind(meter: MeterArrays, days: np.ndarray, day: int) -> np.ndarray:
    """Those of the days that are weekdays, or of a weekend, as this one is; all where none is."""
    is_weekend = (meter.dates.astype(int) + 3) % 7 >= 5
    like = days[is_weekend[days] == is_weekend[day]]
    return like if len(like) else days


def _worth_a_look(
    all_runs: list[tuple[int, int]], position: np.ndarray, columns: np.ndarray, zeros: np.ndarray, reads: np.ndarray
) -> list[tuple[int, int]]:
    """Runs with enough readings on both sides at the same times, few of them zero.

    position, columns  place of each half-hour among the read days and in its day
    zeros, reads       counts before each read day, by column
    """
    if not all_runs:
        return []
    starts, ends = np.array(all_runs).T
    lengths = ends - starts
    inside = np.repeat(starts, lengths) + np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    column = columns[inside]
    first, last = np.repeat(position[starts], lengths), np.repeat(position[ends - 1] + 1, lengths)
    at = np.cumsum(lengths) - lengths
    is_good = np.ones(len(starts), dtype=bool)
    for low, high in (
        (np.maximum(first - NEIGHBOUR_DAYS, 0), first),
        (last, np.minimum(last + NEIGHBOUR_DAYS, len(reads) - 1)),
    ):
        read = np.add.reduceat(reads[high, column] - reads[low, column], at)
        zero = np.add.reduceat(zeros[high, column] - zeros[low, column], at)
        is_good &= (read >= LEAST_NEIGHBOURS * lengths) & (zero <= MOST_ZEROS_BESIDE * read)
    return [all_runs[index] for index in np.flatnonzero(is_good)]


def _register_step(values: np.ndarray) -> float | None:
    """What one step of the register is worth, in Wh; None where nothing was counted.

    Pulses show in the lowest values: they lie about one step and two, and hardly any between. Else it is the smallest
    difference of two values that occur.
    """
    used = values[values > 0]
    if not len(used):
        return None
    lowest = np.percentile(used, 0.1)
    low = used[(used > 0.5 * lowest) & (used < 2.25 * lowest)]
    between = ((low > 1.25 * lowest) & (low < 1.75 * lowest)).sum()
    if between <= MOST_BETWEEN_STEPS * len(low):
        return float(lowest)
    return float(np.diff(np.unique(used)).min())


def _never_turned(meter: MeterArrays, flat: np.ndarray) -> Fault | None:
    if flat.size < DAY:
        return None
    return Fault("dead_meter", "The meter has never recorded anything.", meter.exists.copy())


def _dead_electricity_days(meter: MeterArrays, spells: list[tuple[int, int]]) -> np.ndarray:
    """bool (days,): the days of the spells, given by first and last day, that are no rest."""
    is_resting = len(spells) >= RESTS_A_YEAR * max(len(meter.dates) / 365, 1)
    spell_of_day = np.full(len(meter.dates), -1)
    for number, (first, last) in enumerate(spells):
        spell_of_day[first : last + 1] = number
    is_read = meter.is_read.any(axis=1)
    is_dead = np.zeros(len(meter.dates), dtype=bool)
    for number, (first, last) in enumerate(spells):
        days = np.arange(first, last + 1)
        is_rest = is_resting and len(days) <= LONGEST_REST_DAYS
        for other_year in (days - 364, days + 364):
            like = other_year[(other_year >= 0) & (other_year < len(is_read))]
            like = like[is_read[like]]
            is_other_rest = (spell_of_day[like] >= 0) & (spell_of_day[like] != number)
            is_rest |= (
                len(days) <= LONGEST_SEASON_DAYS
                and len(like) >= SAME_SEASON * len(days)
                and is_other_rest.sum() >= SAME_SEASON * len(days)
            )
        if not is_rest:
            is_dead[days] = True
    return is_dead


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
        least = LEAST_DEAD_DAYS_WITHOUT_WEATHER
    else:
        needs_heat = temperature < np.nanpercentile(temperature[turning], NEED_HEAT_PERCENTILE)
        least = LEAST_DEAD_COLD_DAYS
    for start, end in runs(totals[rows] == 0):
        run = rows[start:end]
        if needs_heat[run].sum() >= least:
            is_dead[run[0] : run[-1] + 1] = True
    return is_dead


def _daily_mean(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    count = where.sum(axis=1)
    total = np.where(where, values, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
