"""No metric is computed outside the semantic layer."""

from __future__ import annotations

import pytest

from rules import metric_definitions
from rules.project import ROOT, compiled_manifest, own_nodes

METRICS = ["energy_consumption_kwh", "members"]


@pytest.fixture(scope="module")
def metrics():
    return [metric["name"] for metric in own_nodes(compiled_manifest(), "metric")]


def test_no_model_or_analysis_computes_a_metric(metrics):
    assert metrics, "no metric was read: the rule would pass on nothing"
    nodes = own_nodes(compiled_manifest(), "model", "analysis")
    assert [
        breach
        for node in nodes
        if not (node["resource_type"] == "analysis" and metric_definitions.proof_of(node["name"], metrics))
        for breach in metric_definitions.breaches_in_sql(node["name"], node["compiled_code"], metrics)
    ] == []


def test_no_python_file_computes_a_metric(metrics):
    # A benchmark's peer must do a mart's sums by other means, under its columns: that is what is compared.
    files = [path for path in sorted((ROOT / "python").rglob("*.py")) if path.name != "peers.py"]
    assert files
    assert [
        breach
        for path in files
        for breach in metric_definitions.breaches_in_python(
            path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"), metrics
        )
    ] == []


def test_every_proof_names_a_metric(metrics):
    names = [node["name"] for node in own_nodes(compiled_manifest(), "analysis")]
    proofs = [name for name in names if name.startswith(metric_definitions.PROOF)]
    assert [name for name in proofs if metric_definitions.proof_of(name, metrics) is None] == []


@pytest.mark.parametrize(
    "sql",
    [
        "select site_id, sum(consumption_kwh) as energy_consumption_kwh from days group by site_id",
        "with a as (select coalesce(sum(x), 0) as energy_consumption_kwh from days) select * from a",
        "select count(distinct member_id) as members from dim_members",
        "select sum(x) over () as total_energy_consumption_kwh from days",
    ],
)
def test_metric_in_sql_is_caught(sql):
    assert len(metric_definitions.breaches_in_sql("planted", sql, METRICS)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "select meter_id, sum(half_hour_wh) as consumption_wh from readings group by meter_id",
        "select energy_consumption_kwh from saved",
        "select consumption_kwh as energy_consumption_kwh from days",
    ],
)
def test_other_sql_passes(sql):
    assert metric_definitions.breaches_in_sql("sound", sql, METRICS) == []


@pytest.mark.parametrize(
    "source",
    [
        "energy_consumption_kwh = frame['consumption_kwh'].sum()",
        "frame['energy_consumption_kwh'] = frame.groupby('site')['kwh'].transform(sum).mean()",
        "row = {'members': len(x), 'energy_consumption_kwh': round(frame.kwh.sum(), 3)}",
        "days.groupby('site').agg(energy_consumption_kwh=('consumption_kwh', 'sum'))",
        "show(members=frame.member_id.nunique())",
        "query('select sum(kwh) as energy_consumption_kwh from days')",
        "query(f'select a, coalesce(sum(kwh), 0) as energy_consumption_kwh from {days}')",
    ],
)
def test_metric_in_python_is_caught(source):
    assert len(metric_definitions.breaches_in_python("planted.py", source, METRICS)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "energy_consumption_kwh = query('energy_consumption_kwh').total",
        "used_wh = readings.sum()",
        "query('select energy_consumption_kwh, sum(x) as other from saved')",
        "query('select sum(x) as other, kwh as energy_consumption_kwh from saved')",
    ],
)
def test_other_python_passes(source):
    assert metric_definitions.breaches_in_python("sound.py", source, METRICS) == []


def test_only_a_proof_of_a_metric_is_exempt():
    assert metric_definitions.proof_of("proof_members", METRICS) == "members"
    assert metric_definitions.proof_of("proof_of_something", METRICS) is None
    assert metric_definitions.proof_of("members", METRICS) is None
