"""The page of bills: what it says of each bill, and that its figures hold together."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_layer.site import bills_page, offline
from data_layer.site.bill_facts import PARTS, Difference, PartsDoNotSumError
from data_layer.site.bills_page import embedded, page_data, pence, render_bills
from data_layer.site.report import render_report
from site_bills import (
    CANCELLED,
    CLEAN,
    CREDIT_NOTE,
    GAP,
    OLD_VAT,
    REBILL,
    UNEXPLAINED,
    WRONG_RATE,
    amounts,
    bill,
    bill_facts,
    element,
    finding,
)
from site_html import read_page
from site_pages import ESTATE, capacity_candidate, facts

MONEY = st.integers(-(10**7), 10**7).map(lambda value: Decimal(value) / 100)


@pytest.fixture(scope="module")
def html():
    return render_bills(bill_facts(), ESTATE)


@pytest.fixture(scope="module")
def page(html):
    return read_page(html)


def embedded_data(html: str) -> dict:
    return orjson.loads(re.search(r'id="bill-data">(.*?)</script>', html, re.DOTALL).group(1))


def test_every_bill_is_embedded_with_its_exact_figures(html):
    data = embedded_data(html)
    rows = {row[0]: row for row in data["bills"]}
    assert set(rows) == bill_facts().page_ids
    row = rows["INV/2 <b>&"]
    assert [data["texts"][place] for place in row[1:4]] == ["standing", "finding", "Wrong unit rate"]
    assert row[17] == [167180, 155180, 12000, 0, 0, 12000]
    assert row[18] == 200616
    energy = row[21][0]
    assert energy[3:] == ["6,000", "6,000", "0.2652", "0.2452", 159120, 147120, 2]
    assert [line[9] for line in row[21]] == [2, 0, 1]


@given(st.tuples(*[MONEY] * 7))
def test_parts_that_come_to_the_difference_pass_and_a_penny_more_does_not(values):
    virtual, *parts = values
    sound = Difference(virtual + sum(parts), virtual, *parts)
    sound.require_sum("a bill")
    assert sound.explained_gbp + sound.unexplained_gbp == sound.difference_gbp
    with pytest.raises(PartsDoNotSumError, match="was not written"):
        replace(sound, rate_gbp=sound.rate_gbp + Decimal("0.01")).require_sum("a bill")


@pytest.mark.parametrize(
    "change",
    [
        {"bills": (bill("INV-9", elements=(element("unit", amounts("10.00", "9.00", rate="0.99")),)),)},
        {"months": (replace(bill_facts().months[0], amounts=amounts("10.00", "9.00")),)},
    ],
)
def test_a_bill_or_month_whose_parts_do_not_sum_stops_the_page(change):
    with pytest.raises(PartsDoNotSumError):
        render_bills(bill_facts(**change), ESTATE)


def test_identity_stands_on_the_page(page):
    assert "£5,187.78 by contract and readings + £260.02 explained + £40.00 unexplained = £5,487.80 billed" in page.text
    total = bill_facts().total
    assert total.virtual_gbp + sum(getattr(total, part) for part in PARTS) == total.billed_gbp


def test_share_above_the_limit_is_said(page):
    assert "Above the limit" in page.text
    assert "£40.00, which is 0.73% of these bills with VAT" in page.text
    assert "0.86% above" in page.text
    within = read_page(render_bills(bill_facts(unexplained_share=0.005), ESTATE)).text
    assert "Within the limit" in within


@pytest.mark.parametrize(
    ("one", "verdict", "label"),
    [
        (CLEAN, "agrees", "Agrees"),
        (WRONG_RATE, "finding", "Wrong unit rate"),
        (CANCELLED, "cancelled", "Cancelled"),
        (CREDIT_NOTE, "credit_note", "Credit note"),
        (REBILL, "explained", "Differs, explained"),
        (GAP, "gap", "Not billed"),
        (UNEXPLAINED, "unexplained", "Not explained"),
        (replace(CLEAN, has_contract=False), "no_contract", "Cannot be checked"),
        (replace(WRONG_RATE, findings=(*WRONG_RATE.findings, OLD_VAT)), "finding", "Wrong unit rate and 1 more"),
        (bill("x", elements=(element("unit", amounts("105.00", "100.00", rate="5.00")),)), "agrees", "Agrees"),
        (bill("x", elements=(element("unit", amounts("105.01", "100.00", rate="5.01")),)), "explained", None),
        (bill("x", elements=(element("unit", amounts("2010.00", "2000.00", rate="10")),)), "agrees", "Agrees"),
        (
            bill(
                "x",
                elements=(
                    element("unit", amounts("100.00")),
                    element("vat", amounts("20.00", "5.00", unexplained="15.00")),
                ),
            ),
            "unexplained",
            None,
        ),
    ],
)
def test_verdict_of_a_bill(one, verdict, label):
    assert one.verdict == verdict
    assert label is None or one.label == label


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (CLEAN, "The bill agrees with contract and readings to the penny."),
        (
            bill("x", elements=(element("unit", amounts("1000.02", "1000.00", volume="0.02")),)),
            "The bill agrees with contract and readings within £0.02 (0.00%).",
        ),
        (
            REBILL,
            "£100.00 more was billed than contract and readings say: £100.00 for an estimate instead of the readings.",
        ),
        (
            GAP,
            "No bill covers 1 June 2025 to 30 June 2025. By contract and readings these 30 days come to £700.00 "
            "without VAT.",
        ),
        (
            bill(
                "x",
                elements=(
                    element("unit", amounts("100.00")),
                    element("vat", amounts("20.00", "5.00", unexplained="15.00")),
                ),
            ),
            "Without VAT the bill agrees with contract and readings to the penny; £20.00 of VAT was charged where "
            "£5.00 is due.",
        ),
        (
            bill("x", elements=(element("unit", amounts("80.00", "100.00", rate="-25", volume="5")),)),
            "£20.00 less was billed than contract and readings say: −£25.00 for another rate than was due; "  # noqa: RUF001
            "£5.00 for another quantity than was metered.",
        ),
    ],
)
def test_sentence_of_a_bill(one, sentence):
    assert one.sentence == sentence


def test_elements_of_one_error_stand_together_with_their_sum():
    rows = (
        finding("INV-1", error_code="duplicate_bill", found_gbp=Decimal("34.10"), element="standing"),
        finding("INV-1", error_code="duplicate_bill", found_gbp=Decimal("1471.20"), other_invoice_id="INV-1000"),
        finding("INV-1", error_code="wrong_vat", found_gbp=Decimal("2.00"), element="vat"),
    )
    data = page_data([bill("INV-1", findings=rows)])
    duplicate, vat = data["bills"][0][22]
    assert [data["texts"][duplicate[0]], duplicate[2], duplicate[3]] == ["duplicate_bill", 150530, "INV-1000"]
    assert [data["texts"][part[0]] for part in duplicate[4]] == ["unit", "standing"]
    assert (data["texts"][vat[0]], vat[2]) == ("wrong_vat", 200)


def test_texts_from_the_data_cannot_break_the_page(html, page):
    assert "<Main>" not in html
    assert "<b>" not in html[html.index("<body>") :]
    assert "<signed>" not in html
    assert "&lt;signed&gt; &amp; in force" in html
    assert "INV/2 <b>&" in page.text


def test_address_in_the_data_is_made_plain_and_leads_nowhere():
    sly = bill('</script><img src="//example.org/x.png">', site_name="https://example.org/a")
    html = render_bills(bill_facts(bills=(sly,)), ESTATE)
    assert offline.outside_addresses(html) == []
    assert html.count("</script>") == 2
    assert "example.org/a" in embedded_data(html)["texts"]


def test_embedded_text_reads_back_as_it_was():
    data = {"bills": [["a </script> & <b>", 1, None, "£ − x"]]}  # noqa: RUF001
    assert orjson.loads(embedded(data)) == data
    assert "<" not in embedded(data)


@pytest.mark.parametrize(("value", "expected"), [("0.005", 1), ("-0.005", -1), ("12.3449", 1234), ("0", 0)])
def test_pounds_become_whole_pence(value, expected):
    assert pence(Decimal(value)) == expected


def test_reader_without_scripts_gets_the_findings(html):
    table = html[html.index("<noscript>") : html.index("</noscript>")]
    assert "INV/2 &lt;b&gt;&amp;" in table
    assert "INV-0900" in table, "a finding on a bill before the 12 months belongs there too"
    assert "£120.00" in table


def test_long_list_of_findings_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(bills_page, "FINDING_ROWS", 1)
    html = render_bills(bill_facts(), ESTATE)
    table = html[html.index("<noscript>") : html.index("</noscript>")]
    assert "£120.00" in table
    assert "INV-0900" not in table
    assert "1 more row" in table


def test_findings_are_counted_for_the_12_months_and_in_all(page):
    groups = {row.error_code: row for row in bill_facts().groups}
    assert (groups["wrong_unit_rate"].bills_in_period, groups["wrong_unit_rate"].period_gbp) == (1, Decimal("120.00"))
    assert (groups["wrong_vat"].bills_in_period, groups["wrong_vat"].period_gbp) == (0, Decimal(0))
    assert (groups["wrong_vat"].bills, groups["wrong_vat"].all_gbp) == (1, Decimal("15.25"))
    assert bill_facts().of_basis("recoverable") == (1, Decimal("120.00"))
    assert "Wrong VAT Charged, not due 0 £0.00 1 £15.25".replace(" ", "") in page.text.replace(" ", "")


def test_page_of_too_many_bills_says_what_is_missing():
    from data_layer.site.bill_facts import SiteBills

    site = SiteBills("Harrogate office", Decimal("500.00"), Decimal("460.00"), Decimal("40.00"))
    text = read_page(render_bills(bill_facts(bills=(WRONG_RATE,), bills_in_period=90_000, sites=(site,)), ESTATE)).text
    assert "90,000 bills in the 12 months: too many for one page" in text
    assert "Harrogate office £500.00 £460.00 £40.00".replace(" ", "") in text.replace(" ", "")


def test_estate_without_bills_has_a_page():
    nothing = bill_facts(
        period_start_date=None,
        period_end_date=None,
        bills=(),
        checked=0,
        checked_in_period=0,
        bills_in_period=0,
        findings=(),
        months=(),
        unexplained_gbp=None,
        unexplained_share=None,
    )
    html = render_bills(nothing, ESTATE)
    assert "No bill is loaded yet" in html
    assert "<script" not in html
    assert "No bill is loaded, so none was checked." in render_report(facts(bills=nothing))


def test_texts_that_bills_share_are_said_once():
    data = page_data([CLEAN, replace(CLEAN, invoice_id="INV-1001")])
    assert len(data["texts"]) == len(set(data["texts"]))
    assert orjson.dumps(data).count(b"Brightwater Energy") == 1


def test_report_counts_bills_and_links_a_candidate_to_its_bills():
    candidate = replace(capacity_candidate(), detector_id="wrong_rate", meter_id="1200000000017")
    changes = {
        "candidates": [candidate],
        "headline_gbp": candidate.cautious_gbp,
        "sequenced_gbp": candidate.sequenced_gbp,
        "standalone_gbp": candidate.standalone_gbp,
    }
    page = read_page(render_report(facts(**changes)))
    assert "4 bills of the 12 months, and 30 in all" in page.text
    assert "bills.html#INV/2%20%3Cb%3E%26" in page.references
    assert "bills.html#?error=wrong_unit_rate" in page.references
    assert "£120.00 1 bill".replace(" ", "") in page.text.replace(" ", "")


def test_report_shows_days_by_quality():
    text = read_page(render_report(facts())).text
    assert "Scale break Readings on another <scale> 1 304 3.47%".replace(" ", "") in text.replace(" ", "")
    assert "All days 8,760".replace(" ", "") in text.replace(" ", "")
