"""Runs fits in as many processes as there are cores, one thread each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from data_layer.forecast.history import read_history
from data_layer.forecast.prophet_daily import MeterForecast, fit_and_predict

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "STAN_NUM_THREADS",
)


def forecast_in_parallel(
    path: Path, meter_ids: Sequence[str], workers: int | None = None
) -> Iterator[tuple[str, MeterForecast | str]]:
    """Fit each row group of a history file; yields (meter_id, forecast or the reason why the fit failed) in order.

    workers  processes; default one a core. Each reads its histories from the file and sends arrays back: none of them
    opens the warehouse, which has one writer.
    """
    count = max(1, min(workers or os.cpu_count() or 1, len(meter_ids)))
    tasks = [(str(path), row, meter_id) for row, meter_id in enumerate(meter_ids)]
    with _one_thread_each():
        context = multiprocessing.get_context("forkserver")
        # The server imports Prophet once; each worker is a copy of it.
        context.set_forkserver_preload(["data_layer.forecast.prophet_import", __name__])
        with ProcessPoolExecutor(count, mp_context=context) as pool:
            yield from zip(meter_ids, pool.map(_fit, tasks), strict=True)


def _fit(task: tuple[str, int, str]) -> MeterForecast | str:
    path, row_group, meter_id = task
    try:
        return fit_and_predict(read_history(path, row_group, meter_id))
    except (RuntimeError, ValueError) as error:
        return f"The fit failed: {str(error).splitlines()[0] if str(error) else type(error).__name__}"


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
