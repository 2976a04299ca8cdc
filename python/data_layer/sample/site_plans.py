"""What each site of the estate is: place, size, equipment, hours, supplies, and what is planted in it.

Everything about site number k follows from the seed and k, so that an estate of 4,000 sites begins with the same
24 sites as an estate of 24.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

import numpy as np

from data_layer.sample.identifiers import mpan_core, mprn
from data_layer.sample.randomness import generator

_F, _H, _O, _D = "food_store", "funeral_home", "office", "depot"
TYPE_PATTERN = (_F, _H, _O, _D, _F, _F, _H, _F, _O, _F, _F, _D, _F, _H, _F, _O, _F, _H, _F, _D, _F, _O, _F, _H)
# Each run of so many sites of one type gets these roles once, in an order that depends on the seed: a fixed share
# of the estate is planted, at places nobody can guess from the site number.
ROLES_BY_TYPE = {
    "food_store": ["capacity", "capacity", "closed", "dead_meter", "scale_break", "gas_unit_break"] + ["plain"] * 6,
    "funeral_home": ["closed", "frost_heating", "small_supply", "plain"],
    "office": ["closed+capacity", "capacity", "hours_change", "frost_heating"],
    "depot": ["closed", "capacity", "refrigerated"],
}
CAPACITY_ROLES = {"capacity", "closed+capacity"}
CLOSED_ROLES = {"closed", "closed+capacity"}
GAS_SHARE = {"food_store": 0.35, "funeral_home": 0.75, "office": 0.7, "depot": 0.7}

# Files of their own, in the row-a-reading layout: one half-hourly with UTC offset, one hourly by settlement period.
OFFSET_LAYOUT_SITE = 1
HOURLY_LAYOUT_SITE = 4
HUNDRED_CUBIC_FEET_SITE = 3

BUSINESS_UNIT_BY_TYPE = {
    "food_store": "FOOD",
    "funeral_home": "FUNERALCARE",
    "office": "SUPPORT",
    "depot": "LOGISTICS",
}
REGION_CODES = {
    "North East": "NE",
    "North West": "NW",
    "Yorkshire and The Humber": "YH",
    "East Midlands": "EM",
    "West Midlands": "WM",
    "East of England": "EE",
    "London": "LN",
    "South East": "SE",
    "South West": "SW",
    "Wales": "WA",
    "Scotland": "SC",
}


@dataclass(frozen=True)
class Place:
    """A postcode in a real town; coordinates in degrees, WGS 84."""

    town: str
    postcode: str
    latitude_deg: str
    longitude_deg: str
    region: str
    nation: str


@dataclass(frozen=True)
class Timetable:
    """Opening hours from a day on: minutes after local midnight by day kind (1 Monday ... 7 Sunday, 8 bank holiday).

    Open from the first minute until just before the second. A kind that is not there is closed all day.
    """

    valid_from_date: date
    hours: dict[int, tuple[int, int]]


@dataclass(frozen=True)
class SitePlan:
    """One site and its true make-up; powers in kW, areas in m2, temperatures in degrees Celsius.

    gas_unit: of the readings delivered; gas_register_unit: of the dial that bills print.
    """

    number: int
    site_id: str
    site_name: str
    site_type: str
    role: str
    place: Place
    first_date: date
    open_date: date
    floor_area_m2: float
    sales_area_m2: float | None
    refrigeration_kw: float
    refit_date: date | None
    refit_refrigeration_kw: float
    electricity_meter_id: str
    gas_meter_id: str | None
    gas_unit: str
    gas_register_unit: str
    has_capacity_charge: bool
    timetables: list[Timetable] = field(default_factory=list)

    @property
    def cost_centre_id(self) -> str:
        return cost_centre_id(BUSINESS_UNIT_BY_TYPE[self.site_type], self.place.region)


def cost_centre_id(business_unit_id: str, region: str) -> str:
    """Ledger code of a business unit in a region."""
    return f"{business_unit_id[:4]}-{REGION_CODES[region]}"


@lru_cache(maxsize=1)
def places() -> list[list[Place]]:
    """Towns with their postcodes, in the order of places.csv."""
    towns: dict[str, list[Place]] = {}
    text = files("data_layer.sample").joinpath("places.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        place = Place(**row)
        towns.setdefault(place.town, []).append(place)
    return list(towns.values())


def site_type_of(number: int) -> str:
    return TYPE_PATTERN[number % len(TYPE_PATTERN)]


def role_of(number: int, seed: int, years: int) -> str:
    """Role of a site. Capacity needs two years of readings to show, so that a one-year estate plants none."""
    site_type = site_type_of(number)
    rank = _rank_within_type(number)
    roles = ROLES_BY_TYPE[site_type]
    block, position = divmod(rank, len(roles))
    order = generator(seed, "roles", site_type, block).permutation(len(roles)).tolist()
    # A role that falls on a site which must stay plain moves to a plain site of the same block.
    pinned = [at for at in range(len(roles)) if _must_stay_plain(_number_of(site_type, block * len(roles) + at))]
    spare = [at for at, role in enumerate(order) if roles[role] == "plain" and at not in pinned]
    for at in pinned:
        if roles[order[at]] != "plain":
            other = spare.pop(0)
            order[at], order[other] = order[other], order[at]
    role = roles[order[position]]
    if years < 2:
        role = {"closed+capacity": "closed", "capacity": "plain"}.get(role, role)
    return role


def site_opens_late(number: int) -> bool:
    """True for a food store now and then that opened within the span: its history is short."""
    return number % 24 == 18


def plan_site(number: int, years: int, seed: int, first_date: date, last_date: date) -> SitePlan:
    """Make site `number` (from 0) of the estate."""
    random = generator(seed, "site", number)
    site_type, role = site_type_of(number), role_of(number, seed, years)
    place = _place_of(number, seed)
    span_days = (last_date - first_date).days + 1
    started = first_date
    open_date = first_date - timedelta(days=int(random.integers(400, 9000)))
    if site_opens_late(number):
        started = open_date = first_date + timedelta(days=int(span_days * random.uniform(0.3, 0.6)))
    floor_m2, sales_m2, refrigeration_kw = _size(site_type, role, random)
    refit_date, refit_kw = None, refrigeration_kw
    if site_type == "food_store" and number % 24 == 14:
        refit_date = first_date + timedelta(days=int(span_days * random.uniform(0.25, 0.5)))
        refit_kw = round(refrigeration_kw * random.uniform(0.78, 0.86), 1)
    has_gas = bool(random.random() < GAS_SHARE[site_type])
    if number == HUNDRED_CUBIC_FEET_SITE or role == "gas_unit_break":
        has_gas = True
    if role == "frost_heating":
        has_gas = False
    gas_unit = "kwh" if random.random() < 0.25 else "m3"
    if role == "gas_unit_break":
        gas_unit = "m3"
    if number == HUNDRED_CUBIC_FEET_SITE:
        gas_unit = "hcf"
    wants_capacity = site_type in ("office", "depot") or (site_type == "food_store" and (sales_m2 or 0) >= 280)
    has_capacity = wants_capacity and role not in ("dead_meter", "scale_break") and number != HOURLY_LAYOUT_SITE
    again = number // len(places())
    label = {"food_store": "food store", "funeral_home": "funeral home", "office": "office", "depot": "depot"}
    return SitePlan(
        number=number,
        site_id=f"S{number + 1:05d}",
        site_name=f"{place.town} {label[site_type]}" + (f" {again + 1}" if again else ""),
        site_type=site_type,
        role=role,
        place=place,
        first_date=started,
        open_date=open_date,
        floor_area_m2=floor_m2,
        sales_area_m2=sales_m2,
        refrigeration_kw=refrigeration_kw,
        refit_date=refit_date,
        refit_refrigeration_kw=refit_kw,
        electricity_meter_id=mpan_core(place.region, int(random.integers(0, 100_000)), number + 1),
        gas_meter_id=mprn(int(random.integers(0, 100_000)), number + 1) if has_gas else None,
        gas_unit=gas_unit,
        gas_register_unit=_gas_register_unit(gas_unit, number, seed),
        has_capacity_charge=has_capacity or role in CAPACITY_ROLES,
        timetables=_timetables(site_type, role, random, first_date, last_date),
    )


def _gas_register_unit(gas_unit: str, number: int, seed: int) -> str:
    """What the dial counts: the unit of the readings, or, where these come in kWh, either unit."""
    if gas_unit != "kwh":
        return gas_unit
    return "hcf" if generator(seed, "gas register", number).random() < 0.5 else "m3"


def _rank_within_type(number: int) -> int:
    """How many sites of the same type come before this one."""
    site_type = site_type_of(number)
    whole, rest = divmod(number, len(TYPE_PATTERN))
    return whole * TYPE_PATTERN.count(site_type) + TYPE_PATTERN[:rest].count(site_type)


def _number_of(site_type: str, rank: int) -> int:
    """Number of the site that `rank` sites of its type come before: the inverse of `_rank_within_type`."""
    at = [position for position, name in enumerate(TYPE_PATTERN) if name == site_type]
    cycle, position = divmod(rank, len(at))
    return cycle * len(TYPE_PATTERN) + at[position]


def _must_stay_plain(number: int) -> bool:
    """True where a planted case could not be seen: hourly readings, or a history that begins late."""
    return number == HOURLY_LAYOUT_SITE or site_opens_late(number)


def _place_of(number: int, seed: int) -> Place:
    towns = places()
    round_number, position = divmod(number, len(towns))
    order = generator(seed, "towns", round_number).permutation(len(towns))
    postcodes = towns[int(order[position])]
    return postcodes[round_number % len(postcodes)]


def _size(site_type: str, role: str, random: np.random.Generator) -> tuple[float, float | None, float]:
    """Floor area, sales area (m2) and rated refrigeration (kW)."""
    if site_type == "food_store":
        sales = float(np.clip(260 * np.exp(0.35 * random.standard_normal()), 120, 800))
        if role in CAPACITY_ROLES:
            sales = max(sales, 300.0)
        return round(sales * 1.45, 1), round(sales, 1), round(sales * random.uniform(0.075, 0.095), 1)
    if site_type == "funeral_home":
        floor = float(random.uniform(160, 420))
        cold_rooms = round(float(random.uniform(1.5, 3.0)), 1) if random.random() < 0.35 and role == "plain" else 0.0
        return round(floor * (0.4 if role == "small_supply" else 1.0), 1), None, cold_rooms
    if site_type == "office":
        return round(float(random.uniform(900, 3200)), 1), None, 0.0
    floor = float(random.uniform(3500, 9000))
    return round(floor, 1), None, round(floor * 0.006, 1) if role == "refrigerated" else 0.0


def _timetables(
    site_type: str, role: str, random: np.random.Generator, first_date: date, last_date: date
) -> list[Timetable]:
    begins = date(first_date.year - 3, 1, 1)
    if site_type == "food_store":
        opens, closes = int(random.choice([360, 420])), int(random.choice([1320, 1380]))
        hours = dict.fromkeys(range(1, 7), (opens, closes)) | {7: (opens + 60, closes - 60), 8: (480, 1200)}
    elif site_type == "funeral_home":
        hours = dict.fromkeys(range(1, 6), (540, 1020))
        if random.random() < 0.4:
            hours[6] = (540, 720)
    elif site_type == "office":
        opens, closes = int(random.choice([450, 480])), int(random.choice([1080, 1110]))
        hours = dict.fromkeys(range(1, 6), (opens, closes))
    else:
        hours = dict.fromkeys(range(1, 6), (360, 1320)) | {6: (360, 840)}
    tables = [Timetable(begins, hours)]
    if role == "hours_change":
        # Open longer from a day in the last year: more use in what were closed hours, and rightly so.
        changed = last_date - timedelta(days=int(random.integers(120, 270)))
        longer = {kind: (opens - 60, closes + 120) for kind, (opens, closes) in hours.items()} | {6: (540, 840)}
        tables.append(Timetable(changed, longer))
    return tables
