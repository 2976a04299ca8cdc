"""Rules of a contract as SQL: how a value of the file becomes the column's type, and what can be wrong with it.

Outer spaces of text are removed, and empty text is missing; so is NaN in a Parquet file. Decimals beyond the contract's
scale are rounded half away from zero. Everything else that does not fit is a fault, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from data_layer.landing import supply_numbers
from data_layer.landing.contracts import Column, TableContract
from data_layer.landing.files import FileRefusedError

INTEGER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
UNSIGNED_TYPES = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
FLOAT_TYPES = ("FLOAT", "DOUBLE")
NAIVE_TIMESTAMP_TYPES = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
OFFSET_TIMESTAMP_TYPE = "TIMESTAMP WITH TIME ZONE"

TIMESTAMP_FORM = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?"
OFFSET_FORM = r"(Z|[+-]\d{2}(:?\d{2})?)"

ADVICE = {
    "string": "is not text",
    "numeric": "is not a number. Write digits with a point for decimals and nothing between thousands, such as 1234.5",
    "integer": "is not a whole number. Write digits only, such as 48",
    "bigint": "is not a whole number. Write digits only, such as 48",
    "boolean": "is neither true nor false. Write one of these",
    "date": "is not a date of the calendar written YYYY-MM-DD, such as 2025-03-31",
    "timestamp": "is not a moment with its UTC offset, such as 2025-03-31T01:30:00+01:00 or 2025-03-31T00:30:00Z",
}


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong with a row. `fault_sql` is true for a row that breaks the rule."""

    column: str | None
    fault_sql: str
    reason_code: str
    reason: str


@dataclass(frozen=True)
class ColumnReading:
    """How one contract column is read from a file: `value_sql` over the file's columns, `typed_sql` over `value`."""

    column: Column
    is_in_file: bool
    value_sql: str
    typed_sql: str
    rules: tuple[Rule, ...]

    @property
    def value(self) -> str:
        return f'"v:{self.column.name}"'

    @property
    def typed(self) -> str:
        return f'"t:{self.column.name}"'


def read_columns(contract: TableContract, file_types: dict[str, str]) -> list[ColumnReading]:
    """Plan how each contract column is read. `file_types`: DuckDB type of each data column; in text all are VARCHAR.

    Raises FileRefusedError when a column's type in a Parquet file cannot be the contract's.
    """
    return [_reading(column, file_types.get(column.name)) for column in contract.columns]


def row_rules(contract: TableContract) -> list[Rule]:
    """Rules over more than one column."""
    rules = []
    if contract.require_one_of:
        groups = [" and ".join(f'"t:{name}" is not null' for name in group) for group in contract.require_one_of]
        words = ", or ".join(" and ".join(group) for group in contract.require_one_of)
        fault = f"not ({' or '.join(f'({group})' for group in groups)})"
        rules.append(Rule(None, fault, "missing_value", f"The row needs {words}. Fill in one of them."))
    for first, second in contract.in_order:
        fault = f'"t:{second}" < "t:{first}"'
        rules.append(Rule(second, fault, "wrong_order", f"{second} is before {first}. Put the two in order."))
    for column in contract.columns:
        if column.supply_number_of:
            rules.extend(_supply_number_rules(column))
    for step in contract.in_step:
        for value, allowed in step.allowed:
            listed = ", ".join(literal(unit) for unit in allowed)
            fault = f'"t:{step.follows}" = {literal(value)} and lower("t:{step.column}") not in ({listed})'
            reason = (
                f"{step.column} does not go with {step.follows} {value}, whose {step.column} is one of: "
                f"{', '.join(allowed)}. Correct one of the two."
            )
            rules.append(Rule(step.column, fault, "wrong_unit", reason))
    return rules


def _supply_number_rules(column: Column) -> list[Rule]:
    """The other column says which fuel's rule holds. Ids of our own are passed over at their first character."""
    typed, fuel = f'"t:{column.name}"', f'"t:{column.supply_number_of}"'
    return [
        Rule(
            column.name,
            f"{fuel} = {literal(kind)} and ascii({typed}) between 48 and 57 and {fault}",
            code,
            f"{column.name} is no {kind} supply number. {reason}",
        )
        for kind in ("electricity", "gas")
        for fault, code, reason in supply_numbers.faults(typed, kind)
    ]


def load_date() -> date:
    """The day of the load, in UTC."""
    return datetime.now(UTC).date()


