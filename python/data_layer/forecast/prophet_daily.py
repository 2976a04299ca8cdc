"""One metering point's daily forecast with Prophet: arrays in, arrays out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from data_layer.forecast.stan_input import fast_stan_input

MODEL_ID = "prophet_daily_v1"
INTERVAL_PCT = 80
UNCERTAINTY_SAMPLES = 300
HORIZON_DAYS = 365
LEAST_READ_DAYS = 180
# A fifth of Prophet's default: a year ahead, a stiff trend missed less on sample meters that it had not seen.
CHANGEPOINT_PRIOR_SCALE = 0.01


@dataclass(frozen=True)
class MeterHistory:
    """What one fit needs; the future days follow the last history day without a gap.

    dates          datetime64[D] (n + horizon,)
    consumption_kwh  float (n + horizon,): NaN on days that are not read, estimated or faulty, and in the future
    heating_c, cooling_c  float (n + horizon,): degree days, in the future their normals; None without weather
    holidays       {name: datetime64[D] (k,)}
    has_trend      False for gas: a trend fitted between winters runs away in the year ahead
    """

    meter_id: str
    dates: np.ndarray
    consumption_kwh: np.ndarray
    heating_c: np.ndarray | None
    cooling_c: np.ndarray | None
    holidays: dict[str, np.ndarray]
    has_trend: bool = True


@dataclass(frozen=True)
class MeterForecast:
    """Daily forecast of one metering point, kWh, all (horizon,); never negative.

    lower and upper are the ends of Prophet's own 80 % interval of a single day: tried on real meters it held 56 % of
    days, and a year's sum must not be read from it.
    """

    meter_id: str
    dates: np.ndarray
    predicted_kwh: np.ndarray
    lower_kwh: np.ndarray
    upper_kwh: np.ndarray


def seed_of(meter_id: str) -> int:
    """A seed of 31 bits that belongs to the metering point, so that no result depends on which process made it."""
    return int.from_bytes(hashlib.sha256(meter_id.encode()).digest()[:4], "big") >> 1


def refusal(history: MeterHistory, horizon_days: int = HORIZON_DAYS) -> str | None:
    """Why a metering point cannot be forecast, in plain words; None when it can."""
    past = history.consumption_kwh[:-horizon_days]
    read = ~np.isnan(past)
    if read.sum() < LEAST_READ_DAYS:
        return f"Only {read.sum()} whole days of actual readings outside faults; {LEAST_READ_DAYS} are needed."
    if not (past[read] > 0).any():
        return "Every reading is zero."
    last_read = int(np.flatnonzero(read)[-1])
    silent = len(past) - 1 - last_read
    if silent > 60:
        return f"No usable reading in the last {silent} days, so its present level is not known; 60 are allowed."
    return None


def fit_and_predict(history: MeterHistory, horizon_days: int = HORIZON_DAYS) -> MeterForecast:
    """Fit Prophet on the history and forecast the days after it.

    A stiff trend (none for gas), week and (from two years of history) year; bank holidays; heating and cooling degree
    days as regressors.
    L-BFGS, 300 uncertainty samples, the seed from the metering point: the same input gives the same output to the bit.
    """
    import pandas as pd

    from data_layer.forecast.prophet_import import Prophet

    seed = seed_of(history.meter_id)
    frame = pd.DataFrame({"ds": pd.to_datetime(history.dates), "y": history.consumption_kwh})
    names = []
    if history.heating_c is not None and history.cooling_c is not None:
        frame["heating_c"], frame["cooling_c"] = history.heating_c, history.cooling_c
        names = ["heating_c", "cooling_c"]
    days = [(name, day) for name, dates in history.holidays.items() for day in dates]
    holidays = pd.DataFrame({"holiday": [name for name, _ in days], "ds": pd.to_datetime([day for _, day in days])})
    model = Prophet(
        uncertainty_samples=UNCERTAINTY_SAMPLES,
        interval_width=INTERVAL_PCT / 100,
        holidays=holidays if days else None,
        daily_seasonality=False,
        growth="linear" if history.has_trend else "flat",
        changepoint_prior_scale=CHANGEPOINT_PRIOR_SCALE,
    )
    past = frame.iloc[:-horizon_days].dropna()
    for name in names:
        # A regressor that hardly ever moves (no warm day in the history) would be a second intercept.
        if (past[name] > 0).sum() >= 20:
            model.add_regressor(name)
    with fast_stan_input():
        model.fit(past, algorithm="LBFGS" if len(past) >= 100 else "Newton", seed=seed)
    np.random.seed(seed)  # Prophet draws from numpy's global generator
    future = frame.iloc[-horizon_days:].drop(columns="y")
    predicted = model.predict(future)
    if model.stan_backend is not None:
        model.stan_backend.cleanup()
    values = predicted[["yhat", "yhat_lower", "yhat_upper"]].to_numpy()
    values = np.maximum(values, 0)
    return MeterForecast(
        meter_id=history.meter_id,
        dates=history.dates[-horizon_days:],
        predicted_kwh=values[:, 0],
        lower_kwh=np.minimum(values[:, 1], values[:, 0]),
        upper_kwh=np.maximum(values[:, 2], values[:, 0]),
    )
