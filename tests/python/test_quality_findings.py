"""Findings by day say what the faults say, and what is left out is counted once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.quality.evaluate import compare_with_planted
from data_layer.quality.fault import Fault
from data_layer.quality.faults import find_faults, history_half_hours, usable_half_hours
from data_layer.quality.findings import DAY_FINDINGS, day_findings, read_precedence
from data_layer.quality.gaps import find_gaps
from data_layer.warehouse.config import project_root
from savings_meters import office

PRECEDENCE = read_precedence(project_root())
METER = office("2024-01-01", "2024-06-30")


def findings_of(meter, faults):
    return day_findings(meter, faults, find_gaps(meter), PRECEDENCE)


def test_a_sound_meter_has_no_finding():
    meter = office()
    table = findings_of(meter, find_faults(meter))
    assert table.num_rows == 0 and table.schema == DAY_FINDINGS


def test_every_status_that_a_fault_may_have_is_in_the_dictionary():
    used = office().used_wh.copy()
    used[700, 5:9] = 0
    used[710:713] = 700
    used[720, 20] = 400_000
    used[730, 3] = -1
    used[740:745] = 0
    used[800:830] *= 10
    profiled = np.zeros_like(METER.is_read, shape=used.shape)
    profiled[750] = True
    actual = office().is_actual & ~profiled
    actual[760, :4] = False
    meter = replace(office(), used_wh=np.where(office().exists, used, 0), is_profiled=profiled, is_actual=actual)
    codes = {fault.reason_code for fault in find_faults(meter)}
    assert codes == {
        *("zero_run", "flat_line", "spike", "negative_reads", "dead_meter", "scale_break"),
        *("profiled_reads", "estimated_reads"),
    }
    assert codes <= PRECEDENCE.keys()
    rows = findings_of(meter, find_faults(meter)).to_pylist()
    ratios = {(row["status_code"], str(row["settlement_date"])): row["ratio"] for row in rows}
    assert ratios["scale_break", str(meter.dates[810])] == 10
    assert ratios["zero_run", str(meter.dates[700])] == Decimal("0.083333")
    assert ratios["spike", str(meter.dates[720])] > 5


@st.composite
def faults_of_any_shape(draw):
    """A few faults on random half-hours, some of them left in forecasts."""
    codes = draw(st.lists(st.sampled_from(sorted(PRECEDENCE.keys() - {"ok", "missing"})), max_size=4, unique=True))
    faults = []
    for code in codes:
        random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        where = METER.exists & (random.random(METER.exists.shape) < draw(st.sampled_from([0.001, 0.05, 1.0])))
        part = None if draw(st.booleans()) else where & (random.random(where.shape) < 0.5)
        faults.append(Fault(code, "Made up.", where, part))
    return faults


@settings(max_examples=60, deadline=None)
@given(faults_of_any_shape(), st.integers(0, 2**32 - 1))
def test_what_is_left_out_is_counted_once_and_no_day_of_it_is_without_a_finding(faults, seed):
    is_read = METER.is_read & (np.random.default_rng(seed).random(METER.is_read.shape) < 0.9)
    meter = replace(METER, is_read=is_read, is_actual=is_read, used_wh=np.where(is_read, METER.used_wh, 0))
    rows = findings_of(meter, faults).to_pylist()
    assert len({(row["settlement_date"], row["status_code"]) for row in rows}) == len(rows)
    usable, history = usable_half_hours(meter, faults), history_half_hours(meter, faults)
    by_day = {day: [row for row in rows if row["settlement_date"] == day] for day in meter.dates.tolist()}
    for index, day in enumerate(meter.dates.tolist()):
        of_day = by_day[day]
        left_out_wh = np.where(is_read[index] & ~usable[index], meter.used_wh[index], 0).sum()
        assert sum(row["sequenced_excluded_kwh"] for row in of_day) == Decimal(int(left_out_wh)) / 1000
        if (is_read[index] & ~usable[index]).any():
            assert any(row["is_left_out_of_savings"] for row in of_day)
        if (is_read[index] & ~history[index]).any():
            assert any(row["is_left_out_of_forecasts"] for row in of_day)
        assert all(0 < row["affected_half_hours"] <= meter.periods_in_day[index] for row in of_day)
    for fault in faults:
        of_fault = sum((row["excluded_kwh"] for row in rows if row["status_code"] == fault.reason_code), Decimal(0))
        assert of_fault == Decimal(int(np.where(fault.is_excluded, meter.used_wh, 0).sum())) / 1000


def test_nothing_is_said_of_days_after_a_meter_was_removed():
    meter = replace(METER, last_service_date=METER.dates[100], is_read=METER.is_read.copy())
    meter.is_read[101:] = False
    rows = findings_of(meter, [Fault("scale_break", "Made up.", meter.exists)]).to_pylist()
    assert max(row["settlement_date"] for row in rows) == METER.dates[100].astype(object)


def test_a_fault_is_found_when_its_status_is_on_its_days():
    planted = [
        {"truth_id": f"S{number}-{name}", "meter_id": f"m{number}", "note": "", **span}
        for number, (name, span) in enumerate(
            [
                ("dead-meter", {"from_date": "2025-01-01", "to_date": "2025-01-10"}),
                ("gas-unit-break", {"from_date": "2025-01-01", "to_date": "2025-01-10"}),
                ("metering-gap", {"from_date": "2025-01-01", "to_date": "2025-01-10"}),
                ("load-when-closed", {"from_date": "2025-01-01", "to_date": "2025-01-10"}),
            ]
        )
    ]
    found = [
        ("m0", "dead_meter", "2025-01-05", "2025-01-06", 2),
        ("m1", "scale_break", "2025-01-11", "2025-01-20", 10),
        ("m3", "zero_run", "2025-01-11", "2025-01-20", 10),
        ("m3", "estimated_reads", "2025-01-11", "2025-01-20", 10),
    ]
    outcome = compare_with_planted(planted, found)
    assert (outcome["planted"], outcome["found"]) == (3, 1)
    assert [row["truth_id"] for row in outcome["missed"]] == ["S1-gas-unit-break", "S2-metering-gap"]
    assert [(row["meter_id"], row["status_code"]) for row in outcome["false"]] == [("m3", "zero_run")]
