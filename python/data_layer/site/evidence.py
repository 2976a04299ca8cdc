"""The figures behind a candidate, as its detector left them: laid out as words, and drawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from data_layer.site import charts
from data_layer.site.formats import day, grouped, percent, pounds, quantity, words

# Unit suffixes of a figure's name, longest first, and how the figure is then written.
_WRITERS = (
    ("_gbp_per_kva_day", lambda value: f"{pounds(value, 4)} a kVA and day"),
    ("_gbp_per_kwh", lambda value: f"{pounds(value, 4)} a kWh"),
    ("_gbp", pounds),
    ("_kwh", quantity),
    ("_kva", lambda value: quantity(value, "kVA", _places(value))),
    ("_kw", lambda value: quantity(value, "kW", _places(value))),
    ("_wh", lambda value: quantity(value, "Wh")),
    ("_pct", percent),
    ("_c", lambda value: quantity(value, "\N{DEGREE SIGN}C", _places(value))),
    ("_days", lambda value: quantity(value, "days")),
)


def figures(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, text) of each single figure, its unit taken from the end of its name. Series are left to the chart."""
    return [
        (_title(name), _text(name, value)) for name, value in evidence.items() if not isinstance(value, dict | list)
    ]


def chart(evidence: Mapping[str, Any], site_name: str) -> str:
    """SVG of the series that the evidence holds, or an empty string when it holds none.

    monthly_highest_kva  {"2025-01": kVA or None, ...} is drawn against agreed_kva and need_kva
    weekly_closed_kwh    [[Monday as 2025-01-06, metered kWh, reference kWh], ...] is drawn as two lines
    """
    if evidence.get("monthly_highest_kva"):
        return _capacity_chart(evidence, site_name)
    if evidence.get("weekly_closed_kwh"):
        return _closed_hours_chart(evidence, site_name)
    return ""


def _capacity_chart(evidence: Mapping[str, Any], site_name: str) -> str:
    values = [
        (dt.date.fromisoformat(f"{name}-01"), value) for name, value in sorted(evidence["monthly_highest_kva"].items())
    ]
    if all(value is None for _, value in values):
        return ""
    agreed, need = float(evidence["agreed_kva"]), float(evidence["need_kva"])
    highest = max(value for _, value in values if value is not None)
    summary = (
        f"Highest demand of each month at {site_name}: at most {grouped(highest, 1)} kVA, with {grouped(agreed)} kVA "
        f"agreed and {grouped(need)} kVA needed."
    )
    levels = [
        charts.Level(f"agreed {grouped(agreed, _places(agreed))}", agreed),
        charts.Level(f"need {grouped(need, _places(need))}", need, "rule-soft"),
    ]
    caption = "Highest demand of each month, kVA, against what is paid for and what would do."
    return _figure(charts.monthly_bars(values, "kVA", summary, levels), caption)


def _closed_hours_chart(evidence: Mapping[str, Any], site_name: str) -> str:
    values = [
        (dt.date.fromisoformat(monday), metered, reference)
        for monday, metered, reference in evidence["weekly_closed_kwh"]
    ]
    if all(metered is None for _, metered, _ in values):
        return ""
    metered, reference = (sum(row[place] or 0 for row in values) for place in (1, 2))
    summary = (
        f"Load while {site_name} was closed, week by week: {grouped(metered)} kWh metered in all, "
        f"{grouped(reference)} kWh by the reference."
    )
    drawing = charts.weekly_lines(values, ("metered", "reference"), "kWh a week", summary)
    caption = "Energy used while closed, a week at a time; shaded where it is above the reference."
    return _figure(drawing, caption)


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>"


def _title(name: str) -> str:
    suffix = next((suffix for suffix, _ in _WRITERS if name.endswith(suffix)), "")
    stem = name.removesuffix(suffix) if suffix != "_days" else name
    return words(stem).replace("kva", "kVA").replace("kwh", "kWh")


def _text(name: str, value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        try:
            return day(dt.date.fromisoformat(value)) if name.endswith("_date") else value
        except ValueError:
            return value
    writer = next((writer for suffix, writer in _WRITERS if name.endswith(suffix)), None)
    return writer(value) if writer else grouped(value, _places(value))


def _places(value: float) -> int:
    if float(value).is_integer():
        return 0
    return 2 if abs(value) < 10 else 1
