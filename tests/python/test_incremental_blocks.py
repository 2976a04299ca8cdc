"""On PostgreSQL a day is found by the blocks it lies in (BRIN), the newest ones too, without waiting for a vacuum."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from conftest import drop_schemas, own_warehouse
from data_layer.landing.load import load_landing
from data_layer.landing.raw_tables import create_raw_tables
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession
from readings_estate import meter_ids, write_days, write_estate

METERS, FIRST_DAY, DAYS = 300, date(2024, 1, 1), 20
MARTS = "fct_energy_reading_days fct_energy_daily"


@pytest.mark.postgres
def test_new_blocks_are_known_to_the_range_indexes_at_once(tmp_path: Path) -> None:
    config = own_warehouse(tmp_path, "postgres")
    try:
        with open_warehouse(config) as warehouse, DbtSession(config) as session:
            write_estate(config.landing, METERS, DAYS, FIRST_DAY)
            create_raw_tables(warehouse)
            without_vacuum(warehouse, "raw_energy.readings_hh")
            assert load_landing(config).rows_quarantined == 0
            assert unknown_blocks(warehouse, "raw_energy.readings_hh") == 0
            session.build(select="+fct_energy_daily", exclude="resource_type:test resource_type:unit_test")
            for mart in MARTS.split():
                assert has_statistics(warehouse, f"energy.{mart}")
                without_vacuum(warehouse, f"energy.{mart}")
            before = size(warehouse, "energy.fct_energy_reading_days")
            more_days = [FIRST_DAY + timedelta(days=DAYS + number) for number in range(DAYS)]
            write_days(config.landing, "more", meter_ids(METERS), more_days)
            load_landing(config)
            assert unknown_blocks(warehouse, "raw_energy.readings_hh") == 0
            session.build(
                select=f"int_energy__readings_load {MARTS}", exclude="resource_type:test resource_type:unit_test"
            )
            # More than the 128 blocks that a BRIN index takes together.
            assert size(warehouse, "energy.fct_energy_reading_days") - before > 2 * 128 * 8192
            for mart in MARTS.split():
                assert unknown_blocks(warehouse, f"energy.{mart}") == 0
    finally:
        drop_schemas(config)


def without_vacuum(warehouse, table: str) -> None:
    """Keep PostgreSQL's own housekeeping away, which would do later what is to be done at once."""
    schema, name = table.split(".")
    warehouse.execute(f"alter table {warehouse.schema(schema)}.{name} set (autovacuum_enabled = false)")


def has_statistics(warehouse, table: str) -> bool:
    """The planner knows the dates of the table, which was built a moment ago."""
    schema, name = table.split(".")
    rows = warehouse.fetch_rows(
        "select count(*) from pg_stats where schemaname = ? and tablename = ? and attname = 'settlement_date'",
        [warehouse.schema(schema), name],
    )
    return rows[0][0] == 1


def unknown_blocks(warehouse, table: str) -> int:
    """Ranges of blocks that no BRIN index of the table knows of; they are made known by asking."""
    schema, name = table.split(".")
    rows = warehouse.fetch_rows(
        "select brin_summarize_new_values(indexrelid) from pg_index "
        "inner join pg_class on pg_index.indexrelid = pg_class.oid inner join pg_am on pg_class.relam = pg_am.oid "
        f"where indrelid = '{warehouse.schema(schema)}.{name}'::regclass and amname = 'brin'"
    )
    assert rows, f"{table} has no BRIN index"
    return sum(count for (count,) in rows)


def size(warehouse, table: str) -> int:
    """Bytes of the table without its indexes."""
    schema, name = table.split(".")
    return warehouse.fetch_rows(f"select pg_relation_size('{warehouse.schema(schema)}.{name}')")[0][0]
