"""Progress on the terminal for anything that takes over two seconds; silence where nobody watches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Advance = Callable[..., None]
"""Called with what is done and how much there is in all; anything after that is a name to show."""

QUIET_SECONDS = 2.0


class Reporter:
    """Says what is going on. `console` is standard error, so that standard output holds only results."""

    def __init__(self, quiet: bool = False):
        self.quiet = quiet
        self.console = Console(stderr=True, quiet=quiet, highlight=False)

    def say(self, text: str) -> None:
        """One line for the person who started the command."""
        self.console.print(text, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Advance]:
        """A named piece of work; yields the function that moves its bar. The bar appears after two seconds."""
        started = time.monotonic()
        bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}" if self.console.is_terminal else ""),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=self.quiet or not self.console.is_terminal,
        )
        task = bar.add_task(title, total=1, completed=0)

        def advance(done: float, total: float, *name: object) -> None:
            bar.update(task, completed=done, total=max(total, 1), description=" ".join([title, *map(str, name)])[:60])

        # A clock starts the bar, not the first advance: work that cannot say how far it is shows life too.
        appear = threading.Timer(QUIET_SECONDS, bar.start)
        appear.daemon = True
        appear.start()
        try:
            yield advance
        finally:
            appear.cancel()
            bar.stop()
        self.say(f"{title} [dim]{time.monotonic() - started:.1f} s[/dim]")
