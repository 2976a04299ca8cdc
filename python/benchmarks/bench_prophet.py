"""What the orjson writer of Stan's input saves in a fit, against the library's own in the same run.

Interleaved, five repeats, medians of wall and CPU time (of this process and of cmdstan's) for a metering point with
three years of daily readings, 365 days ahead. Run: python python/benchmarks/bench_prophet.py [repeats]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
import stanio

from data_layer.forecast.prophet_daily import MeterHistory, fit_and_predict
from data_layer.forecast.stan_input import write_stan_json

DAYS, AHEAD = 1096, 365


def history() -> MeterHistory:
    """A made-up office meter: week, weather and bank holidays."""
    random = np.random.default_rng(1)
    dates = np.datetime64("2023-01-01") + np.arange(DAYS + AHEAD)
    temperature = 10 + 7 * np.sin((np.arange(len(dates)) - 110) / 365.25 * 2 * np.pi) + random.normal(0, 2, len(dates))
    heating, cooling = np.maximum(15.5 - temperature, 0), np.maximum(temperature - 15.5, 0)
    is_weekday = (dates.astype(int) + 3) % 7 < 5
    kwh = 300 * (1 + 0.2 * is_weekday + random.normal(0, 0.05, len(dates))) + 5 * heating
    kwh[DAYS:] = np.nan
    holidays = {"christmas_day": np.array([f"{year}-12-25" for year in range(2023, 2027)], dtype="datetime64[D]")}
    return MeterHistory("bench", dates, kwh, heating, cooling, holidays)


def stan_input() -> dict:
    """Variables of the size that Prophet hands to cmdstan for three years."""
    random = np.random.default_rng(2)
    return {"T": DAYS, "K": 30, "y": random.random(DAYS).tolist(), "X": random.random((DAYS, 30)).tolist()}


def timed(call) -> tuple[float, float]:
    """Seconds of wall and of CPU, children included."""
    before, started = os.times(), time.perf_counter()
    call()
    wall, after = time.perf_counter() - started, os.times()
    return wall, sum(after[:4]) - sum(before[:4])


def compare(fast, stock, repeats: int) -> dict[str, float]:
    """Medians of both, taken in turns, and the ratio of the medians of wall time."""
    times: dict[str, list[tuple[float, float]]] = {"orjson": [], "library": []}
    for _ in range(repeats):
        times["orjson"].append(timed(fast))
        times["library"].append(timed(stock))
    found = {
        f"{name}_{kind}_s": round(median(pair[index] for pair in pairs), 4)
        for name, pairs in times.items()
        for index, kind in enumerate(("wall", "cpu"))
    }
    return found | {"library_over_orjson_wall": round(found["library_wall_s"] / found["orjson_wall_s"], 2)}


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    meter, data = history(), stan_input()
    fit_and_predict(meter)  # imports and the first start of cmdstan are not what is measured

    def stock_fit() -> None:
        with patch("data_layer.forecast.prophet_daily.fast_stan_input", nullcontext):
            fit_and_predict(meter)

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "input.json")
        result = {
            "write_input": compare(
                lambda: write_stan_json(path, data), lambda: stanio.write_stan_json(path, data), repeats
            ),
            "fit_and_predict_a_meter": compare(lambda: fit_and_predict(meter), stock_fit, repeats),
        }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
