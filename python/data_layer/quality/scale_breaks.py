"""Where a meter's readings change scale: one factor on everything, at once, as a unit or register error leaves it.

Use itself also jumps: holidays, refits, and above all the heating season. What tells a change of scale from these:
it multiplies quiet and busy half-hours alike, it takes like days to like days, it lasts or is undone by the same
factor, and it still shows against the same weeks of another year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data_layer.quality.fault import runs
from data_layer.savings.arrays import MeterArrays

REGISTER_FACTORS = {
    10.0: "a digit of the register or a pulse weight",
    100.0: "two digits of the register or a pulse weight",
    1000.0: "Wh taken for kWh, or the reverse",
}
"""For every fuel. Electricity has no others: a current transformer's ratio entered wrongly can leave 2, 4 or 5, but so
can a change of use, and calling a sound meter faulty hides its whole history."""

GAS_FACTORS = {
    2.83: "a gas volume in hundreds of cubic feet taken for cubic metres, or the reverse",
    11.2: "gas in cubic metres taken for kWh, or the reverse",
    28.3: "a gas volume in hundreds of cubic feet taken for cubic metres and a digit of the register",
    31.7: "gas in hundreds of cubic feet taken for kWh, or the reverse",
    35.3: "a gas volume in cubic feet taken for cubic metres, or the reverse",
}
"""1.02264, the gas correction factor, is not looked for: a change of 2 % cannot be told from ordinary drift."""

LIKE_DAYS_OFF = {"electricity": 0.14, "gas": 0.20}
"""How far the ratio of like days on either side may be from a known factor, in logarithms, by fuel."""
QUANTILES = (0.10, 0.50, 0.90)
QUANTILES_OFF = {"electricity": 0.10, "gas": 0.30}
OTHER_YEAR_OFF = {"electricity": 0.25, "gas": 0.30}
"""How far quantiles and other years may be off, as a share of the jump's logarithm: use drifts from year to year."""
SEASON_OFF = {"electricity": 0.30, "gas": 0.40}
"""The same for each quarter of a year alone: a change of use shows more in one season than in another."""
UNDONE = 0.25  # share of the jump's logarithm up to which a quarter shows none
CONFIRMED_GAS_OFF = 0.25  # the same for like days of gas, where another year bears the factor out
LEAST_SHARE_OF_JUMP = 0.50  # what each of the central half of the days must show

LEAST_STEP = {"electricity": 1.5, "gas": 0.5}
"""Logarithm of the smallest step worth a look: gas may turn colder on the day on which its scale falls."""
HALF_HOURS = 40  # usable half-hours that make a day's level
WEEK = 7
SIDE_DAYS = 28
LEAST_SIDE_DAYS = 14
LEAST_SPELL = {"electricity": 7, "gas": 28}
"""Days with a level between two breaks that undo each other: boilers rest for a week or two of holidays."""
LONGEST_SPELL = 130
LASTING_DAYS = 60
LEAST_LIKE_DAYS = 5
LEAST_OTHER_YEAR = 14  # days with like days in the same weeks of another year
MOST_AT_REST = 1 / 3  # of the days of the same weeks of other years: a spell of low use may be the boilers' rest
LEAST_OTHER_YEAR_ALONE = 60  # the same where the days next to the break cannot be compared
YEAR = 364  # days: whole weeks
SEASON_DAYS = 10
LIKE_C = 2.0
SEASON_C = 1.0
MOST_FOUND = 8
EDGE_DAYS, EDGE_SEASON_DAYS = 20, 30  # days with a level either way; days of the year either way


@dataclass(frozen=True)
class ScaleBreak:
    """first_day: row of the meter's arrays; jump: logarithm of new over old scale; factor: the known one, above 1.

    seen: logarithm of what the readings themselves show, against like days of other years where there are any.
    """

    first_day: int
    jump: float
    factor: float
    seen: float


