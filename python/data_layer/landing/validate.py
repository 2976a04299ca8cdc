"""Judge one file against its contract, in DuckDB, without holding the file in memory.

The file is scanned more than once rather than copied: once for faults within a row, once over a hash of the key for
rows that stand twice, and once when its good rows are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from data_layer.landing import text_file
from data_layer.landing.contracts import Contracts, TableContract
from data_layer.landing.files import FileRefusedError, LandingFile, names_of_tables, refusing_damaged_file
from data_layer.landing.formats.definition import SupplierFormat
from data_layer.landing.formats.recognise import Fit, NoLayoutFitsError, choose
from data_layer.landing.formats.translate import Note, translate
from data_layer.landing.rules import ColumnReading, Rule, literal, read_columns, row_rules

LARGEST_FAULTY_SHARE = 0.20
"""A file with a larger share of faulty rows is refused whole: it is not the file that was agreed.

Exact duplicates do not count: the row that they repeat is loaded, so nothing is lost with them. Nor do a supplier's
rows without any value, and rows that are set aside only because of another row of their group.
"""

LEAST_FAULTY_ROWS = 10
"""Fewer faulty rows than this refuse a file only when no row is sound: one bad site in a list of four costs one."""

SPOOL_COLUMNS = ("__row", "__line", "__fault", "__raw")
SUPPLIER_COLUMNS = ("__code", "__column", "__value", "__source")
"""What the spool of a supplier's file says besides: of a fault its code, column and value; and the original's row."""

READINGS_TABLES = ("readings", "readings_hh")
"""Tables whose files may have a supplier's layout under a name of the table."""

WITHOUT_LOSS = ("exact_duplicate", "no_values")
"""Reasons of rows with which nothing is lost."""

QUARANTINE_SCHEMA = pa.schema(
    [
        ("file_id", pa.int64()),
        ("file_name", pa.string()),
        ("row_number", pa.int64()),
        ("line_number", pa.int64()),
        ("column_name", pa.string()),
        ("column_value", pa.string()),
        ("reason_code", pa.string()),
        ("reason", pa.string()),
        ("raw_row", pa.string()),
    ]
)


@dataclass(frozen=True)
class Judgement:
    """What is to become of a file's rows.

    contract        of the table that they go to
    accepted_sql    reads the good rows as the contract's columns and _row_number, from the file and the table
                    `faulty_rows` (row_number), in DuckDB
    faults          QUARANTINE_SCHEMA without the first two columns, a row for each faulty row, in their order
    faulty_rows     row numbers of the faults
    layout          supplier's layout by which the file was read; None for a file in the contract's own columns
    notes           what a supplier's file left open, and how it was read
    """

    contract: TableContract
    rows_read: int
    accepted_sql: str
    faults: pa.Table
    first_date: date | None
    last_date: date | None
    reason_counts: dict[str, int] = field(default_factory=dict)
    layout: SupplierFormat | None = None
    notes: tuple[Note, ...] = ()

    @property
    def faulty_rows(self) -> pa.Table:
        return self.faults.select(["row_number"])


def judge(
    file: LandingFile,
    connection: duckdb.DuckDBPyConnection,
    spool: Path,
    contracts: Contracts,
    formats: tuple[SupplierFormat, ...] = (),
) -> Judgement:
    """Find every faulty row of the file. `spool` is where a text file may be kept as Parquet until it is loaded.

    A text file of readings whose columns are not the contract's is read by the supplier's layout that fits it.
    Raises FileRefusedError when nothing of the file can be loaded.
    """
    if file.is_parquet:
        return _judge_relation(file.contract, connection, _open_parquet(file, connection))
    if file.contract is None:
        return _judge_supplier_file(file, _layout_of_unnamed(file, contracts, formats), connection, spool, contracts)
    try:
        layout = text_file.inspect(file)
        _check_header(file.contract, layout.header)
    except FileRefusedError as refusal:
        if file.contract.name not in READINGS_TABLES or not formats:
            raise
        fit = _layout_instead(file, refusal, formats)
        return _judge_supplier_file(file, fit, connection, spool, contracts)
    if text_file.spool_with_duckdb(file, layout, connection, spool):
        relation = _spool_relation(spool, layout.header)
        judgement = _judge_relation(file.contract, connection, relation, file, layout)
        if judgement is not None:
            return judgement
    text_file.spool_row_by_row(file, layout, spool)
    return _judge_relation(file.contract, connection, _spool_relation(spool, layout.header))


