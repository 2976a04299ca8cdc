"""Text files: is it readable at all, what is its header, and rows that DuckDB's reader would not take.

DuckDB reads text fast, but does not say on which line a row stands, and gives up on some damaged files. So a file that
it reads without complaint is taken from it; any other is read again here, row by row, and a line that is no row is kept
with its fault. Both ways write the same spool: a Parquet file of text columns after `__row`, `__line`, `__fault` and
`__raw`.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import itertools
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from data_layer.landing.files import FileRefusedError, LandingFile

ROWS_PER_BATCH = 50_000
BYTES_PER_BLOCK = 1 << 20
# Values that are longer than this come from a quote that was never closed.
LONGEST_VALUE = 131_072

SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
}


@dataclass(frozen=True)
class TextRow:
    """One data row of a text file: its values, or the fault that makes it no row. Both numbers count from 1."""

    row_number: int
    line_number: int
    values: list[str]
    fault: str | None = None


@dataclass(frozen=True)
class TextLayout:
    """What a first look at a text file found.

    header        names of the columns: the header's in lower case, or those given to a supplier's file
    has_nul       there are NUL characters
    head_records  records before the data that are not blank
    is_lenient    as suppliers' files are read: blanks and NULs around values are dropped, a line of nothing but
                  separators is blank, and columns without a name at the end of a line are passed over
    surplus       columns at the end of a line that have a place but no name (lenient only)
    """

    header: tuple[str, ...]
    has_nul: bool
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    head_records: int = 1
    is_lenient: bool = False
    surplus: int = 0


def inspect(file: LandingFile) -> TextLayout:
    """Read the file through once. Raises FileRefusedError when it is empty, damaged or not UTF-8."""
    has_nul = check_bytes(file, "utf-8-sig")
    with _open_text(file, "utf-8-sig") as stream:
        header = _header(stream)
    return TextLayout(header, has_nul)


def encoding_of(file: LandingFile) -> str:
    """`utf-16` when the file's byte-order mark says so, else UTF-8 with or without a mark."""
    if file.path.stat().st_size == 0:
        return "utf-8-sig"
    try:
        with _open_bytes(file) as stream:
            start = stream.read(2)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return "utf-8-sig"
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def check_bytes(file: LandingFile, encoding: str) -> bool:
    """Read every byte; True when there are NUL characters. Raises FileRefusedError as `inspect` does."""
    if file.path.stat().st_size == 0:
        raise FileRefusedError("The file is empty (0 bytes): not even a header. Deliver it again.")
    with file.path.open("rb") as stream:
        start = stream.read(4)
    if file.is_compressed and not start.startswith(b"\x1f\x8b"):
        raise FileRefusedError("The file's name ends in .gz, but it is not gzip-compressed. Deliver it again.")
    if not file.is_compressed and start.startswith(b"\x1f\x8b"):
        raise FileRefusedError("The file is gzip-compressed, but its name does not end in .csv.gz. Rename it.")
    return _check_text(file, encoding)


def first_lines(file: LandingFile, encoding: str, count: int) -> list[str]:
    """The first lines with their ends, of a file that `check_bytes` has passed."""
    with _open_text(file, encoding) as stream:
        return list(itertools.islice(stream, count))


def spool_with_duckdb(
    file: LandingFile, layout: TextLayout, connection: duckdb.DuckDBPyConnection, spool: Path
) -> bool:
    """Write the spool with DuckDB's reader. False when it did not take every row as it stands."""
    if layout.has_nul or len(layout.header) == 1:
        return False
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in layout.header)
    try:
        connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
        connection.execute(
            f"""
            copy (
                select
                    row_number() over () as __row, null::bigint as __line, null::varchar as __fault,
                    null::varchar as __raw, *
                from read_csv(
                    {_literal(str(file.path))}, auto_detect = false, header = true, delim = ',', quote = '"',
                    escape = '"', columns = {{{columns}}}, store_rejects = true
                )
            ) to {_literal(str(spool))} (format parquet, compression lz4_raw)
            """
        )
        return connection.execute("select count(*) from reject_errors").fetchall() == [(0,)]
    except duckdb.Error:
        return False