@dataclass(frozen=True)
class _Days:
    """Readings of a meter in logarithms of Wh, by day; arrays (n,), half_hours (n, 50).

    level          mean of the day's usable half-hours; NaN on days with too few of them, or without use
    half_hours     each usable half-hour above zero; NaN elsewhere
    kind           0 to 3: weekday or weekend, closed all day or not
    temperature_c  mean of the day, NaN where not known; all NaN for electricity
    valid          positions of the days that have a level
    is_at_rest     read, and nothing used: such a day has no level
    """

    fuel: str
    level: np.ndarray
    half_hours: np.ndarray
    kind: np.ndarray
    temperature_c: np.ndarray
    valid: np.ndarray
    is_at_rest: np.ndarray

    def undone(self, breaks: list[ScaleBreak]) -> _Days:
        """The same days on the scale of the first one."""
        shift = scale_of_days(breaks, len(self.level))
        return replace(self, level=self.level - shift, half_hours=self.half_hours - shift[:, None])


def known_factors(fuel: str) -> dict[float, str]:
    """Factors that unit and register errors leave, with their usual cause, by fuel; inverses are meant as well."""
    return dict(sorted((REGISTER_FACTORS | (GAS_FACTORS if fuel == "gas" else {})).items()))


def find_scale_breaks(meter: MeterArrays, known_bad: np.ndarray) -> list[ScaleBreak]:
    """Changes of scale in order of day; [] when there are none. `known_bad`: bool (days, 50), not looked at.

    Sought are spells of up to LONGEST_SPELL days that end by the factor with which they began, and changes that last.
    The closest fit is undone before the next is sought, so that years on different scales can be compared.
    """
    days = _days(meter, known_bad)
    found: list[ScaleBreak] = []
    for _ in range(MOST_FOUND):
        edges = _edges(days)
        fits = [fit for fit in (_best_spell(days, edges), _best_lasting(days, edges)) if fit[1]]
        if not fits:
            break
        more = _placed(days, _placed(days, min(fits, key=lambda fit: fit[0])[1]))
        found += more
        days = days.undone(more)
    return sorted(found, key=lambda one: one.first_day)


def scale_of_days(breaks: list[ScaleBreak], n: int) -> np.ndarray:
    """Logarithm of each day's scale over that of the first day (n,); equal where it is the same."""
    scale = np.zeros(n)
    for one in breaks:
        scale[one.first_day :] += one.jump
    # Rounded, so that a jump and its undoing leave exactly the scale before.
    return np.round(scale, 9) + 0.0


def _days(meter: MeterArrays, known_bad: np.ndarray) -> _Days:
    usable = meter.is_actual & ~known_bad
    count = usable.sum(axis=1)
    total = np.where(usable, meter.used_wh, 0).sum(axis=1)
    has_level = (count >= HALF_HOURS) & (total > 0)
    level = np.full(len(count), np.nan)
    level[has_level] = np.log(total[has_level] / count[has_level])
    is_used = usable & (meter.used_wh > 0)
    half_hours = np.where(is_used, np.log(np.where(is_used, meter.used_wh, 1)), np.nan)
    known = ~np.isnan(meter.temperature_c)
    temperature = np.full(len(count), np.nan)
    if meter.fuel == "gas":
        some = known.any(axis=1)
        temperature[some] = np.where(known, meter.temperature_c, 0).sum(axis=1)[some] / known.sum(axis=1)[some]
    is_weekend = (meter.dates.astype(int) + 3) % 7 >= 5
    kind = is_weekend + 2 * (meter.is_closed_all_day & meter.is_hours_known)
    is_at_rest = (count >= HALF_HOURS) & (total == 0)
    return _Days(meter.fuel, level, half_hours, kind, temperature, np.flatnonzero(has_level), is_at_rest)


