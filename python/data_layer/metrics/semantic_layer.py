"""The one module that touches MetricFlow, whose Python interface is not public.

MetricFlow is asked only for the SQL of a query; the warehouse's own connection runs it. So decimals stay exact,
whatever MetricFlow's client makes of them, no adapter of dbt has to be set up or reset between estates, and a query
costs hundredths of a second. A test compares the result with that of the `mf` command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

from data_layer.errors import BadInputError

TIME_GRAINS = ("day", "week", "month", "quarter", "year")
METRIC_TIME = "metric_time"


class MetricError(BadInputError):
    """A query that the semantic layer cannot answer; says why in plain words."""


@dataclass(frozen=True)
class MetricDefinition:
    """What the semantic layer says about a metric.

    kind         simple, ratio, derived or cumulative
    additive     its values may be added up over any group
    inputs       metrics that it is made of; empty for a simple one
    mart         model that it is measured on; empty unless simple
    time_column  column of the mart by which it is dated; empty unless simple
    """

    name: str
    label: str
    description: str
    unit: str
    owner: str
    steward: str
    good_direction: str
    additive: bool
    kind: str
    inputs: tuple[str, ...]
    mart: str
    time_column: str


@dataclass(frozen=True)
class GroupBy:
    """Something to group or filter by.

    name        as MetricFlow writes it, such as site__site_type
    element     its last part, such as site_type
    hops        joins from the metric's mart to the column
    is_own      the column lies in the mart of one of the metrics asked for
    is_time     a date, to be taken at a grain
    """

    name: str
    element: str
    hops: int
    is_own: bool
    is_time: bool
    description: str


class SemanticLayer:
    """The metrics of a project, from the text of dbt's semantic_manifest.json.

    dialect  'duckdb' or 'postgres'
    """

    def __init__(self, manifest_text: str, dialect: str):
        # Seconds to import: commands that ask for no metric should not wait.
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import (
            parse_manifest_from_dbt_generated_manifest,
        )
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        self._manifest = parse_manifest_from_dbt_generated_manifest(manifest_text)
        self._engine = MetricFlowEngine(SemanticManifestLookup(self._manifest), _renderer(dialect))
        self._definitions = {metric.name: self._definition(metric) for metric in self._manifest.metrics}

    @property
    def definitions(self) -> dict[str, MetricDefinition]:
        """Every metric by name, in alphabetical order."""
        return dict(sorted(self._definitions.items()))

    @property
    def relations(self) -> list[tuple[str | None, str]]:
        """Database and schema of every mart that the metrics read."""
        nodes = [model.node_relation for model in self._manifest.semantic_models]
        return [(node.database, node.schema_name) for node in nodes]

    def group_bys(self, metrics: Sequence[str]) -> list[GroupBy]:
        """What all of the metrics can be grouped by, nearest first."""
        self._check_names(metrics)
        own = {self._model_of(name) for name in metrics}
        found: dict[str, GroupBy] = {}
        for item in self._engine.list_group_bys(list(metrics)):
            links = getattr(item, "entity_links", ())
            name = getattr(item, "dunder_name", item.name)
            is_time = getattr(getattr(item, "type", None), "value", "") == "time"
            if is_time:
                name = name.removesuffix("__day")
            reference = item.semantic_model_reference
            model = reference.semantic_model_name if reference else ""
            description = " ".join((item.description or "").split())
            group_by = GroupBy(name, item.name, len(links), model in own, is_time, description)
            if name not in found or group_by.is_own:
                found[name] = group_by
        return sorted(found.values(), key=lambda item: (not item.is_own, item.hops, item.name))

    def sql(
        self,
        metrics: Sequence[str],
        group_by: Sequence[str] = (),
        where: str | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
    ) -> str:
        """SQL of a query: the group-by columns under MetricFlow's names, then the metrics. Both dates are inclusive."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        self._check_names(metrics)
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(group_by),
            where_constraints=[where] if where else None,
            time_constraint_start=_midnight(from_date),
            time_constraint_end=_midnight(to_date),
        )
        try:
            return self._engine.explain(request).sql_statement.sql
        except Exception as error:
            # MetricFlow has no one class of its own for a question that cannot be answered.
            raise MetricError(f"{', '.join(metrics)}: the query cannot be answered. {_first_lines(error)}") from error

    def _check_names(self, metrics: Sequence[str]) -> None:
        if not metrics:
            raise MetricError("No metric was named.")
        unknown = [name for name in metrics if name not in self._definitions]
        if unknown:
            raise MetricError(f"There is no metric '{unknown[0]}'. There are: {', '.join(sorted(self._definitions))}.")

    def _model_of(self, metric: str) -> str:
        parameters = next(item for item in self._manifest.metrics if item.name == metric).type_params
        aggregation = parameters.metric_aggregation_params
        return aggregation.semantic_model if aggregation else ""

    def _definition(self, metric: Any) -> MetricDefinition:
        meta = (metric.config.meta if metric.config else None) or {}
        parameters = metric.type_params
        aggregation = parameters.metric_aggregation_params
        model = next(
            (
                item
                for item in self._manifest.semantic_models
                if aggregation and item.name == aggregation.semantic_model
            ),
            None,
        )
        inputs = [parameters.numerator, parameters.denominator, *(parameters.metrics or ())]
        return MetricDefinition(
            name=metric.name,
            label=metric.label or metric.name,
            description=" ".join((metric.description or "").split()),
            unit=str(meta.get("unit", "")),
            owner=str(meta.get("owner", "")),
            steward=str(meta.get("steward", "")),
            good_direction=str(meta.get("good_direction", "")),
            additive=bool(meta.get("additive", False)),
            kind=metric.type.value,
            inputs=tuple(dict.fromkeys(item.name for item in inputs if item)),
            mart=model.node_relation.alias if model else "",
            time_column=(aggregation.agg_time_dimension or "") if aggregation else "",
        )


def _renderer(dialect: str) -> Any:
    """What the engine needs of a database client in order to write SQL: its name and how it spells things."""
    from metricflow.protocols.sql_client import SqlEngine

    if dialect == "duckdb":
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

        return SimpleNamespace(sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer())
    from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer

    return SimpleNamespace(sql_engine_type=SqlEngine.POSTGRES, sql_plan_renderer=PostgresSQLSqlPlanRenderer())


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time()) if day else None


def _first_lines(error: Exception) -> str:
    """MetricFlow explains at length: the first lines hold the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:6])[:600]
