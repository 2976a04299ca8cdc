"""Load the landing folder: each file in one transaction, every row accounted for.

A file whose bytes were loaded before changes nothing. A file of the same name with other bytes replaces its own rows. A
file that is no longer in the landing folder keeps its rows: taking data out is a decision of its own. A refused file is
tried again at every load, and leaves the rows of an earlier delivery in place.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from data_layer.errors import BadInputError, CheckFailedError
from data_layer.landing.contracts import FILE_COLUMNS, Contracts, TableContract, read_contracts
from data_layer.landing.files import FileRefusedError, LandingFile, find_files, refusing_damaged_file, sha256
from data_layer.landing.formats import SupplierFormat, read_formats
from data_layer.landing.formats.translate import Note
from data_layer.landing.raw_tables import create_raw_tables, full_name
from data_layer.landing.validate import QUARANTINE_SCHEMA, Judgement, date_range_sql, judge
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import Warehouse, open_warehouse

LOADED, UNCHANGED, REFUSED = "loaded", "unchanged", "refused"
STATUSES = (LOADED, UNCHANGED, REFUSED)
ROWS_PER_BATCH = 100_000
NOTES_SHOWN = 20

LoadProgress = Callable[[int, int, str], None]
"""Called before each file with the files done, the files in all, and the name of the file."""

LEDGER_SCHEMA = pa.schema(
    [
        ("file_id", pa.int64()),
        ("source_name", pa.string()),
        ("table_name", pa.string()),
        ("file_name", pa.string()),
        ("sha256", pa.string()),
        ("format_name", pa.string()),
        ("format_sha256", pa.string()),
        ("load_status", pa.string()),
        ("reason", pa.string()),
        ("rows_read", pa.int64()),
        ("rows_loaded", pa.int64()),
        ("rows_quarantined", pa.int64()),
        ("rows_suppressed", pa.int64()),
        ("affected_from_date", pa.date32()),
        ("affected_to_date", pa.date32()),
        ("started_at", pa.timestamp("us")),
        ("finished_at", pa.timestamp("us")),
    ]
)


class LandingNotFoundError(BadInputError):
    """There is no landing folder."""


class RowAccountingError(CheckFailedError):
    """Rows read are not rows loaded, quarantined and suppressed: a fault of the loader. The file was rolled back."""


class FileChangedError(FileRefusedError):
    """The file was written to while it was read."""


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    status         loaded, unchanged (these bytes were loaded before) or refused (nothing taken; `reason` says why)
    rows_read      None for a refused file, and 0 for an unchanged one, as are the other counts
    replaced_id    file_id of the earlier delivery whose rows this one replaced
    reason_counts  quarantined rows by reason code
    format_name    supplier's layout by which it was read; None for a file in the contract's own columns
    notes          what a supplier's file left open, and how it was read
    """

    file_name: str
    table_name: str | None
    status: str
    file_id: int | None = None
    rows_read: int | None = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_suppressed: int = 0
    reason: str | None = None
    replaced_id: int | None = None
    affected_from_date: date | None = None
    affected_to_date: date | None = None
    reason_counts: dict[str, int] = field(default_factory=dict)
    format_name: str | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class LoadReport:
    """What a load did, a result a file, in the order in which they were loaded.

    absent_files  names of files that were loaded earlier and are no longer in the landing folder; their rows are kept
    """

    files: tuple[FileResult, ...]
    absent_files: tuple[str, ...] = ()

    @property
    def refused(self) -> list[FileResult]:
        return [result for result in self.files if result.status == REFUSED]

    @property
    def loaded(self) -> list[FileResult]:
        return [result for result in self.files if result.status == LOADED]

    @property
    def rows_loaded(self) -> int:
        return sum(result.rows_loaded for result in self.files)

    @property
    def rows_quarantined(self) -> int:
        return sum(result.rows_quarantined for result in self.files)

    @property
    def exit_code(self) -> int:
        """2 when a file was refused. Quarantined rows alone are a warning: 0."""
        return 2 if self.refused else 0

    def summary(self) -> str:
        """One line: files and rows."""
        counts = {status: sum(result.status == status for result in self.files) for status in STATUSES}
        files = ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "none found"
        rows = f"{self.rows_loaded:,} rows loaded, {self.rows_quarantined:,} set aside"
        return f"files: {files}; {rows}"

    @property
    def warnings(self) -> list[str]:
        """One plain line for each refused file, file with quarantined rows, thing left open, and file gone."""
        lines = [f"{result.file_name}: refused. {result.reason}" for result in self.refused]
        for result in self.loaded:
            if result.rows_quarantined:
                counts = ", ".join(f"{count:,} {code}" for code, count in result.reason_counts.items())
                lines.append(
                    f"{result.file_name}: {result.rows_quarantined:,} of {result.rows_read:,} rows set aside "
                    f"({counts}); raw_load.quarantine says which and why."
                )
            lines.extend(f"{result.file_name}: {line}" for line in note_lines(result.notes))
        lines.extend(f"{name}: no longer in the landing folder. Its rows are kept." for name in self.absent_files)
        return lines