def _layout_of_unnamed(file: LandingFile, contracts: Contracts, formats: tuple[SupplierFormat, ...]) -> Fit:
    try:
        return choose(file, formats)
    except NoLayoutFitsError as refusal:
        tables = names_of_tables(contracts, file.source)
        raise FileRefusedError(
            f"{refusal} (A file in the contract's own columns must start with a table of {file.source}: {tables}.)"
        ) from refusal


def _layout_instead(file: LandingFile, refusal: FileRefusedError, formats: tuple[SupplierFormat, ...]) -> Fit:
    """The supplier's layout of a file that has a table's name but not its columns."""
    try:
        return choose(file, formats)
    except NoLayoutFitsError as other:
        raise FileRefusedError(f"{refusal} {other}") from other


def _judge_supplier_file(
    file: LandingFile, fit: Fit, connection: duckdb.DuckDBPyConnection, spool: Path, contracts: Contracts
) -> Judgement:
    contract = contracts.table(file.source, fit.layout.table_name)
    original = spool.with_name(f"original-{spool.name}")
    try:
        translation = translate(fit, file, contract, connection, original, spool)
        relation = _spool_relation(spool, translation.columns, _Original(original, fit.names))
        judgement = _judge_relation(contract, connection, relation)
    except FileRefusedError as refusal:
        raise FileRefusedError(f"Read by the layout {fit.layout.name}: {refusal}") from refusal
    finally:
        original.unlink(missing_ok=True)
    return replace(judgement, layout=fit.layout, notes=tuple(translation.notes))


@dataclass(frozen=True)
class _Original:
    """A supplier's file as it came: Parquet with the columns c0, c1 ... and the file's own names of them."""

    path: Path
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Relation:
    """SQL of a file's rows with SPOOL_COLUMNS first, and the types of its data columns.

    original  of a supplier's file, whose relation has SUPPLIER_COLUMNS too
    """

    sql: str
    types: dict[str, str]
    original: _Original | None = None

    @property
    def spool_columns(self) -> tuple[str, ...]:
        return (*SPOOL_COLUMNS, *SUPPLIER_COLUMNS) if self.original else SPOOL_COLUMNS


def _spool_relation(spool: Path, header: tuple[str, ...], original: _Original | None = None) -> _Relation:
    return _Relation(f"select * from read_parquet({literal(spool)})", dict.fromkeys(header, "VARCHAR"), original)


def _open_parquet(file: LandingFile, connection: duckdb.DuckDBPyConnection) -> _Relation:
    if file.path.stat().st_size == 0:
        raise FileRefusedError("The file is empty (0 bytes). Deliver it again.")
    path = literal(file.path)
    with refusing_damaged_file():
        described = connection.execute(
            f"describe select * from read_parquet({path}, hive_partitioning = false)"
        ).fetchall()
    types = {name.strip().lower(): kind for name, kind, *_ in described}
    _check_header(file.contract, tuple(name.strip().lower() for name, *_ in described))
    columns = ", ".join(f'"{_quoted(name)}" as "{_quoted(name.strip().lower())}"' for name, *_ in described)
    sql = (
        f"select file_row_number + 1 as __row, null::bigint as __line, null::varchar as __fault, "
        f"null::varchar as __raw, {columns} "
        f"from read_parquet({path}, file_row_number = true, hive_partitioning = false)"
    )
    return _Relation(sql, types)