def spool_plain_lines_with_duckdb(
    file: LandingFile, layout: TextLayout, connection: duckdb.DuckDBPyConnection, spool: Path
) -> bool:
    """Write the spool of a lenient layout with DuckDB's reader. False when a row is not one plain line.

    Each row is one line when there are as many rows as lines: so its line is known, though DuckDB does not say it.
    """
    head_lines, lines = _plain_lines(file, layout)
    if layout.has_nul or layout.encoding != "utf-8-sig" or head_lines is None or len(layout.header) == 1:
        return False
    names = [*layout.header, *(f"surplus{number}" for number in range(layout.surplus))]
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in names)
    values = ", ".join(f"nullif(trim({name}, E' \\t\\r\\n'), '') as {name}" for name in layout.header)
    try:
        connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
        connection.execute(
            f"""
            copy (
                select
                    row_number() over () as __row, row_number() over () + {head_lines} as __line,
                    null::varchar as __fault, null::varchar as __raw, {values}
                from read_csv(
                    {_literal(str(file.path))}, auto_detect = false, header = false, skip = {head_lines},
                    delim = {_literal(layout.delimiter)}, quote = '"', escape = '"', columns = {{{columns}}},
                    store_rejects = true
                )
            ) to {_literal(str(spool))} (format parquet, compression lz4_raw)
            """
        )
        rows, blank = connection.execute(
            f"select count(*), count(*) filter (coalesce({', '.join(layout.header)}) is null) "
            f"from read_parquet({_literal(str(spool))})"
        ).fetchall()[0]
        is_whole = connection.execute("select count(*) from reject_errors").fetchall() == [(0,)]
    except duckdb.Error:
        return False
    return is_whole and not blank and rows == lines - head_lines


def _plain_lines(file: LandingFile, layout: TextLayout) -> tuple[int | None, int]:
    """Lines before the data, None when that is not certain; and lines in all."""
    with _open_bytes(file) as stream:
        start = stream.read(BYTES_PER_BLOCK)
        last, count = start, start.count(b"\n")
        while block := stream.read(BYTES_PER_BLOCK):
            count += block.count(b"\n")
            last = block
    first, head_lines, found = start.split(b"\n"), 0, 0
    while found < layout.head_records and head_lines < len(first):
        found += bool(first[head_lines].strip(b" \t\r,;|"))
        head_lines += 1
    is_certain = found == layout.head_records and not any(line.count(b'"') % 2 for line in first[:head_lines])
    if start.startswith(codecs.BOM_UTF8) or not is_certain:
        return None, 0
    return head_lines, count + (not last.endswith(b"\n"))


def spool_row_by_row(file: LandingFile, layout: TextLayout, spool: Path) -> None:
    """Write the spool with Python's reader: slower, but no line is lost and each keeps its number."""
    kinds = [("__row", pa.int64()), ("__line", pa.int64()), ("__fault", pa.string()), ("__raw", pa.string())]
    schema = pa.schema([*kinds, *((name, pa.string()) for name in layout.header)])
    with pq.ParquetWriter(spool, schema, compression="lz4") as writer:
        for rows in _batches(read_rows(file, layout)):
            nothing = [None] * len(layout.header)
            # Empty text is missing, as DuckDB's reader has it.
            values = [nothing if row.fault else [value or None for value in row.values] for row in rows]
            columns = list(zip(*values, strict=True))
            arrays = [
                [row.row_number for row in rows],
                [row.line_number for row in rows],
                [row.fault for row in rows],
                [None if row.fault is None else orjson.dumps({"_line": row.values[0]}).decode() for row in rows],
                *columns,
            ]
            writer.write_table(pa.table([pa.array(a, t) for a, t in zip(arrays, schema.types, strict=True)], schema))


def read_rows(file: LandingFile, layout: TextLayout) -> Iterator[TextRow]:
    """Data rows in order, blank lines left out. A row with a fault has the line itself as its only value."""
    width = len(layout.header)
    with _open_text(file, layout.encoding) as stream:
        lines = _Lines(stream)
        records = csv.reader(lines, strict=True, delimiter=layout.delimiter)
        for _ in range(layout.head_records):
            _skip_to_header(records)
        row_number = 0
        while True:
            lines.start_record()
            values, fault = _next_record(records, width, layout)
            if values is None and fault is None:
                return
            line_number, text = lines.record_line, lines.record
            if fault is None and (not values or (len(values) == 1 and not values[0].strip() and len(text) == 1)):
                continue
            if fault is not None and len(text) > 1:
                # A quote that is never closed swallows what follows: only its own line is at fault.
                lines.push_back(text[1:])
            row_number += 1
            if fault is None and any("\0" in value for value in values):
                fault = "The row has a NUL character, which is no text. Ask the sender for a clean file."
            line = text[0].rstrip("\r\n")
            yield TextRow(row_number, line_number, [line] if fault else values, fault)


