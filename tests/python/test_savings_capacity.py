"""Agreed capacity above need: the formula in whole numbers, and one test a guard."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from data_layer.savings.arrays import NOT_KNOWN
from data_layer.savings.detectors.capacity_above_need import detect, need_kva
from savings_meters import inputs_of, office


def with_peak(kw: float, kvar: float, day: str = "2024-07-03"):
    """An office with one half-hour of that demand."""
    meter = office()
    row = meter.day_index(np.datetime64(day).astype(object))
    used, reactive = meter.used_wh.copy(), meter.reactive_varh.copy()
    used[row, 24], reactive[row, 24] = int(kw * 500), int(kvar * 500)
    return replace(meter, used_wh=used, reactive_varh=reactive)


def reason(meter, is_usable=None):
    return detect(inputs_of(meter, is_usable)).refusal.reason_code


def test_need_is_a_tenth_above_demand_in_kva_rounded_up():
    # 30 kW and 40 kVAr are 50 kVA, so 55 kVA are needed and 45 of 100 are spare, at 5 pence a day.
    detection = detect(inputs_of(with_peak(30, 40)))
    assert detection.evidence["need_kva"] == 55
    assert detection.claimed_nano_gbp[-365:].tolist() == [45 * 50_000_000] * 365
    assert not detection.claimed_nano_gbp[:-365].any()


@pytest.mark.parametrize("peak_kva", [100, 10, 63.7, 0.1, 4_999.9])
def test_need_has_no_rounding_of_floats(peak_kva):
    va = round(peak_kva * 1000)
    assert need_kva(va * va) == math.ceil(round(va * 1.1 / 1000, 9))


def test_capacity_at_or_below_need_is_no_claim():
    detection = detect(inputs_of(with_peak(60, 80)))
    assert detection.refusal is None
    assert not detection.is_claim
    assert detection.sentence == ""


def test_each_day_counts_at_the_rate_and_capacity_then_in_force():
    meter = with_peak(30, 40)
    rate, agreed = meter.capacity_micro_gbp.copy(), meter.agreed_centi_kva.copy()
    rate[-100:], agreed[-10:] = 60_000, 80_00
    claimed = detect(inputs_of(replace(meter, capacity_micro_gbp=rate, agreed_centi_kva=agreed))).claimed_nano_gbp
    assert claimed.sum() == 265 * 45 * 50_000_000 + 90 * 45 * 60_000_000 + 10 * 25 * 60_000_000


def test_a_demand_older_than_24_months_does_not_count_and_an_estimate_does_not():
    assert detect(inputs_of(with_peak(90, 0, "2023-12-30"))).evidence["need_kva"] < 30
    meter = with_peak(90, 0)
    actual = meter.is_actual & (meter.used_wh < 40_000)
    assert detect(inputs_of(meter, actual)).evidence["need_kva"] < 30


def test_energy_claims_are_shown_and_do_not_raise_the_claim():
    meter = with_peak(30, 40)
    taken = np.where(meter.used_wh == 15_000, 10_000, 0)
    detection = detect(inputs_of(meter, allocated_wh=taken))
    assert detection.evidence["need_kva"] == 55
    assert detection.evidence["need_kva_after_energy_claims"] < 55
    assert (detection.claimed_nano_gbp == detect(inputs_of(meter)).claimed_nano_gbp).all()


def test_guard_no_capacity_contract():
    meter = office()
    agreed = meter.agreed_centi_kva.copy()
    agreed[-1] = NOT_KNOWN
    assert reason(replace(meter, agreed_centi_kva=agreed)) == "no_capacity_contract"


def test_guard_site_closed():
    meter = office()
    is_open = meter.is_site_open.copy()
    is_open[-30:] = False
    assert reason(replace(meter, is_site_open=is_open)) == "site_closed"


def test_guard_no_reactive_readings():
    meter = office()
    assert reason(replace(meter, is_reactive_read=np.zeros_like(meter.is_read))) == "no_reactive_readings"


def test_guard_hourly_readings():
    meter = office()
    used = meter.used_wh.copy()
    used[:, 1::2] = used[:, 0::2]
    assert reason(replace(meter, used_wh=used)) == "hourly_readings"


def test_guard_short_history():
    assert reason(office(first="2024-04-01")) == "short_history"
    meter = office()
    month, day = meter.dates.astype("datetime64[M]"), (meter.dates - meter.dates.astype("datetime64[M]")).astype(int)
    one, two = meter.is_actual.copy(), meter.is_actual.copy()
    one[(month == np.datetime64("2025-11")) & (day < 15)] = False
    two[np.isin(month, np.array(["2025-11", "2025-09"], dtype="datetime64[M]")) & (day < 15)] = False
    assert detect(inputs_of(meter, one)).refusal is None
    assert reason(meter, two) == "short_history"


def test_months_with_estimates_count_while_two_thirds_are_actual():
    meter = office()
    usable = meter.is_actual.copy()
    usable[::5] = False
    assert detect(inputs_of(meter, usable)).refusal is None
    usable[::2] = False
    assert reason(meter, usable) == "short_history"


def test_guard_winter_missing(monkeypatch):
    monkeypatch.setattr("data_layer.savings.detectors.capacity_above_need.COMPLETE_MONTHS", 20)
    meter = office()
    usable = meter.is_actual.copy()
    usable[(meter.dates >= np.datetime64("2024-01-01")) & (meter.dates < np.datetime64("2024-03-01"))] = False
    assert reason(meter, usable) == "winter_missing"
