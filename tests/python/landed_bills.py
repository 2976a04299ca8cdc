"""What bills should say, worked out again from landing files and seeds alone, for tests of the sample estate.

Nothing of the generator is used: readings, contracts and seeds are read as a stranger would read them.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.parquet as pq

SEEDS = Path(__file__).parents[2] / "seeds"
LONDON = ZoneInfo("Europe/London")
PENNY = Decimal("0.01")
CUBIC_METRE_WH = Fraction("1.02264") * Fraction("39.5") / Fraction("3.6")  # a thousandth of a cubic metre, in Wh
WH_PER_THOUSANDTH = {
    "kwh": Fraction(1),
    "kvarh": Fraction(1),
    "m3": CUBIC_METRE_WH,
    "hcf": CUBIC_METRE_WH * Fraction("2.83"),
    "pulse": Fraction("0.1"),
}
NOT_READ = -1


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@lru_cache(maxsize=16)
def seed_rows(name: str) -> list[dict[str, str]]:
    return read_rows(SEEDS / f"{name}.csv")


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


@cache
def periods_in(day: date) -> int:
    midnights = [datetime(when.year, when.month, when.day, tzinfo=LONDON) for when in (day, day + timedelta(days=1))]
    return int((midnights[1].astimezone(UTC) - midnights[0].astimezone(UTC)).total_seconds()) // 1800


@lru_cache(maxsize=4)
def local_minutes(periods: int) -> np.ndarray:
    """Clock minute at the start of each settlement period; the change is at 01:00."""
    change = {46: (2, 60), 48: (50, 0), 50: (4, -60)}[periods]
    return np.array([place * 30 + (change[1] if place >= change[0] else 0) for place in range(50)])


@dataclass
class Readings:
    """Wh (or varh) by day and settlement period; NOT_READ where nothing was delivered."""

    first_date: date
    values: np.ndarray
    letters: np.ndarray


class Landing:
    """The files of one landing folder."""

    def __init__(self, folder: Path):
        self.folder, self.energy = folder, folder / "energy"
        self._daily_wh: dict[str, dict[str, np.ndarray]] = {}
        self.estate = json.loads((folder / "_truth" / "estate.json").read_text())
        self.bill_truths = json.loads((folder / "_truth" / "planted_bills.json").read_text())
        self.planted = json.loads((folder / "_truth" / "planted.json").read_text())
        self.sites = {row["site_id"]: row for row in read_rows(self.energy / "sites.csv")}
        self.meters = {row["meter_id"]: row for row in read_rows(self.energy / "meters.csv")}
        self.rates: dict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
        for row in read_rows(self.energy / "contracts.csv"):
            self.rates[row["meter_id"], row["element"], row["rate_band"]].append(row)
        self.last_date = date.fromisoformat(self.estate["as_of_date"])
        self.first_date = date(self.last_date.year - self.estate["years"], 12, 31) + timedelta(days=1)

    @cached_property
    def invoices(self) -> dict[str, dict]:
        found = {
            row["invoice_id"]: {**row, "lines": []}
            for path in sorted(self.energy.glob("invoices_*.csv"))
            for row in read_rows(path)
        }
        for path in sorted(self.energy.glob("invoice_lines_*.csv")):
            for row in read_rows(path):
                found[row["invoice_id"]]["lines"].append(row)
        return found

    @cached_property
    def cancelled(self) -> set[str]:
        return {row["cancels_invoice_id"] for row in self.invoices.values() if row["cancels_invoice_id"]}

    @cached_property
    def standing(self) -> list[dict]:
        """Bills that are neither cancelled nor a credit note, in order of period, then issue."""
        rows = [
            row
            for row in self.invoices.values()
            if row["invoice_type"] == "invoice" and row["invoice_id"] not in self.cancelled
        ]
        return sorted(rows, key=lambda row: (row["meter_id"], row["period_start_date"], row["issue_date"]))

    # --- readings

    @cached_property
    def readings(self) -> dict[tuple[str, str], Readings]:
        """By metering point and quantity; the later file of the same day wins."""
        days = (self.last_date - self.first_date).days + 1
        found: dict[tuple[str, str], Readings] = {}

        def own(meter_id: str, quantity: str) -> Readings:
            if (meter_id, quantity) not in found:
                values = np.full((days, 50), NOT_READ, dtype=np.int64)
                found[meter_id, quantity] = Readings(self.first_date, values, np.full((days, 50), "-"))
            return found[meter_id, quantity]

        for path in sorted(self.energy.glob("readings_hh_*.parquet")):
            self._read_days(path, own)
        for path in sorted(self.energy.glob("readings_S*.csv.gz")):
            self._read_intervals(path, own)
        for path in sorted(self.energy.glob("supplier_*.csv")):
            self._read_supplier(path, own)
        return found

    def _read_days(self, path: Path, own) -> None:
        table = pq.read_table(path)
        cells = np.stack(
            [
                np.array(table.column(f"hh_{period:02d}").cast("double").fill_null(-1e6).to_numpy())
                for period in range(1, 51)
            ],
            axis=1,
        )
        thousandths = np.rint(cells * 1000).astype(np.int64)
        heads = table.select(
            ["meter_id", "measurement_quantity", "settlement_date", "unit", "reading_type", "reading_types"]
        ).to_pylist()
        for head, row in zip(heads, thousandths, strict=True):
            readings = own(head["meter_id"], head["measurement_quantity"])
            day = (head["settlement_date"] - self.first_date).days
            readings.values[day] = np.where(row >= 0, in_wh(row, head["unit"]), NOT_READ)
            letters = head["reading_types"] or head["reading_type"] * 50
            readings.letters[day] = np.where(row >= 0, np.array(list(letters.ljust(50, "-"))), "-")

    def _read_intervals(self, path: Path, own) -> None:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                readings = own(row["meter_id"], row["measurement_quantity"])
                if row["interval_start_at"]:
                    start = datetime.fromisoformat(row["interval_start_at"])
                    day = start.date()
                    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
                    period = int((start - midnight).total_seconds()) // 1800
                else:
                    day, period = date.fromisoformat(row["settlement_date"]), int(row["settlement_period"]) - 1
                wh = int(in_wh(np.array([round(Decimal(row["reading_value"]) * 1000)]), row["unit"])[0])
                parts = [wh] if row["interval_minutes"] == "30" else [wh - wh // 2, wh // 2]
                at = (day - self.first_date).days
                readings.values[at, period : period + len(parts)] = parts
                readings.letters[at, period : period + len(parts)] = row["reading_type"]

    def _read_supplier(self, path: Path, own) -> None:
        """Local times that name the start; in the repeated hour the first pair of rows is summer time."""
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "sep=,"
        seen: dict[tuple[date, int], int] = defaultdict(int)
        for row in csv.DictReader(lines[1:]):
            start = datetime.strptime(row["ReadDatetime"], "%d %b %Y %H:%M:%S")
            day, minute = start.date(), start.hour * 60 + start.minute
            places = np.flatnonzero(local_minutes(periods_in(day))[: periods_in(day)] == minute)
            period = int(places[seen[day, minute]])
            seen[day, minute] += 1
            readings = own(row["MPR"], "AI")
            readings.values[(day - self.first_date).days, period] = round(Decimal(row["kWh"]) * 1000)
            readings.letters[(day - self.first_date).days, period] = row["ReadType"][0]

    # --- quantities of a bill

    def energy_wh(self, meter_id: str, first: date, last: date, band: str = "all") -> int:
        return int(sum(self._daily(meter_id)[band][self._days(first, last)].tolist()))

    def _days(self, first: date, last: date) -> slice:
        return slice((first - self.first_date).days, (last - self.first_date).days + 1)

    def _daily(self, meter_id: str) -> dict[str, np.ndarray]:
        if meter_id not in self._daily_wh:
            self._daily_wh[meter_id] = self._sums_of_days(meter_id)
        return self._daily_wh[meter_id]

    def _sums_of_days(self, meter_id: str) -> dict[str, np.ndarray]:
        values = np.maximum(self.readings[meter_id, "AI"].values, 0)
        days = days_between(self.first_date, self.last_date)
        minutes = np.stack([local_minutes(periods_in(day)) for day in days])
        inside = np.arange(50)[None, :] < np.array([periods_in(day) for day in days])[:, None]
        assert not values[~inside].any()
        night = minutes < 420
        bands = {"all": inside, "night": inside & night, "day": inside & ~night}
        duos = duos_bands(meter_id[:2])
        is_weekend = np.array([day.weekday() >= 5 for day in days])
        slots = np.clip(minutes // 30, 0, 47)
        named = np.where(is_weekend[:, None], duos["weekend"][slots], duos["weekday"][slots])
        bands |= {band: inside & (named == band) for band in ("red", "amber", "green")}
        return {band: np.where(where, values, 0).sum(axis=1) for band, where in bands.items()}

    def paired(self, meter_id: str, first: date, last: date) -> tuple[np.ndarray, np.ndarray]:
        """Wh and varh of the half-hours that have both."""
        days = self._days(first, last)
        wh, varh = (self.readings[meter_id, quantity].values[days] for quantity in ("AI", "RI"))
        both = (wh != NOT_READ) & (varh != NOT_READ)
        return wh[both], varh[both]

    def demand_kva(self, meter_id: str, first: date, last: date) -> Decimal:
        wh, varh = self.paired(meter_id, first, last)
        if not len(wh):
            return Decimal(0)
        squared = int((wh**2 + varh**2).max())
        return (2 * Decimal(squared).sqrt() / 1000).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def chargeable_kvarh(self, meter_id: str, first: date, last: date) -> Decimal:
        wh, varh = self.paired(meter_id, first, last)
        micro = int(np.maximum(1_000_000 * varh - 328_684 * wh, 0).sum())
        return (Decimal(micro) / 10**9).quantize(Decimal("0.001"), ROUND_HALF_UP)

    # --- rates

    def signed_row(self, meter_id: str, element: str, band: str, when: date) -> dict[str, str] | None:
        """The row in force, else the last one before."""
        earlier = [row for row in self.rates.get((meter_id, element, band), []) if row["valid_from_date"] <= str(when)]
        return max(earlier, key=lambda row: row["valid_from_date"]) if earlier else None

    def is_expired(self, meter_id: str, when: date) -> bool:
        rows = [row for band in ("all", "day", "night") for row in self.rates.get((meter_id, "unit", band), [])]
        return not any(row["valid_from_date"] <= str(when) <= row["valid_to_date"] for row in rows)

    def rate(self, meter_id: str, element: str, band: str, when: date) -> Decimal:
        row = self.signed_row(meter_id, element, band, when)
        if row["is_pass_through"] == "false":
            return Decimal(row["rate_gbp"])
        assert row["rate_gbp"] == ""
        if element == "tnuos":
            own = {"charging_band": self.meters[meter_id]["charging_band"]}
            return in_force("tnuos_residual_rates", own, "rate_gbp_per_day", when)
        own = {"distributor_id": meter_id[:2], "element": element, "rate_band": band}
        return in_force("duos_rates", own, "rate_gbp", when)

    def agreed_kva(self, meter_id: str) -> Decimal | None:
        rows = self.rates.get((meter_id, "capacity", "all"))
        return Decimal(rows[0]["agreed_capacity_kva"]) if rows else None

    # --- the bill

    def is_small(self, meter_id: str, first: date, last: date) -> bool:
        limit = Decimal(vat_row(self.meters[meter_id]["fuel"])["de_minimis_kwh_per_day"])
        return Decimal(self.energy_wh(meter_id, first, last)) / 1000 <= limit * ((last - first).days + 1)

    def due(
        self, meter_id: str, first: date, last: date, part: tuple[date, date] | None = None
    ) -> dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]]:
        """Quantity, rate and net of each element and band; of `part` alone where given, as the bill's own."""
        begin, end = part or (first, last)
        days = (end - begin).days + 1
        quantities: dict[tuple[str, str], Decimal] = {}
        for band in ("all", "day", "night"):
            if self.rates.get((meter_id, "unit", band)):
                quantities["unit", band] = Decimal(self.energy_wh(meter_id, begin, end, band)) / 1000
        quantities["standing", "all"] = Decimal(days)
        agreed = self.agreed_kva(meter_id)
        if agreed is not None:
            for band in ("red", "amber", "green"):
                quantities["duos", band] = Decimal(self.energy_wh(meter_id, begin, end, band)) / 1000
            quantities["capacity", "all"] = agreed * days
            quantities["excess_capacity", "all"] = (
                max(self.demand_kva(meter_id, first, last) - agreed, Decimal(0)) * days
            )
            quantities["reactive", "all"] = self.chargeable_kvarh(meter_id, begin, end)
            quantities["tnuos", "all"] = Decimal(days)
        lines = {
            (element, band): (quantity, self.rate(meter_id, element, band, first))
            for (element, band), quantity in quantities.items()
            if quantity or element not in ("excess_capacity", "reactive")
        }
        if not self.is_small(meter_id, first, last):
            fuel = {"fuel": self.meters[meter_id]["fuel"]}
            levy = in_force("climate_change_levy_rates", fuel, "rate_gbp_per_kwh", first)
            lines["ccl", "all"] = (Decimal(self.energy_wh(meter_id, begin, end)) / 1000, levy)
        return {
            key: (quantity, rate, (quantity * rate).quantize(PENNY, ROUND_HALF_UP))
            for key, (quantity, rate) in lines.items()
        }


