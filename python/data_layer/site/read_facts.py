"""Reads what the pages say: rows from the marts and the loader's ledger, totals from the semantic layer."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from data_layer.savings.registry import find_detectors
from data_layer.site import evidence
from data_layer.site.bill_facts import BillFacts
from data_layer.site.facts import (
    Candidate,
    Estate,
    Exclusion,
    Forecast,
    ForecastMonth,
    LoadedTable,
    MetricTotal,
    QualityStatus,
    QuarantineReason,
    RefusedFile,
    SavingsFacts,
)
from data_layer.site.formats import words
from data_layer.site.illustrative import read_illustrative_seeds
from data_layer.warehouse.config import DEFAULT_NAME, WarehouseConfig
from data_layer.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from data_layer.metrics.query import MetricStore

ENGINES = {"duckdb": "DuckDB", "postgres": "PostgreSQL"}
ALL_DETECTORS = "all"


def read_estate(warehouse: Warehouse, built_at: dt.datetime) -> Estate:
    """Name, engine and the 12 months, which are None when no complete day is loaded."""
    rows = warehouse.fetch_rows(
        f"select as_of_date, period_start_date from {warehouse.schema('energy')}.dim_energy_as_of"
    )
    as_of_date, period_start_date = rows[0] if rows else (None, None)
    return Estate(
        name=estate_name(warehouse.config),
        engine=ENGINES[warehouse.dialect],
        as_of_date=as_of_date and _date(as_of_date),
        period_start_date=period_start_date and _date(period_start_date),
        built_at=built_at,
    )


def estate_name(config: WarehouseConfig) -> str:
    """Name for people: that of the landing folder; the default estate is just that."""
    if config.name == DEFAULT_NAME:
        return "Default estate"
    return words(config.landing.name) or words(config.name)


def read_metrics(store: MetricStore) -> list[MetricTotal]:
    """Every metric with its total over all that is loaded, in order of name."""
    totals = store.totals()
    return [
        MetricTotal(
            name=metric.name,
            label=metric.label,
            description=metric.description,
            unit=metric.unit,
            owner=metric.owner,
            steward=metric.steward,
            good_direction=metric.good_direction,
            is_additive=metric.additive,
            total=_number(totals.get(metric.name)),
        )
        for metric in sorted(store.list(), key=lambda metric: metric.name)
    ]


def read_savings_facts(
    warehouse: Warehouse, store: MetricStore, estate: Estate, manifest: Mapping[str, Any], bills: BillFacts
) -> SavingsFacts:
    """Everything that the savings report says.

    bills     what was read of bills already
    manifest  dbt's manifest.json as an object: from it comes what rests on illustrative seeds
    """
    sites = _site_names(warehouse)
    titles = {detector.card.id: detector.card.title for detector in find_detectors()}
    return SavingsFacts(
        estate=estate,
        headline_gbp=_metric(store, "savings_cautious_gbp") or Decimal(0),
        standalone_gbp=_metric(store, "savings_standalone_gbp") or Decimal(0),
        sequenced_gbp=_metric(store, "savings_sequenced_gbp") or Decimal(0),
        invoiced_gbp=_metric(store, "energy_cost_gbp", estate),
        candidates=_candidates(warehouse, sites, titles),
        exclusions=_exclusions(warehouse, sites, titles),
        excluded_kwh=_metric(store, "savings_excluded_kwh") or Decimal(0),
        forecasts=_forecasts(warehouse, store, estate),
        meters_not_forecast=_one(warehouse, f"select count(*) from {warehouse.schema('raw_forecasts')}.refusals"),
        loaded_tables=_loaded_tables(warehouse),
        refused_files=_refused_files(warehouse),
        quarantine_reasons=_quarantine_reasons(warehouse),
        bills=bills,
        quality=_quality(warehouse, store, estate),
        quality_days=_metric(store, "energy_quality_days", estate) or Decimal(0),
        illustrative_seeds=read_illustrative_seeds(warehouse, manifest, estate),
    )


def _metric(store: MetricStore, name: str, estate: Estate | None = None) -> Decimal | None:
    """Total of a metric: of everything, or of the estate's 12 months."""
    days = (estate.period_start_date, estate.as_of_date) if estate else (None, None)
    rows = store.query([name], from_date=days[0], to_date=days[1]).to_pylist()
    return _number(rows[0][name]) if rows else None


