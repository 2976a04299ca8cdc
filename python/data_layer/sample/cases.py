"""Which site carries which case: data that is hard to read, and bills that are wrong.

Sites are taken in runs of 24. Within a run each case goes to sites that can carry it, in an order that depends on the
seed: so each run has every case, and site k has the same whatever the number of sites.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from data_layer.sample.randomness import generator
from data_layer.sample.site_plans import (
    CAPACITY_ROLES,
    CLOSED_ROLES,
    HOURLY_LAYOUT_SITE,
    OFFSET_LAYOUT_SITE,
    SitePlan,
    plan_site,
    site_opens_late,
)

SITES_IN_A_RUN = 24
EXCHANGE_EVERY, EXCHANGE_OFFSET = 12, 5
POOR_SIGNAL_EVERY, POOR_SIGNAL_OFFSET = 24, 12
ELECTRICITY_FAULT_ROLES = {"dead_meter", "scale_break"}

# Cases of the data and how many sites of a run carry each; at most one a site. The first named choose first.
DATA_CASES = {
    "closed_site": 1,
    "excess_capacity": 2,
    "replaced_supply": 1,
    "summer_time_ignored": 1,
    "pulses": 1,
    "supplier_layout": 1,
    "better_reads": 1,
    "profiled": 1,
    "export_meter": 1,
    "submeter": 1,
}
# Cases of the bills and how many sites of a run carry each; a site may carry several, on different bills.
BILL_CASES = {
    "expired_electricity": 1,
    "expired_gas": 1,
    "wrong_unit_rate": 2,
    "low_unit_rate": 1,
    "wrong_standing_rate": 2,
    "wrong_vat": 2,
    "ccl_on_small_supply": 1,
    "ccl_of_another_year": 1,
    "duplicate_bill": 2,
    "overlapping_bill": 2,
    "missing_bill": 2,
    "estimated_bill": 2,
    "wrong_capacity": 2,
    "wrong_reactive": 2,
    "wrong_gas_unit": 2,
    "wrong_band": 2,
    "cancel_and_rebill": 2,
    "credited_duplicate": 1,
    "part_months": 1,
}


@dataclass(frozen=True)
class SiteCases:
    """What one site carries; `bill_cases` in the order in which they choose their bills."""

    data_case: str | None = None
    bill_cases: tuple[str, ...] = field(default_factory=tuple)


def cases_of(number: int, years: int, seed: int, first_date: date, last_date: date) -> SiteCases:
    """Cases of a site."""
    run, position = divmod(number, SITES_IN_A_RUN)
    return _cases_of_run(run, years, seed, first_date, last_date)[position]


@lru_cache(maxsize=4)
def _cases_of_run(run: int, years: int, seed: int, first_date: date, last_date: date) -> list[SiteCases]:
    numbers = range(run * SITES_IN_A_RUN, (run + 1) * SITES_IN_A_RUN)
    plans = [plan_site(number, years, seed, first_date, last_date) for number in numbers]
    data_case: dict[int, str] = {}
    for case, wanted in DATA_CASES.items():
        if case == "excess_capacity" and years < 2:
            continue  # the need takes two years of readings to show
        order = [plans[at] for at in generator(seed, "case", case, run).permutation(len(plans)).tolist()]
        for can_carry in _DATA_RULES[case]:
            able = [plan for plan in order if plan.number not in data_case and can_carry(plan)]
            still = wanted - sum(name == case for name in data_case.values())
            data_case |= {plan.number: case for plan in able[: max(still, 0)]}
    bill_cases: dict[int, list[str]] = {plan.number: [] for plan in plans}
    for case, wanted in BILL_CASES.items():
        order = generator(seed, "case", case, run).permutation(len(plans)).tolist()
        able = [plans[at] for at in order if _can_carry_bill_case(case, plans[at], data_case.get(plans[at].number))]
        # Few cases a site, and one in each half of the run, so that a small estate has most of them too.
        for half in range(wanted):
            able.sort(
                key=lambda plan, half=half: (
                    case in bill_cases[plan.number],
                    wanted > 1 and plan.number % SITES_IN_A_RUN // (SITES_IN_A_RUN // 2) != half % 2,
                    len(bill_cases[plan.number]),
                )
            )
            if able and case not in bill_cases[able[0].number]:
                bill_cases[able[0].number].append(case)
    return [SiteCases(data_case.get(plan.number), tuple(bill_cases[plan.number])) for plan in plans]


def _is_ordinary(plan: SitePlan) -> bool:
    """Read in the usual layout for the whole span, on one device, with nothing else planted in its electricity."""
    return (
        plan.number not in (OFFSET_LAYOUT_SITE, HOURLY_LAYOUT_SITE)
        and not site_opens_late(plan.number)
        and plan.number % EXCHANGE_EVERY != EXCHANGE_OFFSET
        and plan.number % POOR_SIGNAL_EVERY != POOR_SIGNAL_OFFSET
        and plan.role not in ELECTRICITY_FAULT_ROLES | CAPACITY_ROLES | CLOSED_ROLES
    )


def _is_plain(plan: SitePlan) -> bool:
    return _is_ordinary(plan) and plan.role == "plain"


def _is_without_network_charges(plan: SitePlan) -> bool:
    return _is_ordinary(plan) and not plan.has_capacity_charge and plan.role != "small_supply"


def _is_whole(plan: SitePlan) -> bool:
    """May carry a case that leaves the readings of the meter as they are."""
    return (
        plan.number not in (OFFSET_LAYOUT_SITE, HOURLY_LAYOUT_SITE)
        and not site_opens_late(plan.number)
        and plan.role not in ELECTRICITY_FAULT_ROLES | CLOSED_ROLES
    )


_SMALLER_TYPES = ("food_store", "funeral_home")

# Rules from the best fit to what will do.
_DATA_RULES: dict[str, list[Callable[[SitePlan], bool]]] = {
    "closed_site": [
        lambda plan: _is_plain(plan) and plan.site_type in _SMALLER_TYPES and plan.gas_meter_id is None,
        lambda plan: _is_plain(plan) and plan.site_type in _SMALLER_TYPES,
    ],
    "excess_capacity": [
        # Heated by gas: demand is then much the same in all months, and so is the excess.
        lambda plan: _is_ordinary(plan) and plan.has_capacity_charge and plan.gas_meter_id is not None,
        lambda plan: _is_ordinary(plan) and plan.has_capacity_charge,
        lambda plan: _is_whole(plan) and plan.has_capacity_charge and plan.role not in CAPACITY_ROLES,
    ],
    "replaced_supply": [
        lambda plan: _is_plain(plan) and not plan.has_capacity_charge,
        lambda plan: _is_ordinary(plan) and not plan.has_capacity_charge,
    ],
    "summer_time_ignored": [
        _is_without_network_charges,
        lambda plan: _is_ordinary(plan) and plan.role != "hours_change",
    ],
    "pulses": [_is_without_network_charges, lambda plan: _is_ordinary(plan) and not plan.has_capacity_charge],
    "supplier_layout": [_is_without_network_charges, _is_ordinary, _is_whole],
    "better_reads": [_is_ordinary, _is_whole],
    "profiled": [_is_ordinary, lambda plan: _is_whole(plan) and plan.role not in CAPACITY_ROLES],
    "export_meter": [
        lambda plan: _is_ordinary(plan) and plan.site_type != "funeral_home",
        lambda plan: _is_whole(plan) and plan.role != "small_supply",
    ],
    "submeter": [_is_ordinary, _is_whole],
}


def _can_carry_bill_case(case: str, plan: SitePlan, data_case: str | None) -> bool:
    if data_case in ("closed_site", "replaced_supply") or site_opens_late(plan.number):
        return False
    has_power = plan.role not in ELECTRICITY_FAULT_ROLES and data_case != "excess_capacity"
    has_gas = plan.gas_meter_id is not None and plan.role != "gas_unit_break"
    if case in _NEEDS_CAPACITY:
        return has_power and plan.has_capacity_charge
    if case in _NEEDS_MUCH_GAS:
        return has_gas and plan.site_type != "funeral_home"
    if case in _NEEDS_LITTLE_GAS:
        return has_gas and plan.site_type in _SMALLER_TYPES
    return (has_power or has_gas) and _BILL_RULES.get(case, lambda _plan: True)(plan)


_NEEDS_CAPACITY = ("wrong_capacity", "wrong_reactive", "wrong_band", "ccl_of_another_year")
_NEEDS_MUCH_GAS = ("expired_gas", "wrong_gas_unit")
_NEEDS_LITTLE_GAS = ("wrong_vat", "ccl_on_small_supply")
_BILL_RULES: dict[str, Callable[[SitePlan], bool]] = {
    "expired_electricity": lambda plan: (
        not plan.has_capacity_charge and plan.role not in ELECTRICITY_FAULT_ROLES | CLOSED_ROLES
    ),
    # Twice the bill of a depot would outweigh all other errors.
    "duplicate_bill": lambda plan: plan.site_type in _SMALLER_TYPES,
    "estimated_bill": lambda plan: plan.site_type != "funeral_home",
}
