"""Pages in a real browser, on a phone and on a desk, with no network."""

from __future__ import annotations

import re
from html import escape

import pytest

from data_layer.site.pages import write_page
from site_browser import Browser, find_browser
from site_pages import rendered_pages

BROWSER = find_browser()
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH: pages are not seen by a browser"
)

SHOWN = {
    "index.html": "£4,950.62",
    "savings_report.html": "£4,950.62",
    "bills.html": "7 bills, 1 with a finding.",
    "metrics.html": "Share of estimated reads",
    "docs.html": "One version of the truth",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    for name, html in rendered_pages().items():
        write_page(out, name, html)
    return out


@pytest.fixture
def browser(tmp_path):
    return Browser(BROWSER, tmp_path)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_page_shows_its_content_without_a_console_error(site, browser, name):
    page = (site / name).as_uri()
    assert SHOWN[name] in browser.dom(page)
    assert browser.console(page) == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", sorted(SHOWN))
def test_page_is_not_blank(site, browser, name, width):
    page = _in_a_frame(site, name, width)
    _, height, rows = browser.screenshot(page, max(width, 500), 900)
    assert height == 900
    assert len(rows) > 100


@pytest.mark.parametrize("name", ["bills.html", "index.html", "savings_report.html", "metrics.html"])
def test_page_is_no_wider_than_a_phone(site, browser, name):
    assert _width_on_a_phone((site / name).read_text(encoding="utf-8"), browser, site) == 360


def test_a_page_wider_than_a_phone_is_noticed(site, browser):
    html = '<!doctype html><title>x</title><section style="overflow:visible"><p style="width:400px">x</p></section>'
    assert _width_on_a_phone(html, browser, site) > 360


def test_model_page_of_the_documentation_shows_its_columns(site, browser):
    dom = browser.dom((site / "docs.html").as_uri() + "#!/model/model.made_up.dim_sites")
    assert "The group's own number." in dom
    assert "see example.org/sites" in dom


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_page_asks_no_network_for_anything(site, browser, name):
    assert browser.requests((site / name).as_uri()) == []


def test_a_page_that_asks_for_something_outside_is_noticed(tmp_path, browser):
    asking = tmp_path / "asking.html"
    script = '<script src="https://example.org/a.js"></script><script>console.error("lost")</script>'
    asking.write_text(f"<!doctype html><title>x</title>{script}", encoding="utf-8")
    assert browser.requests(asking.as_uri()) == ["https://example.org/a.js"]
    assert any("lost" in line for line in browser.console(asking.as_uri()))


def _in_a_frame(site, name: str, width: int) -> str:
    # The browser's own window is never narrower than 500: a phone is a frame of that width.
    frame = site / f"frame_{name}_{width}.html"
    frame.write_text(
        f'<!doctype html><title>x</title><body style="margin:0"><iframe src="{name}" '
        f'style="border:0;width:{width}px;height:900px"></iframe>',
        encoding="utf-8",
    )
    return frame.as_uri()


def _width_on_a_phone(html: str, browser: Browser, folder) -> int:
    """How far the page reaches to the right in a frame 360 wide; beyond that it would have to be moved sideways."""
    frame = folder / "phone.html"
    # Pages of files may not look into each other; what stands in `srcdoc` may be looked into.
    frame.write_text(
        '<!doctype html><title>x</title><p id="width"></p><iframe id="phone" style="border:0;width:360px;height:900px" '
        f'srcdoc="{escape(html)}" onload="document.getElementById(\'width\').textContent = '
        'this.contentDocument.documentElement.scrollWidth"></iframe>',
        encoding="utf-8",
    )
    return int(re.search(r'id="width">(\d+)<', browser.dom(frame.as_uri())).group(1))
