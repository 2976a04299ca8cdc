"""Renders a page from its template and writes it, after the checks that hold for every page."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from data_layer.site import evidence, formats
from data_layer.site.offline import CONTENT_POLICY, require_offline

INDEX, REPORT, BILLS, METRICS, DOCS = "index.html", "savings_report.html", "bills.html", "metrics.html", "docs.html"

MONEY_AND_NUMBERS = (
    formats.pounds,
    formats.signed_pounds,
    formats.quantity,
    formats.percent,
    formats.count,
    formats.grouped,
    formats.metric_value,
)

NAVIGATION = (
    (INDEX, "Start"),
    (REPORT, "Savings report"),
    (BILLS, "Bills"),
    (METRICS, "Metrics"),
    (DOCS, "Data documentation"),
)


def render(template: str, page: str, **content: Any) -> str:
    """HTML of a template with the shared look.

    page     the page's own file name, so that its navigation marks it
    content  what the template names; a name that is missing raises jinja2.UndefinedError
    """
    return _environment().get_template(template).render(page=page, **content)


def write_page(out: Path, name: str, html: str) -> Path:
    """Write `out/name`. Raises OutsideAddressError before anything is written when the page would lead outside."""
    require_offline(html, name)
    out.mkdir(parents=True, exist_ok=True)
    path = out / name
    path.write_text(html, encoding="utf-8")
    return path


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("data_layer.site"),
        autoescape=select_autoescape(("html", "j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    look = resources.files("data_layer.site").joinpath("templates/look.css").read_text(encoding="utf-8")
    environment.globals.update(look=Markup(look), content_policy=Markup(CONTENT_POLICY))
    environment.globals.update(navigation=NAVIGATION, report_page=REPORT)
    for writer in (*MONEY_AND_NUMBERS, formats.day, formats.month, formats.moment, formats.spoken_dates, formats.words):
        environment.filters[writer.__name__] = writer
    environment.filters["figures"] = evidence.figures
    environment.filters["inline_code"] = _inline_code
    environment.filters["lower_first"] = lambda text: text[:1].lower() + text[1:]
    return environment


def _inline_code(text: str) -> Markup:
    """Text with `words in back quotes` as code, everything else escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
