"""The savings report: its rows are its headline, and it says what is not in it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_layer.savings.calibration import RANGE_NOT_KNOWN
from data_layer.site import report
from data_layer.site.facts import RowsDoNotSumError, require_rows_sum
from data_layer.site.pages import render
from data_layer.site.report import render_report
from site_html import read_page
from site_pages import capacity_candidate, closed_candidate, facts


@pytest.fixture(scope="module")
def page():
    return read_page(render_report(facts()))


def test_rows_on_the_page_come_to_the_headline():
    html = render_report(facts())
    table = html[html.index('id="candidate-rows"') :]
    table = table[: table.index("</table>")]
    rows = re.findall(r"<tr>.*?</tr>", table[table.index("<tbody>") : table.index("</tbody>")])
    cautious = [Decimal(re.search(r'class="n">£([\d,.]+)<', row).group(1).replace(",", "")) for row in rows]
    assert len(cautious) == 2
    assert f"£{sum(cautious):,}" == "£4,950.62"
    assert '<p class="figure" id="headline-figure">£4,950.62</p>' in html
    assert '<td class="n" id="rows-total">£4,950.62</td>' in html


@pytest.mark.parametrize(
    "change",
    [
        {"headline_gbp": Decimal("4950.63")},
        {"headline_gbp": Decimal("4950.61")},
        {"sequenced_gbp": Decimal("5473.3900")},
        {"standalone_gbp": Decimal("5652.9400")},
        {"candidates": [closed_candidate()]},
        {"candidates": []},
    ],
)
def test_a_penny_of_difference_stops_the_report(change):
    with pytest.raises(RowsDoNotSumError, match="was not written"):
        render_report(facts(**change))


@given(st.lists(st.integers(-(10**9), 10**9), max_size=30), st.integers(-3, 3))
def test_rows_are_held_against_the_metric_in_pence(pence, off):
    rows = [Decimal(value) / 100 for value in pence]
    metric = Decimal(sum(pence) + off) / 100
    if off == 0:
        require_rows_sum(rows, metric, "savings_cautious_gbp")
    else:
        with pytest.raises(RowsDoNotSumError):
            require_rows_sum(rows, metric, "savings_cautious_gbp")


def test_page_says_what_is_not_in_the_number(page):
    for part in (
        "Overlaps.",
        "Faults in the data.",
        "Charges that do not fall with use.",
        "What it costs to act",
        "Benchmark gaps.",
        "Next year.",
        "Refused files.",
    ):
        assert part in page.text
    assert "88,210 kWh at 1 metering point" in page.text


def test_page_shows_both_sums_and_the_blended_rate(page):
    assert "£5,652.93" in page.text
    assert "£5,473.38" in page.text
    assert "would come to £4,610.00 instead of £3,820.77 standalone, a difference of £789.23" in page.text


def test_page_accounts_for_every_row(page):
    assert "26,334 = 26,328 + 6" in page.text
    assert "The file ends in the middle" in page.text
    assert "line 12: '4o' in kwh is not a number" in page.text


def test_table_whose_rows_do_not_add_up_says_so():
    wrong = replace(facts().loaded_tables[0], rows_loaded=26_000)
    assert "<td>NO</td>" in render_report(facts(loaded_tables=[wrong]))


def test_page_names_illustrative_figures(page):
    assert "Climate normalsMean temperature, by region. 120 120 of 120 none".replace(" ", "") in page.text.replace(
        " ", ""
    )
    assert "metrics.html#estimated_read_share" in page.references


def test_names_from_the_data_cannot_break_the_page():
    html = render_report(facts())
    assert "<Main>" not in html
    assert "Keswick &lt;Main&gt; Street &amp; Co food store" in html


def test_estate_without_candidates_has_a_report():
    nothing = facts(
        candidates=[],
        headline_gbp=Decimal(0),
        standalone_gbp=Decimal(0),
        sequenced_gbp=Decimal(0),
        invoiced_gbp=None,
        exclusions=[],
        forecasts=[],
        loaded_tables=[],
        refused_files=[],
        quarantine_reasons=[],
        illustrative_seeds=[],
        meters_not_forecast=0,
    )
    text = read_page(render_report(nothing)).text
    assert "No candidate was found." in text
    assert "£0.00" in text


def headline(**changes):
    html = render_report(facts(**changes))
    section = html[html.index('<section class="headline"') :]
    return read_page(section[: section.index("</section>")]).text


@pytest.mark.parametrize(
    ("invoiced_gbp", "figure", "verdict"),
    [
        ("612345.67", "£4,950.62", "Passed"),
        ("20000", "£4,950.62", "Needs a note by finance"),
        ("10000", "£4,950.62", "Blocked"),
        ("4950", "REFUSED", "Refused"),
        ("0", "£4,950.62", "Not reconciled"),
    ],
)
def test_headline_is_held_against_the_invoiced_spend(invoiced_gbp, figure, verdict):
    page = render_report(facts(invoiced_gbp=Decimal(invoiced_gbp)))
    assert f'<p class="figure" id="headline-figure">{figure}</p>' in page
    assert verdict in headline(invoiced_gbp=Decimal(invoiced_gbp))


def test_start_page_has_the_same_gate():
    refused = facts(invoiced_gbp=Decimal(4950))
    html = render("index.html.j2", "index.html", estate=refused.estate, facts=refused, bills=refused.bills, metrics=[])
    assert '<p class="figure">REFUSED</p>' in html
    assert "£4,950.62" not in html


def test_odds_are_stated_only_with_known_ranges_and_with_how_often_they_held():
    basis = "Placebo: 40 meter-years. An 80 % band learnt on the others held 78% of them."
    known = headline(candidates=[replace(closed_candidate(), range_basis=basis), capacity_candidate()])
    assert "one case of ten" in known
    assert basis in known


def test_no_odds_where_a_range_is_not_known():
    basis = f"{RANGE_NOT_KNOWN}: only 6 meter-years with no known change (20 are needed)."
    rows = [replace(closed_candidate(), range_basis=basis, cautious_gbp=Decimal("0.00")), capacity_candidate()]
    changes = {"candidates": rows, "headline_gbp": Decimal("1830.12")}
    text = headline(**changes)
    assert "one case of ten" not in text
    assert "The range of 1 of them is not known" in text
    assert basis in text
    whole = read_page(render_report(facts(**changes))).text
    assert "£3,641.22 belongs to 1 candidate whose range is not known" in whole


def test_no_odds_where_everything_is_recomputed():
    changes = {
        "candidates": [capacity_candidate()],
        "headline_gbp": Decimal("1830.12"),
        "sequenced_gbp": Decimal("1832.1540"),
        "standalone_gbp": Decimal("1832.1540"),
    }
    text = headline(**changes)
    assert "one case of ten" not in text
    assert "none has a range" in text


def test_long_list_keeps_every_row_and_shows_the_largest_in_full(monkeypatch):
    monkeypatch.setattr(report, "SHOWN_IN_FULL", 1)
    html = render_report(facts(candidates=[closed_candidate("c2"), capacity_candidate("c1")]))
    assert html.count('<article class="card candidate"') == 1
    assert '<a href="#candidate-c1">' not in html
    assert "Keswick" in html[html.index('id="candidate-rows"') : html.index("</table>")]
