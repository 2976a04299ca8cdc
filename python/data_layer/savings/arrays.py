"""Marts to arrays: one metering point at a time, days by half-hours, integer Wh."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa

from data_layer.errors import BadInputError
from data_layer.savings.prices import NETWORK_BANDS, PriceLayer, half_hour_rates, micro_gbp
from data_layer.warehouse.connection import Warehouse

PERIODS = 50
NOT_KNOWN = -1


@dataclass(frozen=True)
class MeterArrays:
    """Everything a detector may look at, for one metering point, day by day without gaps to the as-of date.

    Shapes: n days; half-hours are columns 0 to 45, 47 or 49, in order of settlement period; the rest is padding.

    dates                  datetime64[D] (n,)
    periods_in_day         int16 (n,): 46, 48 or 50
    used_wh                int64 (n, 50): active import, 0 where not read
    is_read, is_actual     bool (n, 50): has a value; has one that is not estimated
    reactive_varh          int64 (n, 50): reactive import, 0 where not read
    is_reactive_delivered, is_reactive_read  bool (n, 50): has a reactive value; has one that is not estimated
    is_hours_known         bool (n,): the timetable of the site covers the day
    is_closed_all_day      bool (n,)
    opens_minute, closes_minute  int16 (n,): local clock minutes, NOT_KNOWN when closed all day or hours are unknown
    is_closed              bool (n, 50): the whole half-hour lies outside opening hours; False where hours are unknown
    is_site_open           bool (n,): between the site's open and close dates
    starts_minute          int16 (n, 50): local clock minutes after midnight, NOT_KNOWN in the padding
    temperature_c          float64 (n, 50): outdoor air, NaN where not known
    price_micro_gbp        int64 (n, 50): avoidable millionths of a pound per kWh, prices.NO_PRICE where none holds
    price_band             int8 (n, 50): position in prices.BANDS of the unit rate
    agreed_centi_kva       int64 (n,): agreed capacity in hundredths of a kVA, NOT_KNOWN where no contract states it
    capacity_micro_gbp     int64 (n,): millionths of a pound per kVA and day, NOT_KNOWN where no contract states it
    is_profiled            bool (n, 50): read, but cut from a longer reading by a load profile; not actual
    device_starts          datetime64[D] (k,): first day of each further device of the metering point
    last_service_date      datetime64[D]: last day of the newest device; the last of the arrays while in place
    is_submeter            what it counts is counted by another metering point too
    replaces_meter_id      supply whose place this one took, or None
    replaced_last_date     last day with a reading of that supply, or None
    """

    meter_id: str
    site_id: str
    site_type: str
    fuel: str
    dates: np.ndarray
    periods_in_day: np.ndarray
    used_wh: np.ndarray
    is_read: np.ndarray
    is_actual: np.ndarray
    reactive_varh: np.ndarray
    is_reactive_delivered: np.ndarray
    is_reactive_read: np.ndarray
    is_hours_known: np.ndarray
    is_closed_all_day: np.ndarray
    opens_minute: np.ndarray
    closes_minute: np.ndarray
    is_closed: np.ndarray
    is_site_open: np.ndarray
    starts_minute: np.ndarray
    temperature_c: np.ndarray
    price_micro_gbp: np.ndarray
    price_band: np.ndarray
    agreed_centi_kva: np.ndarray
    capacity_micro_gbp: np.ndarray
    is_profiled: np.ndarray
    device_starts: np.ndarray
    last_service_date: np.datetime64
    is_submeter: bool
    replaces_meter_id: str | None
    replaced_last_date: date | None

    @property
    def exists(self) -> np.ndarray:
        """bool (n, 50): the half-hour is one of the day's 46, 48 or 50."""
        return np.arange(PERIODS)[None, :] < self.periods_in_day[:, None]

    def day_index(self, day: date) -> int:
        """Row of a date; negative or beyond the end where the date is outside the arrays."""
        return int((np.datetime64(day) - self.dates[0]).astype(int))


@dataclass(frozen=True)
class Period:
    """The 12 months to the as-of date; both days inclusive."""

    as_of_date: date
    start_date: date


@dataclass(frozen=True)
class _Site:
    site_type: str
    nation: str
    weather_station_id: str | None
    open_date: date | None
    close_date: date | None


@dataclass(frozen=True)
class _Service:
    device_starts: tuple[date, ...] = ()
    last_date: date | None = None
    is_submeter: bool = False
    replaces_meter_id: str | None = None
    replaced_last_date: date | None = None