def _site_names(warehouse: Warehouse) -> dict[str, str]:
    rows = warehouse.fetch_rows(
        f"select site_id, site_name from {warehouse.schema('core')}.dim_sites order by site_id, valid_from_date"
    )
    return dict(rows)


def _candidates(warehouse: Warehouse, sites: Mapping[str, str], titles: Mapping[str, str]) -> list[Candidate]:
    table = warehouse.fetch_arrow(
        "select candidate_id, detector_id, detector_version, evidence_class, meter_id, site_id, evidence, "
        "evidence_sentence, range_basis, standalone_kwh, sequenced_kwh, standalone_gbp, sequenced_gbp, cautious_gbp, "
        f"p50_gbp, p90_gbp, blended_rate_gbp from {warehouse.schema('savings')}.fct_savings_candidates "
        "order by cautious_gbp desc, candidate_id"
    )
    found = []
    for row in table.to_pylist():
        figures = orjson.loads(row["evidence"])
        site_name = sites.get(row["site_id"], row["site_id"])
        found.append(
            Candidate(
                **{
                    **row,
                    "evidence": figures,
                    "site_name": site_name,
                    "detector_title": titles.get(row["detector_id"], words(row["detector_id"])),
                    "chart": evidence.chart(figures, site_name),
                }
            )
        )
    return found


def _exclusions(warehouse: Warehouse, sites: Mapping[str, str], titles: Mapping[str, str]) -> list[Exclusion]:
    table = warehouse.fetch_arrow(
        "select detector_id, meter_id, site_id, reason_code, reason, excluded_days, excluded_kwh, from_date, to_date "
        f"from {warehouse.schema('savings')}.fct_savings_exclusions "
        "order by excluded_kwh desc, meter_id, detector_id, reason_code"
    )
    found = []
    for row in table.to_pylist():
        site_id = row.pop("site_id")
        detector_id = row["detector_id"]
        title = "All detectors" if detector_id == ALL_DETECTORS else titles.get(detector_id, words(detector_id))
        row["from_date"], row["to_date"] = _date(row["from_date"]), _date(row["to_date"])
        found.append(Exclusion(**row, detector_title=title, site_name=sites.get(site_id, site_id or "Site not known")))
    return found


def _quality(warehouse: Warehouse, store: MetricStore, estate: Estate) -> list[QualityStatus]:
    """Days of the 12 months by their status, the most serious first."""
    period = [estate.period_start_date, estate.as_of_date]
    meters = warehouse.fetch_rows(
        "select quality.status_code, statuses.meaning, statuses.is_faulty, count(distinct quality.meter_id) "
        f"from {warehouse.schema('energy')}.fct_energy_data_quality as quality "
        f"inner join {warehouse.schema('seeds')}.energy_quality_statuses as statuses "
        "on quality.status_code = statuses.status_code where quality.settlement_date between ? and ? "
        "group by quality.status_code, statuses.meaning, statuses.is_faulty, statuses.precedence "
        "order by statuses.precedence",
        period,
    )
    names = ["energy_quality_days", "energy_excluded_kwh"]
    rows = store.query(names, group_by=["status_code"], from_date=period[0], to_date=period[1]).to_pylist()
    metrics = {row["status_code"]: [_number(row[name]) or Decimal(0) for name in names] for row in rows}
    return [
        QualityStatus(code, meaning, bool(is_faulty), int(meter_count), *metrics[code])
        for code, meaning, is_faulty, meter_count in meters
    ]