def literal(value: object) -> str:
    """A value as SQL text."""
    return "'" + str(value).replace("'", "''") + "'"


def _reading(column: Column, file_type: str | None) -> ColumnReading:
    if file_type is None:
        return ColumnReading(column, False, "null", f"null::{column.sql_type}", ())
    name = f'"{column.name}"'
    value, typed = f'"v:{column.name}"', f'"t:{column.name}"'
    if file_type == "VARCHAR":
        value_sql = rf"nullif(trim({name}, E' \t\r\n'), '')"
        typed_sql, is_total = _from_text(column, value), column.data_type == "string"
    elif file_type in FLOAT_TYPES:
        # Not isnan(): DuckDB answers it from a Parquet file's minimum and maximum, which leave NaN out.
        value_sql = f"case when isfinite({name}) or abs({name}) = 'infinity'::double then {name} end"
        typed_sql, is_total = _from_native(column, file_type, value)
    else:
        value_sql = name
        typed_sql, is_total = _from_native(column, file_type, value)
    rules = []
    if column.is_required:
        rules.append(
            Rule(column.name, f"{value} is null", "missing_value", f"{column.name} is empty. Every row must have it.")
        )
    if file_type == "VARCHAR":
        rules.append(
            Rule(
                column.name,
                f"contains({value}, chr(0))",
                "wrong_type",
                f"{column.name} has a NUL character, which is no text. Ask the sender for a clean file.",
            )
        )
    if not is_total:
        rules.extend(_type_rules(column, file_type, value, typed))
    rules.extend(_value_rules(column, typed))
    return ColumnReading(column, True, value_sql, typed_sql, tuple(rules))


def _from_text(column: Column, value: str) -> str:
    # try_cast alone is too generous: it rounds 12.7 to a whole number and takes 1_000, 'infinity' and times for dates.
    if column.data_type == "string":
        return value
    if column.data_type == "numeric":
        return f"case when not contains({value}, '_') then try_cast({value} as {column.sql_type}) end"
    if column.data_type in ("integer", "bigint"):
        whole = f"regexp_full_match({value}, '[+-]?[0-9]+([.]0*)?')"
        return f"case when {whole} then try_cast(try_cast({value} as decimal(38, 0)) as {column.sql_type}) end"
    if column.data_type == "boolean":
        return (
            f"case when lower({value}) in ('true', 't', 'yes', 'y', '1') then true "
            f"when lower({value}) in ('false', 'f', 'no', 'n', '0') then false end"
        )
    if column.data_type == "date":
        return rf"case when regexp_full_match({value}, '\d{{4}}-\d{{2}}-\d{{2}}') then try_cast({value} as date) end"
    form = TIMESTAMP_FORM + (OFFSET_FORM if column.requires_offset else f"{OFFSET_FORM}?")
    zoned = f"try_cast({value} || case when regexp_full_match({value}, '{TIMESTAMP_FORM}') then 'Z' else '' end"
    return f"case when regexp_full_match({value}, '{form}') then timezone('UTC', {zoned} as timestamptz)) end"


def _from_native(column: Column, file_type: str, value: str) -> tuple[str, bool]:  # noqa: PLR0911 - a line a pair
    """SQL of the typed value, and whether no value can fail."""
    is_integer = file_type in INTEGER_TYPES + UNSIGNED_TYPES
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", file_type)
    kind = column.data_type
    if kind == "string" and is_integer:
        return f"{value}::varchar", True
    if kind == "numeric" and decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        fits = scale <= column.scale and precision - scale <= column.precision - column.scale
        return f"try_cast({value} as {column.sql_type})", fits
    if kind == "numeric" and (is_integer or file_type in FLOAT_TYPES):
        return f"try_cast({value} as {column.sql_type})", False
    if kind in ("integer", "bigint") and (is_integer or decimal or file_type in FLOAT_TYPES):
        if is_integer:
            return f"try_cast({value} as {kind})", file_type in ("TINYINT", "SMALLINT", "INTEGER", kind.upper())
        return f"case when {value} = trunc({value}) then try_cast({value} as {kind}) end", False
    if kind == "boolean" and file_type == "BOOLEAN":
        return value, True
    if kind == "date" and file_type == "DATE":
        return f"case when isfinite({value}) then {value} end", False
    if kind == "date" and file_type in NAIVE_TIMESTAMP_TYPES:
        # pandas writes a date as the midnight that begins it.
        return f"case when isfinite({value}) and {value} = date_trunc('day', {value}) then {value}::date end", False
    if kind == "timestamp" and file_type == OFFSET_TIMESTAMP_TYPE:
        return f"case when isfinite({value}) then timezone('UTC', {value}) end", False
    if kind == "timestamp" and file_type in NAIVE_TIMESTAMP_TYPES and not column.requires_offset:
        return f"case when isfinite({value}) then {value}::timestamp end", False
    if kind == "timestamp" and file_type in NAIVE_TIMESTAMP_TYPES:
        raise FileRefusedError(
            f"Column {column.name} holds moments without a time zone, so they are not certain when clocks change. "
            "Write it as a timestamp with time zone (UTC)."
        )
    raise FileRefusedError(
        f"Column {column.name} has the type {file_type} in the file, but its contract says {_declared(column)}. "
        "Write the column with that type, or as text."
    )


