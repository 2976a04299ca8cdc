"""A headless Chromium for the tests of pages, where one is installed."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium looks for its own news even when told not to.
OWN_HOSTS = {"clients2.google.com", "update.googleapis.com", "accounts.google.com"}
QUIET = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    # Whatever a page might ask for is refused, and said so in the log.
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


def find_browser() -> str | None:
    """Path of a Chromium, None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """Opens files. Every call starts a browser of its own with an empty profile under `folder`."""

    def __init__(self, path: str, folder: Path):
        self.path = path
        self.folder = folder

    def console(self, page: str, width: int = 1280) -> list[str]:
        """What the page wrote to the console, errors of loading included; a line each."""
        log = self._run(page, width, 900, "--enable-logging=stderr", "--v=0", "--dump-dom").stderr
        return re.findall(r"CONSOLE[:(]\d+\)?\]\s*(.*)", log)

    def dom(self, page: str, width: int = 1280) -> str:
        """The page's HTML after its scripts ran."""
        return self._run(page, width, 900, "--dump-dom").stdout

    def requests(self, page: str) -> list[str]:
        """Addresses on a network that the page asked for; what the browser asks for by itself is left out."""
        log = self.folder / "requests.json"
        self._run(page, 1280, 900, f"--log-net-log={log}", "--dump-dom")
        asked = re.findall(r'"url":"((?:https?|wss?)://([^/"]*)[^"]*)"', log.read_text(encoding="utf-8"))
        return sorted({address for address, host in asked if host not in OWN_HOSTS})

    def screenshot(self, page: str, width: int, height: int) -> tuple[int, int, set[bytes]]:
        """Width and height of a picture of the page, and the set of its rows of pixels."""
        picture = self.folder / "page.png"
        self._run(page, width, height, f"--screenshot={picture}")
        return read_png(picture.read_bytes())

    def _run(self, page: str, width: int, height: int, *options: str) -> subprocess.CompletedProcess[str]:
        profile = self.folder / "profile"
        as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        try:
            return subprocess.run(
                [
                    self.path,
                    *QUIET,
                    *as_root,
                    f"--user-data-dir={profile}",
                    f"--window-size={width},{height}",
                    "--virtual-time-budget=8000",
                    *options,
                    page,
                ],
                capture_output=True,
                text=True,
                timeout=120,
                check=True,
            )
        finally:
            shutil.rmtree(profile, ignore_errors=True)


def read_png(data: bytes) -> tuple[int, int, set[bytes]]:
    """Width, height and the distinct rows (as filtered bytes) of a PNG: a blank picture has hardly any."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    compressed, place = b"", 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            compressed += data[place + 8 : place + 8 + length]
        place += 12 + length
    raw = zlib.decompress(compressed)
    size = len(raw) // height
    return width, height, {raw[row * size : (row + 1) * size] for row in range(height)}
