"""The command line: parses, calls and prints. Exit codes: 0 done, 1 a check failed, 2 bad input."""

from __future__ import annotations

import csv
import json
import shlex
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_layer.errors import BadInputError, CheckFailedError
from data_layer.progress import Reporter
from data_layer.warehouse.config import WarehouseConfig, project_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from data_layer.landing.formats.preview import Preview
    from data_layer.metrics.query import MetricStore
    from data_layer.warehouse.dbt_session import DbtSession

CHECK_FAILED = 1
BAD_INPUT = 2

app = typer.Typer(
    help="One warehouse, one definition of each metric, and candidate savings that survive a review.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)
postgres_app = typer.Typer(help="The PostgreSQL that comes with the project.", no_args_is_help=True)
app.add_typer(postgres_app, name="postgres")
formats_app = typer.Typer(help="Suppliers' own layouts of readings.", no_args_is_help=True)
app.add_typer(formats_app, name="formats")


class Target(StrEnum):
    """Engines."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"


Landing = Annotated[
    Path | None, typer.Option("--landing", help="Folder with the landing files.", show_default="landing/")
]
WarehouseName = Annotated[
    str | None,
    typer.Option(
        "--warehouse",
        help="Name of the warehouse, or a .duckdb file.",
        show_default="derived from the landing folder",
    ),
]
TargetOption = Annotated[
    Target | None, typer.Option("--target", help="Engine.", show_default="DBT_TARGET, else duckdb")
]
SiteOut = Annotated[Path | None, typer.Option("--out", help="Folder of the pages.", show_default="site/")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]


@dataclass
class Job:
    """What every command shares: the estate, the voice, and dbt."""

    config: WarehouseConfig
    reporter: Reporter
    dbt: DbtSession


@contextmanager
def job(landing: Path | None, warehouse: str | None, target: Target | None, quiet: bool) -> Iterator[Job]:
    """Resolve the estate, and turn expected failures into one plain message and an exit code."""
    from data_layer.warehouse.dbt_session import DbtSession

    reporter = Reporter(quiet)
    with _plain_failures():
        config = WarehouseConfig.resolve(landing, warehouse, target.value if target else None)
        with DbtSession(config) as dbt:
            yield Job(config, reporter, dbt)


@contextmanager
def _plain_failures() -> Iterator[None]:
    """Turn expected failures into one plain message and an exit code."""
    try:
        yield
    except BadInputError as error:
        typer.echo(f"data-layer: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    except CheckFailedError as error:
        typer.echo(f"data-layer: {error}", err=True)
        raise typer.Exit(CHECK_FAILED) from error


@app.command()
def sample(
    sites: Annotated[int, typer.Option(min=1, max=20_000, help="Sites of the estate.")] = 24,
    years: Annotated[int, typer.Option(min=1, max=10, help="Years of half-hourly readings.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same estate.")] = 1,
    out: Annotated[Path, typer.Option("--out", help="Landing folder to write.")] = Path("landing"),
    quiet: Quiet = False,
) -> None:
    """Write a sample estate with planted savings.

    Savings and faults are planted; their truth is written aside and never read by the pipeline.
    """
    reporter = Reporter(quiet)
    if out.exists() and any(out.iterdir()):
        typer.echo(f"data-layer: {out} is not empty. Choose another --out, or remove it first.", err=True)
        raise typer.Exit(BAD_INPUT)
    _sample(reporter, out, sites, years, seed)


def _sample(reporter: Reporter, out: Path, sites: int, years: int, seed: int) -> None:
    from data_layer.sample import generate

    with reporter.step(f"Sample estate of {sites} sites, {years} years, seed {seed}, in {out}") as advance:
        generate(sites=sites, years=years, seed=seed, out=out, progress=advance)


@app.command()
def load(
    landing: Landing = None, warehouse: WarehouseName = None, target: TargetOption = None, quiet: Quiet = False
) -> None:
    """Load the landing files, quarantine bad rows."""
    with job(landing, warehouse, target, quiet) as it:
        if _load(it):
            raise typer.Exit(BAD_INPUT)


def _load(it: Job) -> int:
    """Number of files that were refused."""
    from data_layer.landing.load import load_landing

    with it.reporter.step("Load") as advance:
        report = load_landing(it.config, progress=advance)
    it.reporter.say("  " + report.summary())
    for warning in report.warnings:
        typer.echo(f"  {warning}", err=True)
    return len(report.refused)


@app.command()
def build(
    landing: Landing = None,
    warehouse: WarehouseName = None,
    target: TargetOption = None,
    select: Annotated[str | None, typer.Option(help="dbt selection; default everything.")] = None,
    full_refresh: Annotated[bool, typer.Option(help="Rebuild incremental models from the first day.")] = False,
    quiet: Quiet = False,
) -> None:
    """Build and test seeds and models with dbt."""
    with job(landing, warehouse, target, quiet) as it:
        _create_raw_tables(it)
        if select:
            _build(it, "Build and test the selection", select=select, full_refresh=full_refresh)
            return
        _build_inputs(it, full_refresh)
        # Not their tests: what was detected before a correction need not fit the corrected readings.
        _build(it, "Build the marts of what was found", select=OUTPUT_MODELS, exclude="resource_type:test")


def _require_built(it: Job) -> None:
    """Commands that only read must not make an empty warehouse out of a mistyped name."""
    from data_layer.warehouse.connection import open_warehouse

    nothing = (
        f"Nothing is built yet for the landing folder {it.config.landing} on {it.config.target}: "
        "run `data-layer run`, or `load` and `build`, with the same options."
    )
    if it.config.target == "duckdb" and not it.config.duckdb_path.exists():
        raise BadInputError(nothing)
    with open_warehouse(it.config) as warehouse:
        if not warehouse.table_exists(warehouse.schema("energy"), "dim_energy_as_of"):
            raise BadInputError(nothing)


def _create_raw_tables(it: Job) -> None:
    from data_layer.landing.raw_tables import create_raw_tables
    from data_layer.warehouse.connection import open_warehouse

    with open_warehouse(it.config) as warehouse:
        create_raw_tables(warehouse)


QUALITY_MODELS = "source:quality+"
FORECAST_MODELS = "source:forecasts+"
SAVINGS_MODELS = "source:savings+"
FOUND_MODELS = f"{FORECAST_MODELS} {SAVINGS_MODELS}"
OUTPUT_MODELS = f"{QUALITY_MODELS} {FOUND_MODELS}"
"""Models of what Python found. They are built and tested after the step that fills them."""


def _build_inputs(it: Job, full_refresh: bool = False) -> None:
    _build(it, "Build and test the models", exclude=OUTPUT_MODELS, full_refresh=full_refresh)


def _build(
    it: Job, title: str, *, select: str | None = None, exclude: str | None = None, full_refresh: bool = False
) -> None:
    with it.reporter.step(title) as advance:
        it.dbt.progress = advance
        report = it.dbt.build(select=select, exclude=exclude, full_refresh=full_refresh)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(report.counts.items()))
    it.reporter.say(f"  {counts}")
    for warning in report.warnings:
        it.reporter.say(f"  warning: {warning}")


@app.command()
def quality(
    landing: Landing = None, warehouse: WarehouseName = None, target: TargetOption = None, quiet: Quiet = False
) -> None:
    """Say what is wrong with the readings, day by day.

    Forecasts and savings leave it out; `forecast` and `detect` do this first.
    """
    with job(landing, warehouse, target, quiet) as it:
        _require_built(it)
        _quality(it)


def _quality(it: Job) -> None:
    from data_layer.quality.find import find_quality

    with it.reporter.step("Quality") as advance:
        report = find_quality(it.config, progress=advance)
    it.reporter.say("  " + report.summary())
    # Not the tests that hold it against what was detected before.
    _build(it, "Build the quality marts", select=QUALITY_MODELS, exclude=FOUND_MODELS)


@app.command()
def forecast(
    landing: Landing = None,
    warehouse: WarehouseName = None,
    target: TargetOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one a core")] = None,
    quiet: Quiet = False,
) -> None:
    """Forecast the daily use of every meter with Prophet."""
    with job(landing, warehouse, target, quiet) as it:
        _require_built(it)
        _quality(it)
        _forecast(it, workers)
        _build(it, "Build the forecast marts", select=FORECAST_MODELS)


def _forecast(it: Job, workers: int | None = None) -> None:
    from data_layer.forecast import forecast_energy

    with it.reporter.step("Forecast") as advance:
        report = forecast_energy(it.config, workers=workers, progress=advance)
    it.reporter.say("  " + report.summary())


@app.command()
def detect(
    landing: Landing = None, warehouse: WarehouseName = None, target: TargetOption = None, quiet: Quiet = False
) -> None:
    """Look for candidate savings, after faults are set aside."""
    with job(landing, warehouse, target, quiet) as it:
        _require_built(it)
        _quality(it)
        _detect(it)
        _build(it, "Build the savings marts", select=SAVINGS_MODELS)


def _detect(it: Job) -> None:
    from data_layer.savings.detect import detect_savings

    with it.reporter.step("Detect") as advance:
        report = detect_savings(it.config, progress=advance)
    it.reporter.say("  " + report.summary())


@app.command()
def metrics(
    landing: Landing = None,
    warehouse: WarehouseName = None,
    target: TargetOption = None,
    metric: Annotated[list[str] | None, typer.Option("--metric", help="Metric; may be given again.")] = None,
    group_by: Annotated[str, typer.Option(help="Comma-separated: site, month, fuel, site_type ...")] = "",
    where: Annotated[str | None, typer.Option(help="Filter in MetricFlow's syntax.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the rows to this file.")] = None,
    all_metrics: Annotated[bool, typer.Option("--all", help="The total of every metric.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; additive metrics as exact strings.")] = False,
    quiet: Quiet = False,
) -> None:
    """Ask the semantic layer for metrics, or list them."""
    from data_layer.metrics.query import MetricStore

    names = [name.strip() for given in metric or [] for name in given.split(",") if name.strip()]
    with job(landing, warehouse, target, quiet) as it:
        _require_one_question(names, all_metrics, as_json, csv_file, group_by or where)
        _require_built(it)
        with it.reporter.step("Metrics"), MetricStore(it.config) as store:
            if all_metrics:
                totals = store.totals()
                typer.echo(
                    json.dumps(totals, indent=2)
                    if as_json
                    else "\n".join(f"{name:<34} {value}" for name, value in totals.items())
                )
            elif names:
                groups = [name.strip() for name in group_by.split(",") if name.strip()]
                _print_table(_query(store, names, groups, where), csv_file, as_json)
            else:
                for definition in store.list():
                    typer.echo(f"{definition.name:<34} {definition.unit:<12} {definition.label}")


def _require_one_question(
    names: list[str], all_metrics: bool, as_json: bool, csv_file: Path | None, narrowed: str | None
) -> None:
    """Options that would be ignored are refused: a figure must be the answer to what was asked."""
    if all_metrics and (names or csv_file or narrowed):
        raise BadInputError("--all prints every metric's total; it goes with --json only.")
    if not names and (csv_file or narrowed):
        raise BadInputError("--group-by, --where and --csv need a --metric. Without options the metrics are listed.")
    if csv_file and as_json:
        raise BadInputError("Choose one of --csv and --json.")


def _query(store: MetricStore, names: list[str], groups: list[str], where: str | None) -> pa.Table:
    try:
        return store.query(names, group_by=groups, where=where)
    except BadInputError:
        raise
    except Exception as error:
        if where is None:
            raise
        # MetricFlow and both engines have many ways to refuse a filter; each says why in its first line
        raise BadInputError(
            f"--where {where} could not be used: {str(error).strip().splitlines()[0]}\n"
            "Name dimensions as MetricFlow does, for instance: \"{{ Dimension('site__site_type') }} = 'office'\""
        ) from error


def _print_table(table: pa.Table, csv_file: Path | None, as_json: bool) -> None:
    rows = table.to_pylist()
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
    elif csv_file:
        try:
            with csv_file.open("w", newline="", encoding="utf-8") as stream:
                _write_rows(csv.DictWriter(stream, fieldnames=table.column_names), rows)
        except OSError as error:
            raise BadInputError(f"{csv_file} cannot be written: {error.strerror}.") from error
        typer.echo(f"{len(rows)} rows in {csv_file}", err=True)
    else:
        _write_rows(csv.DictWriter(sys.stdout, fieldnames=table.column_names, delimiter="\t"), rows)


def _write_rows(writer: csv.DictWriter, rows: list[dict]) -> None:
    writer.writeheader()
    writer.writerows(rows)


@app.command()
def site(
    landing: Landing = None,
    warehouse: WarehouseName = None,
    target: TargetOption = None,
    out: SiteOut = None,
    quiet: Quiet = False,
) -> None:
    """Write the pages: docs, metrics, savings report."""
    with job(landing, warehouse, target, quiet) as it:
        _require_built(it)
        _site(it, out)


def _site(it: Job, out: Path | None = None) -> None:
    from data_layer.site import build_site

    with it.reporter.step("Pages") as advance:
        report = build_site(it.config, out or it.config.site_dir, progress=advance, dbt=it.dbt)
    typer.echo("")
    for title, path in report.pages:
        typer.echo(f"  {title:<22} {_shown(path)}")
    typer.echo(f"\n{report.headline}")


@app.command()
def run(
    landing: Landing = None,
    warehouse: WarehouseName = None,
    target: TargetOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one a core")] = None,
    out: SiteOut = None,
    quiet: Quiet = False,
) -> None:
    """Do the whole job, from landing files to pages.

    Load, build, quality, forecast, detect, pages; a sample first when there is no landing folder.
    """
    with job(landing, warehouse, target, quiet) as it:
        if not it.config.landing.exists():
            if landing is not None:
                raise BadInputError(f"There is no landing folder {landing}.")
            _sample(it.reporter, it.config.landing, sites=24, years=3, seed=1)
        refused = _load(it)
        _build_inputs(it)
        _forecast_and_detect(it, workers)
        _site(it, out)
    if refused:
        typer.echo(f"\n{refused} file(s) were refused, see above; the figures are without them.", err=True)
        raise typer.Exit(BAD_INPUT)


def _forecast_and_detect(it: Job, workers: int | None) -> None:
    from data_layer.savings.arrays import NoReadingsError

    try:
        _quality(it)
        _forecast(it, workers)
        _detect(it)
    except NoReadingsError:
        # A team that has only travel or members to load gets its marts, metrics and pages all the same.
        it.reporter.say("  No complete day of energy readings: nothing to forecast, and no saving to look for.")
        _build(it, "Build the quality marts", select=QUALITY_MODELS, exclude=FOUND_MODELS)
    _build(it, "Build the forecast and savings marts", select=FOUND_MODELS)


@app.command()
def evaluate(
    landing: Landing = None,
    warehouse: WarehouseName = None,
    target: TargetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Quiet = False,
) -> None:
    """Compare what was found with what was planted.

    For sample estates; exit code 1 when a goal is missed.
    """
    from data_layer.savings.evaluate import evaluate as compare

    with job(landing, warehouse, target, quiet) as it:
        _require_built(it)
        result = compare(it.config)
        if as_json:
            typer.echo(json.dumps(result, indent=2, default=str))
        else:
            for goal in result["goals"]:
                typer.echo(f"{'met   ' if goal['met'] else 'missed'}  {goal['goal']}: {goal['figure']}")
        if not all(goal["met"] for goal in result["goals"]):
            raise typer.Exit(CHECK_FAILED)


@app.command()
def doctor(
    landing: Landing = None, warehouse: WarehouseName = None, target: TargetOption = None, quiet: Quiet = False
) -> None:
    """Say what is installed and what is missing."""
    from data_layer.doctor import examine

    with job(landing, warehouse, target, quiet) as it:
        findings = examine(it.config)
        for finding in findings:
            typer.echo(f"{'ok     ' if finding.is_ok else 'missing'}  {finding.what:<22} {finding.detail}")
        if not all(finding.is_ok or finding.is_optional for finding in findings):
            raise typer.Exit(CHECK_FAILED)


@formats_app.command("list")
def formats_list(landing: Landing = None) -> None:
    """List the layouts that are understood, shipped and your own."""
    from data_layer.landing.formats import read_formats

    with _plain_failures():
        for layout in read_formats(landing or project_root() / "landing"):
            whose = "your own" if layout.is_own else "shipped"
            typer.echo(f"{layout.name:<26} {whose:<9} {layout.table_name:<12} {layout.description}")


@formats_app.command("try")
def formats_try(
    file: Annotated[Path, typer.Argument(help="A supplier's file, .csv or .csv.gz.")],
    landing: Landing = None,
    rows: Annotated[int, typer.Option("--rows", min=1, max=1_000, help="Readings to show.")] = 5,
) -> None:
    """Say which layout fits a file, and show its first readings.

    Needs no warehouse. Exit code 0 when all of it can be loaded, 1 when rows would be set aside or something is open,
    2 when it would be refused.
    """
    from data_layer.landing.contracts import read_contracts
    from data_layer.landing.formats import read_formats
    from data_layer.landing.formats.preview import preview

    with _plain_failures():
        formats = read_formats(landing or project_root() / "landing")
        found = preview(file, read_contracts(project_root()), formats, rows)
        _print_preview(found)
        if found.refusal:
            raise BadInputError(f"{file.name} would be refused. {found.refusal}")
        if not found.is_clean:
            raise typer.Exit(CHECK_FAILED)


def _print_preview(found: Preview) -> None:
    judgement = found.judgement
    if judgement is not None and judgement.layout is None:
        typer.echo(f"fits      the columns of the table {judgement.contract.name}: no layout is needed")
    else:
        for name in found.fits:
            typer.echo(f"fits      {name}")
        for misfit in sorted(found.misfits, key=lambda misfit: (misfit.distance, misfit.layout.name)):
            typer.echo(f"not       {misfit.layout.name}: {misfit.difference}")
    if judgement is None:
        return
    if found.readings:
        typer.echo("\nmeter_id\tquantity\tdate\tperiod or start\tminutes\tvalue\tunit\ttype")
    for reading in found.readings:
        typer.echo("\t".join(str(value) for value in reading))
    set_aside = judgement.faults.num_rows
    typer.echo(
        f"\n{judgement.rows_read:,} rows: {judgement.rows_read - set_aside:,} to load, {set_aside:,} to set aside"
    )
    for fault in found.faults:
        place = f"line {fault['line_number']}" if fault["line_number"] else f"row {fault['row_number']}"
        value = "" if fault["column_value"] is None else f" (found: {fault['column_value'][:80]})"
        typer.echo(f"  {place}, {fault['reason_code']}: {fault['reason']}{value}")
    if set_aside > len(found.faults):
        typer.echo(f"  and {set_aside - len(found.faults):,} more")
    for note in judgement.notes:
        typer.echo(f"  open: {note}")


@postgres_app.command("start")
def postgres_start() -> None:
    """Start it, leave it running, and print the PG* variables that reach it."""
    from data_layer.warehouse.postgres_server import start_postgres

    variables = start_postgres(project_root(), keep=True)
    typer.echo("\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items()))


@postgres_app.command("stop")
def postgres_stop() -> None:
    """Stop it; its data stay."""
    from data_layer.warehouse.postgres_server import stop_postgres

    typer.echo("stopped" if stop_postgres(project_root()) else "was not running")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


if __name__ == "__main__":
    app()
