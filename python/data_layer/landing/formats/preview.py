"""How a file would be read, without a warehouse: which layout fits, its first rows, and what is open or at fault."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_layer.errors import BadInputError
from data_layer.landing.contracts import Contracts
from data_layer.landing.files import LAYOUTS_SOURCE, TEXT_ENDINGS, FileRefusedError, LandingFile, find_claim
from data_layer.landing.formats.definition import SupplierFormat
from data_layer.landing.formats.recognise import Misfit, recognise
from data_layer.landing.validate import Judgement, judge

HALF_HOUR_COLUMNS = [f"hh_{number:02d}" for number in range(1, 51)]
FAULTS_SHOWN = 10


@dataclass(frozen=True)
class Preview:
    """What is known of a file before it is loaded.

    readings  meter, quantity, date, period or start in UTC, minutes, value, unit and type of the first readings
    faults    line, column, value, reason code and reason of the first rows set aside
    refusal   why nothing of it would be loaded; None when it would
    """

    fits: tuple[str, ...]
    misfits: tuple[Misfit, ...]
    judgement: Judgement | None
    readings: tuple[tuple, ...]
    faults: tuple[dict, ...]
    refusal: str | None

    @property
    def is_clean(self) -> bool:
        """Every row can be loaded, and nothing was open."""
        return self.judgement is not None and not self.judgement.faults.num_rows and not self.judgement.notes


def preview(path: Path, contracts: Contracts, formats: tuple[SupplierFormat, ...], rows: int) -> Preview:
    """Read the file as the loader would. Raises BadInputError when it is no file that a layout could be tried on."""
    if not path.is_file():
        raise BadInputError(f"There is no file {path}.")
    if not path.name.endswith(TEXT_ENDINGS):
        raise BadInputError(f"{path.name}: layouts are for text files, whose names end in {' or '.join(TEXT_ENDINGS)}.")
    contract, _ = find_claim(f"{LAYOUTS_SOURCE}/{path.name}", contracts)
    file = LandingFile(path, path.name, LAYOUTS_SOURCE, contract)
    try:
        fits, misfits = recognise(file, formats)
    except FileRefusedError:
        fits, misfits = [], []
    names = tuple(fit.layout.name for fit in fits)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        try:
            judgement = judge(file, connection, Path(folder) / "spool.parquet", contracts, formats)
        except FileRefusedError as refusal:
            return Preview(names, tuple(misfits), None, (), (), str(refusal))
        readings = tuple(_first_readings(connection, judgement, rows))
        faults = tuple(judgement.faults.slice(0, FAULTS_SHOWN).to_pylist())
    return Preview(names, tuple(misfits), judgement, readings, faults, None)


def _first_readings(connection: duckdb.DuckDBPyConnection, judgement: Judgement, count: int) -> Iterator[tuple]:
    """The first readings in the order of the file: a row a half-hour or hour, also of rows that hold a day."""
    if judgement.contract.name == "readings_hh":
        values = ", ".join(HALF_HOUR_COLUMNS)
        sql = f"""
            select
                meter_id, measurement_quantity, settlement_date::varchar, unnest(range(1, 51))::varchar, 30,
                unnest([{values}]) as reading_value, unit, reading_type
            from (select * from ({judgement.accepted_sql}) order by _row_number limit {count})
        """
        sql = f"select * from ({sql}) where reading_value is not null limit {count}"
    elif judgement.contract.name == "readings":
        sql = f"""
            select
                meter_id, measurement_quantity, coalesce(settlement_date, interval_start_at::date)::varchar,
                coalesce(settlement_period::varchar, strftime(interval_start_at, '%H:%M UTC')), interval_minutes,
                reading_value, unit, reading_type
            from ({judgement.accepted_sql})
            order by _row_number
            limit {count}
        """
    else:
        return
    yield from connection.execute(sql).fetchall()
