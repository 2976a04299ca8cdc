"""Contracts are read from the dbt sources as they stand; one that cannot be followed is named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from data_layer.landing.contracts import LANDED_SOURCES, ContractError, read_contracts
from data_layer.warehouse.config import project_root

YAML = """
sources:
  - name: core
    tables:
      - name: things
        config: {{meta: {{key: [thing_id]{meta}}}}}
        columns:
          - name: thing_id
            data_type: {data_type}
"""


def test_contracts_of_the_project() -> None:
    contracts = read_contracts(project_root())

    names = {table.full_name for table in contracts}
    assert {"energy.readings_hh", "core.cost_centres", "load.files", "savings.claims"} <= names
    weather = contracts.table("energy", "weather")
    temperature = weather.column("temperature_c")
    assert (temperature.sql_type, temperature.minimum, temperature.maximum) == (
        "numeric(6, 2)",
        Decimal(-60),
        Decimal(60),
    )
    assert weather.column("observed_at").requires_offset
    assert weather.dates == ("observed_at",)
    assert contracts.table("energy", "readings").require_one_of == (
        ("interval_start_at",),
        ("settlement_date", "settlement_period"),
    )


def test_units_go_with_what_is_measured() -> None:
    (step,) = read_contracts(project_root()).table("energy", "readings_hh").in_step

    assert (step.column, step.follows) == ("unit", "measurement_quantity")
    allowed = dict(step.allowed)
    assert set(allowed["RI"]) == {"varh", "kvarh", "mvarh"}
    assert {"kwh", "m3"} <= set(allowed["AI"])
    assert "m3" not in allowed["AE"]


def test_only_landed_tables_carry_the_file_and_the_row() -> None:
    for table in read_contracts(project_root()):
        names = [name for name, _ in table.sql_columns]
        assert ("_file_id" in names) == (table.source in LANDED_SOURCES), table.full_name


@pytest.mark.parametrize(
    ("data_type", "meta", "words"),
    [
        ("float", "", "has the type 'float'"),
        ("numeric", "", "has the type 'numeric'"),
        ("string(3, 2)", "", r"has the type 'string\(3, 2\)'"),
        ("date\n            config: {meta: {on_the_half_hour: true}}", "", "on_the_half_hour is for timestamps"),
        ("string\n            config: {meta: {not_after_load: true}}", "", "not_after_load is for dates"),
        ("string", ", dates: [thing_date]", "names 'thing_date', which is not a column"),
    ],
)
def test_contract_that_cannot_be_followed_is_named(tmp_path: Path, data_type: str, meta: str, words: str) -> None:
    folder = tmp_path / "models" / "staging" / "core"
    folder.mkdir(parents=True)
    (folder / "_core__sources.yml").write_text(YAML.format(data_type=data_type, meta=meta))

    with pytest.raises(ContractError, match=words):
        read_contracts(tmp_path)
