"""One estate on both engines: additive metrics equal to the last digit, ratios to nine significant digits.

Compared are every metric's total and its values by month, the readings behind them, and the headline.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from conftest import drop_schemas, own_warehouse
from data_layer.metrics.query import MetricStore
from real_data.whole_job import run_whole_job

pytestmark = pytest.mark.postgres

RATIO_DIGITS = 9


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    from data_layer.sample import generate

    folder = tmp_path_factory.mktemp("parity")
    generate(sites=4, years=2, seed=1, out=folder / "landing")
    configs = [own_warehouse(folder, target) for target in ("duckdb", "postgres")]
    yield [run_whole_job(config) for config in configs]
    drop_schemas(configs[1])


@pytest.fixture(scope="module")
def definitions(outcomes):
    with MetricStore(outcomes[0].config) as store:
        return {definition.name: definition for definition in store.list()}


@pytest.fixture(scope="module")
def months(outcomes, definitions):
    """By engine: metric to month to value."""
    found = []
    for outcome in outcomes:
        with MetricStore(outcome.config) as store:
            tables = {name: store.query([name], group_by=["month"]).to_pylist() for name in definitions}
        found.append({name: {row["month"]: row[name] for row in rows} for name, rows in tables.items()})
    return found


def to_digits(value):
    return None if value is None else f"{float(value):.{RATIO_DIGITS - 1}e}"


def test_totals_agree(outcomes, definitions):
    duckdb, postgres = (outcome.totals for outcome in outcomes)
    assert set(duckdb) == set(postgres) == set(definitions)
    additive = [name for name in definitions if definitions[name].additive]
    ratios = [name for name in definitions if not definitions[name].additive]
    assert additive
    assert ratios
    assert {name: duckdb[name] for name in additive} == {name: postgres[name] for name in additive}
    assert {name: to_digits(duckdb[name]) for name in ratios} == {name: to_digits(postgres[name]) for name in ratios}


def test_estate_has_something_of_everything(outcomes):
    """Two empty engines would agree too."""
    totals = outcomes[0].totals
    for name in ("energy_consumption_kwh", "energy_cost_gbp", "energy_emissions_kgco2e", "travel_spend_gbp", "members"):
        assert Decimal(totals[name]) > 0, name


def test_months_agree(months, definitions):
    duckdb, postgres = months
    for name, definition in definitions.items():
        assert len(duckdb[name]) > 0, name
        exact = (lambda value: value) if definition.additive else to_digits
        left, right = ({month: exact(value) for month, value in by[name].items()} for by in (duckdb, postgres))
        assert left == right, name


def test_additive_months_add_up_to_the_total(months, outcomes, definitions):
    for by_month, outcome in zip(months, outcomes, strict=True):
        for name in ("energy_consumption_kwh", "energy_cost_gbp", "travel_spend_gbp"):
            assert definitions[name].additive
            assert sum(value or 0 for value in by_month[name].values()) == Decimal(outcome.totals[name])


def test_same_headline_and_same_rows(outcomes):
    sql = (
        "select candidate_id, detector_id, meter_id, cautious_gbp, p50_gbp, p90_gbp, as_of_date "
        "from {raw_savings}.candidates order by candidate_id"
    )
    duckdb, postgres = (outcome.rows(sql) for outcome in outcomes)
    assert duckdb == postgres
    assert outcomes[0].totals["savings_cautious_gbp"] == outcomes[1].totals["savings_cautious_gbp"]


def test_same_findings_on_bills_to_the_penny(outcomes):
    sql = (
        "select finding_id, basis, sentence, evidence, found_gbp, sequenced_gbp "
        "from {raw_savings}.bill_findings order by finding_id"
    )
    duckdb, postgres = (outcome.rows(sql) for outcome in outcomes)
    assert len(duckdb) > 3
    assert duckdb == postgres


def test_same_readings(outcomes):
    sql = (
        "select meter_id, measurement_quantity, settlement_date, periods_in_day, half_hours_wh, reading_types "
        "from {energy}.fct_energy_reading_days order by meter_id, measurement_quantity, settlement_date"
    )
    duckdb, postgres = (outcome.rows(sql) for outcome in outcomes)
    assert len(duckdb) > 4 * 700
    assert duckdb == postgres
