"""Local times without offset on the two days a year when clocks change, resolved by order and count.

Every interval of such a day is named by settlement period. The spring day has 46 half-hours: the hour from 01:00 does
not exist. The autumn day has 50: the hour from 01:00 comes twice, first in summer time, then in winter time, under the
same labels. The file's direction tells which of two values is the first. Where the whole day was delivered k times,
the repeated labels come 2k times, and all but two are copies, even where the two values are equal.

Labels that name the end of an interval come in two kinds. Some are the start plus the interval, so 01:30 and 02:00 are
the repeated ones of half-hours; others are the clock at the end, so it is 01:00 and 01:30. Counts tell which.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass

SPRING_MINUTES, AUTUMN_MINUTES = 23 * 60, 25 * 60
GAP_START, GAP_END = 60, 120
"""Minutes after midnight between which clocks go forward, and back."""

NEAR = 240
"""Labels of the first hours of a day tell best how often the repeated hour was delivered."""

CLEAR_SHARE = 0.9
"""Share of steps from row to row in one direction from which a file counts as in order."""


@dataclass(frozen=True)
class Label:
    """One row of a day: its place in the file, minutes after local midnight as labelled, and all that it says.

    minute  the end's label of the last interval is 1440
    """

    row: int
    minute: int
    content: str


@dataclass(frozen=True)
class Resolved:
    """What a row is: a settlement period, or why it has none. `same_as`: the row that an exact copy repeats."""

    row: int
    settlement_period: int | None
    code: str | None = None
    same_as: int | None = None


@dataclass(frozen=True)
class Ambiguity:
    """Labels of a day that the file leaves open, and how they were read.

    code  one_of_two (one value for the repeated hour), no_order (two values, and nothing says which is the first)
    """

    code: str
    minute: int
    contents: tuple[str, ...]


def direction(steps_up: int, steps_down: int) -> int:
    """1 for a file in ascending order, -1 for descending, 0 for one in no order, by steps between rows of a meter."""
    steps = steps_up + steps_down
    if steps and steps_up >= CLEAR_SHARE * steps:
        return 1
    return -1 if steps and steps_down >= CLEAR_SHARE * steps else 0


def resolve_day(
    labels: list[Label], day_minutes: int, interval_minutes: int, names_end: bool, file_direction: int
) -> tuple[list[Resolved], list[Ambiguity]]:
    """Settlement periods of the rows of one meter, quantity and day on which clocks change.

    day_minutes  1380 or 1500
    """
    if day_minutes == SPRING_MINUTES:
        return _spring(labels, interval_minutes, names_end), []
    return _autumn(labels, interval_minutes, names_end, file_direction)


def _spring(labels: list[Label], interval: int, names_end: bool) -> list[Resolved]:
    has_end_at_one = any(label.minute == GAP_START for label in labels)
    resolved = []
    for label in labels:
        start = label.minute - interval if names_end else label.minute
        if names_end and label.minute == GAP_END and not has_end_at_one:
            # The clock at the end of the last winter interval says 02:00, since 01:00 is already summer time.
            start = GAP_START - interval
        if GAP_START <= start < GAP_END:
            resolved.append(Resolved(label.row, None, "time_does_not_exist"))
        else:
            resolved.append(Resolved(label.row, _period(start, False) - (2 if start >= GAP_END else 0)))
    return resolved


def _autumn(
    labels: list[Label], interval: int, names_end: bool, file_direction: int
) -> tuple[list[Resolved], list[Ambiguity]]:
    by_minute: dict[int, list[Label]] = defaultdict(list)
    for label in labels:
        by_minute[label.minute].append(label)
    counts = Counter({minute: len(rows) for minute, rows in by_minute.items()})
    is_clock_at_end = names_end and counts[GAP_START] > counts[GAP_END]
    deliveries = _deliveries(counts)
    resolved: list[Resolved] = []
    ambiguities: list[Ambiguity] = []
    for minute, rows in by_minute.items():
        periods = _periods_of_label(minute, interval, names_end, is_clock_at_end)
        if len(periods) == 1:
            resolved += [Resolved(label.row, periods[0]) for label in rows]
            continue
        in_order = sorted(rows, key=lambda label: label.row * (file_direction or 1))
        found, code = _twice_named(in_order, periods, deliveries, file_direction)
        resolved += found
        if code:
            contents = tuple(dict.fromkeys(label.content for label in in_order))
            ambiguities.append(Ambiguity(code, minute, contents))
    return resolved, sorted(ambiguities, key=lambda ambiguity: ambiguity.minute)


def _periods_of_label(minute: int, interval: int, names_end: bool, is_clock_at_end: bool) -> tuple[int, ...]:
    """One period, or that of the first and of the second time that the label comes on the autumn day."""
    start = minute - interval if names_end else minute
    if is_clock_at_end:
        if minute == GAP_START:
            return _period(start, False), _period(GAP_END - interval, False)
        if minute == GAP_END:
            return (_period(start, True),)
    if GAP_START <= start < GAP_END:
        return _period(start, False), _period(start, True)
    return (_period(start, start >= GAP_END),)


def _period(start: int, is_after_change: bool) -> int:
    return start // 30 + 1 + (2 if is_after_change else 0)


def _deliveries(counts: Counter[int]) -> int:
    """How often the labels that come once in a delivery are there: near the change, else on the whole day, else 1."""
    others = {minute: count for minute, count in counts.items() if not GAP_START <= minute <= GAP_END}
    near = [count for minute, count in others.items() if minute <= NEAR]
    return statistics.median_low(near or list(others.values()) or [1])


def _twice_named(
    rows: list[Label], periods: tuple[int, ...], deliveries: int, file_direction: int
) -> tuple[list[Resolved], str | None]:
    """Rows of one label that names two intervals, in the file's direction; and the code of what is left open."""
    by_content: dict[str, list[Label]] = {}
    for label in rows:
        by_content.setdefault(label.content, []).append(label)
    if len(by_content) > 2:
        return [Resolved(label.row, None, "duplicate_key", rows[0].row) for label in rows], None
    if len(by_content) == 2:
        first, second = by_content.values()
        kept = [first[0], second[0]]
        pairs = list(zip(first, second, strict=False))
        is_in_order = file_direction and all((one.row < two.row) == (file_direction > 0) for one, two in pairs)
        code = "one_of_two" if deliveries > 1 and len(rows) <= deliveries else None if is_in_order else "no_order"
    else:
        kept = rows[:2] if len(rows) > deliveries else rows[:1]
        code = None if len(kept) == 2 else "one_of_two"
    found = [Resolved(label.row, period) for label, period in zip(kept, periods, strict=False)]
    kept_by_content = {label.content: label.row for label in reversed(kept)}
    kept_rows = {label.row for label in kept}
    copies = [label for label in rows if label.row not in kept_rows]
    found += [Resolved(label.row, None, "exact_duplicate", kept_by_content[label.content]) for label in copies]
    return found, code
