"""A headless Chromium for the tests of pages, where one is installed."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
_AS_ROOT = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


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

    @contextmanager
    def visit(self, page: str, width: int = 1280, height: int = 900) -> Iterator[Visit]:
        """The page open in a window of this width, to type and look: a phone is as narrow as it is."""
        profile = self.folder / "visit"
        read_here, write_there = os.pipe()
        read_there, write_here = os.pipe()
        # The browser reads commands from descriptor 3 and answers on 4.
        start = (
            f"import os, sys; os.dup2({read_there}, 3); os.dup2({write_there}, 4); os.execv(sys.argv[1], sys.argv[1:])"
        )
        options = [*QUIET, *_AS_ROOT, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        process = subprocess.Popen(
            [sys.executable, "-c", start, self.path, *options],
            pass_fds=(read_there, write_there),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        try:
            with os.fdopen(read_here, "rb") as answers, os.fdopen(write_here, "wb") as commands:
                visit = Visit(commands, answers)
                visit.open(page, width, height)
                yield visit
                visit.close()
            process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(profile, ignore_errors=True)

    def _run(self, page: str, width: int, height: int, *options: str) -> subprocess.CompletedProcess[str]:
        profile = self.folder / "profile"
        try:
            return subprocess.run(
                [
                    self.path,
                    *QUIET,
                    *_AS_ROOT,
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


class Visit:
    """One open page, spoken to by the browser's own protocol. Errors of the page are kept in `errors`."""

    def __init__(self, commands: Any, answers: Any):
        self._commands, self._answers = commands, answers
        self._last = 0
        self._session: str | None = None
        self.errors: list[str] = []
        self.requests: list[str] = []

    def open(self, page: str, width: int, height: int) -> None:
        """Go to the page and wait until it has loaded."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        self._call("Page.navigate", url=page)
        self.wait_for("document.readyState === 'complete'")

    def close(self) -> None:
        """End the browser."""
        self._session = None
        self._call("Browser.close")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to on the page."""
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until the expression is true; an assertion fails when it never is."""
        for _ in range(400):
            if self.value(expression):
                return
            # An answer that comes with the next frame: the browser is never asked without a pause.
            self._call("Runtime.evaluate", expression="new Promise((done) => setTimeout(done, 25))", awaitPromise=True)
        raise AssertionError(f"never true: {expression}")

    def press(self, key: str, times: int = 1) -> None:
        """Press a key such as Tab or Enter, as a person would."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                known = {"key": key, "code": key, "windowsVirtualKeyCode": code}
                self._call("Input.dispatchKeyEvent", type=kind, **known, **(text if kind == "keyDown" else {}))

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self._call("Input.insertText", text=text)

    def pdf(self) -> bytes:
        """The page as it prints."""
        return base64.b64decode(self._call("Page.printToPDF", preferCSSPageSize=True)["data"])

    def text_without_scripts(self) -> str:
        """The page's text as a reader has it whose browser runs no script."""
        self._call("Emulation.setScriptExecutionDisabled", value=True)
        self._call("Page.reload")
        self._call("DOM.enable")
        for _ in range(50):
            root = self._call("DOM.getDocument")["root"]["nodeId"]
            html = self._call("DOM.getOuterHTML", nodeId=root)["outerHTML"]
            if "</html>" in html and "<footer" in html:
                return html
        raise AssertionError("the page did not load")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self._last:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def _next(self) -> bytes:
        parts = []
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has ended"
            parts.append(byte)
        return b"".join(parts)

    def _note(self, event: dict[str, Any]) -> None:
        detail = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(detail["exceptionDetails"]))
        elif event.get("method") == "Log.entryAdded" and detail["entry"]["level"] == "error":
            self.errors.append(detail["entry"]["text"])
        elif event.get("method") == "Network.requestWillBeSent":
            self.requests.append(detail["request"]["url"])


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