def _check_header(contract: TableContract, header: tuple[str, ...]) -> None:
    """The file's columns must be the contract's. Columns whose names start with _ are the sender's own and not read."""
    found = ", ".join(header)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or "" in header:
        fault = f"names {twice[0]} twice" if twice and twice[0] else "leaves a column without a name"
        raise FileRefusedError(f"The header {fault}. Columns found: {found}. Give every column one name of its own.")
    reserved = [name for name in header if name in SPOOL_COLUMNS or '"' in name or ":" in name]
    if reserved:
        raise FileRefusedError(f"The column name {reserved[0]} cannot be used. Rename or remove the column.")
    known = {column.name for column in contract.columns}
    missing = [column.name for column in contract.columns if column.is_required and column.name not in header]
    if missing:
        raise FileRefusedError(
            f"Required column missing: {', '.join(missing)}. Columns found: {found}. "
            "Add it to the file, or correct its name in the header."
        )
    groups = contract.require_one_of
    if groups and not any(all(name in header for name in group) for group in groups):
        words = ", or ".join(" and ".join(group) for group in groups)
        raise FileRefusedError(f"Required column missing: the file needs {words}. Columns found: {found}.")
    unknown = [name for name in header if name not in known and not name.startswith("_")]
    if unknown:
        raise FileRefusedError(
            f"Column {', '.join(unknown)} is not in the contract of {contract.full_name}, whose columns are "
            f"{_shortened([column.name for column in contract.columns])}. Correct its name, remove it, or start "
            "its name with _ to have it left out."
        )


def _judge_relation(
    contract: TableContract,
    connection: duckdb.DuckDBPyConnection,
    relation: _Relation,
    file: LandingFile | None = None,
    layout: text_file.TextLayout | None = None,
) -> Judgement | None:
    """Judge the rows. `file` and `layout` are given when lines are to be found.

    None when the two text readers see other rows.
    """
    readings = read_columns(contract, relation.types)
    rules = [
        Rule(None, "__fault is not null", "malformed_row", ""),
        *(rule for reading in readings for rule in reading.rules),
        *row_rules(contract),
    ]
    typed = _typed_sql(relation, readings)
    is_faulty = " or ".join(f"coalesce({rule.fault_sql}, false)" for rule in rules)
    with refusing_damaged_file():
        rows_read, faulty = connection.execute(
            f"select count(*), count(*) filter ({is_faulty}) from ({typed})"
        ).fetchall()[0]
        good = typed if not faulty else f"select * from ({typed}) where not ({is_faulty})"
        connection.execute(f"create or replace temp table faults as {_faults_sql(typed, relation, rules, is_faulty)}")
        _add_repeated_rows(connection, contract, relation, good)
        if contract.whole_group:
            _add_rows_of_faulty_groups(connection, contract, relation, typed)
    if layout is not None and not _number_lines(file, layout, connection, rows_read):
        return None
    if relation.original:
        _restore_raw_rows(connection, relation)
    faults = connection.sql(
        "select row_number, line_number, column_name, column_value, reason_code, reason, raw_row "
        "from faults order by row_number"
    ).to_arrow_table()
    reason_counts = dict(
        connection.execute("select reason_code, count(*) from faults group by all order by 2 desc, 1").fetchall()
    )
    _check_share(rows_read, faults, reason_counts)
    columns = ", ".join(f'{reading.typed} as "{reading.column.name}"' for reading in readings)
    accepted = f"select {columns}, __row::bigint as _row_number from ({typed})"
    if faults.num_rows:
        accepted += " where __row not in (select row_number from faulty_rows)"
    connection.register("faulty_rows", faults.select(["row_number"]))
    first_date, last_date = _date_range(connection, contract, accepted)
    return Judgement(contract, rows_read, accepted, faults, first_date, last_date, reason_counts)


def _typed_sql(relation: _Relation, readings: list[ColumnReading]) -> str:
    raw = ", ".join([*relation.spool_columns, *(f'"{name}"' for name in relation.types)])
    values = ", ".join(f"{reading.value_sql} as {reading.value}" for reading in readings)
    typed = ", ".join(f"{reading.typed_sql} as {reading.typed}" for reading in readings)
    return f"select *, {typed} from (select {raw}, {values} from ({relation.sql}))"


