"""A supplier's layout as its YAML says it, read strictly: every key is known, and every mistake is named.

The keys are explained in `README.md` of this folder.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from data_layer.errors import BadInputError
from data_layer.landing import supply_numbers
from data_layer.landing.files import LAYOUTS_FOLDER

SHIPPED = Path(__file__).parent

DAY, READING, TIME = "day", "reading", "time"
ROWS = (DAY, READING, TIME)
UTC, LOCAL, OFFSET, PERIOD = "utc", "local", "offset", "settlement_period"
BASES = (UTC, LOCAL, OFFSET, PERIOD)
START, END, FROM_TIMES = "start", "end", "from_times"
OTHERS = "others"
QUANTITIES = ("AI", "AE", "RI", "RE")
READING_TYPES = ("A", "E", "P")
DELIMITERS = (",", ";", "\t", "|")
LONGEST_DAY = 50

KEYS = {
    "name",
    "description",
    "delimiter",
    "header_line",
    "column_count",
    "rows",
    "meter",
    "date",
    "time",
    "period",
    "basis",
    "label",
    "interval_minutes",
    "values",
    "reading_type",
    "ignored",
}


class FormatError(BadInputError):
    """A layout's YAML cannot be followed. The text names the file, the key and what to do."""


@dataclass(frozen=True)
class ColumnRef:
    """A column of the file: any of these names (normalised), or a position counted from 1. `shown`: as in the YAML."""

    names: tuple[str, ...] = ()
    position: int | None = None
    is_optional: bool = False
    shown: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"column {self.position}" if self.position else self.shown


@dataclass(frozen=True)
class Choice:
    """A value that is the same for all rows, or stands in a column, perhaps in the supplier's own words.

    mapping    the supplier's word in lower case, and ours; empty when the column has our words
    otherwise  what holds where the column is absent or empty
    """

    constant: str | None = None
    column: ColumnRef | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    otherwise: str | None = None


@dataclass(frozen=True)
class Block:
    """Values of one quantity: the columns of a day in order, or the one column of a reading.

    columns  empty when every column that is not named is a meter (`rows: time`)
    """

    quantity: Choice
    unit: Choice
    columns: tuple[ColumnRef, ...]


@dataclass(frozen=True)
class SupplierFormat:
    """One layout.

    header_line       place of the header among the lines that are not blank, after a `sep=` line; None without header
    column_count      number of columns of a file without header
    rows              day (a row a meter and day), reading (a row a reading), time (a row a time, a column a meter)
    date, time        columns that together name the interval; `period` the settlement period
    label             start, end, or from_times: decided by the times in the file, with `default_label` where they
                      leave it open
    interval_minutes  30, 60, or None: decided by the times, 30 where they leave it open
    """

    name: str
    description: str
    sha256: str
    is_own: bool
    delimiter: str
    header_line: int | None
    column_count: int | None
    rows: str
    meter: ColumnRef | None
    meter_kind: str
    date: ColumnRef | None
    time: ColumnRef | None
    period: ColumnRef | None
    date_formats: tuple[str, ...]
    basis: str
    label: str
    default_label: str
    interval_minutes: int | None
    blocks: tuple[Block, ...]
    reading_type: Choice
    ignored: tuple[ColumnRef, ...]
    ignores_others: bool

    @property
    def table_name(self) -> str:
        """The table of the contract that rows of this layout become."""
        is_settlement_day = self.basis in (LOCAL, PERIOD) and self.interval_minutes == 30
        return "readings_hh" if self.rows == DAY and is_settlement_day else "readings"

    @property
    def choices(self) -> list[Choice]:
        return [self.reading_type, *(choice for block in self.blocks for choice in (block.quantity, block.unit))]

    @property
    def column_refs(self) -> list[ColumnRef]:
        """Every column that is read, once."""
        refs = [self.meter, self.date, self.time, self.period, *(choice.column for choice in self.choices)]
        refs += [ref for block in self.blocks for ref in block.columns]
        return list(dict.fromkeys(ref for ref in refs if ref is not None))


