"""Makes one site: its readings, devices, contracts and bills, and what is planted in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from data_layer.sample.bills import Account, daily_use, make_bill, months_between, number_invoices
from data_layer.sample.cases import (
    EXCHANGE_EVERY,
    EXCHANGE_OFFSET,
    POOR_SIGNAL_EVERY,
    POOR_SIGNAL_OFFSET,
    SiteCases,
)
from data_layer.sample.contracts import Contract, make_contract, without_days
from data_layer.sample.identifiers import mpan_core
from data_layer.sample.load_shapes import OpeningState, SiteLoad, opening_state, site_load
from data_layer.sample.metering import (
    ACTUAL,
    ESTIMATED,
    MISSING,
    Device,
    MeteredSeries,
    MeterFault,
    MeterHistory,
    by_the_hour,
    deliver,
    in_pulses,
    kwh_per_gas_unit,
    meter_history,
    on_winter_time,
    plant_fault,
    profiled,
    to_thousandths,
)
from data_layer.sample.periods import twelve_months_to
from data_layer.sample.planted import (
    Truth,
    agreed_capacity_kva,
    capacity_truth,
    closed_load_truth,
    closed_load_wh,
    maximum_demand_kva,
    needed_capacity_kva,
    short_capacity_kva,
)
from data_layer.sample.planted_bills import (
    BillTruth,
    bill_at_deemed_rates,
    bills_after_closing,
    excess_capacity_truth,
    plant_bill_cases,
    replace_with_chain,
)
from data_layer.sample.randomness import generator
from data_layer.sample.regulated import charging_band_of
from data_layer.sample.settlement_calendar import SettlementCalendar
from data_layer.sample.site_plans import CAPACITY_ROLES, CLOSED_ROLES, HOURLY_LAYOUT_SITE, SitePlan
from data_layer.sample.solar import solar_kw

# Share of its usual load that a closed site goes on using: alarms, frost protection, a sign left on.
CLOSED_SITE_ELECTRICITY, CLOSED_SITE_GAS = 0.05, 0.02
# Line loss factor classes by residual band; illustrative, as every distributor has its own.
LLFC_BY_BAND = {None: "110", "LV1": "571", "LV2": "572", "LV3": "573", "LV4": "574"}


@dataclass(frozen=True)
class MeterFacts:
    """What meters.csv says of a metering point beside its devices."""

    fuel: str
    interval_minutes: int = 30
    llfc: str | None = None
    charging_band: str | None = None
    read_unit: str | None = None
    pulse_unit: str | None = None
    pulse_value: str | None = None
    related_meter_id: str | None = None
    relation: str | None = None


@dataclass
class SiteResult:
    """All that one site adds to the estate.

    later: readings delivered again in a later file, by settlement days of the series they better.
    """

    plan: SitePlan
    cases: SiteCases
    close_date: date | None = None
    series: list[MeteredSeries] = field(default_factory=list)
    later: list[MeteredSeries] = field(default_factory=list)
    meters: dict[str, MeterFacts] = field(default_factory=dict)
    devices: list[tuple[str, Device]] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    bill_truths: list[BillTruth] = field(default_factory=list)
    planted: list[tuple[str, str, np.ndarray]] = field(default_factory=list)

    @property
    def contracts(self) -> list[Contract]:
        return [account.contract for account in self.accounts]


def make_site(
    plan: SitePlan, cases: SiteCases, calendar: SettlementCalendar, outdoor_c: np.ndarray, seed: int
) -> SiteResult:
    """Everything of one site. `outdoor_c` is the temperature over the half-hours of the span."""
    state = opening_state(calendar, plan.timetables, plan.place.nation)
    load = site_load(plan, calendar, state, outdoor_c, seed)
    result = SiteResult(plan, cases)
    if cases.data_case == "closed_site":
        result.close_date = _close_date(plan, calendar, seed)
        load = _after_closing(load, calendar, result.close_date)
    _make_electricity(plan, calendar, state, load, seed, result)
    if plan.gas_meter_id and load.gas_kw is not None:
        _make_gas(plan, calendar, load.gas_kw, seed, result)
    _plant_bills(plan, calendar, seed, result)
    for account in result.accounts:
        number_invoices(account)
    return result


def _make_electricity(
    plan: SitePlan,
    calendar: SettlementCalendar,
    state: OpeningState,
    load: SiteLoad,
    seed: int,
    result: SiteResult,
) -> None:
    meter_id, case = plan.electricity_meter_id, result.cases.data_case
    history = _history(plan, "electricity", meter_id, seed, calendar)
    electricity_kw = load.electricity_kw
    if case == "export_meter":
        electricity_kw = _with_solar(plan, calendar, electricity_kw, seed, result)
    wh = to_thousandths(electricity_kw)
    planted_wh, planted_from, note = _planted_load(plan, calendar, state, electricity_kw, seed)
    wh = wh + planted_wh
    if plan.role in ("dead_meter", "scale_break"):
        wh, history.fault = plant_fault(plan.role, plan.site_id, seed, calendar, wh)
    if case == "supplier_layout":
        # A repeated hour can only be told apart by its order when all of it is there.
        changes = np.isin(calendar.day_of_half_hour, np.flatnonzero(calendar.periods_in_day != 48))
        history.status[changes & (history.status == MISSING)] = ACTUAL
    active = deliver(meter_id, "AI", "kwh", wh, history.status)
    if plan.number == HOURLY_LAYOUT_SITE:
        active = by_the_hour(active, calendar)
    if case == "replaced_supply":
        _make_replaced_supply(plan, calendar, active, history, seed, result)
        return
    active, early = _with_data_case(plan, calendar, active, wh, seed, result)

    reactive, agreed, needed = None, None, 0
    if plan.has_capacity_charge:
        reactive = deliver(meter_id, "RI", "kvarh", to_thousandths(load.reactive_kvar), history.status)
        if case == "summer_time_ignored":
            reactive = on_winter_time(reactive, calendar, _year_on_winter_time(calendar))
        needed = needed_capacity_kva(maximum_demand_kva(calendar, active, reactive))
        agreed = _agreed_capacity(plan, case, calendar, active, reactive, needed, seed)
    first_read = active if early is None else early
    result.series += [first_read] if reactive is None else [first_read, reactive]
    band = charging_band_of(agreed) if agreed else None
    facts = MeterFacts(
        "electricity",
        interval_minutes=60 if active.is_hourly else 30,
        llfc=LLFC_BY_BAND[band],
        charging_band=band,
        pulse_unit="kwh" if active.unit == "pulse" else None,
        pulse_value="0.1" if active.unit == "pulse" else None,
    )
    account = _supply(plan, facts, active, reactive, agreed, history, calendar, seed, result)
    _bill_months(account, plan.first_date, calendar.last_date)
    if early is not None:
        _bill_as_first_read(account, calendar, early, reactive, seed)
    if case == "submeter":
        _make_submeter(plan, calendar, electricity_kw, seed, result)
    if planted_from is not None:
        truth, read_wh = closed_load_truth(plan, calendar, planted_wh, active, account.contract, planted_from, note)
        result.truths.append(truth)
        result.planted.append((truth.truth_id, truth.meter_id, read_wh))
    _add_capacity_truth(plan, calendar, account, needed, result)
    if history.fault:
        account.is_closed_to_planting = True
        result.truths.append(_fault_truth(plan, calendar, active, history.fault))


def _add_capacity_truth(
    plan: SitePlan, calendar: SettlementCalendar, account: Account, needed: int, result: SiteResult
) -> None:
    agreed = account.contract.agreed_capacity_kva
    if plan.role in CAPACITY_ROLES and agreed is not None:
        result.truths.append(capacity_truth(plan, calendar, account.contract, needed, agreed))
    if result.cases.data_case == "excess_capacity":
        # No other error on these bills: what excess was paid is then what was due.
        account.is_closed_to_planting = True
        result.bill_truths += excess_capacity_truth(account, needed, calendar.last_date)


def _agreed_capacity(
    plan: SitePlan,
    case: str | None,
    calendar: SettlementCalendar,
    active: MeteredSeries,
    reactive: MeteredSeries,
    needed: int,
    seed: int,
) -> int:
    if case != "excess_capacity":
        return agreed_capacity_kva(plan, needed, plan.role in CAPACITY_ROLES, seed)
    use = daily_use(calendar, active, reactive)
    months = months_between(twelve_months_to(calendar.last_date), calendar.last_date)
    return short_capacity_kva(plan, needed, [use.demand_tenths_kva(*month) / 10 for month in months], seed)


def _make_gas(plan: SitePlan, calendar: SettlementCalendar, gas_kw: np.ndarray, seed: int, result: SiteResult) -> None:
    meter_id = plan.gas_meter_id or ""
    history = _history(plan, "gas", meter_id, seed, calendar)
    readings = to_thousandths(gas_kw, kwh_per_gas_unit(plan.gas_unit))
    if plan.role == "gas_unit_break":
        readings, history.fault = plant_fault(plan.role, plan.site_id, seed, calendar, readings)
    series = deliver(meter_id, "AI", plan.gas_unit, readings, history.status)
    if plan.number == HOURLY_LAYOUT_SITE:
        series = by_the_hour(series, calendar)
    result.series.append(series)
    facts = MeterFacts("gas", interval_minutes=60 if series.is_hourly else 30, read_unit=plan.gas_register_unit)
    account = _supply(plan, facts, series, None, None, history, calendar, seed, result)
    _bill_months(account, plan.first_date, calendar.last_date)
    if history.fault:
        account.is_closed_to_planting = True
        result.truths.append(_fault_truth(plan, calendar, series, history.fault))


def _history(plan: SitePlan, fuel: str, meter_id: str, seed: int, calendar: SettlementCalendar) -> MeterHistory:
    is_electricity = fuel == "electricity"
    return meter_history(
        meter_id,
        seed,
        calendar,
        plan.first_date,
        plan.open_date,
        with_exchange=is_electricity and plan.number % EXCHANGE_EVERY == EXCHANGE_OFFSET,
        with_poor_signal=is_electricity and plan.number % POOR_SIGNAL_EVERY == POOR_SIGNAL_OFFSET,
    )


def _planted_load(
    plan: SitePlan, calendar: SettlementCalendar, state: OpeningState, electricity_kw: np.ndarray, seed: int
) -> tuple[np.ndarray, date | None, str]:
    if plan.role not in CLOSED_ROLES:
        return np.zeros(calendar.half_hours, dtype=np.int64), None, ""
    return closed_load_wh(plan, calendar, state, float(electricity_kw[~state.is_open].mean()), seed)


def _supply(
    plan: SitePlan,
    facts: MeterFacts,
    active: MeteredSeries,
    reactive: MeteredSeries | None,
    agreed_kva: int | None,
    history: MeterHistory,
    calendar: SettlementCalendar,
    seed: int,
    result: SiteResult,
) -> Account:
    """Contract, devices and account of a metering point, without bills yet."""
    contract = make_contract(
        active.meter_id,
        facts.fuel,
        seed,
        plan.first_date,
        calendar.last_date,
        is_small=plan.site_type == "funeral_home",
        agreed_capacity_kva=agreed_kva,
        charging_band=facts.charging_band,
    )
    if f"expired_{facts.fuel}" in result.cases.bill_cases:
        contract = _with_expiry(contract, plan, calendar, seed)
    account = Account(
        contract=contract,
        use=daily_use(calendar, active, reactive, facts.read_unit),
        site_id=plan.site_id,
        register_unit=facts.read_unit,
        register_start=int(generator(seed, "register", active.meter_id).integers(100_000, 60_000_000)),
    )
    result.accounts.append(account)
    result.meters[active.meter_id] = facts
    result.devices += [(active.meter_id, device) for device in history.devices]
    return account


def _bill_months(account: Account, first_date: date, last_date: date) -> None:
    account.bills += [make_bill(account, first, last) for first, last in months_between(first_date, last_date)]


def _with_expiry(contract: Contract, plan: SitePlan, calendar: SettlementCalendar, seed: int) -> Contract:
    """Nothing signed for some months: for electricity up to the end and beyond, for gas up to a new contract."""
    random = generator(seed, "expiry", contract.meter_id)
    months = months_between(plan.first_date, calendar.last_date)
    length = min(int(random.integers(3, 6)), max(1, len(months) // 3))
    if contract.fuel == "electricity":
        return without_days(contract, months[-length][0], date.max - timedelta(days=1))
    begin = max(1, len(months) // 2 - length + int(random.integers(0, 3)))
    return without_days(contract, months[begin][0], months[begin + length - 1][1])


def _case_truth(
    plan: SitePlan, kind: str, name: str, meter_id: str, from_date: date, to_date: date, note: str
) -> Truth:
    return Truth(f"{plan.site_id}-{name}", kind, None, meter_id, plan.site_id, from_date, to_date, 0.0, 0.0, note)


def _with_data_case(
    plan: SitePlan, calendar: SettlementCalendar, active: MeteredSeries, wh: np.ndarray, seed: int, result: SiteResult
) -> tuple[MeteredSeries, MeteredSeries | None]:
    """The electricity readings as the site's case has them; and, where better ones came later, those first read."""
    case, meter_id = result.cases.data_case, active.meter_id
    random = generator(seed, "data case", plan.number)

    def add_truth(kind: str, name: str, from_date: date, to_date: date, note: str) -> None:
        result.truths.append(_case_truth(plan, kind, name, meter_id, from_date, to_date, note))

    if case == "pulses":
        note = "Readings are counts of pulses of 0.1 kWh."
        add_truth("case", "pulses", plan.first_date, calendar.last_date, note)
        return in_pulses(active), None
    if case == "supplier_layout":
        note = "Readings come in a supplier's own layout, in local time without offset."
        add_truth("case", "supplier-layout", plan.first_date, calendar.last_date, note)
    if case == "closed_site" and result.close_date is not None:
        note = "The site has closed; bills go on."
        add_truth("case", "closed-site", result.close_date + timedelta(days=1), calendar.last_date, note)
    if case == "profiled":
        # Early in the span, so that the two years that a capacity needs are actual readings.
        length = int(random.integers(20, 41))
        first_day = int(random.integers(30, max(31, min(calendar.days // 3, 330))))
        from_date = calendar.first_date + timedelta(days=first_day)
        note = "Half-hours are a total spread by a standard shape."
        add_truth("case", "profiled-days", from_date, from_date + timedelta(days=length - 1), note)
        return profiled(active, calendar, first_day, length), None
    if case == "summer_time_ignored":
        year = _year_on_winter_time(calendar)
        note = f"The supplier's clock ignored summer time in {year}: summer readings are early by an hour."
        span = max(date(year, 1, 1), calendar.first_date), min(date(year, 12, 31), calendar.last_date)
        add_truth("fault", "summer-time-ignored", *span, note)
        return on_winter_time(active, calendar, year), None
    if case == "better_reads":
        return _first_read_and_bettered(plan, calendar, active, wh, random, result)
    return active, None


def _year_on_winter_time(calendar: SettlementCalendar) -> int:
    """The last calendar year that leaves a summer after it to compare with, else the last whole summer."""
    last = calendar.last_date.year if calendar.last_date.month > 10 else calendar.last_date.year - 1
    return last - 1 if last - 1 >= calendar.first_date.year + (calendar.first_date > date(last - 1, 3, 1)) else last


def _first_read_and_bettered(
    plan: SitePlan,
    calendar: SettlementCalendar,
    active: MeteredSeries,
    wh: np.ndarray,
    random: np.random.Generator,
    result: SiteResult,
) -> tuple[MeteredSeries, MeteredSeries]:
    """A fortnight within a month is estimated at first and delivered again as actual readings."""
    months = months_between(calendar.first_date, calendar.last_date)
    first, _last = months[max(1, len(months) - int(random.integers(5, 10)))]
    from_date = first + timedelta(days=int(random.integers(2, 12)))
    begin_day = calendar.day_index(from_date)
    begin, end = calendar.first_half_hour_of_day[[begin_day, begin_day + 14]]
    status = active.status.copy()
    status[begin:end] = ACTUAL
    final = deliver(active.meter_id, "AI", "kwh", wh, status)
    status = status.copy()
    status[begin:end] = ESTIMATED
    early = deliver(active.meter_id, "AI", "kwh", wh, status)
    only = np.full_like(status, MISSING)
    only[begin:end] = ACTUAL
    result.later.append(deliver(active.meter_id, "AI", "kwh", wh, only))
    note = "Estimated at first; a later file has the actual readings, and the month was cancelled and billed again."
    to_date = from_date + timedelta(days=13)
    result.truths.append(_case_truth(plan, "case", "better-reads", active.meter_id, from_date, to_date, note))
    return final, early


def _bill_as_first_read(
    account: Account, calendar: SettlementCalendar, early: MeteredSeries, reactive: MeteredSeries | None, seed: int
) -> None:
    """The month whose readings were bettered was billed on the estimates, credited, and billed again."""
    first_account = replace(account, use=daily_use(calendar, early, reactive, account.register_unit))
    for at, bill in enumerate(account.bills):
        wrong = make_bill(first_account, bill.period_start_date, bill.period_end_date)
        if wrong.net_pence != bill.net_pence or wrong.is_estimated != bill.is_estimated:
            days_later = int(generator(seed, "better reads", account.contract.meter_id).integers(12, 34))
            replace_with_chain(account, at, wrong, days_later)


def _with_solar(
    plan: SitePlan, calendar: SettlementCalendar, electricity_kw: np.ndarray, seed: int, result: SiteResult
) -> np.ndarray:
    """Import that is left with panels on the roof (kW); what is over goes out through an export meter."""
    random = generator(seed, "solar", plan.number)
    peak_kw = float(electricity_kw.mean()) * float(random.uniform(1.6, 2.2))
    made_kw = solar_kw(calendar, float(plan.place.latitude_deg), peak_kw, random)
    export_id = mpan_core(plan.place.region, int(random.integers(0, 100_000)), plan.number + 1)
    status = np.zeros(calendar.half_hours, dtype=np.uint8)
    status[: calendar.first_half_hour_of_day[calendar.day_index(plan.first_date)]] = MISSING
    surplus = to_thousandths(np.maximum(made_kw - electricity_kw, 0.0))
    result.series.append(deliver(export_id, "AE", "kwh", surplus, status))
    result.meters[export_id] = MeterFacts(
        "electricity", llfc="910", related_meter_id=plan.electricity_meter_id, relation="export_of"
    )
    serial = f"E24P{int(random.integers(1, 999_999)):06d}"
    result.devices.append((export_id, Device(serial, plan.first_date, None)))
    note = f"Exports of solar panels of {peak_kw:.0f} kW, through a meter of their own."
    result.truths.append(
        _case_truth(plan, "case", "export-meter", export_id, plan.first_date, calendar.last_date, note)
    )
    return np.maximum(electricity_kw - made_kw, 0.0)


def _make_submeter(
    plan: SitePlan, calendar: SettlementCalendar, electricity_kw: np.ndarray, seed: int, result: SiteResult
) -> None:
    """A meter of our own behind the supply; what it counts, the supply's meter counts too."""
    random = generator(seed, "submeter", plan.number)
    meter_id = f"{plan.site_id}-SUB1"
    share = float(random.uniform(0.25, 0.4)) * np.exp(0.05 * random.standard_normal(calendar.days))
    wh = to_thousandths(electricity_kw * np.minimum(share, 0.6)[calendar.day_of_half_hour])
    history = meter_history(
        meter_id, seed, calendar, plan.first_date, plan.open_date, with_exchange=False, with_poor_signal=False
    )
    result.series.append(deliver(meter_id, "AI", "kwh", wh, history.status))
    result.meters[meter_id] = MeterFacts(
        "electricity", related_meter_id=plan.electricity_meter_id, relation="submeter_of"
    )
    result.devices += [(meter_id, device) for device in history.devices]
    note = "A sub-meter: its use is counted by the supply's meter too."
    result.truths.append(_case_truth(plan, "case", "submeter", meter_id, plan.first_date, calendar.last_date, note))


def _make_replaced_supply(
    plan: SitePlan,
    calendar: SettlementCalendar,
    active: MeteredSeries,
    history: MeterHistory,
    seed: int,
    result: SiteResult,
) -> None:
    """The supply ended within the span; weeks later the site had a new one, under a new number."""
    random = generator(seed, "replaced supply", plan.number)
    old_id = active.meter_id
    new_id = mpan_core(plan.place.region, int(random.integers(0, 100_000)), plan.number + 1)
    ended_day = int(calendar.days * random.uniform(0.35, 0.6))
    began_day = ended_day + int(random.integers(16, 38))
    ended, began = (calendar.first_date + timedelta(days=day) for day in (ended_day, began_day))
    at = calendar.day_of_half_hour
    serial = f"E24N{int(random.integers(1, 999_999)):06d}"
    (device,) = history.devices
    for meter_id, keeps, devices, span, relation in (
        (old_id, at <= ended_day, [replace(device, valid_to_date=ended)], (plan.first_date, ended), None),
        (new_id, at >= began_day, [Device(serial, began, None)], (began, calendar.last_date), "replaces"),
    ):
        status = np.where(keeps, active.status, MISSING).astype(np.uint8)
        thousandths = np.where(status == MISSING, 0, active.thousandths)
        series = replace(active, meter_id=meter_id, thousandths=thousandths, status=status)
        result.series.append(series)
        facts = MeterFacts(
            "electricity",
            llfc=LLFC_BY_BAND[None],
            related_meter_id=old_id if relation else None,
            relation=relation,
        )
        account = _supply(plan, facts, series, None, None, MeterHistory(status, devices), calendar, seed, result)
        forever = date.max - timedelta(days=1)
        outside = (span[1] + timedelta(days=1), forever) if relation is None else (date.min, began - timedelta(days=1))
        account.contract = without_days(account.contract, *outside)
        account.is_closed_to_planting = True
        _bill_months(account, *span)
    gap = ended + timedelta(days=1), began - timedelta(days=1)
    note = f"No meter was in place between supply {old_id} and its successor {new_id}."
    result.truths.append(_case_truth(plan, "fault", "metering-gap", new_id, *gap, note))


def _close_date(plan: SitePlan, calendar: SettlementCalendar, seed: int) -> date:
    """A month's end 4 to 8 months before the last day."""
    months_open = -int(generator(seed, "closing", plan.number).integers(4, 9))
    return months_between(calendar.first_date, calendar.last_date)[months_open][0] - timedelta(days=1)


def _after_closing(load: SiteLoad, calendar: SettlementCalendar, close_date: date) -> SiteLoad:
    """Next to nothing runs once the site has closed: a flat load without its daily shape."""
    shut = calendar.day_of_half_hour > calendar.day_index(close_date)
    own = np.where(shut, load.electricity_kw.mean(), load.electricity_kw)
    factor = np.where(shut, CLOSED_SITE_ELECTRICITY * (1 + 0.1 * np.sin(np.arange(calendar.half_hours))), 1.0)
    gas_kw = None if load.gas_kw is None else load.gas_kw * np.where(shut, CLOSED_SITE_GAS, 1.0)
    reactive_kvar = np.where(shut, 0.3 * own * factor, load.reactive_kvar)
    return SiteLoad(own * factor, reactive_kvar, gas_kw)


def _plant_bills(plan: SitePlan, calendar: SettlementCalendar, seed: int, result: SiteResult) -> None:
    random = generator(seed, "planted bills", plan.number)
    for account in result.accounts:
        result.bill_truths += bill_at_deemed_rates(account, random)
        if result.close_date is not None:
            result.bill_truths += bills_after_closing(account, result.close_date)
            account.is_closed_to_planting = True
    result.bill_truths += plant_bill_cases(result.cases.bill_cases, result.accounts, calendar.last_date, random)


def _fault_truth(plan: SitePlan, calendar: SettlementCalendar, series: MeteredSeries, fault: MeterFault) -> Truth:
    read = series.status[fault.positions] == ACTUAL
    since = calendar.day_index(twelve_months_to(calendar.last_date))
    in_year = calendar.day_of_half_hour[fault.positions] >= since
    error_wh = fault.error_thousandths * (read & in_year)
    error_kwh = float(error_wh.sum()) / 1000 * (1.0 if series.unit == "kwh" else kwh_per_gas_unit(series.unit))
    said = {
        "dead_meter": "The meter reads zero.",
        "scale_break": "The meter reads ten times too much.",
        "gas_unit_break": "The file says cubic metres, the values are hundreds of cubic feet.",
    }
    return Truth(
        truth_id=f"{plan.site_id}-{fault.kind.replace('_', '-')}",
        kind="fault",
        detector_id=None,
        meter_id=series.meter_id,
        site_id=plan.site_id,
        from_date=fault.first_date,
        to_date=fault.last_date,
        kwh_12m=round(error_kwh, 3),
        gbp_12m=0.0,
        note=f"{said[fault.kind]} kwh_12m is what was read less what was used.",
    )