def _faults_sql(typed: str, relation: _Relation, rules: list[Rule], is_faulty: str) -> str:
    """The first fault of each faulty row, in the order of the columns."""
    cases = " ".join(f"when {rule.fault_sql} then {number}" for number, rule in enumerate(rules))
    names = _listed(rule.column for rule in rules)
    values = " ".join(
        f'when {literal(rule_column)} then "{rule_column}"::varchar'
        for rule_column in dict.fromkeys(rule.column for rule in rules if rule.column in relation.types)
    )
    value = f"case column_name {values} end" if values else "null"
    name, code = "column_name", "reason_code"
    if relation.original:
        value, name, code = f"coalesce(__value, {value})", f"coalesce(__column, {name})", f"coalesce(__code, {code})"
    return f"""
        select
            __row as row_number, __line as line_number, {name} as column_name,
            replace({value}, chr(0), chr(65533)) as column_value, {code} as reason_code,
            coalesce(__fault, reason) as reason, {_raw_row_sql(relation)} as raw_row
        from (
            select
                *, ({names})[rule_number + 1] as column_name,
                ({_listed(rule.reason_code for rule in rules)})[rule_number + 1] as reason_code,
                ({_listed(rule.reason for rule in rules)})[rule_number + 1] as reason
            from (select *, case {cases} end as rule_number from ({typed}) where {is_faulty})
        )
    """


def _add_repeated_rows(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, relation: _Relation, good: str
) -> None:
    """Faults of good rows that stand twice in the file: as they are, or with the same key and other values."""
    key = ", ".join(f'"t:{name}"' for name in contract.key)
    every = ", ".join(f'"t:{column.name}"' for column in contract.columns)
    connection.execute(
        f"create or replace temp table repeated_keys as "
        f"select hash({key}) as key_hash from ({good}) group by all having count(*) > 1"
    )
    if connection.execute("select count(*) from repeated_keys").fetchall() == [(0,)]:
        return
    in_words = literal(", ".join(contract.key))
    key_values = " || ', ' || ".join(f"coalesce(\"t:{name}\"::varchar, '')" for name in contract.key)
    connection.execute(
        f"""
        insert into faults by name
        with candidates as (
            select *, min(__row) over (partition by {every}) as first_row
            from ({good})
            where hash({key}) in (select key_hash from repeated_keys)
        ),
        compared as (
            select
                *,
                count(*) filter (__row = first_row) over (partition by {key}) as versions,
                min(__row) over (partition by {key}) as lowest_row,
                max(first_row) over (partition by {key}) as highest_row
            from candidates
        )
        select
            __row as row_number, __line as line_number,
            case when __row = first_row then {in_words} end as column_name,
            case when __row = first_row then {key_values} end as column_value,
            case when __row = first_row then 'duplicate_key' else 'exact_duplicate' end as reason_code,
            case
                when __row = first_row then
                    'Row ' || case when __row = lowest_row then highest_row else lowest_row end
                    || ' has the same ' || {in_words} || ' and other values. Neither is loaded: keep the right one.'
                else 'The row is the same as row ' || first_row || ', which is kept. Nothing to do.'
            end as reason,
            {_raw_row_sql(relation)} as raw_row
        from compared
        where __row <> first_row or versions > 1
        """
    )


def _add_rows_of_faulty_groups(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, relation: _Relation, typed: str
) -> None:
    """Sound rows of the groups that a faulty row belongs to.

    What cannot be read of the faulty row's group could be any: a row without a readable date may belong to every
    timetable of its site, and a broken line to every group of the file.
    """
    same_group = " and ".join(
        f'(faulty."t:{name}" is null or faulty."t:{name}" = sound."t:{name}")' for name in contract.whole_group
    )
    in_words = literal(", ".join(contract.whole_group))
    group_values = " || ', ' || ".join(f"coalesce(\"t:{name}\"::varchar, '')" for name in contract.whole_group)
    connection.execute(
        f"""
        insert into faults by name
        with faulty as (
            select * from ({typed})
            where __row in (select row_number from faults where reason_code <> 'exact_duplicate')
        ),
        incomplete as (
            select sound.__row, min(faulty.__row) as faulty_row
            from ({typed}) as sound
            inner join faulty on {same_group}
            where sound.__row not in (select row_number from faults)
            group by sound.__row
        )
        select
            __row as row_number, __line as line_number, {in_words} as column_name, {group_values} as column_value,
            'group_incomplete' as reason_code,
            'Row ' || faulty_row || ' is at fault, and may have the same ' || {in_words} || '. Rows of one group mean '
            || 'something only together, so none of them is loaded: correct that row.' as reason,
            {_raw_row_sql(relation)} as raw_row
        from ({typed})
        inner join incomplete using (__row)
        """
    )