class EstateReader:
    """Reads the marts of one estate. Small things are read once, readings in batches of metering points."""

    def __init__(self, warehouse: Warehouse, batch_size: int = 250):
        self._warehouse = warehouse
        self._energy = warehouse.schema("energy")
        self._core = warehouse.schema("core")
        self._batch_size = batch_size
        self.period = self._read_period()
        self._starts_minute, self._is_night = self._read_half_hours()
        self._network_bands = self._read_network_bands()
        self._sites = self._read_sites()
        self._first_date, self._meter_ids = self._read_span()
        self._distributors = self._read_distributors()
        self._service = self._read_service()

    @property
    def meter_ids(self) -> list[str]:
        """Metering points with a site and at least one active-import day, sorted."""
        return self._meter_ids

    def nation(self, site_id: str) -> str | None:
        """Country whose bank holidays the site keeps; None where the site is not known."""
        site = self._sites.get(site_id)
        return site.nation if site else None

    def weather_station_id(self, site_id: str) -> str | None:
        """Weather series that stands for the site; None where there is none."""
        site = self._sites.get(site_id)
        return site.weather_station_id if site else None

    def meters(self) -> Iterator[MeterArrays]:
        """Each metering point's arrays, in order of meter_id whatever the order in the warehouse."""
        weather = self._read_weather()
        rates = self._read_rates()
        capacities = self._read_capacities()
        for start in range(0, len(self._meter_ids), self._batch_size):
            batch = self._meter_ids[start : start + self._batch_size]
            readings = self._read_readings(batch)
            opening = self._read_opening({row["site_id"] for rows in readings.values() for row in rows[:1]})
            for meter_id in batch:
                yield self._assemble(meter_id, readings[meter_id], opening, weather, rates, capacities)

    def _read_period(self) -> Period:
        rows = self._warehouse.fetch_rows(f"select as_of_date, period_start_date from {self._energy}.dim_energy_as_of")
        if not rows or rows[0][0] is None:
            raise NoReadingsError("There is no complete day of readings yet: load readings and build first.")
        return Period(as_of_date=rows[0][0], start_date=rows[0][1])

    def _read_half_hours(self) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
        rows = self._warehouse.fetch_rows(
            f"select periods_in_day, settlement_period, starts_minute, rate_band from {self._core}.dim_half_hours"
        )
        starts: dict[int, np.ndarray] = {}
        night: dict[int, np.ndarray] = {}
        for periods_in_day, period, minute, band in rows:
            if periods_in_day not in starts:
                starts[periods_in_day] = np.full(PERIODS, NOT_KNOWN, dtype=np.int16)
                night[periods_in_day] = np.zeros(PERIODS, dtype=bool)
            starts[periods_in_day][period - 1] = minute
            night[periods_in_day][period - 1] = band == "night"
        return starts, night

    def _read_network_bands(self) -> dict[str, dict[str, np.ndarray]]:
        """By distributor and band: bool (2, 51, 50), weekday or weekend, half-hours in the day, half-hour."""
        rows = self._warehouse.fetch_rows(
            "select distributor_id, day_type, duos_band, periods_in_day, settlement_period "
            f"from {self._core}.dim_network_bands"
        )
        bands: dict[str, dict[str, np.ndarray]] = {}
        for distributor_id, day_type, band, periods_in_day, period in rows:
            of_distributor = bands.setdefault(
                distributor_id, {name: np.zeros((2, PERIODS + 1, PERIODS), dtype=bool) for name in NETWORK_BANDS}
            )
            of_distributor[band][int(day_type == "weekend"), periods_in_day, period - 1] = True
        return bands

    def _in_band(self, distributor_id: str | None, dates: np.ndarray, periods_in_day: np.ndarray) -> dict:
        is_weekend = ((dates.astype(int) + 3) % 7 >= 5).astype(int)
        bands = self._network_bands.get(distributor_id or "", {})
        nowhere = np.zeros((len(dates), PERIODS), dtype=bool)
        in_band = {
            name: bands[name][is_weekend, periods_in_day] if name in bands else nowhere for name in NETWORK_BANDS
        }
        return {**in_band, "night": np.stack([self._is_night[count] for count in periods_in_day])}

    def _read_sites(self) -> dict[str, _Site]:
        rows = self._warehouse.fetch_rows(
            "select site_id, site_type, nation, weather_station_id, open_date, close_date "
            f"from {self._core}.dim_sites where valid_from_date <= ? order by site_id, valid_from_date",
            [self.period.as_of_date],
        )
        return {row[0]: _Site(*row[1:]) for row in rows}

    def _read_span(self) -> tuple[date, list[str]]:
        rows = self._warehouse.fetch_rows(
            f"select meter_id, min(settlement_date) from {self._energy}.fct_energy_reading_days "
            "where measurement_quantity = 'AI' and site_id is not null and settlement_date <= ? "
            "group by meter_id order by meter_id",
            [self.period.as_of_date],
        )
        if not rows:
            return self.period.as_of_date, []
        return min(row[1] for row in rows), sorted(row[0] for row in rows)

    def _read_service(self) -> dict[str, _Service]:
        rows = self._warehouse.fetch_rows(
            "select meter_id, valid_from_date, valid_to_date, related_meter_id, relation "
            f"from {self._energy}.dim_meter_devices order by meter_id, valid_from_date"
        )
        last_read = dict(
            self._warehouse.fetch_rows(
                f"select meter_id, max(settlement_date) from {self._energy}.fct_energy_daily "
                "where read_half_hours > 0 group by meter_id"
            )
        )
        devices: dict[str, list[tuple]] = defaultdict(list)
        for meter_id, *device in rows:
            devices[meter_id].append(tuple(device))
        services = {}
        for meter_id, known in devices.items():
            replaced = next((related for *_, related, relation in known if related and relation == "replaces"), None)
            services[meter_id] = _Service(
                device_starts=tuple(device[0] for device in known[1:]),
                last_date=known[-1][1],
                is_submeter=known[-1][3] == "submeter_of",
                replaces_meter_id=replaced,
                replaced_last_date=last_read.get(replaced),
            )
        return services

    def _read_weather(self) -> dict[str, np.ndarray]:
        table = self._warehouse.fetch_arrow(
            "select weather_station_id, settlement_date, settlement_period, "
            f"cast(temperature_c as double precision) as temperature_c from {self._energy}.fct_weather_half_hours "
            "where temperature_c is not null and settlement_date between ? and ?",
            [self._first_date, self.period.as_of_date],
        )
        if table.num_rows == 0:
            return {}
        days = self._n_days(self._first_date)
        stations = table.column("weather_station_id").combine_chunks().dictionary_encode()
        codes = stations.indices.to_numpy()
        values = np.full((len(stations.dictionary), days, PERIODS), np.nan)
        rows = (_dates(table, "settlement_date") - np.datetime64(self._first_date)).astype(int)
        values[codes, rows, table.column("settlement_period").to_numpy() - 1] = table.column("temperature_c").to_numpy()
        return {name: values[code] for code, name in enumerate(stations.dictionary.to_pylist())}

    def _read_rates(self) -> dict[str, list[PriceLayer]]:
        rows = self._warehouse.fetch_rows(
            "select meter_id, element, rate_band, avoidable_rate_gbp_per_kwh, valid_from_date, valid_to_date "
            f"from {self._energy}.dim_energy_avoidable_rates where avoidable_rate_gbp_per_kwh is not null"
        )
        rates: dict[str, list[PriceLayer]] = defaultdict(list)
        for meter_id, element, band, rate, valid_from, valid_to in rows:
            rates[meter_id].append(PriceLayer(element, band, Decimal(rate).normalize(), valid_from, valid_to))
        return rates

    def _read_distributors(self) -> dict[str, str | None]:
        return dict(self._warehouse.fetch_rows(f"select meter_id, distributor_id from {self._energy}.dim_meters"))

    def _read_capacities(self) -> dict[str, list[tuple[date, date | None, Decimal, Decimal | None]]]:
        rows = self._warehouse.fetch_rows(
            "select meter_id, valid_from_date, valid_to_date, rate_gbp, agreed_capacity_kva "
            f"from {self._energy}.dim_energy_contract_rates where element = 'capacity' and rate_gbp is not null "
            "order by meter_id, valid_from_date, contract_id"
        )
        capacities = defaultdict(list)
        for meter_id, valid_from, valid_to, rate, agreed in rows:
            capacities[meter_id].append((valid_from, valid_to, Decimal(rate).normalize(), agreed))
        return capacities

    def _read_opening(self, site_ids: set[str]) -> dict[str, list[tuple]]:
        opening: dict[str, list[tuple]] = defaultdict(list)
        if not site_ids:
            return opening
        wanted = sorted(site_ids)
        rows = self._warehouse.fetch_rows(
            "select site_id, settlement_date, opens_minute, closes_minute, is_closed_all_day "
            f"from {self._energy}.fct_site_opening_days where settlement_date <= ? "
            f"and site_id in ({_marks(wanted)})",
            [self.period.as_of_date, *wanted],
        )
        for site_id, *rest in rows:
            opening[site_id].append(tuple(rest))
        return opening

    def _read_readings(self, meter_ids: Sequence[str]) -> dict[str, list[dict]]:
        table = self._warehouse.fetch_arrow(
            "select meter_id, site_id, fuel, measurement_quantity, settlement_date, periods_in_day, half_hours_wh, "
            f"reading_types from {self._energy}.fct_energy_reading_days "
            "where measurement_quantity in ('AI', 'RI') and settlement_date <= ? "
            f"and meter_id in ({_marks(meter_ids)}) order by meter_id, measurement_quantity, settlement_date",
            [self.period.as_of_date, *meter_ids],
        )
        values, is_read = _half_hours(table.column("half_hours_wh"))
        letters = _letters(table.column("reading_types"))
        is_actual = is_read & (letters == b"A")
        is_profiled = is_read & (letters == b"P")
        dates = _dates(table, "settlement_date")
        periods = table.column("periods_in_day").to_numpy().astype(np.int16)
        columns = {name: table.column(name).to_pylist() for name in ("meter_id", "site_id", "fuel")}
        quantity = table.column("measurement_quantity").to_pylist()
        found: dict[str, list[dict]] = {meter_id: [] for meter_id in meter_ids}
        starts = [
            row
            for row in range(table.num_rows)
            if row == 0
            or columns["meter_id"][row] != columns["meter_id"][row - 1]
            or quantity[row] != quantity[row - 1]
        ]
        for start, end in zip(starts, [*starts[1:], table.num_rows], strict=True):
            rows = slice(start, end)
            found[columns["meter_id"][start]].append(
                {
                    "quantity": quantity[start],
                    "site_id": next((site for site in reversed(columns["site_id"][rows]) if site is not None), None),
                    "fuel": columns["fuel"][start],
                    "dates": dates[rows],
                    "periods_in_day": periods[rows],
                    "values": values[rows],
                    "is_read": is_read[rows],
                    "is_actual": is_actual[rows],
                    "is_profiled": is_profiled[rows],
                }
            )
        return found

    def _n_days(self, first: date) -> int:
        return (self.period.as_of_date - first).days + 1

    def _assemble(self, meter_id, readings, opening, weather, rates, capacities) -> MeterArrays:
        active = next(block for block in readings if block["quantity"] == "AI")
        reactive = next((block for block in readings if block["quantity"] == "RI"), None)
        first = active["dates"][0].astype(object)
        n = self._n_days(first)
        dates = np.datetime64(first) + np.arange(n)
        periods_in_day = uk_periods_in_day(dates)
        shape = (n, PERIODS)
        used, is_read, is_actual, is_profiled = _placed(active, dates[0], shape)
        if reactive is None:
            reactive_varh = np.zeros(shape, dtype=np.int64)
            is_reactive_delivered, is_reactive_read = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        else:
            reactive_varh, is_reactive_delivered, is_reactive_read, _ = _placed(reactive, dates[0], shape)
        starts_minute = np.stack([self._starts_minute[count] for count in periods_in_day])
        exists = np.arange(PERIODS)[None, :] < periods_in_day[:, None]
        site = self._sites.get(active["site_id"])
        hours_known, closed_all_day, opens, closes, is_closed = _closed(
            opening[active["site_id"]], dates, starts_minute, exists
        )
        is_site_open = np.ones(n, dtype=bool)
        if site is not None and site.open_date is not None:
            is_site_open &= dates >= np.datetime64(site.open_date)
        if site is not None and site.close_date is not None:
            is_site_open &= dates <= np.datetime64(site.close_date)
        temperature = np.full(shape, np.nan)
        if site is not None and site.weather_station_id in weather:
            skip = (first - self._first_date).days
            temperature = weather[site.weather_station_id][skip:]
        in_band = self._in_band(self._distributors.get(meter_id), dates, periods_in_day)
        price, band = half_hour_rates(rates[meter_id], dates, in_band)
        agreed, capacity_rate = _capacity_terms(capacities[meter_id], dates)
        service = self._service.get(meter_id, _Service())
        return MeterArrays(
            meter_id=meter_id,
            site_id=active["site_id"],
            site_type=site.site_type if site else "other",
            fuel=active["fuel"],
            dates=dates,
            periods_in_day=periods_in_day,
            used_wh=used,
            is_read=is_read,
            is_actual=is_actual,
            reactive_varh=reactive_varh,
            is_reactive_delivered=is_reactive_delivered,
            is_reactive_read=is_reactive_read,
            is_hours_known=hours_known,
            is_closed_all_day=closed_all_day,
            opens_minute=opens,
            closes_minute=closes,
            is_closed=is_closed,
            is_site_open=is_site_open,
            starts_minute=starts_minute,
            temperature_c=temperature,
            price_micro_gbp=price,
            price_band=band,
            agreed_centi_kva=agreed,
            capacity_micro_gbp=capacity_rate,
            is_profiled=is_profiled,
            device_starts=np.array(service.device_starts, dtype="datetime64[D]"),
            last_service_date=min(np.datetime64(service.last_date or self.period.as_of_date), dates[-1]),
            is_submeter=service.is_submeter,
            replaces_meter_id=service.replaces_meter_id,
            replaced_last_date=service.replaced_last_date,
        )


