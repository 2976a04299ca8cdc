"""What the benchmarks share: wall and CPU seconds of runs taken in turns, memory, dbt's time in SQL, and the table."""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Seconds:
    """What a run took. `cpu` counts all threads, and the PostgreSQL server's processes where it is asked for."""

    wall: float
    cpu: float

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


CpuClock = Callable[[], float]
"""CPU seconds so far. Reading it may take milliseconds, so it is read outside of the wall time."""


def server_cpu(backend_pid: int) -> CpuClock:
    """CPU of the local PostgreSQL server whose process `backend_pid` is, with its processes that have ended."""
    postmaster = psutil.Process(backend_pid).parent()

    def now() -> float:
        own = postmaster.cpu_times()
        cpu = own.children_user + own.children_system
        for child in postmaster.children():
            try:
                times = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            cpu += times.user + times.system
        return cpu

    return now


class Stopwatch:
    """Started when it is made."""

    def __init__(self, cpu_clock: CpuClock = time.process_time):
        self._cpu_clock = cpu_clock
        self._cpu = cpu_clock()
        self._wall = time.perf_counter()

    def stop(self) -> Seconds:
        """Seconds since the start."""
        wall = time.perf_counter() - self._wall
        return Seconds(wall, self._cpu_clock() - self._cpu)


def timed(work: Callable[[], object], cpu_clock: CpuClock = time.process_time) -> Seconds:
    """Seconds of one run."""
    watch = Stopwatch(cpu_clock)
    work()
    return watch.stop()


def medians(runs: dict[str, Callable[[], Seconds]], repeats: int) -> dict[str, Seconds]:
    """Median seconds of each run, taken in turns, so that a busy minute falls on all."""
    found: dict[str, list[Seconds]] = defaultdict(list)
    for _ in range(repeats):
        for name, run in runs.items():
            found[name].append(run())
    return {name: median(each) for name, each in found.items()}


def median(seconds: list[Seconds]) -> Seconds:
    """Medians of wall and of CPU, each on its own."""
    return Seconds(statistics.median(each.wall for each in seconds), statistics.median(each.cpu for each in seconds))


@contextmanager
def peak_memory(every_seconds: float = 0.05) -> Iterator[list[int]]:
    """Largest resident memory of this process and its children meanwhile, in bytes, as the list's one element."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        process = psutil.Process()
        while not done.is_set():
            total = 0
            for each in (process, *process.children(recursive=True)):
                try:
                    total += each.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], total)
            done.wait(every_seconds)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


class SqlTimingSession(DbtSession):
    """dbt held resident, as the product runs it, which also tells what each model's SQL took."""

    def __init__(self, config: WarehouseConfig, cpu_clock: CpuClock = time.process_time):
        super().__init__(config, progress=lambda *_: None)
        self.cpu_clock = cpu_clock
        self._started: dict[str, Stopwatch] = {}
        self._seconds: dict[str, Seconds] = {}

    def build_up_to(self, model: str) -> dict[str, Seconds]:
        """Seeds and models up to this one, without tests; seconds of SQL by node."""
        return self._timed(["build", "--select", f"+{model}", "--exclude-resource-type", "test", "unit_test"])

    def run_models(self, *models: str, full_refresh: bool = False) -> dict[str, Seconds]:
        """Run the models without their tests; seconds from each statement's start to its end, added up by model."""
        return self._timed(["run", "--select", *models, *(["--full-refresh"] if full_refresh else [])])

    def _timed(self, arguments: list[str]) -> dict[str, Seconds]:
        self._seconds = {}
        # Raises DbtError when a model fails.
        self._report(self._invoke(arguments, self.manifest))
        return self._seconds

    def compiled(self, *models: str) -> dict[str, str]:
        """SQL of the models as a full refresh runs it."""
        outcome = self._invoke(["compile", "--full-refresh", "--select", *models], self.manifest)
        return {
            result.node.name: result.node.compiled_code
            for result in outcome.result.results
            if result.node.resource_type == "model"
        }

    def _follow(self) -> Callable[[object], None]:
        def follow(event) -> None:
            if event.info.name == "SQLQuery":
                self._started[event.info.thread] = Stopwatch(self.cpu_clock)
            elif event.info.name == "SQLQueryStatus":
                seconds = self._started.pop(event.info.thread).stop()
                name = event.data.node_info.node_name
                self._seconds[name] = self._seconds.get(name, Seconds(0, 0)) + seconds

        return follow


def bench_warehouse(folder: Path, target: str, name: str) -> WarehouseConfig:
    """A warehouse that nothing else uses: all its files in the folder, its PostgreSQL schemas named after `name`."""
    return replace(
        WarehouseConfig.resolve(landing=folder / "landing", target=target),
        duckdb_path=folder / "warehouse" / "bench.duckdb",
        state_dir=folder / "warehouse" / "state",
        dbt_target_path=folder / "target",
        schema_prefix=f"{name}_" if target == "postgres" else "",
    )


def drop_schemas(config: WarehouseConfig) -> None:
    """Leave nothing of a benchmark on the PostgreSQL."""
    if config.target != "postgres":
        return
    with open_warehouse(config) as warehouse:
        names = warehouse.fetch_rows(
            "select nspname::text from pg_namespace where starts_with(nspname::text, ?)", [config.schema_prefix]
        )
        for (name,) in names:
            warehouse.execute(f"drop schema {name} cascade")


@dataclass(frozen=True)
class Line:
    """A line of a benchmark's table.

    ratio  of the two figures, whichever way round the goal puts it
    goal   such as '<= 1.25' or '>= 3'; without a number the figure is only shown
    """

    what: str
    ours: str
    peer: str
    ratio: float | None
    goal: str = ""

    @property
    def is_met(self) -> bool | None:
        sign, _, bound = self.goal.partition(" ")
        if not bound or self.ratio is None:
            return None
        return self.ratio <= float(bound) if sign == "<=" else self.ratio >= float(bound)


def seconds_lines(what: str, ours: Seconds, peer: Seconds, goal: str) -> list[Line]:
    """Two lines: wall, for which the goal holds, and CPU.

    goal  '<= 1.3' compares ours with the peer, '>= 3' the peer with ours; a sign alone is no goal
    """
    is_ours_over_peer = goal.startswith("<=")

    def ratio(ours: float, peer: float) -> float | None:
        above, below = (ours, peer) if is_ours_over_peer else (peer, ours)
        return round(above / below, 2) if below else None

    return [
        Line(what, f"{ours.wall:.3f} s", f"{peer.wall:.3f} s", ratio(ours.wall, peer.wall), goal),
        Line("  CPU", f"{ours.cpu:.3f} s", f"{peer.cpu:.3f} s", ratio(ours.cpu, peer.cpu)),
    ]


def print_table(title: str, lines: list[Line]) -> None:
    """The table on standard output, with the load average that it was measured under."""
    rows = [("what", "ours", "peer", "ratio", "goal", "met")]
    for line in lines:
        met = {True: "yes", False: "NO", None: ""}[line.is_met]
        rows.append(
            (
                line.what,
                line.ours,
                line.peer,
                "" if line.ratio is None else f"{line.ratio:.3g}",
                line.goal if met else "",
                met,
            )
        )
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    text = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    sys.stdout.write(f"\n{title}\n(load average {load})\n{text}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """A line of progress on standard error, so that the tables can be kept alone."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()
