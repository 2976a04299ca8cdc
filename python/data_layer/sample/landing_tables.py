"""Arrow tables and files of the landing layout."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from data_layer.sample.metering import ESTIMATED, MISSING, PROFILED, STATUS_LETTERS, MeteredSeries
from data_layer.sample.settlement_calendar import SettlementCalendar

STATUS_WORDS = np.array(["Actual", "Estimated", "", "Profiled"])
VALUE_TYPE = pa.decimal128(18, 6)
MONEY_TYPE = pa.decimal128(18, 4)
HALF_HOUR_COLUMNS = [f"hh_{period:02d}" for period in range(1, 51)]
READINGS_HH_SCHEMA = pa.schema(
    [
        ("meter_id", pa.string()),
        ("measurement_quantity", pa.string()),
        ("settlement_date", pa.date32()),
        ("unit", pa.string()),
        ("reading_type", pa.string()),
        ("reading_types", pa.string()),
        *((name, VALUE_TYPE) for name in HALF_HOUR_COLUMNS),
    ]
)
READINGS_SCHEMA = pa.schema(
    [
        ("meter_id", pa.string()),
        ("measurement_quantity", pa.string()),
        ("interval_start_at", pa.string()),
        ("settlement_date", pa.date32()),
        ("settlement_period", pa.int32()),
        ("interval_minutes", pa.int32()),
        ("reading_value", VALUE_TYPE),
        ("unit", pa.string()),
        ("reading_type", pa.string()),
    ]
)
WEATHER_SCHEMA = pa.schema(
    [
        ("weather_station_id", pa.string()),
        ("observed_at", pa.timestamp("us", tz="UTC")),
        ("temperature_c", pa.decimal128(6, 2)),
    ]
)
PLANTED_SCHEMA = pa.schema(
    [
        ("truth_id", pa.string()),
        ("meter_id", pa.string()),
        ("settlement_date", pa.date32()),
        ("settlement_period", pa.int32()),
        ("kwh", pa.decimal128(18, 3)),
    ]
)


def decimal_array(scaled: np.ndarray, precision: int, scale: int, is_null: np.ndarray | None = None) -> pa.Array:
    """Exact decimals from integers already multiplied by 10**scale (int64), null where `is_null`."""
    low = np.ascontiguousarray(scaled, dtype=np.int64)
    words = np.empty((len(low), 2), dtype=np.int64)
    words[:, 0] = low
    words[:, 1] = low >> 63
    validity = None
    if is_null is not None and is_null.any():
        validity = pa.py_buffer(np.packbits(~is_null, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.decimal128(precision, scale), len(low), [validity, pa.py_buffer(words.tobytes())])


def day_rows(series: MeteredSeries, calendar: SettlementCalendar) -> pa.RecordBatch:
    """A row a settlement date with its half-hours; days of which nothing was read have no row."""
    days, period = calendar.day_of_half_hour, calendar.settlement_period
    values = np.zeros((calendar.days, 50), dtype=np.int64)
    status = np.full((calendar.days, 50), MISSING, dtype=np.uint8)
    values[days, period - 1] = series.thousandths
    status[days, period - 1] = series.status
    kept = np.flatnonzero((status != MISSING).any(axis=1))
    values, status = values[kept] * 1000, status[kept]
    lengths = calendar.periods_in_day[kept]
    letters, details = _letters(status, lengths)
    return pa.RecordBatch.from_arrays(
        [
            _repeated(series.meter_id, len(kept)),
            _repeated(series.measurement_quantity, len(kept)),
            pa.array(calendar.day_numbers[kept], type=pa.int32()).view(pa.date32()),
            _repeated(series.unit, len(kept)),
            pa.array(letters, type=pa.string()),
            pa.array(details, type=pa.string()),
            *(
                decimal_array(values[:, column], 18, 6, status[:, column] == MISSING)
                for column in range(len(HALF_HOUR_COLUMNS))
            ),
        ],
        schema=READINGS_HH_SCHEMA,
    )


def _letters(status: np.ndarray, lengths: np.ndarray) -> tuple[list[str], list[str | None]]:
    """Letter of each day, and the letters of its periods where one does not do for all."""
    inside = np.arange(50)[None, :] < lengths[:, None]
    missing = ((status == MISSING) & inside).sum(axis=1)
    estimated = (status == ESTIMATED).sum(axis=1)
    spread = (status == PROFILED).sum(axis=1)
    read = lengths - missing
    letters = np.where(2 * estimated > read, "E", np.where(2 * spread > read, "P", "A")).tolist()
    uniform = (missing == 0) & (((estimated == 0) & (spread == 0)) | (estimated == lengths) | (spread == lengths))
    details: list[str | None] = [None] * len(lengths)
    for row in np.flatnonzero(~uniform):
        details[row] = "".join(STATUS_LETTERS[status[row, : lengths[row]]])
    return letters, details


def interval_rows_with_offset(series: MeteredSeries, calendar: SettlementCalendar) -> pa.Table:
    """A row a half-hour that was read, named by its local start with UTC offset."""
    kept = np.flatnonzero(series.delivered)
    local = (calendar.utc_seconds + calendar.offset_seconds)[kept].astype("datetime64[s]")
    offsets = np.where(calendar.offset_seconds[kept] > 0, "+01:00", "+00:00")
    starts = np.char.add(np.datetime_as_string(local), offsets)
    return _interval_table(
        series,
        interval_start_at=pa.array(starts.tolist(), type=pa.string()),
        settlement_date=pa.nulls(len(kept), pa.date32()),
        settlement_period=pa.nulls(len(kept), pa.int32()),
        interval_minutes=30,
        thousandths=series.thousandths[kept],
        status=series.status[kept],
    )


def hourly_rows_by_period(series: MeteredSeries, calendar: SettlementCalendar) -> pa.Table:
    """A row an hour that was read in full, named by settlement date and the first of its two periods."""
    first = np.flatnonzero(calendar.settlement_period % 2 == 1)
    second = first + 1
    kept = (series.status[first] != MISSING) & (series.status[second] != MISSING)
    first, second = first[kept], second[kept]
    dates = calendar.day_numbers[calendar.day_of_half_hour[first]]
    return _interval_table(
        series,
        interval_start_at=pa.nulls(len(first), pa.string()),
        settlement_date=pa.array(dates, type=pa.int32()).view(pa.date32()),
        settlement_period=pa.array(calendar.settlement_period[first].astype(np.int32)),
        interval_minutes=60,
        thousandths=series.thousandths[first] + series.thousandths[second],
        status=np.maximum(series.status[first], series.status[second]),
    )


def supplier_layout_rows(series: MeteredSeries, calendar: SettlementCalendar) -> pa.Table:
    """A row a half-hour in one supplier's own layout: its start by the local clock, without offset, in order of time.

    The repeated hour of the long autumn day can be told apart by the order of its rows only.
    """
    kept = np.flatnonzero(series.delivered)
    # Days and times are put into words once each, since words for every half-hour take most of a site's time.
    days = pa.array([day.strftime("%d %b %Y") for day in calendar.dates])
    times = pa.array([f"{slot // 2:02d}:{slot % 2 * 30:02d}:00" for slot in range(48)])
    words = [
        days.take(pa.array(calendar.day_of_half_hour[kept])),
        times.take(pa.array(calendar.local_minute[kept] // 30)),
    ]
    return pa.table(
        {
            "MPR": _repeated(series.meter_id, len(kept)),
            "ReadDatetime": pc.binary_join_element_wise(*words, " "),
            "kWh": decimal_array(series.thousandths[kept], 18, 3),
            "ReadType": pa.array(STATUS_WORDS[series.status[kept]].tolist(), type=pa.string()),
        }
    )


def _interval_table(
    series: MeteredSeries,
    interval_start_at: pa.Array,
    settlement_date: pa.Array,
    settlement_period: pa.Array,
    interval_minutes: int,
    thousandths: np.ndarray,
    status: np.ndarray,
) -> pa.Table:
    rows = len(thousandths)
    return pa.Table.from_arrays(
        [
            _repeated(series.meter_id, rows),
            _repeated(series.measurement_quantity, rows),
            interval_start_at,
            settlement_date,
            settlement_period,
            pa.array(np.full(rows, interval_minutes, dtype=np.int32)),
            decimal_array(thousandths * 1000, 18, 6),
            _repeated(series.unit, rows),
            pa.array(STATUS_LETTERS[status].tolist(), type=pa.string()),
        ],
        schema=READINGS_SCHEMA,
    )


def weather_rows(station: str, calendar: SettlementCalendar, temperature_c: np.ndarray) -> pa.Table:
    """A row a half-hour at one station."""
    hundredths = np.rint(temperature_c * 100).astype(np.int64)
    moments = pa.array(calendar.utc_seconds * 1_000_000, type=pa.int64()).view(pa.timestamp("us", tz="UTC"))
    return pa.Table.from_arrays(
        [_repeated(station, calendar.half_hours), moments, decimal_array(hundredths, 6, 2)], schema=WEATHER_SCHEMA
    )


def planted_rows(truth_id: str, meter_id: str, calendar: SettlementCalendar, wh: np.ndarray) -> pa.RecordBatch:
    """A row a half-hour with planted load."""
    kept = np.flatnonzero(wh)
    dates = calendar.day_numbers[calendar.day_of_half_hour[kept]]
    return pa.RecordBatch.from_arrays(
        [
            _repeated(truth_id, len(kept)),
            _repeated(meter_id, len(kept)),
            pa.array(dates, type=pa.int32()).view(pa.date32()),
            pa.array(calendar.settlement_period[kept].astype(np.int32)),
            decimal_array(wh[kept], 18, 3),
        ],
        schema=PLANTED_SCHEMA,
    )


def _repeated(text: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), rows)


class ParquetParts:
    """Parquet files <stem>_0001.parquet, ... written as the rows come; memory holds one row group at most."""

    def __init__(self, folder: Path, stem: str, schema: pa.Schema, rows_per_group: int, groups_per_file: int):
        self.folder, self.stem, self.schema = folder, stem, schema
        self.rows_per_group, self.groups_per_file = rows_per_group, groups_per_file
        self.rows = 0
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._files = 0
        self._groups = 0
        self._writer: pq.ParquetWriter | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._waiting_rows >= self.rows_per_group:
            self._flush()

    def close(self) -> None:
        """Write what waits; at least one file is made, so that an empty table is a table."""
        if self._waiting or not self._files:
            self._flush()
        if self._writer:
            self._writer.close()

    def _flush(self) -> None:
        if self._writer is None or self._groups == self.groups_per_file:
            if self._writer:
                self._writer.close()
            self._files += 1
            self._groups = 0
            path = self.folder / f"{self.stem}_{self._files:04d}.parquet"
            self._writer = pq.ParquetWriter(
                path, self.schema, compression="zstd", store_decimal_as_integer=True, write_statistics=True
            )
        self._writer.write_table(pa.Table.from_batches(self._waiting, schema=self.schema), self.rows_per_group)
        self._groups += 1
        self._waiting, self._waiting_rows = [], 0


def write_parquet(path: Path, batches: Sequence[pa.RecordBatch]) -> int:
    """One Parquet file; returns the number of rows."""
    table = pa.Table.from_batches(batches)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", store_decimal_as_integer=True, write_statistics=True)
    return table.num_rows


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    """A CSV file from Python rows (None is empty, dates in ISO form); returns their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return len(rows)


def write_supplier_csv(path: Path, table: pa.Table) -> int:
    """A supplier's file as exported for spreadsheets: its first line tells the separator. Returns the rows."""
    with path.open("wb") as stream:
        stream.write(b"sep=,\n")
        pyarrow.csv.write_csv(table, stream, pyarrow.csv.WriteOptions(quoting_style="none", quoting_header="none"))
    return table.num_rows


def write_csv_table(path: Path, table: pa.Table) -> int:
    """A CSV file, gzipped when its name says so; returns the number of rows. The same table gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with path.open("wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=5, mtime=0) as packed:
                pyarrow.csv.write_csv(table, packed, options)
        else:
            pyarrow.csv.write_csv(table, raw, options)
    return table.num_rows


def pence_to_decimal(pence: Sequence[int]) -> pa.Array:
    """Money with four decimals from whole pence."""
    return decimal_array(np.array(pence, dtype=np.int64) * 100, 18, 4)
