"""A supplier's file as rows of the contract: text in, text out, in DuckDB.

The rows go on to the same judgement as any file, with the line that each came from. What only the supplier's layout can
know - a time that does not exist, a supply number that is none - is found here and handed on as the row's fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from data_layer.landing import supply_numbers, text_file
from data_layer.landing.contracts import TableContract
from data_layer.landing.files import FileRefusedError, LandingFile
from data_layer.landing.formats.definition import (
    DAY,
    END,
    FROM_TIMES,
    LOCAL,
    LONGEST_DAY,
    OFFSET,
    PERIOD,
    START,
    TIME,
    Block,
    Choice,
    ColumnRef,
)
from data_layer.landing.formats.local_time import (
    AUTUMN_MINUTES,
    SPRING_MINUTES,
    Label,
    direction,
    resolve_day,
)
from data_layer.landing.formats.recognise import Fit
from data_layer.landing.rules import OFFSET_FORM, TIMESTAMP_FORM, literal

DAY_MINUTES = (
    "date_diff('minute', timezone('Europe/London', {day}::timestamp), "
    "timezone('Europe/London', ({day} + interval 1 day)::timestamp))"
)


@dataclass(frozen=True)
class Note:
    """Something that the file left open, and how it was read.

    meter_id, settlement_date  None when the note is about the whole file
    """

    code: str
    text: str
    meter_id: str | None = None
    settlement_date: date | None = None

    def __str__(self) -> str:
        return f"{self.meter_id}, {self.settlement_date}: {self.text}." if self.meter_id else f"{self.text}."


@dataclass(frozen=True)
class Translation:
    """Rows of the contract in the spool, with `__source` (row of the original) before the contract's columns.

    interval_minutes, label  as given by the layout, or as found in the file
    """

    columns: tuple[str, ...]
    interval_minutes: int
    label: str
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class _Fault:
    """SQL of a condition, and what to say when it holds. `value` is SQL, and so is `reason` when `is_sql`."""

    condition: str
    code: str
    column: str | None
    value: str
    reason: str
    is_sql: bool = False


def translate(
    fit: Fit,
    file: LandingFile,
    contract: TableContract,
    connection: duckdb.DuckDBPyConnection,
    original: Path,
    spool: Path,
) -> Translation:
    """Read the file's text into `original` (Parquet, columns c0, c1 ...), and the contract's rows into `spool`."""
    if not text_file.spool_plain_lines_with_duckdb(file, fit.text, connection, original):
        text_file.spool_row_by_row(file, fit.text, original)
    return _Translator(fit, contract, connection, original, spool).run()


class _Translator:
    def __init__(
        self,
        fit: Fit,
        contract: TableContract,
        connection: duckdb.DuckDBPyConnection,
        original: Path,
        spool: Path,
    ):
        self.fit = fit
        self.layout = fit.layout
        self.contract = contract
        self.connection = connection
        self.lines = f"read_parquet({literal(original)})"
        self.spool = spool
        self.notes: list[Note] = []

    def run(self) -> Translation:
        self._judge_day_and_month()
        if self.contract.name == "readings_hh":
            self._days()
            interval, label = 30, self.layout.label
            columns = self._day_columns()
        else:
            self._readings()
            interval = self._interval()
            label = self._label_kind(interval)
            columns = self._reading_columns(interval, label)
        values = ", ".join(f"({sql})::varchar as {name}" for name, sql in columns.items())
        self.connection.execute(
            f"""
            copy (
                select
                    number as __row, line as __line, fault.reason as __fault, null::varchar as __raw,
                    fault.code as __code, fault.column_name as __column, fault.column_value as __value,
                    source as __source, {values}
                from {"resolved_cells" if self._needs_clock else "cells"} as cells
                order by number
            ) to {literal(self.spool)} (format parquet, compression lz4_raw)
            """
        )
        return Translation(tuple(columns), interval, label, self.notes)

    @property
    def _needs_clock(self) -> bool:
        return self.contract.name == "readings" and self.layout.basis == LOCAL

    # Columns of the file as SQL

    def _column(self, ref: ColumnRef | None) -> str | None:
        return f"c{self.fit.places[ref]}" if ref in self.fit.places else None

    def _own_name(self, ref: ColumnRef) -> str:
        return self.fit.names[self.fit.places[ref]]

    def _meter(self) -> str:
        return supply_numbers.plain_sql(self._column(self.layout.meter), self.layout.meter_kind)

    def _choice(self, choice: Choice) -> str:
        if choice.constant is not None:
            return literal(choice.constant)
        column = self._column(choice.column)
        if column is None:
            return literal(choice.otherwise)
        words = " ".join(f"when {literal(word)} then {literal(ours)}" for word, ours in choice.mapping)
        value = f"case lower({column}) {words} end" if words else column
        return (
            value
            if choice.otherwise is None
            else f"case when {column} is null then {literal(choice.otherwise)} else {value} end"
        )

    def _choice_faults(self, choice: Choice) -> list[_Fault]:
        column = self._column(choice.column)
        if column is None or not choice.mapping:
            return []
        name = self._own_name(choice.column)
        known = ", ".join(literal(word) for word, _ in choice.mapping)
        words = ", ".join(word for word, _ in choice.mapping)
        reason = f"{name} is none of the words that the layout {self.layout.name} knows: {words}. Add it to the layout."
        return [_Fault(f"lower({column}) not in ({known})", "not_allowed", name, column, reason)]

    def _meter_faults(self, value: str, name: str | None) -> list[_Fault]:
        label = name or "The column's name"
        empty = _Fault(f"{value} is null", "missing_value", name, "null", f"{label} is empty. Every row must have it.")
        return [
            empty,
            *(
                _Fault(condition, code, name, value, f"{label} cannot be a supply number as it stands. {reason}")
                for condition, code, reason in supply_numbers.faults(value, self.layout.meter_kind)
            ),
        ]

    def _time_text(self) -> tuple[str, str]:
        """SQL of the text of the day or moment, and the file's own name of its column."""
        refs = [ref for ref in (self.layout.date, self.layout.time) if ref is not None]
        joined = " || ' ' || ".join(self._column(ref) for ref in refs)
        # Whole seconds may be written with a fraction of noughts.
        whole = joined if self.layout.rows == DAY else f"regexp_replace({joined}, '(:[0-9]{{2}})[.]0+', '\\1')"
        return whole, " and ".join(self._own_name(ref) for ref in refs)

    def _moment(self, text: str) -> str:
        """SQL of the timestamp that a text names, null when it names none. In UTC where the basis is utc or offset."""
        if self.layout.basis == OFFSET:
            is_moment = f"regexp_full_match({text}, '{TIMESTAMP_FORM}{OFFSET_FORM}')"
            return f"case when {is_moment} then timezone('UTC', try_cast({text} as timestamptz)) end"
        parsed = self._parsed(text)
        if self.layout.rows == DAY or self.layout.basis == PERIOD:
            return parsed
        midnight = self._parsed(f"replace({text}, '24:00', '00:00')")
        return f"case when regexp_matches({text}, '(^|[ T])24:00') then {midnight} + interval 1 day else {parsed} end"

    def _parsed(self, text: str) -> str:
        # %Y takes the 18 of 12/11/18 for the year 18: such a reading is none.
        tries = [f"try_strptime({text}, {literal(form)})" for form in self.layout.date_formats]
        return "coalesce(" + ", ".join(f"case when year({one}) >= 1900 then {one} end" for one in tries) + ")"

    def _line_faults(self, meter: str | None, time: str, time_name: str, moment: str) -> list[_Fault]:
        faults = []
        if meter is not None:
            faults += self._meter_faults(meter, self._own_name(self.layout.meter))
        faults.append(_Fault(f"{time} is null", "missing_value", time_name, "null", f"{time_name} is empty."))
        forms = ", ".join(self.layout.date_formats) or "2025-03-31T01:30:00+01:00"
        reason = f"{time_name} is no date of the calendar in a form that the layout {self.layout.name} knows: {forms}."
        faults.append(_Fault(f"({moment}) is null", "wrong_type", time_name, time, reason))
        for choice in self.layout.choices:
            faults += self._choice_faults(choice)
        return faults

    # Rows of the file as rows of the contract

    def _days(self) -> None:
        """Temp table cells: a row a line and block, with the day's values in the order of settlement periods."""
        time, time_name = self._time_text()
        meter, moment = self._meter(), self._moment(time)
        every = [self._column(ref) for block in self.layout.blocks for ref in block.columns if ref in self.fit.places]
        faults = [
            _Fault("not has_values", "no_values", None, "null", "No half-hour of the row has a value. Nothing to do."),
            *self._line_faults("meter_id", time, time_name, moment),
        ]
        parts = " union all ".join(
            self._day_part(number, block, meter, moment, f"coalesce({', '.join(every)}) is not null")
            for number, block in enumerate(self.layout.blocks)
        )
        self._create_cells(parts, faults, "day_values is not null and (own_values or (part = 0 and not has_values))")

    def _day_part(self, number: int, block: Block, meter: str, moment: str, has_values: str) -> str:
        columns = [self._column(ref) for ref in block.columns if ref in self.fit.places]
        return f"""
            select
                *, {number} as part, {meter} as meter_id, {self._choice(block.quantity)} as quantity,
                {self._choice(block.unit)} as unit, {self._choice(self.layout.reading_type)} as reading_type,
                cast({moment} as date) as day, [{", ".join(columns)}] as day_values,
                coalesce({", ".join(columns)}) is not null as own_values, {has_values} as has_values
            from {self.lines}
        """

    def _create_cells(self, parts: str, faults: list[_Fault], kept: str) -> None:
        broken = _Fault("__fault is not null", "malformed_row", None, "null", "__fault", is_sql=True)
        cases = " ".join(f"when {fault.condition} then {_struct(fault)}" for fault in [broken, *faults])
        self.connection.execute(
            f"""
            create or replace temp table cells as
            select
                row_number() over (order by __row, part) as number, __row as source, __line as line,
                case {cases} end as fault,
                * exclude (__row, __line, __fault, __raw)
            from ({parts})
            where (__fault is null and {kept}) or (__fault is not null and part = 0)
            """
        )

    def _day_columns(self) -> dict[str, str]:
        self.connection.execute("alter table cells add column day_minutes bigint")
        self.connection.execute(f"update cells set day_minutes = {DAY_MINUTES.format(day='day')} where fault is null")
        values = "day_values"
        if self.layout.basis == LOCAL:
            self._note_clock_days()
            # The hour that does not exist goes beyond the day's 46 periods, where it is counted and not consumed.
            spring = "list_concat(day_values[1:2], day_values[5:48], day_values[3:4])"
            autumn = "list_concat(day_values[1:4], [null, null], day_values[5:48])"
            values = (
                f"(case day_minutes when {SPRING_MINUTES} then {spring} when {AUTUMN_MINUTES} then {autumn} "
                "else day_values end)"
            )
        half_hours = {f"hh_{number:02d}": f"{values}[{number}]" for number in range(1, LONGEST_DAY + 1)}
        return {
            "meter_id": "meter_id",
            "measurement_quantity": "quantity",
            "settlement_date": "day",
            "unit": "unit",
            "reading_type": "reading_type",
            **half_hours,
        }

    def _note_clock_days(self) -> None:
        rows = self.connection.execute(
            f"""
            select distinct
                day_minutes, meter_id, day, quantity, coalesce(day_values[3], '-') as first_value,
                coalesce(day_values[4], '-') as second_value
            from cells
            where
                fault is null and day_minutes in ({SPRING_MINUTES}, {AUTUMN_MINUTES})
                and (day_values[3] is not null or day_values[4] is not null)
            order by day, meter_id, quantity, first_value, second_value
            """
        ).fetchall()
        for minutes, meter_id, day, quantity, first, second in rows:
            if minutes == AUTUMN_MINUTES:
                code = "one_of_two"
                text = (
                    f"{quantity} has one value each for 01:00 ({first}) and 01:30 ({second}), which come twice on that "
                    "day: taken as the first, in summer time; the second is missing"
                )
            else:
                code = "time_does_not_exist"
                text = (
                    f"{quantity} has values for 01:00 ({first}) and 01:30 ({second}), which do not exist on that day: "
                    "kept as surplus half-hours and not consumed"
                )
            self.notes.append(Note(code, text, meter_id, day))

    def _readings(self) -> None:
        """Temp table cells: a row a reading, with `label` as the file has it (in UTC for utc and offset)."""
        time, time_name = self._time_text()
        moment = self._moment(time)
        if self.layout.rows == TIME:
            parts = self._meters_of_a_time(moment)
            kept = "(value is not null or (part = 0 and not has_values))"
            faults = [
                _Fault(
                    "not has_values", "no_values", None, "null", "No meter has a value at that time. Nothing to do."
                ),
                *self._meter_faults("meter_id", None),
                *self._line_faults(None, time, time_name, moment),
            ]
        else:
            meter = self._meter()
            parts = " union all ".join(
                self._hours_of_a_day(number, block, meter, moment)
                if self.layout.rows == DAY
                else self._reading(number, block, meter, moment)
                for number, block in enumerate(self.layout.blocks)
            )
            kept = "(value is not null or (part = 0 and not has_values))"
            faults = [
                _Fault("not has_values", "no_values", None, "null", "The row has no value. Nothing to do."),
                *self._line_faults("meter_id", time, time_name, moment),
            ]
        self._create_cells(parts, faults, kept)

    def _constant_columns(self, block: Block) -> str:
        return (
            f"{self._choice(block.quantity)} as quantity, {self._choice(block.unit)} as unit, "
            f"{self._choice(self.layout.reading_type)} as reading_type"
        )

    def _has_values(self) -> str:
        every = [self._column(ref) for block in self.layout.blocks for ref in block.columns if ref in self.fit.places]
        every += [f"c{place}" for _, place in self.fit.meters]
        return f"coalesce({', '.join(every)}) is not null"

    def _reading(self, number: int, block: Block, meter: str, moment: str) -> str:
        period = self._column(self.layout.period) or "null"
        return f"""
            select
                *, {number} as part, {meter} as meter_id, {self._constant_columns(block)}, {moment} as label,
                {period}::varchar as period, {self._column(block.columns[0])} as value,
                {self._has_values()} as has_values
            from {self.lines}
        """

    def _hours_of_a_day(self, number: int, block: Block, meter: str, moment: str) -> str:
        step = self.layout.interval_minutes
        columns = [
            (self._column(ref), place * step) for place, ref in enumerate(block.columns) if ref in self.fit.places
        ]
        return f"""
            select
                * exclude (minute), {number * LONGEST_DAY} + minute // {step} as part,
                {moment} + to_minutes(minute) as label, null::varchar as period
            from (
                select
                    *, {meter} as meter_id, {self._constant_columns(block)},
                    unnest([{", ".join(str(minute) for _, minute in columns)}]) as minute,
                    unnest([{", ".join(column for column, _ in columns)}]) as value,
                    {self._has_values()} as has_values
                from {self.lines}
            )
        """

    def _meters_of_a_time(self, moment: str) -> str:
        kind = self.layout.meter_kind
        names = ", ".join(supply_numbers.plain_sql(literal(name), kind) for name, _ in self.fit.meters)
        return f"""
            select *, {moment} as label, null::varchar as period
            from (
                select
                    *, {self._constant_columns(self.layout.blocks[0])},
                    unnest(range({len(self.fit.meters)})) as part,
                    unnest([{names}]) as meter_id,
                    unnest([{", ".join(f"c{place}" for _, place in self.fit.meters)}]) as value,
                    {self._has_values()} as has_values
                from {self.lines}
            )
        """

    # What the times of the file say

    def _judge_day_and_month(self) -> None:
        """Dates such as 03/11/2019 are day first. Raises FileRefusedError where the file's can only be month first."""
        if not any(form.startswith(("%d/%m", "%d-%m")) for form in self.layout.date_formats):
            return
        text = self._time_text()[0]
        dates = self.connection.execute(
            f"select distinct regexp_extract({text}, '^[0-9]{{1,2}}[/-][0-9]{{1,2}}[/-][0-9]{{2,4}}') from {self.lines}"
        ).fetchall()
        parts = [[int(part) for part in found.replace("-", "/").split("/")] for (found,) in dates if found]
        if any(first > 12 for first, _, _ in parts):
            return
        month_first = next(("/".join(map(str, part)) for part in parts if part[1] > 12), None)
        if month_first:
            raise FileRefusedError(
                f"Dates such as {month_first} can only be month first, none can only be day first, and the layout "
                f"{self.layout.name} takes them as day first. Nothing is loaded: the others would become other days. "
                "Copy the layout into the landing folder's formats/ under a name of its own, with %m/%d/%Y as the form."
            )
        if not self.layout.is_own and any(first != second for first, second, _ in parts):
            self.notes.append(
                Note("date_open", "every date could be day first or month first: taken as day first, as in the UK")
            )

    def _interval(self) -> int:
        """30 or 60, as the layout or the commonest step from one time of a meter to its next says."""
        given = self.layout.interval_minutes
        if self.layout.rows == DAY or self.layout.basis == PERIOD:
            return given
        found = self.connection.execute(
            """
            select step, count(*)
            from (
                select date_diff('minute', lag(label) over (partition by meter_id order by label), label) as step
                from (select distinct meter_id, label from cells where fault is null)
            )
            where step is not null
            group by step
            order by 2 desc, 1
            limit 1
            """
        ).fetchall()
        step = found[0][0] if found else None
        if given is None and step is None:
            self.notes.append(
                Note("interval_open", "one time alone does not say how long the interval is: taken as 30 minutes")
            )
        elif given is None and step not in (30, 60):
            raise FileRefusedError(
                f"Most readings are {step:,} minutes apart in the file, but only half-hourly and hourly ones are "
                "understood. Add shorter ones up to half-hours; readings of a day or longer are no interval readings."
            )
        elif given is not None and step not in (None, given):
            text = (
                f"most readings are {step:,} minutes apart, but the layout says {given}: taken as {given} minutes long"
            )
            self.notes.append(Note("interval_differs", text))
        taken = given or step or 30
        if step in (None, taken):
            self._note_other_intervals(taken)
        return taken

    def _note_other_intervals(self, taken: int) -> None:
        """Report meters whose readings are mostly hours in a file of half-hours, or half-hours in one of hours."""
        rows = self.connection.execute(
            f"""
            select meter_id, mode(step)
            from (
                select
                    meter_id,
                    date_diff('minute', lag(label) over (partition by meter_id order by label), label) as step
                from (select distinct meter_id, label from cells where fault is null)
            )
            group by meter_id
            having mode(step) in (30, 60) and mode(step) <> {taken} and count(step) >= 3
            order by meter_id
            """
        ).fetchall()
        for meter_id, step in rows:
            text = f"{meter_id}: most readings are {step} minutes apart, but all are taken as {taken} minutes long"
            self.notes.append(Note("interval_differs", text))

    def _label_kind(self, interval: int) -> str:
        if self.layout.rows == DAY:
            # The columns have been put in the order of their starts.
            return START
        if self.layout.label != FROM_TIMES:
            return self.layout.label
        starts, ends = self.connection.execute(
            f"""
            select
                count(*) filter (first_minute = 0 and last_minute = 1440 - {interval}),
                count(*) filter (first_minute = {interval} and last_minute = 0)
            from (
                select
                    date_part('hour', min(label)) * 60 + date_part('minute', min(label)) as first_minute,
                    date_part('hour', max(label)) * 60 + date_part('minute', max(label)) as last_minute
                from cells
                where fault is null
                group by meter_id
            )
            """
        ).fetchall()[0]
        default = self.layout.default_label
        if starts == ends:
            why = "no meter's times run from the first to the last of a day" if not starts else "meters disagree"
            self.notes.append(
                Note(
                    "label_open",
                    f"the times do not say if they name the start or the end ({why}): taken as the {default}",
                )
            )
            return default
        found = START if starts > ends else END
        if starts and ends:
            text = f"{starts} meters' times name the start and {ends} meters' the end: all taken as the {found}"
            self.notes.append(Note("label_open", text))
        return found

    def _reading_columns(self, interval: int, label: str) -> dict[str, str]:
        columns = {
            "meter_id": "meter_id",
            "measurement_quantity": "quantity",
            "interval_minutes": str(interval),
            "reading_value": "value",
            "unit": "unit",
            "reading_type": "reading_type",
        }
        if self.layout.basis == PERIOD:
            return {**columns, "settlement_date": "cast(label as date)", "settlement_period": "period"}
        if self.layout.basis == LOCAL:
            self._resolve_local_times(interval, label == END)
            return {**columns, "settlement_date": "settlement_date", "settlement_period": "settlement_period"}
        start = f"label - to_minutes({interval})" if label == END else "label"
        return {**columns, "interval_start_at": f"strftime({start}, '%Y-%m-%dT%H:%M:%SZ')"}

    def _resolve_local_times(self, interval: int, names_end: bool) -> None:
        """Temp table resolved_cells: cells with settlement_date and settlement_period, or the fault of their time."""
        start = f"label - to_minutes({interval})" if names_end else "label"
        off_grid = _Fault(
            f"epoch_us(label) % {interval * 60_000_000} <> 0",
            "off_grid",
            self._time_text()[1],
            "label::varchar",
            f"The time is not on a whole interval of {interval} minutes, so the settlement period is not certain.",
        )
        self.connection.execute(
            f"""
            create or replace temp table clock as
            select settlement_date, day_minutes
            from (
                select settlement_date, {DAY_MINUTES.format(day="settlement_date")} as day_minutes
                from (select distinct cast({start} as date) as settlement_date from cells where fault is null)
            )
            where day_minutes <> 1440
            """
        )
        self.connection.register("changing_rows", self._resolved_on_clock_days(interval, names_end, start))
        self.connection.execute(
            f"""
            create or replace temp table resolved_cells as
            select
                cells.* replace (
                    case
                        when cells.fault is not null then cells.fault
                        when {off_grid.condition} then {_struct(off_grid)}
                        when changing.code is not null then {{
                            'code': changing.code, 'column_name': {literal(off_grid.column)}::varchar,
                            'column_value': cells.label::varchar, 'reason': changing.reason
                        }}
                    end as fault
                ),
                cast({start} as date) as settlement_date,
                case
                    when changing.number is null then date_diff('minute', date_trunc('day', {start}), {start}) // 30 + 1
                    else changing.settlement_period
                end as settlement_period
            from cells
            left join changing_rows as changing on cells.number = changing.number
            """
        )
        self.connection.unregister("changing_rows")

    def _resolved_on_clock_days(self, interval: int, names_end: bool, start: str) -> pa.Table:
        """number, settlement_period, code and reason of each sound row of the days on which clocks change."""
        on_grid = f"fault is null and epoch_us(label) % {interval * 60_000_000} = 0"
        rows = self.connection.execute(
            f"""
            select
                meter_id, quantity, settlement_date, day_minutes, number, line,
                date_diff('minute', settlement_date::timestamp, label), value,
                coalesce(try_cast(value as decimal(18, 6))::varchar, value) || ' ' || coalesce(unit, '') || ' '
                || coalesce(reading_type, '')
            from (select *, cast({start} as date) as settlement_date from cells where {on_grid})
            inner join clock using (settlement_date)
            order by settlement_date, meter_id, quantity, number
            """
        ).fetchall()
        directions = self._directions(on_grid) if rows else {}
        lines = {number: line for _, _, _, _, number, line, *_ in rows}
        groups: dict[tuple, list[Label]] = {}
        values: dict[str, str] = {}
        for meter_id, quantity, day, minutes, number, _, minute, value, content in rows:
            groups.setdefault((meter_id, quantity, day, minutes), []).append(Label(number, minute, content))
            values[content] = value
        found: dict[str, list] = {"number": [], "settlement_period": [], "code": [], "reason": []}
        for (meter_id, quantity, day, minutes), labels in groups.items():
            way = directions.get((meter_id, quantity), 0)
            resolved, ambiguities = resolve_day(labels, minutes, interval, names_end, way)
            for row in resolved:
                found["number"].append(row.row)
                found["settlement_period"].append(row.settlement_period)
                found["code"].append(row.code)
                found["reason"].append(_reason(row.code, lines.get(row.same_as)))
            for ambiguity in ambiguities:
                clock = f"{ambiguity.minute // 60:02d}:{ambiguity.minute % 60:02d}"
                said = " and ".join(values[content] for content in ambiguity.contents)
                self.notes.append(
                    Note(ambiguity.code, _open_question(ambiguity.code, quantity, clock, said), meter_id, day)
                )
        kinds = [pa.int64(), pa.int64(), pa.string(), pa.string()]
        return pa.table(
            [pa.array(found[name], kind) for name, kind in zip(found, kinds, strict=True)], names=list(found)
        )

    def _directions(self, on_grid: str) -> dict[tuple, int]:
        """1 ascending, -1 descending, 0 in no order, of each meter's and quantity's rows."""
        rows = self.connection.execute(
            f"""
            select meter_id, quantity, count(*) filter (label > earlier), count(*) filter (label < earlier)
            from (
                select *, lag(label) over (partition by meter_id, quantity order by number) as earlier
                from cells
                where {on_grid}
            )
            group by all
            """
        ).fetchall()
        return {(meter_id, quantity): direction(up, down) for meter_id, quantity, up, down in rows}


