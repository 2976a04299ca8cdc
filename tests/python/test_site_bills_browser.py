"""The page of bills in a real browser: addresses, filters, keyboard, print; on a phone and on a desk."""

from __future__ import annotations

import re

import pytest

from data_layer.site.bills_page import render_bills
from data_layer.site.pages import write_page
from site_bills import CLEAN, bill, bill_facts
from site_browser import Browser, find_browser
from site_html import read_page
from site_pages import ESTATE

BROWSER = find_browser()
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH: pages are not seen by a browser"
)
WIDTHS = [360, 1280]
SHOWN = "!document.getElementById('bill').hidden"
HEADING = "document.activeElement.textContent"
ROWS = "document.querySelectorAll('#bill-rows tr').length"
TOLD = "document.getElementById('told').textContent"
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    out = tmp_path_factory.mktemp("bills")
    return write_page(out, "bills.html", render_bills(bill_facts(), ESTATE)).as_uri()


@pytest.fixture
def browser(tmp_path):
    return Browser(BROWSER, tmp_path)


@pytest.mark.parametrize("width", WIDTHS)
def test_bill_opens_by_its_address_and_nothing_leaves(page, browser, width):
    with browser.visit(f"{page}#INV%2F2%20%3Cb%3E%26", width) as visit:
        assert visit.value(SHOWN)
        text = visit.value("document.getElementById('bill').innerText")
        assert visit.value(HEADING) == "Bill INV/2 <b>&"
        assert visit.value("document.title") == "Bill INV/2 <b>& | Sample estate"
        assert visit.value(TOO_WIDE) == 0
        assert visit.errors == []
        assert [address for address in visit.requests if not address.startswith("file:")] == []
    for part in (
        "Keswick <Main> Street & Co food store",
        "Energy was billed at £0.2652 a kWh; <signed> & in force is £0.2452.",
        "Wrong unit rate: £120.00 (charged, not due)",
        "£1,671.80",
        "£2,006.16",
        "Illustrative rate",
        "last signed rate",
    ):
        assert part in text
    assert re.search(r"Energy\s+£1,591\.20\s+£1,471\.20\s+£120\.00", text)


def test_drawing_says_what_it_shows(page, browser):
    with browser.visit(f"{page}#INV-5000") as visit:
        label = visit.value("document.querySelector('#bill svg').getAttribute('aria-label')")
        widths = visit.value(
            "[...document.querySelectorAll('#bill svg rect[rx]')].map((one) => +one.getAttribute('width'))"
        )
    assert label == "Energy £500.00 billed, £460.00 virtual"
    assert widths == [360, 331.2]


def test_credit_note_and_gap_are_drawn_and_named(page, browser):
    with browser.visit(f"{page}#CN-3000") as visit:
        text = visit.value("document.getElementById('bill').innerText")
        assert "It takes back bill INV-3000." in text
        assert visit.value("document.querySelector('#chain a').hash") == "#INV-3000"
        visit.value("location.hash = '#INV-3000'")
        visit.wait_for("document.getElementById('chain').innerText.includes('replaced by bill INV-3001')")
        visit.value("location.hash = '#gap-1200000000017-20250601'")
        visit.wait_for("document.getElementById('bill').innerText.includes('No bill covers 1 June 2025')")
        assert visit.errors == []


@pytest.mark.parametrize("width", WIDTHS)
def test_list_is_searched_and_filtered(page, browser, width):
    with browser.visit(page, width) as visit:
        assert visit.value(ROWS) == 7
        assert visit.value(TOLD) == "7 bills, 1 with a finding."
        assert visit.value(TOO_WIDE) == 0
        visit.value("document.getElementById('search').focus()")
        visit.type("harrogate gas")
        assert visit.value(ROWS) == 1
        assert visit.value("document.querySelector('#bill-rows a').hash") == "#INV-5000"
        visit.value("document.querySelector('#filters button').click()")
        visit.wait_for(f"{ROWS} === 7")
        for name, choice, rows in (
            ("verdict", "gap", 1),
            ("error", "wrong_unit_rate", 1),
            ("site", "S0011", 1),
            ("fuel", "Gas", 1),
            ("supplier", "Brightwater Energy", 6),
        ):
            visit.value(
                f"document.getElementById('filters').reset(); document.getElementById('{name}').value = '{choice}'; "
                f"document.getElementById('{name}').dispatchEvent(new Event('input', {{bubbles: true}}))"
            )
            visit.wait_for(f"{ROWS} === {rows}")
        assert visit.errors == []


def test_largest_finding_comes_first_and_the_order_can_be_changed(page, browser):
    first = "document.querySelector('#bill-rows a').hash"
    with browser.visit(page) as visit:
        assert visit.value(first) == "#INV%2F2%20%3Cb%3E%26"
        visit.value(
            "document.getElementById('order').value = 'difference'; "
            "document.getElementById('order').dispatchEvent(new Event('input', {bubbles: true}))"
        )
        assert visit.value(first) == "#gap-1200000000017-20250601"


def test_choice_of_bills_has_an_address(page, browser):
    with browser.visit(f"{page}#?error=wrong_unit_rate&nonsense=1") as visit:
        assert visit.value(ROWS) == 1
        assert visit.value("document.getElementById('error').value") == "wrong_unit_rate"
        assert visit.errors == []


def test_unknown_bill_is_said_to_be_unknown(page, browser):
    with browser.visit(f"{page}#INV-7%3Cb%3E") as visit:
        assert not visit.value(SHOWN)
        note = visit.value("document.getElementById('not-here').innerText")
    assert "There is no bill INV-7<b> on this page." in note


@pytest.mark.parametrize("width", WIDTHS)
def test_page_is_used_by_keyboard_alone(page, browser, width):
    with browser.visit(page, width) as visit:
        visit.press("Tab")
        assert visit.value("document.activeElement.className") == "skip"
        visit.press("Enter")
        assert visit.value("document.activeElement.id") == "main"
        assert visit.value("location.hash") == ""
        for _ in range(40):
            visit.press("Tab")
            if visit.value("document.activeElement.closest('#bill-rows') !== null"):
                break
        opened = visit.value("decodeURIComponent(document.activeElement.hash)")
        visit.press("Enter")
        visit.wait_for(SHOWN)
        assert visit.value(HEADING) == f"Bill {opened[1:]}"
        visit.press("Tab")
        assert visit.value("document.activeElement.hash") == "#list"
        visit.press("Enter")
        visit.wait_for(f"!({SHOWN})")
        assert visit.value("decodeURIComponent(document.activeElement.hash)") == opened, "the reader lost the place"


def test_long_list_comes_in_parts(tmp_path, browser):
    many = [bill(f"INV-{number:04d}") for number in range(250)]
    path = write_page(tmp_path, "bills.html", render_bills(bill_facts(bills=many), ESTATE))
    with browser.visit(path.as_uri()) as visit:
        assert visit.value(ROWS) == 100
        assert "The first 100 are shown." in visit.value(TOLD)
        for shown in (200, 250):
            visit.value("document.getElementById('more').click()")
            assert visit.value(ROWS) == shown
        assert visit.value("document.getElementById('more').hidden")


def test_bill_prints_alone(page, browser):
    with browser.visit(f"{page}#{CLEAN.invoice_id}") as visit:
        pdf = visit.pdf()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1, "a bill of four lines fits on one sheet"


def test_reader_without_scripts_sees_the_findings(page, browser):
    with browser.visit(page) as visit:
        text = read_page(visit.text_without_scripts()).text
    assert "Findings, bill by bill" in text
    assert "INV-0900" in text
    assert "£5,187.78 by contract and readings" in text
