"""The run of one metering point and of an estate: rows, faults, prices, and one sum for the headline."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow.parquet as pq
import pytest

from data_layer.landing.raw_tables import create_raw_tables
from data_layer.savings import detect
from data_layer.savings.arrays import Period
from data_layer.savings.prices import NO_PRICE
from data_layer.savings.registry import find_detectors
from data_layer.warehouse.connection import open_warehouse
from savings_meters import office, with_waste

PERIOD = Period(as_of_date=date(2025, 12, 31), start_date=date(2025, 1, 1))


def wasteful(meter_id: str, kw: float = 1.5, seed: int = 1):
    meter, _ = with_waste(office(seed=seed), kw, "2025-02-01")
    return replace(meter, meter_id=meter_id)


def judge(meter):
    return detect.judge_meter(meter, PERIOD, find_detectors())


def total(rows, name):
    return sum((row[name] for row in rows), Decimal(0))


def test_a_submeter_claims_nothing_since_its_energy_is_counted_above_it():
    alone = judge(wasteful("E1"))
    below = judge(replace(wasteful("E1"), is_submeter=True))
    assert [one.detector.card.claims for one in alone.candidates].count("energy") == 1
    assert not [one for one in below.candidates if one.detector.card.claims == "energy"]
    assert "submeter" in {row["reason_code"] for row in below.exclusions}
    assert not below.placebo


class Estate:
    """Stands for EstateReader: metering points made here instead of read from marts."""

    given: tuple = ()

    def __init__(self, warehouse):
        self.period = PERIOD
        self.meter_ids = [meter.meter_id for meter in self.given]

    def meters(self):
        return iter(self.given)


@pytest.fixture
def run(monkeypatch, warehouse_config):
    """Function that runs detection on given metering points and returns the report and the stored tables."""
    with open_warehouse(warehouse_config) as warehouse:
        create_raw_tables(warehouse)
    monkeypatch.setattr(detect, "EstateReader", Estate)
    monkeypatch.setattr(detect, "judge_all_bills", lambda warehouse, detectors: iter(()))
    monkeypatch.setattr(detect, "_blended_rates", lambda warehouse, period: {"m1": Decimal("0.30")})

    def on(*meters):
        monkeypatch.setattr(Estate, "given", meters)
        report = detect.detect_savings(warehouse_config)
        with open_warehouse(warehouse_config) as warehouse:
            tables = {
                name: warehouse.fetch_arrow(f"select * from {warehouse.schema('raw_savings')}.{name}").to_pylist()
                for name in ("claims", "candidates", "exclusions")
            }
        return report, tables

    return on


def test_headline_is_the_sum_of_the_rows(run):
    report, tables = run(wasteful("m1"), wasteful("m2", 1.0, 2), wasteful("m3", 2.0, 3))
    assert report.candidates == len(tables["candidates"]) >= 3
    assert total(tables["candidates"], "cautious_gbp") == report.cautious_gbp > 0
    assert total(tables["claims"], "sequenced_gbp") == report.sequenced_gbp
    assert {row["settlement_date"] >= PERIOD.start_date for row in tables["claims"]} == {True}
    assert all(json.loads(row["evidence"]) for row in tables["candidates"])


def test_without_years_to_learn_from_only_what_is_recomputed_counts(run):
    report, tables = run(wasteful("m1"), wasteful("m2", 1.0, 2))
    counted = {
        name: [row["cautious_gbp"] for row in tables["candidates"] if row["evidence_class"] == name] for name in "AB"
    }
    assert min(counted["A"]) > 0
    assert counted["B"] == [0, 0]
    bases = [row["range_basis"] for row in tables["candidates"] if row["evidence_class"] == "B"]
    assert [basis.partition(":")[0] for basis in bases] == ["Range not known"] * 2
    assert any("count nothing in the cautious total" in warning for warning in report.warnings)


def test_a_second_run_gives_the_same_tables_and_not_twice_the_rows(run):
    meters = (wasteful("m1"), wasteful("m2", 1.0, 2))
    (_, first), (_, second) = run(*meters), run(*meters)
    for name in first:
        assert sorted(map(str, first[name])) == sorted(map(str, second[name]))


def test_half_hour_evidence_adds_up_to_the_rows(run):
    report, tables = run(wasteful("m1"), wasteful("m2", 1.0, 2))
    half_hours = pq.read_table(report.evidence_path).to_pylist()
    assert [row["meter_id"] for row in half_hours] == sorted(row["meter_id"] for row in half_hours)
    energy = [row for row in tables["claims"] if row["rate_band"] != "capacity"]
    assert sum(row["allocated_wh"] for row in half_hours) == total(energy, "sequenced_kwh") * 1000
    assert all(row["allocated_wh"] <= row["claimed_wh"] <= row["used_wh"] for row in half_hours)


def test_blended_value_stands_beside_the_avoidable_one(run):
    _, tables = run(wasteful("m1"), wasteful("m2", 1.0, 2))
    closed = {row["meter_id"]: row for row in tables["candidates"] if row["detector_id"] == "load_when_closed"}
    kwh = total(
        [row for row in tables["claims"] if row["candidate_id"] == closed["m1"]["candidate_id"]], "sequenced_kwh"
    )
    assert closed["m1"]["blended_rate_gbp"] == (kwh * Decimal("0.30")).quantize(Decimal("0.0001"))
    assert closed["m2"]["blended_rate_gbp"] is None


def test_no_price_is_no_claim_and_the_reason_is_kept():
    meter = wasteful("m1")
    result = judge(replace(meter, price_micro_gbp=np.full_like(meter.price_micro_gbp, NO_PRICE)))
    assert all(candidate.detector.card.claims == "charge" for candidate in result.candidates)
    row = next(row for row in result.exclusions if row["reason_code"] == "no_price")
    assert row["excluded_days"] > 200
    assert "No contract rate" in row["reason"]


def test_a_day_without_a_price_is_left_out_of_the_claim():
    meter = wasteful("m1")
    price = meter.price_micro_gbp.copy()
    price[-30:] = NO_PRICE
    result = judge(replace(meter, price_micro_gbp=price))
    rows = next(one.rows for one in result.candidates if one.detector.card.claims == "energy")
    assert max(row["settlement_date"] for row in rows) == date(2025, 12, 1)
    assert next(row for row in result.exclusions if row["reason_code"] == "no_price")["excluded_days"] == 30


def test_faults_are_exclusions_with_their_days_and_energy_and_never_claims():
    meter = wasteful("m1")
    used = meter.used_wh.copy()
    used[-60:-40] *= 10
    result = judge(replace(meter, used_wh=used))
    fault = next(row for row in result.exclusions if row["detector_id"] == "all")
    assert (fault["reason_code"], fault["excluded_days"]) == ("scale_break", 20)
    assert fault["excluded_kwh"] == Decimal(int(used[-60:-40].sum())) / 1000
    claimed = {
        row["settlement_date"] for one in result.candidates for row in one.rows if row["rate_band"] != "capacity"
    }
    assert claimed.isdisjoint({day.astype(object) for day in meter.dates[-60:-40]})


def test_rows_are_priced_by_band():
    meter = wasteful("m1")
    night = (meter.starts_minute >= 0) & (meter.starts_minute < 7 * 60)
    band, price = np.where(night, 2, 1).astype(np.int8), np.where(night, 150_000, 250_000).astype(np.int64)
    rows = next(
        one.rows
        for one in judge(replace(meter, price_band=band, price_micro_gbp=price)).candidates
        if one.detector.card.claims == "energy"
    )
    assert {row["rate_band"] for row in rows} == {"day", "night"}
    for row in rows:
        rate = Decimal("0.15") if row["rate_band"] == "night" else Decimal("0.25")
        assert row["sequenced_gbp"] == (row["sequenced_kwh"] * rate).quantize(Decimal("0.0001"), "ROUND_HALF_UP")


def test_candidate_ids_are_stable_and_differ():
    assert detect.candidate_id("load_when_closed", "m1") == "07560aff166c3207"
    assert len({detect.candidate_id(*pair) for pair in (("a", "b"), ("b", "a"), ("a", "c"))}) == 3


def test_two_detectors_with_the_same_claim_count_once():
    """A copy of a detector under another name gets nothing: all of it is served already."""
    original = next(detector for detector in find_detectors() if detector.card.claims == "energy")
    copy = replace(original, card=replace(original.card, id="the_same_again", precedence=600))
    one = detect.judge_meter(wasteful("m1"), PERIOD, [original])
    both = detect.judge_meter(wasteful("m1"), PERIOD, [copy, original])
    values = {candidate.detector.card.id: candidate.sequenced_gbp for candidate in both.candidates}
    assert values == {"load_when_closed": one.candidates[0].sequenced_gbp, "the_same_again": Decimal(0)}


def test_nothing_to_find_is_an_empty_report(run):
    report, tables = run(replace(office(), meter_id="m1", agreed_centi_kva=np.full(1096, 10_00)))
    assert report.candidates == 0
    assert report.cautious_gbp == 0
    assert tables["claims"] == []
