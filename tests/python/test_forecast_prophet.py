"""The daily forecast of one metering point, and the parallel run of many."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import stanio
from cmdstanpy.utils import filesystem

from data_layer.forecast.history import read_history, write_histories
from data_layer.forecast.prophet_daily import MeterHistory, fit_and_predict, refusal, seed_of
from data_layer.forecast.stan_input import fast_stan_input, write_stan_json
from data_layer.forecast.workers import forecast_in_parallel

DAYS, AHEAD = 730, 365


def history(name: str = "m1", level: float = 300.0, seed: int = 1) -> MeterHistory:
    """Two years: weekends lower, cold days higher, Christmas Day nearly off."""
    random = np.random.default_rng(seed)
    dates = np.datetime64("2024-01-01") + np.arange(DAYS + AHEAD)
    temperature = 10 + 7 * np.sin((np.arange(len(dates)) - 110) / 365.25 * 2 * np.pi) + random.normal(0, 2, len(dates))
    heating, cooling = np.maximum(15.5 - temperature, 0), np.maximum(temperature - 15.5, 0)
    kwh = (
        level
        + 0.2 * level * ((dates.astype(int) + 3) % 7 < 5)
        + 5 * heating
        + random.normal(0, 0.03 * level, len(dates))
    )
    christmas = np.array(["2024-12-25", "2025-12-25", "2026-12-25"], dtype="datetime64[D]")
    kwh[np.isin(dates, christmas)] *= 0.3
    kwh[DAYS:] = np.nan
    return MeterHistory(name, dates, np.maximum(kwh, 0), heating, cooling, {"christmas_day": christmas})


@pytest.fixture(scope="module")
def forecast():
    return fit_and_predict(history())


def test_forecast_has_365_days_of_ordered_kwh(forecast):
    assert forecast.dates[0] == np.datetime64("2024-01-01") + DAYS
    assert len(forecast.dates) == AHEAD
    assert (forecast.lower_kwh >= 0).all()
    assert (forecast.lower_kwh <= forecast.predicted_kwh).all()
    assert (forecast.predicted_kwh <= forecast.upper_kwh).all()


def test_forecast_knows_week_cold_and_christmas(forecast):
    weekday = (forecast.dates.astype(int) + 3) % 7 < 5
    christmas = forecast.dates == np.datetime64("2026-12-25")
    assert forecast.predicted_kwh[weekday & ~christmas].mean() > forecast.predicted_kwh[~weekday].mean() + 40
    assert forecast.predicted_kwh[christmas][0] < 0.6 * forecast.predicted_kwh.mean()
    month = forecast.dates.astype("datetime64[M]").astype(int) % 12
    assert forecast.predicted_kwh[month == 0].mean() > forecast.predicted_kwh[month == 6].mean() + 20


def test_forecast_of_a_falling_meter_is_never_negative():
    falling = history(level=5.0)
    kwh = falling.consumption_kwh.copy()
    kwh[:DAYS] = np.maximum(kwh[:DAYS] * np.linspace(2, 0.01, DAYS), 0)
    forecast = fit_and_predict(replace(falling, consumption_kwh=kwh))
    assert forecast.predicted_kwh.min() == 0
    assert forecast.lower_kwh.min() == 0


def test_a_forecast_without_trend_keeps_the_level_of_the_history():
    rising = history()
    kwh = rising.consumption_kwh * np.linspace(1, 2, DAYS + AHEAD)
    with_trend, without = (
        fit_and_predict(replace(rising, consumption_kwh=kwh, has_trend=trend)).predicted_kwh.mean()
        for trend in (True, False)
    )
    assert without < np.nanmean(kwh) * 1.1 < with_trend


def test_same_input_gives_the_same_output_in_any_process(forecast, tmp_path):
    histories = [history(), history("m2", 50.0, 2), history("m3", 900.0, 3)]
    path = tmp_path / "histories.parquet"
    write_histories(histories, path)
    found = dict(forecast_in_parallel(path, ["m1", "m2", "m3"], workers=2))
    for name in ("predicted_kwh", "lower_kwh", "upper_kwh"):
        assert (getattr(found["m1"], name) == getattr(forecast, name)).all()
    assert found["m2"].predicted_kwh.mean() < found["m1"].predicted_kwh.mean() < found["m3"].predicted_kwh.mean()


def test_history_survives_the_file(tmp_path):
    path = tmp_path / "histories.parquet"
    before = history("m2")
    write_histories(
        [history(), before, replace(before, heating_c=None, cooling_c=None, holidays={}, has_trend=False)], path
    )
    after = read_history(str(path), 1, "m2")
    np.testing.assert_array_equal(after.consumption_kwh, before.consumption_kwh)
    np.testing.assert_array_equal(after.heating_c, before.heating_c)
    assert (after.holidays["christmas_day"] == before.holidays["christmas_day"]).all()
    assert after.has_trend
    bare = read_history(str(path), 2, "m2")
    assert bare.heating_c is None
    assert not bare.has_trend


def test_seed_belongs_to_the_metering_point():
    assert seed_of("1000000000001") == seed_of("1000000000001") != seed_of("1000000000002")
    assert 0 <= seed_of("m") < 2**31


def only(days: np.ndarray) -> str | None:
    base = history()
    kwh = np.where(np.concatenate([days, np.zeros(AHEAD, dtype=bool)]), base.consumption_kwh, np.nan)
    return refusal(replace(base, consumption_kwh=kwh))


def test_too_little_data_is_refused_with_the_reason():
    day = np.arange(DAYS)
    assert only(day >= 0) is None
    assert only(day >= DAYS - 180) is None
    assert "Only 179 whole days" in only(day >= DAYS - 179)
    assert "last 90 days" in only(day < DAYS - 90)
    assert refusal(replace(history(), consumption_kwh=np.zeros(DAYS + AHEAD))) == "Every reading is zero."


def test_a_fit_that_fails_is_a_reason_not_a_crash(tmp_path):
    path = tmp_path / "histories.parquet"
    broken = history("m2")
    kwh = broken.consumption_kwh.copy()
    kwh[5] = np.inf
    write_histories([history(), replace(broken, consumption_kwh=kwh)], path)
    found = dict(forecast_in_parallel(path, ["m1", "m2"], workers=1))
    assert found["m2"].startswith("The fit failed")
    assert len(found["m1"].predicted_kwh) == AHEAD


def test_parameters_are_the_same_to_the_bit_with_either_writer(monkeypatch):
    """The writer in use is the library's unless orjson's digits read back as the same doubles."""
    from data_layer.forecast.prophet_import import Prophet

    seen = []
    fit = Prophet.fit

    def keep(model, *args, **kwargs):
        seen.append(fit(model, *args, **kwargs))
        return model

    monkeypatch.setattr(Prophet, "fit", keep)
    fast = fit_and_predict(history())
    monkeypatch.setattr("data_layer.forecast.prophet_daily.fast_stan_input", nullcontext)
    slow = fit_and_predict(history())
    for name, values in seen[0].params.items():
        assert values.tobytes() == seen[1].params[name].tobytes(), name
    assert fast.predicted_kwh.tobytes() == slow.predicted_kwh.tobytes()


def test_both_writers_write_the_same_numbers(tmp_path):
    import json

    data = {"T": 3, "y": [0.1, 1 / 3, 1e-320], "X": np.array([[1.5, 2.0], [np.pi, 1e300]]), "tau": 0.05}
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    write_stan_json(str(ours), data)
    stanio.write_stan_json(str(theirs), data)
    assert json.loads(ours.read_text()) == json.loads(theirs.read_text())


def test_what_orjson_cannot_write_goes_to_the_library(tmp_path):
    path = tmp_path / "data.json"
    write_stan_json(str(path), {"y": [1.0, float("inf")]})
    assert "inf" in path.read_text().lower()


def test_writer_is_put_back_and_a_changed_library_only_makes_it_slower(monkeypatch):
    before = filesystem.write_stan_json
    with fast_stan_input() as is_fast:
        assert is_fast
        assert filesystem.write_stan_json is write_stan_json
    assert filesystem.write_stan_json is before
    monkeypatch.delattr(filesystem, "write_stan_json")
    with fast_stan_input() as is_fast:
        assert not is_fast
