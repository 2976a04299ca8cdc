"""Readings that do not measure energy: found before any saving is looked for or any forecast is fitted."""

from __future__ import annotations

import numpy as np

from data_layer.quality.clock import find_wrong_time_zone
from data_layer.quality.fault import Fault, excluded, off_history, on_days
from data_layer.quality.gaps import find_before_exchange_gap
from data_layer.quality.scale_breaks import find_scale_breaks, known_factors, scale_of_days
from data_layer.quality.stopped import find_dead_meter, find_flat_line, find_zero_runs
from data_layer.quality.values import find_estimated_reads, find_negative_reads, find_profiled_reads, find_spikes
from data_layer.savings.arrays import MeterArrays

__all__ = ["Fault", "find_faults", "find_scale_break", "history_half_hours", "usable_half_hours"]


def find_faults(meter: MeterArrays) -> list[Fault]:
    """Everything found wrong with the readings of a metering point's active import; [] when nothing is.

    What is certain comes first: later checks do not look at what an earlier one has found.
    """
    shape = meter.used_wh.shape
    found = [
        find_before_exchange_gap(meter),
        find_estimated_reads(meter),
        find_profiled_reads(meter),
        find_negative_reads(meter),
        find_dead_meter(meter),
        find_flat_line(meter),
    ]
    found.append(find_zero_runs(meter, excluded(_known(found), shape)))
    found.append(find_scale_break(meter, excluded(_known(found), shape)))
    # From here on the scale in force is judged, even where no saving may be claimed on it.
    found.append(find_spikes(meter, off_history(_known(found), shape)))
    found.append(find_wrong_time_zone(meter, off_history(_known(found), shape)))
    return _known(found)


def usable_half_hours(meter: MeterArrays, faults: list[Fault]) -> np.ndarray:
    """bool (days, 50): read, actual and in no fault: what savings may be claimed on and learnt from."""
    return meter.is_actual & ~excluded(faults, meter.used_wh.shape)


def history_half_hours(meter: MeterArrays, faults: list[Fault]) -> np.ndarray:
    """bool (days, 50): read, actual and on the scale in force on the last day: what a forecast may be fitted on."""
    return meter.is_actual & ~off_history(faults, meter.used_wh.shape)


def find_scale_break(meter: MeterArrays, known_bad: np.ndarray) -> Fault | None:
    """Days on another scale than the one in force at the end of the readings, by scale_breaks.find_scale_breaks.

    known_bad  bool (days, 50): faults found before, left out here
    A spell that ends on the scale on which it began leaves out its own days. After a change that lasts, readings do not
    tell which side is right: no saving is claimed on either, nor learnt across it. A forecast says what the meter will
    record, so it is fitted on the days on the scale in force, and on no others.
    """
    breaks = find_scale_breaks(meter, known_bad)
    if not breaks:
        return None
    scale = scale_of_days(breaks, len(meter.dates))
    is_off = scale != scale[-1]
    first, last = breaks[0], breaks[-1]
    factor = first.factor
    ratio = np.exp(scale - scale[-1])
    changes = " and ".join(
        f"{'rise' if one.jump > 0 else 'fall'} by a factor of about {one.factor:g} on {meter.dates[one.first_day]}"
        f" (seen: {np.exp(abs(one.seen)):.1f})"
        for one in breaks
    )
    reason = f"Readings {changes}, which is what {known_factors(meter.fuel)[factor]} would leave: "
    off = on_days(meter, is_off)
    if scale[0] == scale[-1]:
        reason += f"{is_off.sum():,} days are on another scale than the rest."
        return Fault("scale_break", reason, off, ratio=ratio)
    reason += (
        f"which side is right cannot be told from readings, so no saving is claimed on this meter; the "
        f"{(~is_off).sum():,} days on the scale since {meter.dates[last.first_day]} serve forecasts only."
    )
    return Fault("scale_break", reason, meter.exists.copy(), off, ratio)


def _known(found: list[Fault | None]) -> list[Fault]:
    return [fault for fault in found if fault is not None]
