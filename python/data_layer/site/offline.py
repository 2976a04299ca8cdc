"""Finds outside addresses in a page: whatever a browser could fetch, or a reader could be led to, over a network."""

from __future__ import annotations

import re

from data_layer.errors import CheckFailedError

# Names, not places: a browser never fetches a namespace.
XML_NAMESPACES = (
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/2000/xmlns/",
    "http://www.w3.org/XML/1998/namespace",
)

# Meta element for pages that nothing may leave; it backs the scan up in the reader's browser.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data:; "
    "font-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
)

_WITH_SCHEME = re.compile(r"(?<![\w+.-])(?:https?|wss?|ftp):(?:\\?/){2}(?=[\w\[])[^\s\"'<>)\\`]*", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(
    r"(?:(?:src|href|action|poster|srcset|data)\s*=\s*[\"']?|url\(\s*[\"']?|@import\s+[\"']|fetch\(\s*[\"'`]|[\"'`])"
    r"(//[\w-]+(?:\.[\w-]+)+[^\s\"'<>)`]*)",
    re.IGNORECASE,
)


class OutsideAddressError(CheckFailedError):
    """A page would lead outside. The message names the page and the addresses."""


def outside_addresses(page: str) -> list[str]:
    """Addresses in the page's text that lead to another host, in order, each once; XML namespaces are no addresses.

    Stricter than what a browser would fetch: an address in a script or in plain text counts too.
    """
    found = [match.group(0) for match in _WITH_SCHEME.finditer(page)]
    found += [match.group(1) for match in _WITHOUT_SCHEME.finditer(page)]
    return list(dict.fromkeys(address for address in found if not address.startswith(XML_NAMESPACES)))


def require_offline(page: str, name: str) -> None:
    """Raise OutsideAddressError when the page holds an outside address."""
    found = outside_addresses(page)
    if found:
        shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise OutsideAddressError(f"The page {name} would lead outside, which no page may: {shown}.")


def without_addresses(text: str) -> str:
    """The text with each outside address made plain words: the scheme and `www.` go, the rest can still be read.

    A loose `//host` in quotes becomes an empty data address, because a browser would complete it by itself.
    """

    def plain(match: re.Match[str]) -> str:
        address = match.group(0)
        if address.startswith(XML_NAMESPACES):
            return address
        return re.sub(r"^\w+:(?:\\?/){2}(?:www\.)?", "", address, flags=re.IGNORECASE)

    text = _WITH_SCHEME.sub(plain, text)
    return _WITHOUT_SCHEME.sub(lambda match: match.group(0).removesuffix(match.group(1)) + "data:,", text)