def _restore_raw_rows(connection: duckdb.DuckDBPyConnection, relation: _Relation) -> None:
    """Give the faults of a supplier's file the rows as they came, not as they were translated."""
    original = relation.original
    fields = ", ".join(f'"{_quoted(name)}" := c{place}' for place, name in enumerate(original.names))
    connection.execute(
        f"""
        update faults set raw_row = came.raw_row
        from (
            select
                translated.__row as row_number,
                coalesce(original.__raw, to_json(struct_pack({fields}))::varchar) as raw_row
            from ({relation.sql}) as translated
            inner join read_parquet({literal(original.path)}) as original on translated.__source = original.__row
            where translated.__row in (select row_number from faults)
        ) as came
        where faults.row_number = came.row_number
        """
    )


def _raw_row_sql(relation: _Relation) -> str:
    fields = ", ".join(f'"{name}" := "{name}"' for name in relation.types)
    return f"coalesce(__raw, to_json(struct_pack({fields}))::varchar)"


def _number_lines(
    file: LandingFile, layout: text_file.TextLayout, connection: duckdb.DuckDBPyConnection, rows_read: int
) -> bool:
    """Give each fault its line. False when the file has other rows when it is read row by row."""
    wanted = [row for (row,) in connection.execute("select row_number from faults").fetchall()]
    if not wanted:
        return True
    lines, count = text_file.line_numbers(file, layout, wanted)
    if count != rows_read:
        return False
    found = pa.table({"row_number": list(lines), "line_number": list(lines.values())})
    connection.register("found_lines", found)
    connection.execute(
        "update faults set line_number = found_lines.line_number "
        "from found_lines where faults.row_number = found_lines.row_number"
    )
    connection.unregister("found_lines")
    return True


def _check_share(rows_read: int, faults: pa.Table, reason_counts: dict[str, int]) -> None:
    lost = {code: count for code, count in reason_counts.items() if code not in WITHOUT_LOSS}
    faulty = sum(count for code, count in lost.items() if code != "group_incomplete")
    is_another_file = faulty >= LEAST_FAULTY_ROWS and faulty / rows_read > LARGEST_FAULTY_SHARE
    if faulty and (is_another_file or faults.num_rows == rows_read):
        counted = ", ".join(f"{count:,} {code}" for code, count in lost.items())
        follows = (*WITHOUT_LOSS, "group_incomplete")
        first = next(fault for fault in faults.to_pylist() if fault["reason_code"] not in follows)
        place = f"line {first['line_number']}" if first["line_number"] else f"row {first['row_number']}"
        value = "" if first["column_value"] is None else f" (found: {first['column_value'][:80]})"
        broken = (
            f"{sum(lost.values()):,} of {rows_read:,} rows break the contract ({counted}), at most "
            f"{LARGEST_FAULTY_SHARE:.0%} may"
            if is_another_file or "group_incomplete" not in lost
            else f"No row can be loaded ({counted} of {rows_read:,} rows)"
        )
        raise FileRefusedError(f"{broken}: nothing of the file is loaded. The first, {place}: {first['reason']}{value}")


def _date_range(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, accepted: str
) -> tuple[date | None, date | None]:
    if not contract.dates:
        return None, None
    return connection.execute(date_range_sql(contract, f"({accepted})")).fetchall()[0]


def date_range_sql(contract: TableContract, relation: str) -> str:
    """First and last local day (Europe/London) of a relation's rows; runs on both engines."""
    ends = []
    for end in ("min", "max"):
        days = [
            f'{end}("{name}")'
            if contract.column(name).data_type == "date"
            # The local day never falls as time goes on, so the ends of the moments give the ends of the days.
            else f"cast(timezone('Europe/London', timezone('UTC', {end}(\"{name}\"))) as date)"
            for name in contract.dates
        ]
        ends.append(days[0] if len(days) == 1 else f"{'least' if end == 'min' else 'greatest'}({', '.join(days)})")
    return f"select {ends[0]}, {ends[1]} from {relation} as dated_rows"


def _listed(texts) -> str:
    return "[" + ", ".join("null" if text is None else literal(text) for text in texts) + "]"


def _shortened(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 20 else f"{', '.join(names[:8])} ... {names[-1]}"


def _quoted(name: str) -> str:
    return name.replace('"', '""')