def _forecasts(warehouse: Warehouse, store: MetricStore, estate: Estate) -> list[Forecast]:
    """By fuel, the calendar months that lie whole within the 12 months ahead, and the total of all days."""
    rows = warehouse.fetch_rows(
        "select fuel, forecast_date, sum(predicted_kwh), count(distinct meter_id), max(interval_pct) "
        f"from {warehouse.schema('energy')}.fct_energy_forecasts "
        "where as_of_date = ? and horizon_days between 1 and 365 "
        "group by fuel, forecast_date order by fuel, forecast_date",
        [estate.as_of_date],
    )
    before = _metered_by_month(store, estate)
    months: dict[str, dict[dt.date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    meters: dict[str, int] = defaultdict(int)
    interval: dict[str, Decimal] = {}
    for fuel, forecast_date, predicted_kwh, meter_count, interval_pct in rows:
        months[fuel][_date(forecast_date).replace(day=1)] += _number(predicted_kwh)
        meters[fuel] = max(meters[fuel], meter_count)
        interval[fuel] = _number(interval_pct)
    return [
        Forecast(
            fuel=fuel,
            months=[
                ForecastMonth(start, kwh, before.get((fuel, start.replace(year=start.year - 1))))
                for start, kwh in sorted(by_month.items())
            ],
            predicted_kwh=sum(by_month.values(), Decimal(0)),
            year_before_kwh=sum((kwh for (name, _), kwh in before.items() if name == fuel), Decimal(0)),
            meters=meters[fuel],
            interval_pct=interval[fuel],
        )
        for fuel, by_month in sorted(months.items())
    ]


def _metered_by_month(store: MetricStore, estate: Estate) -> dict[tuple[str, dt.date], Decimal]:
    rows = store.query(
        ["energy_consumption_kwh"],
        group_by=["fuel", "month"],
        from_date=estate.period_start_date,
        to_date=estate.as_of_date,
    ).to_pylist()
    return {
        (row["fuel"], _date(row["month"])): _number(row["energy_consumption_kwh"])
        for row in rows
        if row["energy_consumption_kwh"] is not None
    }


def _loaded_tables(warehouse: Warehouse) -> list[LoadedTable]:
    rows = warehouse.fetch_rows(
        "select source_name, table_name, count(*), sum(rows_read), sum(rows_loaded), sum(rows_quarantined), "
        f"sum(rows_suppressed) from {warehouse.schema('raw_load')}.files where load_status = 'loaded' "
        "group by source_name, table_name order by source_name, table_name"
    )
    return [LoadedTable(source, table, *(int(value) for value in counts)) for source, table, *counts in rows]


def _refused_files(warehouse: Warehouse) -> list[RefusedFile]:
    # A file that was sent again and loaded is no longer refused: only its last row in the ledger counts.
    rows = warehouse.fetch_rows(
        "with newest as (select file_name, max(file_id) as file_id "
        f"from {warehouse.schema('raw_load')}.files group by file_name) "
        f"select files.file_name, files.reason from {warehouse.schema('raw_load')}.files "
        "inner join newest on files.file_id = newest.file_id "
        "where files.load_status = 'refused' order by files.file_name"
    )
    return [RefusedFile(name, reason or "No reason was recorded.") for name, reason in rows]


def _quarantine_reasons(warehouse: Warehouse) -> list[QuarantineReason]:
    schema = warehouse.schema("raw_load")
    rows = warehouse.fetch_rows(
        "with standing as (select quarantine.* "
        f"from {schema}.quarantine inner join {schema}.files on quarantine.file_id = files.file_id "
        "where files.load_status = 'loaded'), "
        "numbered as (select reason_code, reason, file_name, row_number, "
        "count(*) over (partition by reason_code) as rows_of_reason, "
        "row_number() over (partition by reason_code order by file_id, row_number) as place from standing) "
        "select reason_code, reason, file_name, row_number, rows_of_reason from numbered where place = 1 "
        "order by rows_of_reason desc, reason_code"
    )
    return [
        QuarantineReason(code, f"{file_name}, row {row_number}: {reason}", int(count))
        for code, reason, file_name, row_number, count in rows
    ]


def _one(warehouse: Warehouse, sql: str) -> int:
    return int(warehouse.fetch_rows(sql)[0][0])


def _number(value: Any) -> Any:
    """Decimals stay decimals; exact text and whole numbers become decimals; ratios stay floats."""
    if isinstance(value, str | int):
        return Decimal(value)
    return value


def _date(value: Any) -> dt.date | None:
    return value.date() if isinstance(value, dt.datetime) else value