def line_numbers(file: LandingFile, layout: TextLayout, wanted: Iterable[int]) -> tuple[dict[int, int], int]:
    """Line of each wanted row, and the number of rows in all as this reader counts them."""
    wanted_rows, lines, count = set(wanted), {}, 0
    for row in read_rows(file, layout):
        count = row.row_number
        if count in wanted_rows:
            lines[count] = row.line_number
    return lines, count


class _Lines:
    """Lines of a stream that remember which of them made up the record at hand, and can be put back."""

    def __init__(self, stream: IO[str]):
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._taken = 0
        self.record: list[str] = []
        self.record_line = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._stream)
        self._taken += 1
        self.record.append(line)
        return line

    def start_record(self) -> None:
        self.record = []
        self.record_line = self._taken + 1

    def push_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self._taken -= len(lines)


def _next_record(records: Iterator[list[str]], width: int, layout: TextLayout) -> tuple[list[str] | None, str | None]:
    try:
        values = next(records)
    except StopIteration:
        return None, None
    except csv.Error:
        return None, (
            'The line\'s quotes do not match: a quoted value must begin and end with " and hold no single " within. '
            "Correct the quotes."
        )
    if layout.is_lenient:
        values = _without_padding(values, width, layout.surplus)
    if values and len(values) != width and not (len(values) == 1 and not values[0].strip()):
        return values, (
            f"The line has {len(values)} values, but the header has {width} names. "
            "Put a value that holds a comma in quotes, and give every column its place."
        )
    return values, None


def _without_padding(values: list[str], width: int, surplus: int) -> list[str]:
    """Values without blanks and NULs around them; nothing for a blank line; without what stands under no name."""
    values = [value.strip(" \t\r\n\0") for value in values]
    if not any(values):
        return []
    beyond = values[width + surplus :]
    return values if any(beyond) else values[:width]


def _skip_to_header(records: Iterator[list[str]]) -> None:
    for record in records:
        if any(name.strip(" \t\r\n\0") for name in record):
            return


def _header(stream: IO[str]) -> tuple[str, ...]:
    records = csv.reader(stream)
    try:
        names = next((record for record in records if any(name.strip() for name in record)), None)
    except csv.Error as error:
        raise FileRefusedError(f"The header cannot be read ({error}). The first line must name the columns.") from error
    if names is None:
        raise FileRefusedError("The file has no header: the first line must name the columns.")
    if len(names) == 1:
        for mark, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if mark in names[0]:
                raise FileRefusedError(f"The columns are separated by {word}. Save the file with commas.")
    return tuple(name.strip().lower() for name in names)


def _check_text(file: LandingFile, encoding: str) -> bool:
    name = "UTF-16" if encoding == "utf-16" else "UTF-8"
    decoder = codecs.getincrementaldecoder("utf-16" if encoding == "utf-16" else "utf-8")()
    line, has_nul, is_first = 1, False, True
    try:
        with _open_bytes(file) as stream:
            while block := stream.read(BYTES_PER_BLOCK):
                if is_first:
                    _refuse_other_formats(block, encoding)
                    is_first = False
                text = decoder.decode(block)
                has_nul = has_nul or "\0" in text
                line += text.count("\n")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].count(b"\n")
        advice = "It was probably saved as Windows-1252 or Latin-1. " if encoding != "utf-16" else ""
        raise FileRefusedError(
            f"The text is not {name}: line {line} has a byte (0x{error.object[error.start]:02x}) that is no {name} "
            f"character. {advice}Save it again as UTF-8."
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileRefusedError(
            f"The gzip file is cut off or damaged ({error}). Nothing of it is loaded; deliver it again."
        ) from error
    if is_first:
        raise FileRefusedError("The file is empty once unpacked: not even a header. Deliver it again.")
    return has_nul


def _refuse_other_formats(block: bytes, encoding: str) -> None:
    for signature, kind in SIGNATURES.items():
        if block.startswith(signature):
            raise FileRefusedError(f"The file is {kind}, not text. Save it as CSV, comma separated, UTF-8.")
    if encoding != "utf-16" and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefusedError("The text is UTF-16. Save it again as UTF-8.")


@contextmanager
def _open_bytes(file: LandingFile) -> Iterator[IO[bytes]]:
    with gzip.open(file.path, "rb") if file.is_compressed else file.path.open("rb") as stream:
        yield stream


@contextmanager
def _open_text(file: LandingFile, encoding: str) -> Iterator[IO[str]]:
    csv.field_size_limit(LONGEST_VALUE)
    opener = gzip.open if file.is_compressed else open
    with opener(file.path, "rt", encoding=encoding, newline="") as stream:
        yield stream


def _batches(rows: Iterable[TextRow]) -> Iterator[list[TextRow]]:
    batch: list[TextRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_PER_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
