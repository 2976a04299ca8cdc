"""dbt held resident: imported and parsed once, then called as often as needed in the same process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_layer.errors import CheckFailedError
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.postgres_server import ensure_postgres

NodeProgress = Callable[[int, int, str], None]
"""Called with nodes finished, nodes in all, and the name of the last one."""


class DbtError(CheckFailedError):
    """dbt could not do what was asked, or a test found something. `failures` says what, a line each."""

    def __init__(self, summary: str, failures: Sequence[str] = ()):
        self.failures = list(failures)
        super().__init__("\n  ".join([summary, *self.failures]))


@dataclass
class BuildReport:
    """What a build did: nodes by status, and warnings as data."""

    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def write_profiles(config: WarehouseConfig) -> Path:
    """Folder with a profiles.yml made from profiles.yml.example, and the environment that it reads."""
    if config.target == "postgres":
        ensure_postgres(config.root)
    os.environ["DBT_TARGET"] = config.target
    os.environ["DATA_LAYER_DUCKDB_PATH"] = str(config.duckdb_path)
    os.environ["DATA_LAYER_SCHEMA_PREFIX"] = config.schema_prefix
    folder = config.dbt_target_path / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(config.root / "profiles.yml.example", folder / "profiles.yml")
    return folder


class DbtSession:
    """One estate's dbt: the manifest is parsed at first use and kept.

    Use as a context manager; dbt's connections are closed after every call, so that the warehouse is free for others.
    """

    def __init__(self, config: WarehouseConfig, progress: NodeProgress | None = None):
        self.config = config
        self.progress = progress
        self._manifest: Any = None

    def __enter__(self) -> DbtSession:
        return self

    def __exit__(self, *exception: object) -> None:
        self._release()

    @property
    def manifest(self) -> Any:
        """dbt's manifest of the project as it was first parsed."""
        if self._manifest is None:
            self._manifest = self._invoke(["parse"]).result
        return self._manifest

    def parse(self) -> Any:
        """Parse the project (partial parsing of an earlier run is used) and return the manifest."""
        return self.manifest

    def build(self, select: str | None = None, exclude: str | None = None, full_refresh: bool = False) -> BuildReport:
        """Seeds, models and tests in dependency order. Raises DbtError that names each error and failed test."""
        arguments = ["build"]
        if select:
            arguments += ["--select", *select.split()]
        if exclude:
            arguments += ["--exclude", *exclude.split()]
        if full_refresh:
            arguments.append("--full-refresh")
        return self._report(self._invoke(arguments, self.manifest))

    def docs(self) -> Path:
        """Write dbt's documentation as one static page and return its path."""
        # Tests are three quarters of the nodes, and compiling them most of the time; their pages show no SQL.
        without_tests = ["--exclude", "resource_type:test", "resource_type:unit_test"]
        self._invoke(["docs", "generate", "--static", *without_tests], self.manifest)
        return self.config.dbt_target_path / "static_index.html"

    def compile_sql(self, select: str) -> dict[str, str]:
        """Compiled SQL of the selected nodes (models, analyses, tests), by node name."""
        outcome = self._invoke(["compile", "--select", *select.split()], self.manifest)
        return {result.node.name: result.node.compiled_code for result in outcome.result.results}

    def _invoke(self, arguments: list[str], manifest: Any = None) -> Any:
        # dbt takes seconds to import: commands that do without it should not wait for it.
        from dbt.cli.main import dbtRunner

        profiles = write_profiles(self.config)
        runner = dbtRunner(manifest=manifest, callbacks=[self._follow()] if self.progress else [])
        outcome = runner.invoke(
            [
                "--quiet",
                "--no-use-colors",
                "--log-level",
                "none",
                "--log-level-file",
                "none",
                "--cache-selected-only",
                *arguments,
                "--project-dir",
                str(self.config.root),
                "--profiles-dir",
                str(profiles),
                "--target-path",
                str(self.config.dbt_target_path),
                "--target",
                self.config.target,
            ]
        )
        self._release()
        if outcome.exception is not None:
            raise DbtError(f"dbt {arguments[0]} stopped: {outcome.exception}") from outcome.exception
        return outcome

    def _report(self, outcome: Any) -> BuildReport:
        report, failures = BuildReport(), []
        for result in outcome.result.results:
            status = str(result.status)
            report.counts[status] = report.counts.get(status, 0) + 1
            place = f"{result.node.resource_type} {result.node.name} ({result.node.original_file_path})"
            message = " ".join((result.message or "").split())
            if status in ("error", "fail", "runtime error"):
                failures.append(f"{place}: {message}")
            elif status == "warn":
                report.warnings.append(f"{place}: {message}")
        if failures:
            raise DbtError(f"dbt found {len(failures)} fault(s):", failures)
        return report

    def _follow(self) -> Callable[[Any], None]:
        def follow(event: Any) -> None:
            if event.info.name in ("LogModelResult", "LogTestResult", "LogSeedResult"):
                # dbt names the number of nodes differently for tests than for models
                total = event.data.num_models if event.info.name == "LogTestResult" else event.data.total
                self.progress(event.data.index, total, event.data.node_info.node_name)

        return follow

    def _release(self) -> None:
        """Close dbt's connections: a DuckDB file that dbt holds open refuses everyone else."""
        if self.config.target == "duckdb":
            from dbt.adapters.duckdb.connections import DuckDBConnectionManager

            environment = DuckDBConnectionManager._ENV
            DuckDBConnectionManager.close_all_connections()
            if environment is not None:
                environment.close()
        else:
            from dbt.adapters.factory import FACTORY

            for adapter in list(FACTORY.adapters.values()):
                adapter.cleanup_connections()
