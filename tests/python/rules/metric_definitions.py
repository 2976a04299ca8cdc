"""A metric is computed in the semantic layer and nowhere else.

In SQL (models, analyses, SQL inside Python): an aggregate that carries a metric's name. In Python: an aggregate stored
under a metric's name, as variable, key, column or argument. Exempt are the proofs: analyses/proof_<metric>.sql computes
its metric once more, independently, so that both can be compared.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import sqlglot
from sqlglot import exp

PROOF = "proof_"
AGGREGATING_CALLS = {"sum", "mean", "average", "count", "nunique", "agg", "aggregate", "fsum", "nansum", "nanmean"}
_SQL_AGGREGATE = re.compile(r"\b(?:sum|avg|count|min|max|median)\s*\(", re.IGNORECASE)


def proof_of(analysis_name: str, metrics: Iterable[str]) -> str | None:
    """The metric that an analysis proves, by its name."""
    metric = analysis_name.removeprefix(PROOF)
    return metric if analysis_name.startswith(PROOF) and metric in set(metrics) else None


def breaches_in_sql(place: str, sql: str, metrics: Iterable[str]) -> list[str]:
    """Projections of a query that aggregate and are named as a metric."""
    names = _forbidden_names(metrics)
    return [
        f"{place}: {alias.sql(dialect='duckdb')[:120]} computes the metric {names[alias.alias.lower()]}"
        for alias in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Alias)
        if alias.alias.lower() in names and alias.this.find(exp.AggFunc)
    ]


def breaches_in_python(place: str, source: str, metrics: Iterable[str]) -> list[str]:
    """Aggregates in a Python file that are stored under a metric's name, and SQL strings that compute one."""
    names = _forbidden_names(metrics)
    tree = ast.parse(source)
    breaches = [
        f"{place}:{value.lineno}: {name} = {ast.unparse(value)[:100]} computes the metric {names[name]}"
        for name, value in _named_values(tree)
        if name in names and _aggregates(value)
    ]
    breaches += [
        f"{place}:{text.lineno}: SQL computes the metric {names[name]}"
        for text in ast.walk(tree)
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        for name in names
        if _sql_computes(name, text.value)
    ]
    return breaches


def _forbidden_names(metrics: Iterable[str]) -> dict[str, str]:
    return {name: metric for metric in metrics for name in (metric, f"total_{metric}", f"{metric}_total")}


def _named_values(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Every value that is given a name: assignments, keywords, dictionary entries, subscripts and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from ((name, node.value) for name in _names_of(target))
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
            yield from ((name, node.value) for name in _names_of(node.target))
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def _names_of(target: ast.expr) -> list[str]:
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Attribute):
        return [target.attr]
    if isinstance(target, ast.Subscript):
        return [
            part.value
            for part in ast.walk(target.slice)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
    if isinstance(target, ast.Tuple | ast.List):
        return [name for element in target.elts for name in _names_of(element)]
    return []


def _aggregates(value: ast.expr) -> bool:
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in AGGREGATING_CALLS:
                return True
    # `agg(name=("column", "sum"))` names the aggregate in a string.
    return isinstance(value, ast.Tuple) and any(
        isinstance(part, ast.Constant) and part.value in AGGREGATING_CALLS for part in value.elts
    )


def _sql_computes(name: str, sql: str) -> bool:
    return any(
        _SQL_AGGREGATE.search(_projection_before(sql[: found.start()]))
        for found in re.finditer(rf"\bas\s+\"?{re.escape(name)}\b", sql, re.IGNORECASE)
    )


def _projection_before(sql: str) -> str:
    # The projection reaches back to the last comma outside brackets, or to `select`.
    depth = 0
    for position in range(len(sql) - 1, -1, -1):
        character = sql[position]
        depth += (character == ")") - (character == "(")
        if depth < 0 or (depth == 0 and character == ",") or sql[: position + 1].lower().endswith("select "):
            return sql[position + 1 :]
    return sql