class NoReadingsError(BadInputError):
    """The warehouse holds no complete day of readings."""


def uk_periods_in_day(dates: np.ndarray) -> np.ndarray:
    """46 on the last Sunday of March, 50 on the last Sunday of October, else 48: the UK rule since 1996.

    dates  datetime64[D] (n,); returns int16 (n,)
    """
    months = dates.astype("datetime64[M]")
    month = months.astype(int) % 12 + 1
    day = (dates - months).astype(int) + 1
    is_last_sunday = ((dates.astype(int) + 3) % 7 == 6) & (day > 24)
    return np.where(is_last_sunday & (month == 3), 46, np.where(is_last_sunday & (month == 10), 50, 48)).astype(
        np.int16
    )


def _placed(block: dict, first: np.datetime64, shape: tuple[int, int]) -> tuple[np.ndarray, ...]:
    rows = (block["dates"] - first).astype(int)
    inside = (rows >= 0) & (rows < shape[0])
    values = np.zeros(shape, dtype=np.int64)
    is_read = np.zeros(shape, dtype=bool)
    is_actual = np.zeros(shape, dtype=bool)
    is_profiled = np.zeros(shape, dtype=bool)
    values[rows[inside]] = block["values"][inside]
    is_read[rows[inside]] = block["is_read"][inside]
    is_actual[rows[inside]] = block["is_actual"][inside]
    is_profiled[rows[inside]] = block["is_profiled"][inside]
    return values, is_read, is_actual, is_profiled


