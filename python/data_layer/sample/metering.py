"""From demand to what the supplier delivers: whole units, gaps, estimates, exchanges and meter faults."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from data_layer.sample.randomness import generator
from data_layer.sample.settlement_calendar import SettlementCalendar

ACTUAL, ESTIMATED, MISSING, PROFILED = 0, 1, 2, 3
STATUS_LETTERS = np.array(["A", "E", "-", "P"])

GAS_CALORIFIC_VALUE_MJ_PER_M3 = 39.5
GAS_VOLUME_CORRECTION = 1.02264
M3_PER_HUNDRED_CUBIC_FEET = 2.83
"""Hundreds of cubic feet on British gas bills are turned into cubic metres with this rounded factor."""
WH_PER_PULSE = 100
"""What a pulse of a meter that counts pulses stands for: 0.1 kWh."""

WEEK_HALF_HOURS = 336
QUIET_LAST_DAYS = 10
"""No gaps at the very end, so that the last day of the estate is a complete one."""


@dataclass
class MeteredSeries:
    """Delivered readings of one metering point and quantity, over the half-hours of the span.

    thousandths: reading in thousandths of `unit` (int64); 0 where missing.
    status: ACTUAL, ESTIMATED, MISSING or PROFILED (uint8).
    is_hourly: delivered as hours; both halves of an hour are there or neither.
    """

    meter_id: str
    measurement_quantity: str
    unit: str
    thousandths: np.ndarray
    status: np.ndarray
    is_hourly: bool = False

    @property
    def delivered(self) -> np.ndarray:
        return self.status != MISSING


@dataclass
class Device:
    """A meter in place from a day to a day (both inclusive; None while in place)."""

    serial_number: str
    valid_from_date: date
    valid_to_date: date | None


@dataclass
class MeterFault:
    """A planted fault: the readings are wrong by `error_thousandths` at `positions` (half-hours of the span)."""

    kind: str
    first_date: date
    last_date: date
    positions: np.ndarray
    error_thousandths: np.ndarray


@dataclass
class MeterHistory:
    """Status of each half-hour, devices in order, and the fault if there is one."""

    status: np.ndarray
    devices: list[Device]
    fault: MeterFault | None = field(default=None)


def kwh_per_gas_unit(unit: str) -> float:
    """Energy of one unit on a gas meter, in kWh: m3 x 1.02264 x calorific value / 3.6."""
    per_m3 = GAS_VOLUME_CORRECTION * GAS_CALORIFIC_VALUE_MJ_PER_M3 / 3.6
    return {"kwh": 1.0, "m3": per_m3, "hcf": M3_PER_HUNDRED_CUBIC_FEET * per_m3}[unit]


def to_wh(thousandths: np.ndarray, unit: str) -> np.ndarray:
    """Energy of readings in whole Wh (int64), each half-hour rounded half up."""
    if unit in ("kwh", "kvarh"):
        return thousandths
    if unit == "pulse":
        return thousandths * WH_PER_PULSE // 1000
    return np.floor(thousandths * kwh_per_gas_unit(unit) + 0.5).astype(np.int64)


def delivered_wh(series: MeteredSeries, calendar: SettlementCalendar) -> np.ndarray:
    """Energy as whoever reads the files must see it, in whole Wh (int64): an hour is two halves, the odd Wh first."""
    if not series.is_hourly:
        return to_wh(series.thousandths, series.unit)
    first = np.flatnonzero(calendar.settlement_period % 2 == 1)
    hour_wh = to_wh(series.thousandths[first] + series.thousandths[first + 1], series.unit)
    wh = np.empty(calendar.half_hours, dtype=np.int64)
    wh[first], wh[first + 1] = hour_wh - hour_wh // 2, hour_wh // 2
    return wh


def by_the_hour(series: MeteredSeries, calendar: SettlementCalendar) -> MeteredSeries:
    """The series as hours: an hour of which one half is missing is not delivered at all."""
    first = np.flatnonzero(calendar.settlement_period % 2 == 1)
    pairs = np.stack([series.status[first], series.status[first + 1]])
    status = np.where((pairs == MISSING).any(axis=0), MISSING, pairs.max(axis=0)).astype(np.uint8)
    status = np.repeat(status, 2)
    thousandths = np.where(status == MISSING, 0, series.thousandths)
    return replace(series, thousandths=thousandths, status=status, is_hourly=True)


def in_pulses(series: MeteredSeries) -> MeteredSeries:
    """Readings in kWh as whole counts of pulses, to the nearest."""
    pulses = (series.thousandths + WH_PER_PULSE // 2) // WH_PER_PULSE
    return replace(series, unit="pulse", thousandths=pulses * 1000)


def profiled(series: MeteredSeries, calendar: SettlementCalendar, first_day: int, days: int) -> MeteredSeries:
    """A run of days whose total is kept and spread evenly over days and by one shape over the half-hours of a day."""
    begin, end = calendar.first_half_hour_of_day[[first_day, first_day + days]]
    part = series.thousandths[begin:end]
    shape = np.bincount(calendar.local_minute[begin:end] // 30, weights=part, minlength=48)
    weights = shape[calendar.local_minute[begin:end] // 30]
    running = np.floor(np.cumsum(weights) * (part.sum() / weights.sum()) + 0.5).astype(np.int64)
    thousandths, status = series.thousandths.copy(), series.status.copy()
    thousandths[begin:end] = np.diff(running, prepend=0)
    status[begin:end] = PROFILED
    return replace(series, thousandths=thousandths, status=status)


def on_winter_time(series: MeteredSeries, calendar: SettlementCalendar, year: int) -> MeteredSeries:
    """The series of a supplier whose clock stays on UTC all through `year`: early by an hour in summer.

    Its day runs from midnight UTC, so that what was used from 07:00 local time is delivered as of 06:00. The hour that
    its first summer day begins late by is delivered nowhere; on the long autumn day its 48 values leave two
    half-hours missing.
    """
    days_on_summer_time = calendar.offset_seconds[calendar.first_half_hour_of_day[:-1]] > 0
    days = np.flatnonzero(days_on_summer_time & (calendar.month_numbers // 12 == year))
    moved = np.flatnonzero(np.isin(calendar.day_of_half_hour, days))
    later = np.minimum(moved + 2, calendar.half_hours - 1)
    thousandths, status = series.thousandths.copy(), series.status.copy()
    thousandths[moved], status[moved] = series.thousandths[later], series.status[later]
    for day in days[calendar.periods_in_day[days] == 50]:
        end = calendar.first_half_hour_of_day[day + 1]
        thousandths[end - 2 : end], status[end - 2 : end] = 0, MISSING
    return replace(series, thousandths=thousandths, status=status)


def to_thousandths(power_kw: np.ndarray, kwh_per_unit: float = 1.0) -> np.ndarray:
    """Half-hours of mean power as readings in thousandths of a unit (int64)."""
    return np.floor(power_kw * (500.0 / kwh_per_unit) + 0.5).astype(np.int64)


def meter_history(
    name: str,
    seed: int,
    calendar: SettlementCalendar,
    first_date: date,
    open_date: date,
    with_exchange: bool,
    with_poor_signal: bool,
) -> MeterHistory:
    """Gaps, estimated runs and devices of one metering point read from `first_date` on.

    No device is older than the site, which opened on `open_date`.
    """
    random = generator(seed, "meter", name)
    begin = int(calendar.first_half_hour_of_day[calendar.day_index(first_date)])
    end = int(calendar.first_half_hour_of_day[max(0, calendar.days - QUIET_LAST_DAYS)])
    status = np.zeros(calendar.half_hours, dtype=np.uint8)
    years = max(0.0, (end - begin) / 17_520)
    earliest_estimate = begin + 2 * WEEK_HALF_HOURS

    runs = int(random.poisson((22.0 if with_poor_signal else 1.5) * years))
    for start in random.integers(earliest_estimate, max(end, earliest_estimate + 1), runs):
        # Estimates come in whole days, as a supplier fills them.
        day = int(calendar.day_of_half_hour[min(start, calendar.half_hours - 1)])
        last = min(day + int(random.integers(1, 6)), calendar.days - QUIET_LAST_DAYS)
        if last > day:
            status[calendar.first_half_hour_of_day[day] : calendar.first_half_hour_of_day[last]] = ESTIMATED
    for start in random.integers(begin, max(end, begin + 1), int(random.poisson(1.3 * years))):
        length = int(random.integers(1, 11)) if random.random() < 0.7 else int(random.integers(48, 150))
        status[start : max(start, min(start + length, end))] = MISSING

    letter = "E" if len(name) == 13 else "G"
    serial = f"{letter}{int(random.integers(10, 24)):02d}K{int(random.integers(1, 999_999)):06d}"
    installed = max(open_date, first_date - timedelta(days=int(random.integers(100, 3000))))
    devices = [Device(serial, installed, None)]
    span = (calendar.last_date - first_date).days
    if with_exchange and span > 120:
        removed = first_date + timedelta(days=int(span * random.uniform(0.3, 0.8)))
        gap_days = int(random.integers(2, 6))
        fitted = removed + timedelta(days=gap_days + 1)
        devices = [
            Device(serial, installed, removed),
            Device(f"{letter}24X{int(random.integers(1, 999_999)):06d}", fitted, None),
        ]
        from_position = calendar.first_half_hour_of_day[calendar.day_index(removed) + 1]
        status[from_position : calendar.first_half_hour_of_day[calendar.day_index(fitted)]] = MISSING
    status[:begin] = MISSING
    return MeterHistory(status, devices)


def deliver(meter_id: str, quantity: str, unit: str, thousandths: np.ndarray, status: np.ndarray) -> MeteredSeries:
    """Readings as delivered: estimates are the mean of the same half-hour one and two weeks before."""
    delivered = thousandths.copy()
    estimated = np.flatnonzero(status == ESTIMATED)
    if len(estimated):
        delivered[estimated] = (
            thousandths[np.maximum(estimated - WEEK_HALF_HOURS, 0)]
            + thousandths[np.maximum(estimated - 2 * WEEK_HALF_HOURS, 0)]
        ) // 2
    delivered[status == MISSING] = 0
    return MeteredSeries(meter_id, quantity, unit, delivered, status)


def plant_fault(
    kind: str, name: str, seed: int, calendar: SettlementCalendar, thousandths: np.ndarray
) -> tuple[np.ndarray, MeterFault]:
    """Spoil a run of days within the last year.

    `dead_meter` reads zero, `scale_break` ten times too much (a current transformer's ratio entered twice),
    `gas_unit_break` hundreds of cubic feet where the file still says cubic metres. Returns the spoilt readings and
    the fault.
    """
    random = generator(seed, "fault", name)
    run_days = {"dead_meter": (18, 40), "scale_break": (8, 21), "gas_unit_break": (45, 100)}[kind]
    length = min(int(random.integers(*run_days)), calendar.days // 4)
    earliest = max(21, calendar.days - 330)
    first_day = int(random.integers(earliest, max(earliest + 1, calendar.days - length - 20)))
    begin = calendar.first_half_hour_of_day[first_day]
    end = calendar.first_half_hour_of_day[first_day + length]
    spoilt = thousandths.copy()
    part = thousandths[begin:end]
    if kind == "dead_meter":
        spoilt[begin:end] = 0
    elif kind == "scale_break":
        spoilt[begin:end] = part * 10
    else:
        spoilt[begin:end] = np.floor(part / M3_PER_HUNDRED_CUBIC_FEET + 0.5).astype(np.int64)
    first = calendar.first_date + timedelta(days=first_day)
    positions = np.arange(begin, end)
    fault = MeterFault(kind, first, first + timedelta(days=length - 1), positions, spoilt[begin:end] - part)
    return spoilt, fault