def note_lines(notes: tuple[Note, ...]) -> list[str]:
    """A plain line a note, the first NOTES_SHOWN of them and how many there are more."""
    lines = [str(note) for note in notes[:NOTES_SHOWN]]
    more = len(notes) - NOTES_SHOWN
    return [*lines, f"and {more:,} more such times; `data-layer formats try` lists them all."] if more > 0 else lines


def load_landing(config: WarehouseConfig, progress: LoadProgress | None = None) -> LoadReport:
    """Load every new or corrected file of `config.landing` into the raw tables.

    Raises LandingNotFoundError, ContractChangedError and RowAccountingError. A file that cannot be loaded does not
    stop the others: it is in the report with its reason.
    """
    if not config.landing.is_dir():
        raise LandingNotFoundError(f"There is no landing folder {config.landing}. `data-layer sample` makes one.")
    contracts = read_contracts(config.root)
    formats = read_formats(config.landing)
    files = find_files(config.landing, contracts)
    with open_warehouse(config) as warehouse, _workbench(config) as (judge_connection, spool):
        create_raw_tables(warehouse, contracts)
        loader = _Loader(warehouse, contracts, formats, judge_connection, spool)
        results = []
        for number, file in enumerate(files):
            if progress:
                progress(number, len(files), file.name)
            results.append(loader.load(file))
        if progress:
            progress(len(files), len(files), "")
        loaded = [
            contracts.table(file.source, result.table_name)
            for file, result in zip(files, results, strict=True)
            if result.status == LOADED
        ]
        loader.gather_statistics(list(dict.fromkeys(loaded)))
        here = {file.name for file in files}
        absent = tuple(name for name in loader.loaded_names() if name not in here)
    return LoadReport(tuple(results), absent)


@contextmanager
def _workbench(config: WarehouseConfig) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A DuckDB in memory that may spill to disk, and the path of a spool file; both gone afterwards."""
    config.state_dir.mkdir(parents=True, exist_ok=True)
    for left_over in config.state_dir.glob("load-*-*"):
        # A killed load could not tidy up after itself.
        if not _is_running(left_over.name.split("-")[1]):
            shutil.rmtree(left_over, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"load-{os.getpid()}-", dir=config.state_dir))
    connection = duckdb.connect(config={"temp_directory": str(folder / "spill")})
    try:
        yield connection, folder / "spool.parquet"
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Delivery:
    """A file's rows in the warehouse, as the ledger has them."""

    file_id: int
    sha256: str
    table_name: str
    format_name: str | None
    format_sha256: str | None