def _reason(code: str | None, same_line: int | None) -> str | None:
    return {
        None: None,
        "time_does_not_exist": (
            "Clocks go forward at 01:00 on that day, so the time does not exist. If the supplier keeps to winter time "
            "all year, its layout must say `basis: utc`."
        ),
        "exact_duplicate": f"The row is the same as line {same_line}, which is kept. Nothing to do.",
        "duplicate_key": (
            "The time comes twice on that day, when clocks go back, but the file has more than two values for it. "
            "None is loaded: keep the right two."
        ),
    }[code]


def _open_question(code: str, quantity: str, clock: str, values: str) -> str:
    if code == "one_of_two":
        return (
            f"{quantity} at {clock} comes twice on that day, when clocks go back, and the file has less than the other "
            f"times of the day promise ({values}): taken as the first, in summer time"
        )
    return (
        f"{quantity} at {clock} comes twice on that day, when clocks go back, and the file is in no order that says "
        f"which of {values} is the first: taken as they stand. The day's total does not depend on it"
    )


def _struct(fault: _Fault) -> str:
    name = "null" if fault.column is None else literal(fault.column)
    return (
        f"{{'code': {literal(fault.code)}, 'column_name': {name}::varchar, 'column_value': ({fault.value})::varchar, "
        f"'reason': {fault.reason if fault.is_sql else literal(fault.reason)}}}"
    )