def by_element(lines: dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for (element, _band), (_quantity, _rate, net) in lines.items():
        totals[element] += net
    return dict(totals)


def billed(invoice: dict) -> dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]]:
    return {
        (line["element"], line["rate_band"]): tuple(Decimal(line[name]) for name in ("quantity", "rate_gbp", "net_gbp"))
        for line in invoice["lines"]
    }


def period_of(invoice: dict) -> tuple[date, date]:
    return date.fromisoformat(invoice["period_start_date"]), date.fromisoformat(invoice["period_end_date"])


def in_wh(thousandths: np.ndarray, unit: str) -> np.ndarray:
    factor = WH_PER_THOUSANDTH[unit]
    return (2 * thousandths * factor.numerator + factor.denominator) // (2 * factor.denominator)


def vat_row(fuel: str) -> dict[str, str]:
    return next(row for row in seed_rows("vat_rates") if row["fuel"] == fuel)


def in_force(seed: str, key: dict[str, str], value: str, when: date) -> Decimal:
    (row,) = (
        row
        for row in seed_rows(seed)
        if all(row[name] == wanted for name, wanted in key.items())
        and row["valid_from_date"] <= str(when) <= row["valid_to_date"]
    )
    return Decimal(row[value])


@lru_cache(maxsize=32)
def duos_bands(distributor_id: str) -> dict[str, np.ndarray]:
    """Band of each half-hour of the clock on weekdays and at weekends."""
    rows = seed_rows("duos_bands")
    own = [row for row in rows if row["distributor_id"] == distributor_id] or [
        row for row in rows if row["distributor_id"] in ("", "all")
    ]
    bands = {kind: np.full(48, "none", dtype="<U5") for kind in ("weekday", "weekend")}
    for row in own:
        bands[row["day_type"]][int(row["starts_minute"]) // 30 : int(row["ends_minute"]) // 30] = row["duos_band"]
    return bands


def need_kva(landing: Landing, meter_id: str) -> int:
    """1.1 times the highest kVA of 24 months of actual readings, rounded up."""
    since = date(landing.last_date.year - 1, 1, 1)
    days = landing._days(since, landing.last_date)
    active, reactive = (landing.readings[meter_id, quantity] for quantity in ("AI", "RI"))
    both = (active.letters[days] == "A") & (reactive.letters[days] == "A")
    squared = int((active.values[days][both] ** 2 + reactive.values[days][both] ** 2).max())
    target = 121 * 4 * squared  # (10000 need)^2 >= 121 x (2 sqrt(squared))^2
    return -(-(math.isqrt(target - 1) + 1) // 10_000)
