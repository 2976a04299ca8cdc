"""Reads pages for the tests of pages: a tree small enough to ask for headings, languages and references."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Page:
    """What the tests ask of a page. `ids` and `references` hold every id and every address on the page."""

    lang: str = ""
    title: str = ""
    viewport: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    labelled_by: list[str] = field(default_factory=list)
    drawings: list[dict[str, str]] = field(default_factory=list)
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = {name: value or "" for name, value in attrs}
        self.page.ids += [named["id"]] if "id" in named else []
        self.page.references += [named[name] for name in ("href", "src", "action") if name in named]
        self.page.labelled_by += named.get("aria-labelledby", "").split()
        if tag == "html":
            self.page.lang = named.get("lang", "")
        if tag == "meta" and named.get("name") == "viewport":
            self.page.viewport = named.get("content", "")
        if tag == "svg":
            self.page.drawings.append(named)
        if re.fullmatch("h[1-6]", tag):
            self.page.headings.append((int(tag[1]), ""))
        if tag not in {"meta", "link", "br", "img", "input", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if "style" in self.open or "script" in self.open:
            return
        if "title" in self.open and "svg" not in self.open:
            self.page.title += data
        elif self.page.headings and self.open and re.fullmatch("h[1-6]", self.open[-1]):
            level, text = self.page.headings[-1]
            self.page.headings[-1] = (level, text + data)
        self.page.text += data


def read_page(html: str) -> Page:
    """The page's headings, ids, references and text (with runs of white space made one space)."""
    reader = _Reader()
    reader.feed(html)
    reader.page.text = " ".join(reader.page.text.split())
    return reader.page


def colours(css: str, scheme: str) -> dict[str, str]:
    """Custom properties of look.css that are colours, for `light`, `dark` or `print`."""
    start = {"light": 0, "dark": css.index("prefers-color-scheme: dark"), "print": css.index("@media print")}[scheme]
    block = css[css.index("{", css.index(":root", start)) : css.index("}", css.index(":root", start))]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours as WCAG 2.1 defines it: 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