class _Loader:
    """One load's work on an open warehouse."""

    def __init__(
        self,
        warehouse: Warehouse,
        contracts: Contracts,
        formats: tuple[SupplierFormat, ...],
        connection: duckdb.DuckDBPyConnection,
        spool: Path,
    ):
        self.warehouse = warehouse
        self.contracts = contracts
        self.formats = formats
        self.connection = connection
        self.spool = spool
        self.ledger = full_name(warehouse, contracts.table("load", "files"))
        self.quarantine = full_name(warehouse, contracts.table("load", "quarantine"))

    def load(self, file: LandingFile) -> FileResult:
        started_at = _now()
        try:
            before = file.path.stat()
            digest = sha256(file.path)
        except OSError as error:
            return self._unreadable(file, error)
        known = self._loaded(file)
        if self._is_unchanged(known, digest):
            return FileResult(file.name, known.table_name, UNCHANGED, format_name=known.format_name)
        try:
            if file.refusal:
                raise FileRefusedError(file.refusal)
            judgement = judge(file, self.connection, self.spool, self.contracts, self.formats)
            with self.warehouse.transaction():
                self._lock()
                known = self._loaded(file)
                if self._is_unchanged(known, digest):
                    # Another load was faster.
                    return FileResult(file.name, known.table_name, UNCHANGED, format_name=known.format_name)
                result = self._write(file, digest, judgement, known, started_at)
                after = file.path.stat()
                if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                    raise FileChangedError("The file was written to while it was read. Load again when it is complete.")
                return result
        except FileRefusedError as error:
            return self._refuse(file, digest, str(error), started_at)
        except OSError as error:
            return self._refuse(file, digest, f"The file cannot be read ({error.strerror or error}).", started_at)
        finally:
            self.spool.unlink(missing_ok=True)

    def loaded_names(self) -> list[str]:
        """Names of all files whose rows are in the warehouse."""
        rows = self.warehouse.fetch_rows(
            f"select file_name from {self.ledger} where load_status = 'loaded' order by file_name"
        )
        return [name for (name,) in rows]

    def gather_statistics(self, contracts: list[TableContract]) -> None:
        """PostgreSQL plans by statistics, and would gather them only later: of the columns that joins and filters use.

        Of all 50 half-hours they would cost as much time as the load. The BRIN indexes of dates too would learn of new
        blocks only when a fifth of the table is new, and until then every query for a day would read all of these.
        """
        if self.warehouse.dialect != "postgres":
            return
        for contract in contracts:
            columns = dict.fromkeys([*contract.key, *contract.dates, *FILE_COLUMNS[:1]])
            name = full_name(self.warehouse, contract)
            self.warehouse.execute(f"analyze {name} ({', '.join(columns)})")
            self.warehouse.fetch_rows(
                "select brin_summarize_new_values(indexrelid) from pg_index "
                "inner join pg_class on pg_index.indexrelid = pg_class.oid "
                "inner join pg_am on pg_class.relam = pg_am.oid "
                f"where pg_index.indrelid = '{name}'::regclass and pg_am.amname = 'brin' "
                # A vacuum at work on the table does the same: not waited for.
                "and not exists (select 1 from pg_locks where relation = pg_index.indrelid "
                "and mode = 'ShareUpdateExclusiveLock' and pid <> pg_backend_pid())"
            )

    def _write(
        self, file: LandingFile, digest: str, judgement: Judgement, known: _Delivery | None, started_at: datetime
    ) -> FileResult:
        contract = judgement.contract
        file_id = self._next_id()
        days = [judgement.first_date, judgement.last_date]
        if known is not None:
            days += self._withdraw(self.contracts.table(file.source, known.table_name), known.file_id)
        loaded = self._append_accepted(contract, judgement, file_id)
        quarantined = self._append_faults(file, judgement, file_id)
        suppressed = 0
        if judgement.rows_read != loaded + quarantined + suppressed:
            raise RowAccountingError(
                f"{file.name}: {judgement.rows_read} rows read, but {loaded} loaded, {quarantined} quarantined and "
                f"{suppressed} suppressed. Nothing of the file was kept."
            )
        known_days = [day for day in days if day is not None]
        result = FileResult(
            file_name=file.name,
            table_name=contract.name,
            status=LOADED,
            file_id=file_id,
            rows_read=judgement.rows_read,
            rows_loaded=loaded,
            rows_quarantined=quarantined,
            rows_suppressed=suppressed,
            replaced_id=known.file_id if known else None,
            affected_from_date=min(known_days, default=None),
            affected_to_date=max(known_days, default=None),
            reason_counts=judgement.reason_counts,
            format_name=judgement.layout.name if judgement.layout else None,
            notes=judgement.notes,
        )
        self._enter(file, digest, result, started_at, judgement.layout)
        return result

    def _append_accepted(self, contract: TableContract, judgement: Judgement, file_id: int) -> int:
        sql = f"select *, {file_id}::bigint as _file_id from ({judgement.accepted_sql})"
        schema = self.warehouse.schema(contract.schema_name)
        with refusing_damaged_file():
            if self.warehouse.dialect == "duckdb":
                # The same engine: the rows never leave it.
                target = self.warehouse.connection
                target.register("faulty_rows", judgement.faulty_rows)
                try:
                    return target.execute(f"insert into {schema}.{contract.name} by name {sql}").fetchall()[0][0]
                finally:
                    target.unregister("faulty_rows")
            self.connection.register("faulty_rows", judgement.faulty_rows)
            rows = _WatchedBatches(self.connection.sql(sql).to_arrow_reader(ROWS_PER_BATCH))
            try:
                return self.warehouse.append(schema, contract.name, rows.reader)
            except Exception as error:
                # The driver hides whose error it was: the file's, met while its rows were on their way.
                raise rows.error or error from error

    def _append_faults(self, file: LandingFile, judgement: Judgement, file_id: int) -> int:
        faults = judgement.faults
        if not faults.num_rows:
            return 0
        rows = pa.table(
            [
                pa.repeat(pa.scalar(file_id, pa.int64()), faults.num_rows),
                pa.repeat(file.name, faults.num_rows),
                *faults.columns,
            ],
            names=QUARANTINE_SCHEMA.names,
        ).cast(QUARANTINE_SCHEMA)
        return self.warehouse.append(self.warehouse.schema("raw_load"), "quarantine", rows)

    def _withdraw(self, contract: TableContract, file_id: int) -> list[date | None]:
        """Take away the rows of an earlier delivery; returns the first and last day that they touched."""
        days: list[date | None] = []
        table = full_name(self.warehouse, contract)
        if contract.dates:
            earlier = f"(select * from {table} where _file_id = {file_id})"
            days = list(self.warehouse.fetch_rows(date_range_sql(contract, earlier))[0])
        history = self.contracts.history(contract)
        if history:
            # What was known before stays known, outside the table that counts.
            kept = f"insert into {full_name(self.warehouse, history)} select * from {table}"
            self.warehouse.execute(f"{kept} where _file_id = {file_id}")
        self.warehouse.execute(f"delete from {table} where _file_id = {file_id}")
        self.warehouse.execute(f"delete from {self.quarantine} where file_id = {file_id}")
        self.warehouse.execute(f"update {self.ledger} set load_status = 'replaced' where file_id = {file_id}")
        return days

    def _refuse(self, file: LandingFile, digest: str, reason: str, started_at: datetime) -> FileResult:
        """Enter the refusal, unless the same file was refused for the same reason before."""
        table_name = file.contract.name if file.contract else None
        with self.warehouse.transaction():
            self._lock()
            known = self.warehouse.fetch_rows(
                f"select file_id from {self.ledger} "
                "where file_name = ? and sha256 = ? and reason = ? and load_status = 'refused' order by file_id",
                [file.name, digest, reason],
            )
            file_id = known[0][0] if known else self._next_id()
            result = FileResult(file.name, table_name, REFUSED, file_id, rows_read=None, reason=reason)
            if not known:
                self._enter(file, digest, result, started_at)
        return result

    def _unreadable(self, file: LandingFile, error: OSError) -> FileResult:
        """Not even the bytes can be had, so there is nothing that the ledger could tell it by."""
        reason = f"The file cannot be opened ({error.strerror or error}). Check that it may be read."
        table_name = file.contract.name if file.contract else None
        return FileResult(file.name, table_name, REFUSED, rows_read=None, reason=reason)

    def _enter(
        self,
        file: LandingFile,
        digest: str,
        result: FileResult,
        started_at: datetime,
        layout: SupplierFormat | None = None,
    ) -> None:
        row = {
            "file_id": result.file_id,
            "source_name": file.source,
            "table_name": result.table_name,
            "file_name": file.name,
            "sha256": digest,
            "format_name": result.format_name,
            "format_sha256": layout.sha256 if layout else None,
            "load_status": result.status,
            "reason": result.reason,
            "rows_read": result.rows_read,
            "rows_loaded": result.rows_loaded,
            "rows_quarantined": result.rows_quarantined,
            "rows_suppressed": result.rows_suppressed,
            "affected_from_date": result.affected_from_date,
            "affected_to_date": result.affected_to_date,
            "started_at": started_at,
            "finished_at": _now(),
        }
        schema = self.warehouse.schema("raw_load")
        self.warehouse.append(schema, "files", pa.Table.from_pylist([row], LEDGER_SCHEMA))

    def _loaded(self, file: LandingFile) -> _Delivery | None:
        """The delivery of this file whose rows are in the warehouse."""
        rows = self.warehouse.fetch_rows(
            f"select file_id, sha256, table_name, format_name, format_sha256 from {self.ledger} "
            "where file_name = ? and load_status = 'loaded'",
            [file.name],
        )
        return _Delivery(*rows[0]) if rows else None

    def _is_unchanged(self, known: _Delivery | None, digest: str) -> bool:
        """The same bytes were loaded, and not by a layout that says something else by now."""
        if known is None or known.sha256 != digest:
            return False
        layout = next((layout for layout in self.formats if layout.name == known.format_name), None)
        return layout is None or layout.sha256 == known.format_sha256

    def _next_id(self) -> int:
        return self.warehouse.fetch_rows(f"select coalesce(max(file_id), 0) + 1 from {self.ledger}")[0][0]

    def _lock(self) -> None:
        """Two loads at once would give out one file_id twice. DuckDB lets in one process only."""
        if self.warehouse.dialect == "postgres":
            self.warehouse.execute(f"lock table {self.ledger} in exclusive mode")


class _WatchedBatches:
    """Record batches that remember why they broke off."""

    def __init__(self, batches: pa.RecordBatchReader):
        self.error: duckdb.Error | None = None
        self._batches = batches
        self.reader = pa.RecordBatchReader.from_batches(batches.schema, self._watch())

    def _watch(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except duckdb.Error as error:
            self.error = error
            raise


def _is_running(process_id: str) -> bool:
    try:
        os.kill(int(process_id), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
