"""Agreed supply capacity that the highest demand of two years, with a tenth to spare, does not need."""

from __future__ import annotations

import math

import numpy as np

from data_layer.savings.arrays import NOT_KNOWN, PERIODS
from data_layer.savings.detection import Detection, Inputs, refused
from data_layer.savings.evidence_series import monthly_highest_kva

MONTHS = 24
COMPLETE_MONTHS = 23
DELIVERED_SHARE = 0.9
ACTUAL_SHARE = 2 / 3


def detect(inputs: Inputs) -> Detection:
    """Claim the daily charge for capacity above need. Formula, guards and source: the card beside this file.

    The need is that of the meter as it is. What the energy claims would take off the highest demand is shown as
    `need_kva_after_energy_claims` and not claimed: a claim made from documents must not rest on a modelled one.
    """
    meter, last = inputs.meter, inputs.window.last
    if refusal := _refusal(inputs):
        return refused(*refusal)
    is_measured = inputs.is_usable & meter.is_reactive_read
    months = _months(meter.dates, last)
    complete = _complete(meter.dates, months, meter.is_read & meter.is_reactive_delivered, is_measured)

    days = (meter.dates.astype("datetime64[M]") >= months[0]) & (np.arange(len(meter.dates)) <= last)
    in_scope = is_measured & days[:, None]
    demand = _squared_va(meter.used_wh, meter.reactive_varh)
    peak = int(np.where(in_scope, demand, -1).argmax())
    peak_squared = int(demand.flat[peak])
    need = need_kva(peak_squared)
    net = _squared_va(np.maximum(meter.used_wh - inputs.allocated_wh, 0), meter.reactive_varh)
    need_after = need_kva(int(np.where(in_scope, net, 0).max()))

    claimed = np.zeros(len(meter.dates), dtype=np.int64)
    window = inputs.window.days
    known = (meter.agreed_centi_kva[window] != NOT_KNOWN) & (meter.capacity_micro_gbp[window] != NOT_KNOWN)
    spare_centi_kva = np.maximum(meter.agreed_centi_kva[window] - 100 * need, 0)
    # Hundredths of a kVA times millionths of a pound are hundred-millionths: ten of the unit of the result each.
    claimed[window] = np.where(
        known & meter.is_site_open[window], spare_centi_kva * meter.capacity_micro_gbp[window] * 10, 0
    )

    row, column = divmod(peak, PERIODS)
    agreed_kva = meter.agreed_centi_kva[last] / 100
    highest_kva = math.sqrt(peak_squared) / 1000
    evidence = {
        "agreed_kva": float(agreed_kva),
        "highest_demand_kva": round(highest_kva, 2),
        "highest_demand_date": str(meter.dates[row]),
        "highest_demand_settlement_period": column + 1,
        "need_kva": need,
        "need_kva_after_energy_claims": need_after,
        "rate_gbp_per_kva_day": int(meter.capacity_micro_gbp[last]) / 1e6,
        "complete_months": int(complete.sum()),
        "monthly_highest_kva": monthly_highest_kva(meter.dates, demand, in_scope),
    }
    sentence = ""
    if claimed.any():
        sentence = (
            f"Demand never passed {highest_kva:,.1f} kVA in 24 months (highest on {meter.dates[row]}); with a tenth to "
            f"spare {need:,} kVA would do, and {agreed_kva:,.0f} kVA are paid for."
        )
    return Detection(claimed_nano_gbp=claimed, evidence=evidence, sentence=sentence)


def need_kva(peak_squared_va: int) -> int:
    """1.1 times a demand, rounded up to a whole kVA, in whole numbers: a demand of exactly 100 kVA needs 110.

    peak_squared_va  square of the demand in VA
    """
    # need >= 1.1 sqrt(p) / 1000  is the same as  (10000 need)^2 >= 121 p
    target = 121 * peak_squared_va
    root = math.isqrt(target)
    if root * root < target:
        root += 1
    return -(-root // 10_000)


def _squared_va(used_wh: np.ndarray, reactive_varh: np.ndarray) -> np.ndarray:
    # Energy of half an hour, twice, is power. 64 bits hold squares up to three million kVA.
    return (2 * used_wh) ** 2 + (2 * reactive_varh) ** 2


def _refusal(inputs: Inputs) -> tuple[str, str] | None:
    """Code and reason of the first guard that fails."""
    meter, last = inputs.meter, inputs.window.last
    is_measured = inputs.is_usable & meter.is_reactive_read
    months = _months(meter.dates, last)
    complete = _complete(meter.dates, months, meter.is_read & meter.is_reactive_delivered, is_measured)
    guards = [
        (
            meter.agreed_centi_kva[last] == NOT_KNOWN or meter.capacity_micro_gbp[last] == NOT_KNOWN,
            "no_capacity_contract",
            "No contract states an agreed capacity and its rate on the as-of date.",
        ),
        (
            not meter.is_site_open[last],
            "site_closed",
            "The site is closed: end the supply instead of reducing its capacity.",
        ),
        (
            not meter.is_reactive_read.any(),
            "no_reactive_readings",
            "Reactive import is not metered, so demand in kVA is not known.",
        ),
        (
            _is_hourly(meter.used_wh, is_measured),
            "hourly_readings",
            "The meter is read hourly: an hour's mean understates the highest half-hour.",
        ),
        (
            complete.sum() < COMPLETE_MONTHS,
            "short_history",
            f"{complete.sum()} of the {MONTHS} months to {meter.dates[last]} are complete; {COMPLETE_MONTHS} must be.",
        ),
        (
            not _both_winters(months, complete),
            "winter_missing",
            "A winter of the last two is not complete, and demand may peak in it.",
        ),
    ]
    return next(((code, reason) for fails, code, reason in guards if fails), None)


def _is_hourly(used_wh: np.ndarray, is_measured: np.ndarray) -> bool:
    """Half-hours come in equal pairs (but for a Wh of rounding), as when an hour is shared between them."""
    both = is_measured[:, 0::2] & is_measured[:, 1::2] & (used_wh[:, 0::2] > 10)
    apart = np.abs(used_wh[:, 0::2] - used_wh[:, 1::2])[both]
    return bool(apart.size) and bool((apart <= 1).mean() > 0.95)


def _months(dates: np.ndarray, last: int) -> np.ndarray:
    """The 24 months that end with the as-of date's, or with the one before where the as-of date is not its last day."""
    end = (dates[last] + 1).astype("datetime64[M]") - 1
    return end - np.arange(MONTHS - 1, -1, -1)


def _complete(dates: np.ndarray, months: np.ndarray, is_delivered: np.ndarray, is_measured: np.ndarray) -> np.ndarray:
    month_of_day = dates.astype("datetime64[M]")
    complete = np.zeros(MONTHS, dtype=bool)
    for index, month in enumerate(months):
        due, here = _periods_of_month(month), month_of_day == month
        delivered, measured = is_delivered[here].sum(), is_measured[here].sum()
        complete[index] = delivered >= DELIVERED_SHARE * due and measured >= ACTUAL_SHARE * due
    return complete


def _periods_of_month(month: np.datetime64) -> int:
    days = int((np.datetime64(month + 1, "D") - np.datetime64(month, "D")).astype(int))
    change = {2: -2, 9: 2}.get(int(month.astype(int)) % 12, 0)
    return 48 * days + change


def _both_winters(months: np.ndarray, complete: np.ndarray) -> bool:
    """Two of December, January and February complete in each of the two years."""
    is_winter = np.isin(months.astype(int) % 12, (11, 0, 1))
    return all((is_winter & complete)[year : year + 12].sum() >= 2 for year in (0, 12))
