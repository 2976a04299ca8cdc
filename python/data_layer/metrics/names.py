"""Names that people use for a group (site, month, fuel) to those that MetricFlow uses (site__site_id, ...)."""

from __future__ import annotations

from collections.abc import Sequence

from data_layer.metrics.semantic_layer import METRIC_TIME, TIME_GRAINS, GroupBy, MetricError


def resolve(name: str, available: Sequence[GroupBy]) -> str:
    """MetricFlow's name for what a person calls `name`.

    A grain (day, week, month, quarter, year) is that of the metric's own time. MetricFlow's own names pass. Else the
    last part of a name decides: `site` finds site_id, then site, then site_name, then what ends in _site; of several,
    the one that is fewest joins away. Raises MetricError that lists what there is.
    """
    wanted = name.strip().lower()
    if wanted in TIME_GRAINS:
        return f"{METRIC_TIME}__{wanted}"
    if wanted == METRIC_TIME:
        return f"{METRIC_TIME}__day"
    base, _, grain = wanted.rpartition("__")
    for item in available:
        if "__" in wanted and item.name == wanted:
            return f"{wanted}__day" if item.is_time else wanted
        if item.is_time and item.name == base and grain in TIME_GRAINS:
            return wanted
    for matches in (
        [item for item in available if item.element == f"{wanted}_id"],
        [item for item in available if item.element == wanted],
        [item for item in available if item.element == f"{wanted}_name"],
        [item for item in available if item.element.endswith(f"_{wanted}")],
    ):
        if not matches:
            continue
        best = min(matches, key=_distance)
        if sum(_distance(item) == _distance(best) for item in matches) > 1:
            choices = ", ".join(item.name for item in matches if _distance(item) == _distance(best))
            raise MetricError(f"'{name}' can mean several things here. Name one of: {choices}.")
        return f"{best.name}__day" if best.is_time else best.name
    raise MetricError(
        f"There is no '{name}' to group these metrics by. There are: {', '.join(short_names(available))}."
    )


def short_names(available: Sequence[GroupBy]) -> list[str]:
    """What can be asked for, in the shortest form that works: grains first, then the columns in alphabetical order."""
    columns = sorted({item.element for item in available if item.element != METRIC_TIME})
    return [*TIME_GRAINS, *columns]


def _distance(item: GroupBy) -> tuple[bool, int]:
    return (not item.is_own, item.hops)