def _edges(days: _Days) -> list[int]:
    """Days with a level from which on it may be another: steps between whole weeks on either side, in order of day.

    Days without a level are passed over, since a meter is often dead before it comes back on another scale. Gas is
    looked at as it is and against the same weeks of other years, where a turn of the weather does not hide a step.
    """
    edges = set(_steps(days.level[days.valid], days.valid, LEAST_STEP[days.fuel]))
    if days.fuel == "gas":
        new, ratios, _ = _other_years(days, days.valid, days.valid)
        edges |= set(_steps(ratios, new, LEAST_STEP[days.fuel]))
    return sorted(edges)


def _steps(level: np.ndarray, position: np.ndarray, least: float) -> list[int]:
    """Positions at which the median week of a level, in logarithms, steps by more than `least`."""
    if len(level) < 2 * WEEK:
        return []
    weeks = np.sort(np.lib.stride_tricks.sliding_window_view(level, WEEK), axis=1)
    medians = weeks[:, WEEK // 2]
    spread = np.abs(weeks - medians[:, None]).sum(axis=1)
    step = np.abs(medians[WEEK:] - medians[:-WEEK])
    unrest = spread[WEEK:] + spread[:-WEEK]
    edges = []
    for start, end in runs(step > least):
        # Within a run of such days, the edge is where both weeks are most at one with themselves.
        run = np.arange(start, end)
        edges += [
            int(position[WEEK + at])
            for at in run
            if unrest[at] <= unrest[max(at - WEEK + 1, start) : min(at + WEEK, end)].min()
        ]
    return edges


def _best_spell(days: _Days, edges: list[int]) -> tuple[float, list[ScaleBreak]]:
    """The closest fit of two breaks that undo each other, and its miss; [] when there are none."""
    best: tuple[float, list[ScaleBreak]] = (np.inf, [])
    for first in edges:
        for after in edges:
            inside = _between(days, first, after)
            if after <= first or not LEAST_SPELL[days.fuel] <= len(inside) <= LONGEST_SPELL:
                continue
            if days.fuel == "gas" and _rests_in_other_years(days, inside):
                continue
            before = days.valid[days.valid < first][-SIDE_DAYS:]
            behind = days.valid[days.valid >= after][:SIDE_DAYS]
            if min(len(before), len(behind)) < LEAST_SIDE_DAYS:
                continue
            sides = [(before, inside), (behind, inside)]
            rest = np.setdiff1d(days.valid, inside)
            found = _judge(days, sides, inside, rest)
            if found is not None and found[0] < best[0]:
                _, jump, factor, seen = found
                if any(_is_elsewhere_in_other_years(days, side, rest, jump) for side in (before, behind)):
                    continue
                best = (found[0], [ScaleBreak(first, jump, factor, seen), ScaleBreak(after, -jump, factor, -seen)])
    return best


def _best_lasting(days: _Days, edges: list[int]) -> tuple[float, list[ScaleBreak]]:
    """The closest fit of one break that lasts to the end of the readings or for LASTING_DAYS, and its miss; or []."""
    best: tuple[float, list[ScaleBreak]] = (np.inf, [])
    for first in edges:
        before, behind = days.valid[days.valid < first], days.valid[days.valid >= first]
        if min(len(before), len(behind)) < LEAST_SIDE_DAYS:
            continue
        sides = [(before[-SIDE_DAYS:], behind[:SIDE_DAYS])]
        # What is back within two months was no change of unit, or is a spell.
        later = behind[SIDE_DAYS:LASTING_DAYS]
        if len(later) >= LEAST_SIDE_DAYS:
            sides.append((before[-SIDE_DAYS:], later))
        found = _judge(days, sides, behind, before)
        if found is not None and found[0] < best[0]:
            best = (found[0], [ScaleBreak(first, *found[1:])])
    return best


@dataclass(frozen=True)
class _Evidence:
    """What the days say of a jump, in logarithms.

    near        median ratio of like days, for each pair of sides that has enough of them
    other_year  quartiles of the ratios to the same weeks of another year, or None
    seasons     medians of the same ratios by quarter of a year, of those quarters that have enough days
    steps       what quantiles of the half-hours above zero show, (k, 3): the jump must be in all of them
    """

    near: list[float]
    other_year: np.ndarray | None
    seasons: np.ndarray
    steps: np.ndarray


def _judge(
    days: _Days, sides: list[tuple[np.ndarray, np.ndarray]], changed: np.ndarray, rest: np.ndarray
) -> tuple[float, float, float, float] | None:
    """(miss, jump, factor, seen) of the known factor that fits best, or None. The smaller the miss, the better the fit.

    sides           pairs of days next to a break: on the old scale, on the new one
    changed, rest   all days on the new scale, and those they may be compared with in other years
    """
    near: list[float] = []
    for side in sides:
        ratios = _like_days(days, *side)
        if len(ratios) >= LEAST_LIKE_DAYS:
            near.append(float(np.median(ratios)))
            if abs(near[-1]) < LEAST_STEP[days.fuel] or near[-1] * near[0] < 0:
                return None
    evidence = _gather(days, sides, near, changed[:YEAR], rest)
    if evidence is None:
        return None
    fits = []
    for factor in known_factors(days.fuel):
        for jump in (np.log(factor), -np.log(factor)):
            miss = _miss(days.fuel, evidence, float(jump))
            if miss is not None:
                fits.append((miss, float(jump), factor))
    if not fits:
        return None
    best = min(fits)
    off = np.abs(evidence.steps - best[1])
    # A unit change multiplies quiet and busy half-hours alike; heating coming on, or a holiday, does not.
    if (off > QUANTILES_OFF[days.fuel] * abs(best[1])).any():
        return None
    seen = np.mean(evidence.near) if evidence.other_year is None else evidence.other_year[1]
    return (*best, float(seen))


def _gather(
    days: _Days,
    sides: list[tuple[np.ndarray, np.ndarray]],
    near: list[float],
    changed: np.ndarray,
    rest: np.ndarray,
) -> _Evidence | None:
    """None where the days cannot tell a change of scale from a season."""
    new, ratios, steps = _other_years(days, changed, rest, with_steps=True)
    is_gas = days.fuel == "gas"
    if len(ratios) < LEAST_OTHER_YEAR:
        if not near or (is_gas and _season_explains(days, *sides[0])):
            return None
        return _Evidence(near, None, np.zeros(0), _steps_between(days, sides))
    if not near and len(ratios) < LEAST_OTHER_YEAR_ALONE:
        return None
    # Gas of two neighbouring months differs by more than scale; the same months of two years do not.
    of_quantiles = steps if is_gas or not near else _steps_between(days, sides)
    return _Evidence(near, np.percentile(ratios, [25, 50, 75]), _by_season(new, ratios), of_quantiles)


def _miss(fuel: str, evidence: _Evidence, jump: float) -> float | None:
    """How far the evidence is from the jump, as a share of it; None where it is too far."""
    size = abs(jump)
    near = np.array(evidence.near)
    may_be_off = LIKE_DAYS_OFF[fuel]
    share = 0.0
    if evidence.other_year is not None:
        other_off = abs(evidence.other_year[1] - jump) / size
        if other_off > OTHER_YEAR_OFF[fuel] or (evidence.other_year * np.sign(jump) < LEAST_SHARE_OF_JUMP * size).any():
            return None
        # A quarter on the old scale is no evidence against it: the change may be undone later in the year.
        moved = evidence.seasons[np.abs(evidence.seasons) > UNDONE * size]
        if (np.abs(moved - jump) > SEASON_OFF[fuel] * size).any():
            return None
        share = float(other_off)
        if fuel == "gas" and len(near):
            # A season on the turn makes one side of a spell look too near and the other too far: the mean is judged.
            if (near * np.sign(jump) < LEAST_SHARE_OF_JUMP * size).any():
                return None
            near = np.array([near.mean()])
            may_be_off = max(may_be_off, CONFIRMED_GAS_OFF * size)
    off = np.abs(near - jump)
    if (off > may_be_off).any():
        return None
    return share + (float(off.mean()) / size if len(off) else 0.0)


def _like_days(days: _Days, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Logarithm of each new day's level over the median of the old days of its kind and temperature, where any is."""
    if not len(old) or not len(new):
        return np.zeros(0)
    is_like = days.kind[new][:, None] == days.kind[old][None, :]
    colder = np.abs(days.temperature_c[new][:, None] - days.temperature_c[old][None, :])
    is_like &= ~(colder > LIKE_C)
    some = is_like.any(axis=1)
    usual = np.where(is_like[some], days.level[old][None, :], np.nan)
    return days.level[new][some] - _medians(usual) if some.any() else np.zeros(0)


def _other_years(
    days: _Days, changed: np.ndarray, rest: np.ndarray, with_steps: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days of `changed` with like days of `rest` in the same weeks of another year, and how they compare.

    Returns those days (m,), the logarithm of each one's level over the median of its like days (m,), and the median
    of the same for QUANTILES of the half-hours above zero (1, 3), or (0, 3) unless asked for.
    """
    weeks = np.arange(-SEASON_DAYS, SEASON_DAYS + 1)
    offsets = np.concatenate([years * YEAR + weeks for years in (-2, -1, 1, 2)])
    partner = changed[:, None] + offsets[None, :]
    n = len(days.level)
    in_rest = np.zeros(n, dtype=bool)
    in_rest[rest] = True
    is_there = (partner >= 0) & (partner < n)
    partner = np.where(is_there, partner, 0)
    is_like = is_there & in_rest[partner] & (days.kind[partner] == days.kind[changed][:, None])
    is_like &= ~(np.abs(days.temperature_c[partner] - days.temperature_c[changed][:, None]) > LIKE_C)
    some = is_like.any(axis=1)
    new, partner, is_like = changed[some], partner[some], is_like[some]
    ratios = days.level[new] - _medians(np.where(is_like, days.level[partner], np.nan))
    if not with_steps or not len(new):
        return new, ratios, np.zeros((0, len(QUANTILES)))
    quantiles = np.full((n, len(QUANTILES)), np.nan)
    needed = np.union1d(new, partner[is_like])
    quantiles[needed] = _quantiles(days.half_hours[needed])
    steps = [
        np.median(quantiles[new, column] - _medians(np.where(is_like, quantiles[partner, column], np.nan)))
        for column in range(len(QUANTILES))
    ]
    return new, ratios, np.array([steps])


def _quantiles(values: np.ndarray) -> np.ndarray:
    """QUANTILES of what is known in each row, of which there is something (rows, 3); the value next below."""
    ordered = np.sort(values, axis=1)
    known = (~np.isnan(values)).sum(axis=1)
    rows = np.arange(len(values))
    return np.stack([ordered[rows, ((known - 1) * share).astype(int)] for share in QUANTILES], axis=1)


def _is_elsewhere_in_other_years(days: _Days, side: np.ndarray, rest: np.ndarray, jump: float) -> bool:
    """The days beside a spell are themselves on another scale in other years: a season, or a change that lasts."""
    _, ratios, _ = _other_years(days, side, rest)
    return len(ratios) >= LEAST_LIKE_DAYS and abs(np.median(ratios)) >= LEAST_SHARE_OF_JUMP * abs(jump)


def _by_season(position: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """Median ratio of each quarter of a year, counted from the first day, that has enough days (k,)."""
    quarter = position % YEAR * 4 // YEAR
    return np.array(
        [np.median(ratios[quarter == one]) for one in range(4) if (quarter == one).sum() >= LEAST_OTHER_YEAR]
    )


def _rests_in_other_years(days: _Days, inside: np.ndarray) -> bool:
    """Nothing is used on many days of the same weeks of other years: low use is the season's."""
    apart = np.concatenate([inside + years * YEAR for years in (-2, -1, 1, 2)])
    apart = apart[(apart >= 0) & (apart < len(days.level))]
    at_rest = days.is_at_rest[apart].sum()
    return bool(at_rest > MOST_AT_REST * max(at_rest + (~np.isnan(days.level[apart])).sum(), 1))


def _medians(values: np.ndarray) -> np.ndarray:
    """Median of what is known in each row, of which there is something; the lower of two middle values."""
    ordered = np.sort(values, axis=1)
    known = (~np.isnan(values)).sum(axis=1)
    return ordered[np.arange(len(values)), np.maximum(known - 1, 0) // 2]


def _season_explains(days: _Days, old: np.ndarray, new: np.ndarray) -> bool:
    """More gas as it turns colder, or less as it turns warmer, or temperatures that are not known."""
    warmer = _mean(days.temperature_c[new]) - _mean(days.temperature_c[old])
    more = np.median(days.level[new]) - np.median(days.level[old])
    return not (warmer * more > 0 or abs(warmer) < SEASON_C)


def _steps_between(days: _Days, sides: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Differences of QUANTILES of all half-hours above zero, in logarithms, new side less old (k, 3)."""
    return np.array(
        [
            np.nanquantile(days.half_hours[new], QUANTILES) - np.nanquantile(days.half_hours[old], QUANTILES)
            for old, new in sides
        ]
    )


def _placed(days: _Days, breaks: list[ScaleBreak]) -> list[ScaleBreak]:
    """The same breaks, each on the day that parts its two sides best, up to EDGE_DAYS from where it was found.

    A step found from weeks may be days off where the weather turns. Each day's level and quantiles are held against
    like days of that time of the year, on the scale of the first day, and the day with the least misfit is taken.
    """
    undone = days.undone(breaks)
    placed = []
    for one in breaks:
        at = int(np.searchsorted(days.valid, one.first_day))
        window = days.valid[max(at - EDGE_DAYS, 0) : at + EDGE_DAYS]
        others = np.setdiff1d(days.valid, window)
        apart = np.abs(window[:, None] - others[None, :])
        is_like = np.abs(apart - np.round(apart / YEAR) * YEAR) <= EDGE_SEASON_DAYS
        is_like &= days.kind[window][:, None] == days.kind[others][None, :]
        is_like &= ~(np.abs(days.temperature_c[window][:, None] - days.temperature_c[others][None, :]) > LIKE_C)
        is_known = is_like.any(axis=1)
        if not is_known.any():
            placed.append(one)
            continue
        window, is_like = window[is_known], is_like[is_known]
        others, is_like = others[is_like.any(axis=0)], is_like[:, is_like.any(axis=0)]
        # A spell's days stand between two breaks: what lies before this one may already be on another scale.
        old_scale = scale_of_days([other for other in breaks if other is not one], len(days.level))
        seen, usual = _measures(days, window) - old_scale[window][:, None], _measures(undone, others)
        ratios = np.stack(
            [
                seen[:, column] - _medians(np.where(is_like, usual[:, column], np.nan))
                for column in range(seen.shape[1])
            ],
            axis=1,
        )
        gain = (np.abs(ratios - one.jump) - np.abs(ratios)).sum(axis=1)
        # gain[i] is what a day adds to the misfit when it is taken to be on the new scale instead of the old one.
        misfit = np.append(np.cumsum(gain[::-1])[::-1], 0.0)[: len(window)]
        placed.append(replace(one, first_day=int(window[np.argmin(misfit)])))
    return placed


def _measures(days: _Days, which: np.ndarray) -> np.ndarray:
    """Level and QUANTILES of the half-hours above zero of some days (m, 4), in logarithms."""
    return np.column_stack([days.level[which], _quantiles(days.half_hours[which])])


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _between(days: _Days, first: int, after: int) -> np.ndarray:
    return days.valid[(days.valid >= first) & (days.valid < after)]
