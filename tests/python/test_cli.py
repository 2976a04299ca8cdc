"""The command line as a user starts it: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from decimal import Decimal

import duckdb
import pytest


def data_layer(*arguments: object) -> subprocess.CompletedProcess:
    """Start the command in a process of its own, as a shell would."""
    command = [sys.executable, "-m", "data_layer.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """Folder with a landing folder of 3 sites and 2 years, run through the whole job."""
    folder = tmp_path_factory.mktemp("cli")
    made = data_layer("sample", "--sites", 3, "--years", 2, "--seed", 5, "--out", folder / "landing", "--quiet")
    assert made.returncode == 0, made.stderr
    done = data_layer("run", *options(folder), "--out", folder / "site")
    assert done.returncode == 0, done.stderr
    (folder / "run.txt").write_text(done.stdout)
    return folder


def options(folder):
    return ["--landing", folder / "landing", "--warehouse", folder / "cli_test.duckdb", "--target", "duckdb"]


def test_run_ends_with_pages_and_headline(estate):
    printed = (estate / "run.txt").read_text()
    for page in ("index.html", "savings_report.html", "metrics.html", "docs.html"):
        assert f"{estate}/site/{page}" in printed
        assert (estate / "site" / page).stat().st_size > 2_000
    assert "Candidate savings, cautious: £" in printed.splitlines()[-1]


def test_sample_never_overwrites(estate):
    again = data_layer("sample", "--out", estate / "landing")
    assert again.returncode == 2
    assert "is not empty" in again.stderr


def test_metric_rows_add_up_to_the_total(estate):
    rows_file = estate / "use.csv"
    asked = data_layer(
        "metrics",
        *options(estate),
        "--metric",
        "energy_consumption_kwh",
        "--group-by",
        "site,month",
        "--csv",
        rows_file,
    )
    assert asked.returncode == 0, asked.stderr
    with rows_file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["site", "month", "energy_consumption_kwh"]
    assert len(rows) == 3 * 24

    totals = json.loads(data_layer("metrics", *options(estate), "--all", "--json", "--quiet").stdout)
    assert sum(Decimal(row["energy_consumption_kwh"]) for row in rows) == Decimal(totals["energy_consumption_kwh"])


def test_headline_is_the_metric(estate):
    totals = json.loads(data_layer("metrics", *options(estate), "--all", "--json", "--quiet").stdout)
    assert f"£{Decimal(totals['savings_cautious_gbp']):,.2f}" in (estate / "run.txt").read_text()


def test_what_was_detected_before_a_correction_does_not_stop_the_next_build(estate):
    claim = (
        "insert into raw_savings.claims by name select 'old' as candidate_id, meter_id, "
        "'load_when_closed' as detector_id, "
        "'all' as rate_band, 1e9 as standalone_kwh, 1e9 as sequenced_kwh, 1 as standalone_gbp, 1 as sequenced_gbp, "
        "settlement_date from energy.fct_energy_daily where fuel = 'electricity' limit 1"
    )
    with duckdb.connect(str(estate / "cli_test.duckdb")) as connection:
        connection.execute(claim)
    built = data_layer("build", *options(estate), "--quiet")
    assert built.returncode == 0, built.stderr

    untrue = data_layer("build", *options(estate), "--select", "source:savings+", "--quiet")
    assert untrue.returncode == 1
    assert "assert_claims_stay_within_use" in untrue.stderr

    detected = data_layer("detect", *options(estate), "--quiet")
    assert detected.returncode == 0, detected.stderr


def test_unknown_metric_is_bad_input_in_plain_words(estate):
    asked = data_layer("metrics", *options(estate), "--metric", "energy_use")
    assert asked.returncode == 2
    assert "energy_use" in asked.stderr
    assert "Traceback" not in asked.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metric", "energy_consumption_kwh", "--where", "x = 1"], "Name dimensions as MetricFlow does"),
        (["--metric", "energy_consumption_kwh", "--csv", "no_such_folder/x.csv"], "cannot be written"),
        (["--metric", "energy_consumption_kwh", "--csv", "x.csv", "--json"], "Choose one"),
        (["--all", "--csv", "x.csv"], "goes with --json only"),
        (["--group-by", "site"], "need a --metric"),
    ],
)
def test_question_that_cannot_be_answered_is_refused(estate, arguments, words):
    asked = data_layer("metrics", *options(estate), *arguments)
    assert asked.returncode == 2
    assert words in asked.stderr
    assert "Traceback" not in asked.stderr


def test_metrics_may_be_listed_with_commas(estate):
    names = ["savings_cautious_gbp", "savings_sequenced_gbp"]
    asked = data_layer("metrics", *options(estate), "--metric", ",".join(names), "--quiet")
    assert asked.stdout.splitlines()[0].split("\t") == names


def test_reading_command_makes_no_warehouse(tmp_path):
    (tmp_path / "landing").mkdir()
    for command in ("metrics", "forecast", "detect", "site", "evaluate"):
        asked = data_layer(command, *options(tmp_path))
        assert asked.returncode == 2
        assert "Nothing is built yet" in asked.stderr
    assert not (tmp_path / "cli_test.duckdb").exists()


def test_warehouse_in_use_is_said_in_plain_words(estate):
    with duckdb.connect(str(estate / "cli_test.duckdb")):
        asked = data_layer("metrics", *options(estate), "--all")
    assert asked.returncode == 2
    assert "another process has it open" in asked.stderr


def test_missed_goal_is_a_failed_check(estate):
    planted = estate / "landing" / "_truth" / "planted.json"
    truth = planted.read_text()
    invented = {
        "truth_id": "invented",
        "kind": "saving",
        "detector_id": "capacity_above_need",
        "meter_id": "no such meter",
        "site_id": "S",
        "from_date": "2025-01-01",
        "to_date": "2025-12-31",
        "kwh_12m": 0,
        "gbp_12m": 1000.0,
        "note": "",
    }
    planted.write_text(json.dumps([*json.loads(truth), invented]))
    try:
        judged = data_layer("evaluate", *options(estate), "--json", "--quiet")
    finally:
        planted.write_text(truth)
    assert judged.returncode == 1, judged.stderr
    assert not json.loads(judged.stdout)["all_goals_met"]


def test_an_estate_without_energy_gets_its_other_pages(estate, tmp_path):
    shutil.copytree(estate / "landing" / "membership", tmp_path / "landing" / "membership")
    done = data_layer("run", *options(tmp_path), "--out", tmp_path / "site", "--quiet")
    assert done.returncode == 0, done.stderr
    pages = {page.name for page in (tmp_path / "site").iterdir()}
    assert pages == {"index.html", "bills.html", "metrics.html", "docs.html"}
    assert "No bill is loaded yet" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "No complete day of energy readings" in done.stdout


def test_refused_file_is_bad_input_and_the_rest_loads(tmp_path):
    (tmp_path / "landing" / "core").mkdir(parents=True)
    (tmp_path / "landing" / "core" / "business_units.csv").write_text("business_unit_id,business_unit_name\nf,Food\n")
    (tmp_path / "landing" / "core" / "cost_centres.csv").write_bytes(b"")
    loaded = data_layer("load", *options(tmp_path))
    assert loaded.returncode == 2
    assert "core/cost_centres.csv: refused." in loaded.stderr
    assert "1 rows loaded" in loaded.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["load", "--landing", "no_such_folder"], "no landing folder"),
        (["run", "--landing", "no_such_folder"], "no landing folder"),
        (["load", "--warehouse", "Not A Name"], "lower-case letters"),
        (["load", "--target", "oracle"], "'duckdb', 'postgres'"),
    ],
)
def test_bad_input_is_said_in_one_message(arguments, words):
    refused = data_layer(*arguments)
    assert refused.returncode == 2
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


def test_doctor_finds_what_is_there(estate):
    examined = data_layer("doctor", *options(estate))
    assert examined.returncode == 0, examined.stdout
    assert "files loaded" in examined.stdout
