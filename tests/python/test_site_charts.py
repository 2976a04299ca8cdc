"""Charts draw what they are given, to scale, and say it in words."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from data_layer.site import charts, evidence

MONTHS = [dt.date(2025, number, 1) for number in range(1, 13)]


def heights(svg: str) -> list[float]:
    return [float(height) for height in re.findall(r'<rect class="bars"[^>]*height="([\d.]+)"', svg)]


def test_bars_are_to_scale_and_a_gap_stays_a_gap():
    svg = charts.monthly_bars([(MONTHS[0], 50), (MONTHS[1], None), (MONTHS[2], 100)], "kVA", "summary")
    first, last = heights(svg)
    assert last == pytest.approx(2 * first, abs=0.15)


def test_zero_is_drawn_as_nothing_but_is_there():
    assert heights(charts.monthly_bars([(MONTHS[0], 0), (MONTHS[1], 10)], "kVA", "summary"))[0] == 0


def test_level_above_all_bars_lies_inside_the_drawing():
    svg = charts.monthly_bars([(MONTHS[0], 10)], "kVA", "summary", [charts.Level("agreed 900", 900)])
    y = float(re.search(r'class="rule"[^>]*y1="([\d.]+)"', svg).group(1))
    assert charts.TOP <= y < heights(svg)[0] + charts.HEIGHT


def test_text_in_a_chart_cannot_break_the_page():
    svg = charts.level_bars([("<b>", 1, "&")], 'says "<script>"')
    assert "<b>" not in svg
    assert "<script>" not in svg


def test_line_breaks_where_a_week_was_not_read():
    weeks = [[f"2025-01-{day:02d}", value, 100.0] for day, value in ((6, 120.0), (13, None), (20, 130.0), (27, 90.0))]
    svg = evidence.chart({"weekly_closed_kwh": weeks}, "Office")
    assert len(re.findall(r'<polyline class="line" points="[\d., ]+"', svg)) == 2 + 1  # two runs and the key
    assert "340 kWh metered" in svg


def test_evidence_without_a_series_has_no_chart():
    assert evidence.chart({"agreed_kva": 10}, "Office") == ""
    assert evidence.chart({"monthly_highest_kva": {"2025-01": None}, "agreed_kva": 1, "need_kva": 1}, "Office") == ""


@pytest.mark.parametrize("largest", [0.0, 0.03, 1.0, 7.0, 99.0, 1234.5, 9_999_999.0])
def test_axis_reaches_the_largest_value_with_few_steps(largest):
    svg = charts.monthly_bars([(MONTHS[0], largest)], "kWh", "summary")
    steps = svg.count('class="grid"')
    assert 2 <= steps <= 6
    assert heights(svg)[0] <= charts.HEIGHT - charts.TOP - charts.BOTTOM + 0.1


def test_no_value_is_an_error():
    with pytest.raises(ValueError, match="at least one value"):
        charts.monthly_bars([(MONTHS[0], None)], "kWh", "summary")
