"""Small charts as inline SVG: no script, no picture file. Each carries in words what it shows.

Colours are classes of look.css, so that charts follow light, dark and print. All are drawn on a canvas 360 wide, the
width of a small phone, so that their text stays readable there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from math import ceil, floor, log10

from data_layer.site.formats import grouped, month

WIDTH = 360.0
HEIGHT = 190.0
LEFT = 44.0
RIGHT = 10.0
TOP = 24.0
BOTTOM = 26.0

Value = float | Decimal | None


@dataclass(frozen=True)
class Level:
    """A horizontal line across a chart. `style` is `rule` (what is paid or expected) or `rule-soft` (what would do)."""

    label: str
    value: float
    style: str = "rule"


def monthly_bars(values: Sequence[tuple[dt.date, Value]], unit: str, summary: str, levels: Sequence[Level] = ()) -> str:
    """A bar a month, with levels drawn across.

    values   (first day of the month, amount in `unit`; None leaves a gap), oldest first
    summary  what the chart says, for those who do not see it
    Returns SVG. Raises ValueError without any value.
    """
    amounts = [None if value is None else float(value) for _, value in values]
    scale = _Scale.up_to([*amounts, *(level.value for level in levels)])
    slot = (WIDTH - LEFT - RIGHT) / len(values)
    parts = [scale.grid(unit)]
    for index, amount in enumerate(amounts):
        if amount is not None:
            top = scale.y(amount)
            parts.append(
                f'<rect class="bars" x="{LEFT + slot * (index + 0.14):.1f}" y="{top:.1f}" width="{slot * 0.72:.1f}" '
                f'height="{max(scale.y(0) - top, 0):.1f}"/>'
            )
    parts += _months([start for start, _ in values], slot)
    parts += _levels(levels, scale)
    return _svg(parts, summary)


def paired_bars(values: Sequence[tuple[dt.date, Value, Value]], names: tuple[str, str], unit: str, summary: str) -> str:
    """Two bars a month side by side; arguments as monthly_bars, with two amounts."""
    scale = _Scale.up_to([None if value is None else float(value) for _, *pair in values for value in pair])
    slot = (WIDTH - LEFT - RIGHT) / len(values)
    parts = [scale.grid(unit)]
    for index, (_, *pair) in enumerate(values):
        for place, (value, style) in enumerate(zip(pair, ("bars-soft", "bars"), strict=True)):
            if value is not None:
                top = scale.y(float(value))
                parts.append(
                    f'<rect class="{style}" x="{LEFT + slot * (index + 0.1 + 0.4 * place):.1f}" y="{top:.1f}" '
                    f'width="{slot * 0.38:.1f}" height="{max(scale.y(0) - top, 0):.1f}"/>'
                )
    parts += _months([start for start, *_ in values], slot)
    right = WIDTH - RIGHT
    for style, name, x in (("bars-soft", names[0], right - 178), ("bars", names[1], right - 78)):
        parts.append(f'<rect class="{style}" x="{x:.0f}" y="5" width="9" height="9"/>')
        parts.append(f'<text x="{x + 13:.0f}" y="13.5">{escape(name)}</text>')
    return _svg(parts, summary)


def weekly_lines(
    values: Sequence[tuple[dt.date, Value, Value]], names: tuple[str, str], unit: str, summary: str
) -> str:
    """What was metered and what would do, week by week, with the difference shaded where more was metered.

    values   (Monday, metered, reference) in `unit`; None breaks the lines; oldest first
    names    of the two lines
    Returns SVG. Raises ValueError without any value.
    """
    rows = [(start, *(None if value is None else float(value) for value in pair)) for start, *pair in values]
    scale = _Scale.up_to([value for _, *pair in rows for value in pair])
    slot = (WIDTH - LEFT - RIGHT) / len(rows)
    across = [LEFT + slot * (index + 0.5) for index in range(len(rows))]
    parts = [scale.grid(unit)]
    for run in _runs([None not in row for row in rows]):
        metered = [(across[i], scale.y(max(rows[i][1], rows[i][2]))) for i in run]
        reference = [(across[i], scale.y(rows[i][2])) for i in run]
        parts.append(f'<polygon class="shade" points="{_points([*metered, *reversed(reference)])}"/>')
    for place, style in ((1, "line"), (2, "rule-soft")):
        for run in _runs([row[place] is not None for row in rows]):
            line = [(across[i], scale.y(rows[i][place])) for i in run]
            if len(line) == 1:
                line = [(line[0][0] - slot / 2, line[0][1]), (line[0][0] + slot / 2, line[0][1])]
            parts.append(f'<polyline class="{style}" points="{_points(line)}"/>')
    seen: set[tuple[int, int]] = set()
    for index, (start, *_) in enumerate(rows):
        # A tick a quarter is what fits on a phone.
        if (start.year, start.month) not in seen and start.month % 3 == 1 and start.day <= 7:
            seen.add((start.year, start.month))
            parts.append(_tick(across[index], month(start)))
    right = WIDTH - RIGHT
    for style, name, x in (("line", names[0], right - 220), ("rule-soft", names[1], right - 108)):
        parts.append(f'<polyline class="{style}" points="{x:.0f},9.5 {x + 15:.0f},9.5"/>')
        parts.append(f'<text x="{x + 19:.0f}" y="13.5">{escape(name)}</text>')
    return _svg(parts, summary)


def level_bars(values: Sequence[tuple[str, Decimal, str]], summary: str) -> str:
    """Horizontal bars of a few totals on one scale.

    values   (label, amount, the amount as text), drawn in this order
    Returns SVG.
    """
    largest = max(float(amount) for _, amount, _ in values) or 1.0
    row = 42.0
    parts = []
    for index, (label, amount, text) in enumerate(values):
        top = row * index
        width = max(WIDTH * max(float(amount), 0.0) / largest, 1.0)
        parts.append(f'<text x="0" y="{top + 13:.0f}">{escape(label)}</text>')
        parts.append(f'<text class="strong" x="{WIDTH:.0f}" y="{top + 13:.0f}" text-anchor="end">{escape(text)}</text>')
        parts.append(
            f'<rect class="{"bars" if index == len(values) - 1 else "bars-soft"}" x="0" y="{top + 18:.0f}" '
            f'width="{width:.1f}" height="13" rx="2"/>'
        )
    return _svg(parts, summary, row * len(values))


@dataclass(frozen=True)
class _Scale:
    top: float
    step: float

    @classmethod
    def up_to(cls, amounts: Sequence[float | None]) -> _Scale:
        known = [amount for amount in amounts if amount is not None]
        if not known:
            raise ValueError("A chart needs at least one value.")
        largest = max(*known, 0.0) or 1.0
        size = 10.0 ** floor(log10(largest / 3))
        step = next(size * nice for nice in (1, 2, 2.5, 5, 10) if size * nice >= largest / 4)
        return cls(top=step * ceil(largest / step - 1e-9), step=step)

    def y(self, amount: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * max(amount, 0.0) / self.top

    def grid(self, unit: str) -> str:
        places = max(0, -floor(log10(self.step))) + (1 if f"{self.step:e}".startswith("2.5") and self.step < 10 else 0)
        lines = []
        for number in range(round(self.top / self.step) + 1):
            amount = number * self.step
            y = self.y(amount)
            lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            label = grouped(amount, min(places, 3))
            lines.append(f'<text x="{LEFT - 5}" y="{y + 3.8:.1f}" text-anchor="end">{label}</text>')
        lines.append(f'<text x="0" y="13.5">{escape(unit)}</text>')
        return "".join(lines)


def _months(starts: Sequence[dt.date], slot: float) -> list[str]:
    every = 1 if len(starts) <= 4 else 3 if len(starts) <= 14 else 6
    return [
        _tick(LEFT + slot * (index + 0.5), month(start))
        for index, start in enumerate(starts)
        if (len(starts) <= 4) or (start.month - 1) % every == 0
    ]


def _tick(x: float, text: str) -> str:
    x = min(max(x, LEFT + 18), WIDTH - RIGHT - 18)
    return f'<text x="{x:.1f}" y="{HEIGHT - 9:.0f}" text-anchor="middle">{text}</text>'


def _levels(levels: Sequence[Level], scale: _Scale) -> list[str]:
    parts, x = [], LEFT
    for level in levels:
        y = scale.y(level.value)
        parts.append(f'<line class="{level.style}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        # The key stands above the plot: on the lines themselves two close levels would hide each other's name.
        parts.append(f'<line class="{level.style}" x1="{x:.0f}" x2="{x + 15:.0f}" y1="9.5" y2="9.5"/>')
        kind = "mark-text" if level.style == "rule" else "strong"
        parts.append(f'<text class="{kind}" x="{x + 19:.0f}" y="13.5">{escape(level.label)}</text>')
        x += 34 + 7 * len(level.label)
    return parts


def _runs(present: Sequence[bool]) -> list[list[int]]:
    runs: list[list[int]] = []
    for index, is_present in enumerate(present):
        if is_present and index and present[index - 1]:
            runs[-1].append(index)
        elif is_present:
            runs.append([index])
    return runs


def _points(line: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in line)


def _svg(parts: Sequence[str], summary: str, height: float = HEIGHT) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(summary)}">'
        f"{''.join(parts)}</svg>"
    )
