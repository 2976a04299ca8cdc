"""dbt's documentation as one page that works without a network and leads nowhere else."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from data_layer.errors import CheckFailedError
from data_layer.site.offline import CONTENT_POLICY, without_addresses

# The page is laid out for wide screens, and its pale green links are too faint to read. On a phone the tree of models
# stands above the text instead of beside it. The selectors begin with `body` because the page adds its styles later.
_LOOK = """
body .app-content a, body .app-content .a { color: #00666a; }
body .app-content dt, body .app-content th, body .app-content h6, body .app-content small, body .app-menu .menu a {
  color: #4b5751;
}
body .menu .filename-ellip, body .menu .filename-ellip + .filename-normal { white-space: pre; }
@media (max-width: 760px) {
  body .app.app-row { flex-direction: column; min-width: 0; }
  body .app-menu.app-column { width: 100%; min-width: 0; flex: 0 0 30%; border-bottom: 1px solid #d3d9d5; }
  body .app-menu .app-navbar { display: none; }
  body .app-content.app-column { min-width: 0; }
  body .app-content .app-navbar { height: auto; }
  body .app-content .app-navbar .app-frame { padding-top: .5rem; padding-bottom: .5rem; }
  body .app-content .panel { overflow-x: auto; }
}
"""
_HOME = (
    "position:fixed;right:8rem;bottom:1.9rem;z-index:9;background:#0a5c48;color:#ffffff;padding:.5rem .9rem;"
    "border-radius:1.5rem;font:600 14px system-ui,sans-serif"
)


class DocsPageError(CheckFailedError):
    """dbt's page is not as this module knows it. The message says what was looked for."""


def offline_docs(page: str, title: str, root: Path, home: str = "index.html") -> str:
    """dbt's static documentation page without outside addresses, with the estate's title.

    page   HTML that `dbt docs generate --static` wrote
    title  name of the page in the browser
    root   folder of the project; its path on this machine is taken out of the page
    home   page to which the link above the documentation leads
    Scripts for analytics, font files that are not there, and links to vendors' sites are taken out; an address cited in
    a text stays readable, as words. Raises DocsPageError when the page has not the parts that are changed.
    """
    page = page.replace(str(root), ".")
    page = _replaced(page, r"<html\b[^>]*>", _opening_tag, "the html element")
    page = _replaced(page, r'<meta name="viewport"[^>]*>', _head(title), "the viewport element")
    page = _replaced(page, r"<title>[^<]*</title>", f"<title>{escape(title)}</title>", "the title")
    page = re.sub(r'<link rel="(?:canonical|shortcut icon)"[^>]*>', "", page)
    page = re.sub(r"<meta (?:property|name)=\"(?:og|twitter|msapplication|description)[^>]*>", "", page)
    page = re.sub(r"//# sourceMappingURL=[\w.]+", "", page)
    # Fonts and pictures that are not in the page: without this the browser looks for them beside it.
    page = re.sub(r'url\("\.\./[^)"]*"\)', 'local("none")', page)
    # A link in a description becomes its text with the address behind it, or it would lead to a file that is not there.
    page = re.sub(r"\[([^\[\]\n]{1,200})\]\((https?://[^\s()]+)\)", r"\1 (\2)", page)
    page = re.sub(r'("send_anonymous_usage_stats":\s*)true', r"\1false", page)
    # `src` and `href` of a template are asked for before it is filled in; `ng-src` and `ng-attr-href` wait.
    page = re.sub(r"""(<img[^>]*?) src=(\\?["'])\{\{""", r"\1 ng-src=\2{{", page)
    page = re.sub(r'xlink:href=(\\?")\{\{', r"ng-attr-href=\1{{", page)
    page = without_addresses(page)
    link = f'<a href="{escape(home)}" style="{_HOME}">All pages</a>'
    return _replaced(page, r"<div ui-view>", f"{link}<div ui-view>", "the place of the content")


def _opening_tag(match: re.Match[str]) -> str:
    return re.sub(r'lang="[^"]*"', 'lang="en-GB"', match.group(0))


def _head(title: str) -> str:
    return (
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">'
        f'<meta name="description" content="{escape(title)}"><style>{_LOOK}</style>'
    )


def _replaced(page: str, pattern: str, replacement, what: str) -> str:
    with_function = replacement if callable(replacement) else lambda _: replacement
    changed, count = re.subn(pattern, with_function, page, count=1)
    if count == 0:
        raise DocsPageError(
            f"dbt's documentation page has changed: {what} was not found, so the page could not be made safe to open "
            "offline. Use the versions of requirements/base.txt."
        )
    return changed