def _type_rules(column: Column, file_type: str, value: str, typed: str) -> list[Rule]:
    failed = f"{value} is not null and {typed} is null"
    rules = []
    if column.data_type == "numeric":
        number = f"try_cast(replace({value}, '_', 'x') as double)" if file_type == "VARCHAR" else f"{value}::double"
        digits = column.precision - column.scale
        rules.append(
            Rule(
                column.name,
                f"{failed} and isfinite({number})",
                "out_of_range",
                f"{column.name} is too large: at most {digits} digits before the decimal point. Check the unit.",
            )
        )
    if column.data_type == "timestamp" and file_type == "VARCHAR" and column.requires_offset:
        rules.append(
            Rule(
                column.name,
                f"{failed} and regexp_full_match({value}, '{TIMESTAMP_FORM}')",
                "missing_offset",
                f"{column.name} has no UTC offset, so the moment is not certain when clocks change. "
                "Write it as 2025-03-31T01:30:00+01:00 or 2025-03-31T00:30:00Z.",
            )
        )
    rules.append(Rule(column.name, failed, "wrong_type", f"{column.name} {ADVICE[column.data_type]}."))
    return rules


def _value_rules(column: Column, typed: str) -> list[Rule]:
    rules = []
    if column.allowed_values:
        allowed = ", ".join(str(value) if isinstance(value, int) else literal(value) for value in column.allowed_values)
        words = ", ".join(str(value) for value in column.allowed_values)
        rules.append(
            Rule(
                column.name,
                f"{f'lower({typed})' if column.ignores_case else typed} not in ({allowed})",
                "not_allowed",
                f"{column.name} is none of the values agreed: {words}. Use one of them.",
            )
        )
    for limit, comparison, words in ((column.minimum, "<", "below"), (column.maximum, ">", "above")):
        if limit is not None:
            end = "lowest" if comparison == "<" else "highest"
            bound = f"date '{limit}'" if isinstance(limit, date) else limit
            checked = "the date" if isinstance(limit, date) else "the unit and the value"
            rules.append(
                Rule(
                    column.name,
                    f"{typed} {comparison} {bound}",
                    "out_of_range",
                    f"{column.name} is {words} {limit}, the {end} value agreed. Check {checked}.",
                )
            )
    if column.on_the_half_hour:
        rules.append(
            Rule(
                column.name,
                f"epoch_us({typed}) % {30 * 60 * 1_000_000} <> 0",
                "off_grid",
                f"{column.name} is not on the hour or the half-hour, so the settlement period is not certain. "
                "Write the moment at which the interval starts, such as 2025-03-31T00:30:00Z.",
            )
        )
    if column.not_after_load:
        # A day's grace: it is tomorrow already east of Greenwich, and clocks of loggers run ahead.
        too_late = load_date() + timedelta(days=2)
        rules.append(
            Rule(
                column.name,
                f"{typed} >= date '{too_late}'",
                "in_the_future",
                f"{column.name} is later than the day of the load, so it cannot have been measured yet. "
                "Check the date, and deliver the row again with the right one.",
            )
        )
    if column.pattern:
        rules.append(
            Rule(
                column.name,
                f"not regexp_matches({typed}, {literal(column.pattern)})",
                "wrong_form",
                f"{column.name} does not have the form agreed, {column.pattern}. Write it in that form.",
            )
        )
    return rules


def _declared(column: Column) -> str:
    if column.data_type == "timestamp" and column.requires_offset:
        return "timestamp with time zone"
    return column.sql_type
