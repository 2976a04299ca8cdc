"""Every generated page: leads nowhere else, and can be read by anyone on any screen."""

from __future__ import annotations

import re
import shlex
from importlib import resources
from itertools import pairwise
from urllib.parse import unquote

import pytest
import typer

from data_layer.cli import app
from data_layer.site import offline
from data_layer.site.pages import write_page
from site_bills import bill_facts
from site_html import colours, contrast, read_page
from site_pages import PROJECT, dbt_page, rendered_pages

OWN_PAGES = ["bills.html", "index.html", "metrics.html", "savings_report.html"]
PAGES = [*OWN_PAGES, "docs.html"]
BILL_IDS = bill_facts().page_ids

# Text on ground, as look.css pairs them.
TEXT_PAIRS = [
    ("ink", "ground"),
    ("ink", "paper"),
    ("ink", "accent-soft"),
    ("ink", "warn-soft"),
    ("ink-soft", "ground"),
    ("ink-soft", "paper"),
    ("ink-soft", "warn-soft"),
    ("accent", "ground"),
    ("accent", "paper"),
    ("accent", "accent-soft"),
    ("warn", "warn-soft"),
    ("mark", "paper"),
    ("accent", "warn-soft"),
]
# Lines and bars of charts on their ground.
DRAWN_PAIRS = [("bar", "paper"), ("bar-soft", "paper"), ("mark", "paper"), ("ink", "paper"), ("bar", "shade")]


@pytest.fixture(scope="module")
def pages():
    return rendered_pages()


@pytest.fixture(scope="module")
def css():
    return resources.files("data_layer.site").joinpath("templates/look.css").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_page_leads_nowhere_else(pages, name):
    assert offline.outside_addresses(pages[name]) == []


def test_commands_on_the_pages_are_valid(pages):
    printed = [line for name in OWN_PAGES for line in re.findall(r"<code>data-layer ([^<]*)</code>", pages[name])]
    assert len(printed) >= 2
    group = typer.main.get_command(app)
    for line in printed:
        name, *arguments = shlex.split(line)
        command = group.commands[name]
        command.make_context(name, arguments)  # raises on an option or a value that the command does not know


@pytest.mark.parametrize("name", PAGES)
def test_browser_is_told_to_load_nothing(pages, name):
    assert f'<meta http-equiv="Content-Security-Policy" content="{offline.CONTENT_POLICY}">' in pages[name]
    assert "connect-src 'none'" in offline.CONTENT_POLICY


@pytest.mark.parametrize("name", PAGES)
def test_page_has_language_title_and_viewport(pages, name):
    page = read_page(pages[name])
    assert page.lang == "en-GB"
    assert page.title.strip()
    assert "width=device-width" in page.viewport
    assert "maximum-scale" not in page.viewport, "a reader must be able to enlarge the page"


@pytest.mark.parametrize("name", OWN_PAGES)
def test_headings_begin_with_one_h1_and_skip_no_level(pages, name):
    levels = [level for level, _ in read_page(pages[name]).headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [after for before, after in pairwise(levels) if after > before + 1] == []


@pytest.mark.parametrize("name", OWN_PAGES)
def test_ids_are_unique_and_references_lead_to_something(pages, name):
    page = read_page(pages[name])
    assert len(page.ids) == len(set(page.ids))
    assert [label for label in page.labelled_by if label not in page.ids] == []
    for reference in page.references:
        file, _, anchor = reference.partition("#")
        assert not file or file in pages, reference
        if (file or name) == "bills.html" and anchor:
            # Bills have no element of their own before the script opens one; `?` is a choice of bills.
            assert unquote(anchor) in {*BILL_IDS, *read_page(pages["bills.html"]).ids} or anchor[0] == "?", reference
        elif anchor:
            assert anchor in read_page(pages[file or name]).ids, reference


def test_every_drawing_says_what_it_shows(pages):
    drawings = read_page(pages["savings_report.html"]).drawings
    assert len(drawings) >= 4
    assert all(drawing.get("role") == "img" and drawing.get("aria-label") for drawing in drawings)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_colours_meet_wcag_aa(css, scheme):
    palette = colours(css, scheme)
    text = {pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in TEXT_PAIRS}
    drawn = {pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in DRAWN_PAIRS}
    assert {pair: round(ratio, 2) for pair, ratio in text.items() if ratio < 4.5} == {}
    assert {pair: round(ratio, 2) for pair, ratio in drawn.items() if ratio < 3.0} == {}


def test_contrast_is_computed_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_every_colour_stands_in_the_palette(css):
    outside_palette = css.replace("\n", " ")
    for scheme in ("light", "dark", "print"):
        for name, value in colours(css, scheme).items():
            outside_palette = outside_palette.replace(f"--{name}: {value}", "")
    assert "#" not in outside_palette


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        '<img src="//example.org/p.png">',
        "<style>@import '//example.org/a.css';</style>",
        "<style>p { background: url(http://example.org/p.png) }</style>",
        "<script>fetch('https://example.org')</script>",
        "<form action='http://example.org/send'>",
        '<a href="HTTPS://EXAMPLE.ORG">x</a>',
        '<script>var s = "//d1.example.net/sp.js"</script>',
        r'<script>{"href": "https:\/\/example.org"}</script>',
        "<script>new WebSocket('wss://example.org')</script>",
    ],
)
def test_outside_address_is_found_and_made_harmless(page, tmp_path):
    assert len(offline.outside_addresses(page)) == 1
    with pytest.raises(offline.OutsideAddressError, match=r"a\.html"):
        write_page(tmp_path, "a.html", page)
    assert not (tmp_path / "a.html").exists()
    assert offline.outside_addresses(offline.without_addresses(page)) == []


@pytest.mark.parametrize(
    "page",
    [
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "<script>// a comment\nvar ratio = a // b\n</script>",
        '<a href="savings_report.html#data">x</a>',
        "<p>10 kWh//day</p>",
    ],
)
def test_what_leads_nowhere_passes(page):
    assert offline.outside_addresses(page) == []
    assert offline.without_addresses(page) == page


def test_documentation_of_dbt_would_lead_outside_without_our_care():
    found = offline.outside_addresses(dbt_page())
    assert any("cloudfront" in address for address in found), "dbt no longer calls its analytics: simplify docs.py"
    assert "https://www.example.org/sites" in found


def test_cited_address_stays_readable_in_the_documentation(pages):
    words = "see example.org/sites and the guide (example.org/guide)"
    assert words not in dbt_page()
    assert words in pages["docs.html"]


def test_documentation_says_nothing_of_the_machine(pages):
    assert str(PROJECT) in dbt_page()
    assert str(PROJECT) not in pages["docs.html"]