def _closed(
    opening: list[tuple], dates: np.ndarray, starts_minute: np.ndarray, exists: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n = len(dates)
    known, closed_all_day = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    opens, closes = np.full(n, NOT_KNOWN, dtype=np.int16), np.full(n, NOT_KNOWN, dtype=np.int16)
    for day, opens_minute, closes_minute, is_closed_all_day in opening:
        row = int((np.datetime64(day) - dates[0]).astype(int))
        if not 0 <= row < n:
            continue
        known[row] = True
        closed_all_day[row] = is_closed_all_day
        if not is_closed_all_day:
            opens[row], closes[row] = opens_minute, closes_minute
    outside = (starts_minute + 30 <= opens[:, None]) | (starts_minute >= closes[:, None])
    is_closed = exists & known[:, None] & (closed_all_day[:, None] | outside)
    return known, closed_all_day, opens, closes, is_closed


def _capacity_terms(terms: list[tuple], dates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    agreed = np.full(len(dates), NOT_KNOWN, dtype=np.int64)
    rate = np.full(len(dates), NOT_KNOWN, dtype=np.int64)
    for valid_from, valid_to, rate_gbp, agreed_kva in terms:
        days = dates >= np.datetime64(valid_from)
        if valid_to is not None:
            days &= dates <= np.datetime64(valid_to)
        rate[days] = micro_gbp(rate_gbp)
        agreed[days] = NOT_KNOWN if agreed_kva is None else int(Decimal(agreed_kva).scaleb(2))
    return agreed, rate


def _half_hours(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], type=column.type)
    lengths = lists.value_lengths().fill_null(0).to_numpy()
    flat = lists.flatten()
    where = np.arange(PERIODS)[None, :] < lengths[:, None]
    values = np.zeros((len(lengths), PERIODS), dtype=np.int64)
    is_read = np.zeros((len(lengths), PERIODS), dtype=bool)
    values[where] = flat.fill_null(0).to_numpy()
    is_read[where] = flat.is_valid().to_numpy(zero_copy_only=False)
    return values, is_read


def _letters(column: pa.ChunkedArray) -> np.ndarray:
    texts = [(text or "").ljust(PERIODS, "-") for text in column.to_pylist()]
    return np.array(texts, dtype=f"S{PERIODS}").view("S1").reshape(len(texts), PERIODS)


def _dates(table: pa.Table, name: str) -> np.ndarray:
    return table.column(name).cast(pa.date32()).to_numpy().astype("datetime64[D]")


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" for _ in values)
