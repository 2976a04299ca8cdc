"""All pages of the tiny estate of the metrics, on both engines."""

from __future__ import annotations

import re

import pytest

from data_layer.metrics.query import MetricStore
from data_layer.site import build_site
from data_layer.site.facts import RowsDoNotSumError
from data_layer.site.formats import pounds
from data_layer.site.offline import outside_addresses
from data_layer.site.read_facts import estate_name
from metrics_estate import TOTALS
from site_html import read_page


@pytest.fixture(scope="module")
def built(metrics_config, tmp_path_factory):
    steps = []
    out = tmp_path_factory.mktemp("site")
    report = build_site(metrics_config, out, progress=lambda done, total, *name: steps.append((done, total)))
    return report, out, steps


def test_all_pages_are_written_and_say_so(built):
    report, out, steps = built
    assert [path.name for _, path in report.pages] == [
        "index.html",
        "savings_report.html",
        "bills.html",
        "metrics.html",
        "docs.html",
    ]
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for _, path in report.pages)
    assert pounds(TOTALS["savings_cautious_gbp"]) in report.headline
    assert steps[0][0] == 0
    assert steps[-1][0] == steps[-1][1]


def test_no_page_leads_outside(built):
    assert {path.name: outside_addresses(path.read_text(encoding="utf-8")) for _, path in built[0].pages} == {
        path.name: [] for _, path in built[0].pages
    }


def test_report_and_start_page_have_the_headline_of_the_metric(built):
    _, out, _ = built
    for name in ("index.html", "savings_report.html"):
        assert pounds(TOTALS["savings_cautious_gbp"]) in read_page((out / name).read_text(encoding="utf-8")).text


def test_metrics_page_has_every_metric_with_its_total(built, metrics_config):
    text = read_page((built[1] / "metrics.html").read_text(encoding="utf-8")).text
    with MetricStore(metrics_config) as store:
        names = [definition.name for definition in store.list()]
    assert names
    assert [name for name in names if name not in text] == []
    assert pounds(TOTALS["travel_spend_gbp"]) in text


def test_rows_of_the_ledger_add_up_on_the_page(built):
    text = read_page((built[1] / "savings_report.html").read_text(encoding="utf-8")).text
    read, loaded, aside = (
        int(number.replace(",", "")) for number in re.search(r": ([\d,]+) = ([\d,]+) \+ ([\d,]+)\.", text).groups()
    )
    assert read == loaded + aside > 0


def test_documentation_holds_the_project_and_our_overview(built, metrics_config):
    page = (built[1] / "docs.html").read_text(encoding="utf-8")
    for part in ("fct_energy_reading_days", "savings_cautious_gbp", "One version of the truth for energy"):
        assert part in page
    assert str(metrics_config.root) not in page


def test_estate_is_named_after_its_landing_folder(metrics_config):
    assert estate_name(metrics_config) == "Landing"


def test_nothing_is_written_when_rows_and_headline_differ(metrics_config, tmp_path, monkeypatch):
    true_query = MetricStore.query

    def twice_as_much(self, metrics, **options):
        table = true_query(self, metrics, **options)
        if list(metrics) != ["savings_cautious_gbp"]:
            return table
        more = [value + TOTALS["savings_cautious_gbp"] for value in table.column(0).to_pylist()]
        return table.set_column(0, "savings_cautious_gbp", [more])

    monkeypatch.setattr(MetricStore, "query", twice_as_much)
    with pytest.raises(RowsDoNotSumError):
        build_site(metrics_config, tmp_path / "site")
    assert not (tmp_path / "site").exists()