def read_formats(landing: Path | None = None) -> tuple[SupplierFormat, ...]:
    """The layouts that come with the product, and the user's own in the landing folder's `formats/`, by name.

    Raises FormatError for a YAML that cannot be followed, and for two layouts of one name.
    """
    own = landing / LAYOUTS_FOLDER if landing else None
    paths = [(path, False) for path in sorted(SHIPPED.glob("*.yaml"))]
    if own and own.is_dir():
        paths += [(path, True) for path in sorted(own.iterdir()) if _is_layout(path)]
    formats: dict[str, SupplierFormat] = {}
    for path, is_own in paths:
        layout = read_format(path, is_own)
        if layout.name in formats:
            raise FormatError(f"{path.name}: name: '{layout.name}' is taken by another layout. Choose another name.")
        formats[layout.name] = layout
    return tuple(formats[name] for name in sorted(formats))


def _is_layout(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml") and not path.name.startswith((".", "_"))


def read_format(path: Path, is_own: bool = True) -> SupplierFormat:
    """Read one layout. Raises FormatError."""
    try:
        content = path.read_bytes()
        document = yaml.safe_load(content)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormatError(f"{path.name}: the file is no YAML ({str(error).splitlines()[0]}). Correct it.") from error
    return _Reader(path.name).layout(document, hashlib.sha256(content).hexdigest(), is_own)


def normalised(name: str) -> str:
    """A column's name as it is compared: without case, spaces and underscores, and times of day as HH:MM."""
    text = re.sub(r"[\s\0\ufeff_]+", "", name).casefold().strip("\"'")
    text = re.sub(r"(?<![\d:])(\d:\d\d)", r"0\1", text)
    return re.sub(r"(\d\d:\d\d):00(?!\d)", r"\1", text)


class _Reader:
    """Turns a document into a layout; every complaint carries the file's name and the key."""

    def __init__(self, file_name: str):
        self.file_name = file_name

    def wrong(self, key: str, what: str) -> FormatError:
        return FormatError(f"{self.file_name}: {key}: {what}")

    def layout(self, document: Any, sha256: str, is_own: bool) -> SupplierFormat:
        if not isinstance(document, dict):
            raise FormatError(f"{self.file_name}: a layout is a list of keys and values, such as `rows: day`.")
        self.only(document, KEYS, "")
        rows = self.one_of(document, "rows", ROWS)
        basis = self.one_of(document, "basis", BASES)
        if rows == DAY and basis == OFFSET:
            raise self.wrong("basis", "offset goes with rows of readings: a day has no one offset.")
        has_header = document.get("header_line", 1) is not None
        column_count = document.get("column_count")
        if has_header == (column_count is not None):
            raise self.wrong("column_count", "goes with `header_line: null`: a file without header has a fixed count.")
        interval, label, default_label = self.interval(document, rows), *self.label(document, rows, basis)
        date, time, period, date_formats = self.times(document, rows, basis)
        meter, meter_kind = self.meter(document, rows)
        blocks = self.blocks(document, rows, basis, label, interval)
        layout = SupplierFormat(
            name=self.name(document),
            description=self.text(document, "description"),
            sha256=sha256,
            is_own=is_own,
            delimiter=self.one_of(document, "delimiter", DELIMITERS, ","),
            header_line=self.whole(document, "header_line", 1) if has_header else None,
            column_count=self.whole(document, "column_count") if column_count is not None else None,
            rows=rows,
            meter=meter,
            meter_kind=meter_kind,
            date=date,
            time=time,
            period=period,
            date_formats=date_formats,
            basis=basis,
            label=label,
            default_label=default_label,
            interval_minutes=interval,
            blocks=blocks,
            reading_type=self.choice(document.get("reading_type"), "reading_type", READING_TYPES),
            ignored=self.ignored(document),
            ignores_others=document.get("ignored") == OTHERS,
        )
        self.positions(layout)
        return layout

    def only(self, node: dict, known: set[str], key: str) -> None:
        unknown = [str(name) for name in node if name not in known]
        if unknown:
            where = f"{key}.{unknown[0]}" if key else unknown[0]
            raise self.wrong(where, f"is no key of a layout. Use one of: {', '.join(sorted(known))}.")

    def text(self, node: dict, key: str) -> str:
        value = node.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "is missing. Write a text.")
        return " ".join(value.split())

    def name(self, document: dict) -> str:
        name = self.text(document, "name")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise self.wrong("name", f"'{name}' must be lower-case letters, digits and underscores.")
        return name

    def one_of(self, node: dict, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = node.get(key, default)
        if value not in allowed:
            found = "is missing" if value is None else f"'{value}' is not known"
            raise self.wrong(key, f"{found}. Use one of: {', '.join(repr(word) for word in allowed)}.")
        return value

    def whole(self, node: dict, key: str, default: int | None = None) -> int:
        value = node.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(key, f"'{value}' is not a whole number from 1 up.")
        return value

    def column(self, value: Any, key: str, is_optional: bool = False) -> ColumnRef:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return ColumnRef(position=value, is_optional=is_optional)
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(isinstance(n, str) and normalised(n) for n in names):
            raise self.wrong(key, "names a column: its name, a list of names it may have, or its position from 1.")
        return ColumnRef(tuple(dict.fromkeys(map(normalised, names))), None, is_optional, names[0])

    def meter(self, document: dict, rows: str) -> tuple[ColumnRef | None, str]:
        node = document.get("meter")
        if not isinstance(node, dict):
            raise self.wrong("meter", "is missing. Write `meter: {column: ..., kind: ...}`.")
        self.only(node, {"column", "kind"}, "meter")
        if node.get("kind") not in supply_numbers.KINDS:
            raise self.wrong("meter.kind", f"must be one of: {', '.join(supply_numbers.KINDS)}.")
        if rows == TIME:
            if "column" in node:
                raise self.wrong("meter.column", "does not go with `rows: time`, where each column is a meter.")
            return None, node["kind"]
        return self.column(node.get("column"), "meter.column"), node["kind"]

    def interval(self, document: dict, rows: str) -> int | None:
        value = document.get("interval_minutes")
        if value == FROM_TIMES and rows != DAY:
            return None
        if value not in (30, 60):
            raise self.wrong("interval_minutes", "must be 30 or 60; or from_times, unless `rows: day`.")
        return value

    def label(self, document: dict, rows: str, basis: str) -> tuple[str, str]:
        node = document.get("label", START if basis == PERIOD else None)
        if isinstance(node, dict):
            self.only(node, {"from_times"}, "label")
            if rows == DAY or basis not in (UTC, LOCAL):
                raise self.wrong("label.from_times", "goes with rows of readings in UTC or local time only.")
            return FROM_TIMES, self.one_of(node, "from_times", (START, END))
        if node not in (START, END):
            raise self.wrong("label", "must be start or end; or `{from_times: start}`, where the word is the default.")
        return node, node

    def times(
        self, document: dict, rows: str, basis: str
    ) -> tuple[ColumnRef | None, ColumnRef | None, ColumnRef | None, tuple[str, ...]]:
        needed = {"date"} if rows == DAY else {"date", "period"} if basis == PERIOD else {"time"}
        columns: dict[str, ColumnRef] = {}
        date_formats: list[str] = []
        for key in ("date", "time", "period"):
            node = document.get(key)
            if node is None:
                if key in needed:
                    raise self.wrong(key, "is missing. Write `{column: ..., formats: [...]}`.")
                continue
            if key not in needed and not (key == "date" and needed == {"time"}):
                raise self.wrong(key, f"does not go with `rows: {rows}` and `basis: {basis}`. Remove it.")
            if not isinstance(node, dict):
                raise self.wrong(key, "must be `{column: ..., formats: [...]}`.")
            has_formats = key in needed and key != "period" and basis != OFFSET
            self.only(node, {"column", "formats"} if has_formats else {"column"}, key)
            columns[key] = self.column(node.get("column"), f"{key}.column")
            if has_formats:
                date_formats = self.date_formats(node.get("formats"), f"{key}.formats")
        return columns.get("date"), columns.get("time"), columns.get("period"), tuple(date_formats)

    def date_formats(self, formats: Any, key: str) -> list[str]:
        if not isinstance(formats, list) or not formats or not all(isinstance(text, str) for text in formats):
            raise self.wrong(key, "is missing. Write a list such as ['%d/%m/%Y', '%Y-%m-%d'].")
        for text in formats:
            codes = set(re.findall(r"%(.)", text))
            day = ({"d"} <= codes and codes & {"m", "b", "B"} and codes & {"y", "Y"}) or {"j", "Y"} <= codes
            if not day or codes - set("dmbByYjHIMSpf"):
                raise self.wrong(key, f"'{text}' does not name a day, month and year by %d %m %b %B %y %Y %H %M %S %p.")
        if any(text.startswith("%d/%m") for text in formats) and any(text.startswith("%m/%d") for text in formats):
            raise self.wrong(key, "has both day/month and month/day, which cannot be told apart. Keep one.")
        return formats

    def choice(self, node: Any, key: str, allowed: tuple[str, ...] | None) -> Choice:
        """A constant, or `{column, map, otherwise}`. `allowed`: our words; None for units, which the contract has."""
        if isinstance(node, str):
            self.allowed_word(node, key, allowed)
            return Choice(constant=node)
        if not isinstance(node, dict):
            raise self.wrong(key, "is missing. Write a constant, or `{column: ..., map: {...}}`.")
        self.only(node, {"column", "map", "otherwise"}, key)
        mapping = node.get("map") or {}
        if not isinstance(mapping, dict):
            raise self.wrong(f"{key}.map", "must be pairs of the supplier's word and ours.")
        otherwise = node.get("otherwise")
        for word in (*mapping.values(), *([otherwise] if otherwise is not None else [])):
            self.allowed_word(word, key, allowed)
        pairs = tuple((str(word).strip().lower(), str(ours)) for word, ours in mapping.items())
        column = self.column(node.get("column"), f"{key}.column", is_optional=otherwise is not None)
        return Choice(column=column, mapping=pairs, otherwise=otherwise)

    def allowed_word(self, word: Any, key: str, allowed: tuple[str, ...] | None) -> None:
        if not isinstance(word, str) or (allowed is not None and word not in allowed):
            words = ", ".join(allowed) if allowed else "a text; put quotes around it"
            raise self.wrong(key, f"'{word}' is not known. Use one of: {words}.")

    def blocks(self, document: dict, rows: str, basis: str, label: str, interval: int | None) -> tuple[Block, ...]:
        nodes = document.get("values")
        if not isinstance(nodes, list) or not nodes:
            raise self.wrong("values", "is missing. Write a list of `{quantity, unit, columns or column}`.")
        if rows == TIME and len(nodes) > 1:
            raise self.wrong("values", "has one entry with `rows: time`: each column is a meter.")
        found = []
        for number, node in enumerate(nodes, start=1):
            key = f"values[{number}]"
            if not isinstance(node, dict):
                raise self.wrong(key, "must be `{quantity, unit, columns or column}`.")
            self.only(node, {"quantity", "unit", "columns", "column"}, key)
            quantity = self.choice(node.get("quantity"), f"{key}.quantity", QUANTITIES)
            unit = self.choice(node.get("unit"), f"{key}.unit", None)
            found.append(Block(quantity, unit, self.value_columns(node, key, rows, basis, label, interval)))
        return tuple(found)

    def value_columns(
        self, node: dict, key: str, rows: str, basis: str, label: str, interval: int | None
    ) -> tuple[ColumnRef, ...]:
        if rows == TIME:
            if node.get("columns") != OTHERS or "column" in node:
                raise self.wrong(f"{key}.columns", "must be `others` with `rows: time`: all other columns are meters.")
            return ()
        if rows == READING:
            if "columns" in node:
                raise self.wrong(f"{key}.columns", "is for `rows: day`. A reading has one `column`.")
            return (self.column(node.get("column"), f"{key}.column"),)
        if "column" in node:
            raise self.wrong(f"{key}.column", "is for `rows: reading`. A day has `columns`.")
        pattern, count = node.get("columns"), 1440 // (interval or 30)
        span = re.fullmatch(r"(\d+)-(\d+)", str(pattern))
        if span:
            first, last = int(span[1]), int(span[2])
            if last - first + 1 not in {count, *([LONGEST_DAY] if basis == PERIOD else [])}:
                raise self.wrong(f"{key}.columns", f"'{pattern}' are {last - first + 1} columns; a day has {count}.")
            return tuple(ColumnRef(position=place) for place in range(first, last + 1))
        patterns = pattern if isinstance(pattern, list) and pattern else [pattern]
        has_time, has_period = (
            all(isinstance(one, str) and word in one for one in patterns) for word in ("{time}", "{period}")
        )
        if has_time == has_period:
            raise self.wrong(
                f"{key}.columns",
                "must be a name with {time} or {period} in it, such as 'kWh_{period}' or '[{time}]', or a list of "
                "such names; or positions such as 4-51.",
            )
        if has_time and basis == PERIOD:
            raise self.wrong(f"{key}.columns", "has times of day: its basis is local or utc, not settlement_period.")
        if has_period:
            longest = LONGEST_DAY if basis == PERIOD and interval == 30 else count
            return tuple(_period_column(patterns, number, number > count) for number in range(1, longest + 1))
        return tuple(_time_column(patterns, step * (interval or 30), interval or 30, label) for step in range(count))

    def ignored(self, document: dict) -> tuple[ColumnRef, ...]:
        node = document.get("ignored", [])
        if node == OTHERS:
            return ()
        if not isinstance(node, list):
            raise self.wrong("ignored", "must be a list of columns, or `others`.")
        return tuple(self.column(value, "ignored", is_optional=True) for value in node)

    def positions(self, layout: SupplierFormat) -> None:
        """A file with a header names its columns, one without gives positions; no column is named twice."""
        values = [ref for block in layout.blocks for ref in block.columns]
        refs = [*values, *(ref for ref in layout.column_refs if ref not in values), *layout.ignored]
        for ref in refs:
            if layout.column_count is None and ref.position is not None:
                raise self.wrong("column_count", f"is missing, though column {ref.position} is given by its position.")
            if layout.column_count is not None and (ref.position or 0) not in range(1, layout.column_count + 1):
                raise self.wrong("column_count", f"is {layout.column_count}: give {ref} by a position from 1 to that.")
        places = [place for ref in refs for place in (ref.names or (ref.position,))]
        twice = next((place for place in places if places.count(place) > 1), None)
        if twice is not None:
            raise self.wrong("values", f"column '{twice}' is used twice. Name each column once.")
        if layout.rows == DAY and layout.basis == PERIOD and layout.interval_minutes != 30:
            raise self.wrong("interval_minutes", "must be 30: settlement periods are half-hours.")


def _period_column(patterns: list[str], number: int, is_optional: bool) -> ColumnRef:
    names = [pattern.replace("{period}", text) for pattern in patterns for text in (f"{number}", f"{number:02d}")]
    return ColumnRef(tuple(dict.fromkeys(map(normalised, names))), None, is_optional, names[0])


def _time_column(patterns: list[str], start: int, interval: int, label: str) -> ColumnRef:
    """The column of the interval that starts so many minutes after midnight; the last end may be 24:00 or 00:00."""
    minutes = start + interval if label == END else start
    times = ["24:00", "00:00"] if minutes == 1440 else [f"{minutes // 60:02d}:{minutes % 60:02d}"]
    names = [pattern.replace("{time}", text) for pattern in patterns for text in times]
    return ColumnRef(tuple(map(normalised, names)), shown=names[0])
