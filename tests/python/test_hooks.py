"""The hooks of a commit pass on everything that git tracks, and the SQL keeps the house style on PostgreSQL too."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml

from rules.project import ROOT

BIN = ROOT / ".venv" / "bin"


@pytest.fixture(scope="module", autouse=True)
def locked_environment():
    if not BIN.is_dir():
        pytest.skip(f"hooks run from the locked environment, which is not there: {BIN} (make setup)")


def test_hooks_pass_on_all_files(tmp_path):
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path), "PRE_COMMIT_COLOR": "never"}
    run = subprocess.run(
        [BIN / "pre-commit", "run", "--all-files"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    # The hook for generated files has nothing to look at when all is well.
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert run.stdout.count("Passed") == len(hooks) - 1


def test_hooks_fetch_nothing():
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    languages = {hook["language"] for repository in repositories for hook in repository["hooks"]}
    assert languages <= {"system", "fail"}


@pytest.mark.postgres
def test_sql_keeps_the_style_on_postgres(postgres_environment):
    run = subprocess.run(
        [BIN / "sqlfluff", "lint", "--dialect", "postgres", "--disable-progress-bar", "models", "analyses", "tests"],
        cwd=ROOT,
        env={**os.environ, **postgres_environment, "DBT_TARGET": "postgres"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]


@pytest.fixture(scope="module")
def postgres_environment():
    """The PG* variables of a reachable server, and schemas that hold nothing: lint must not meet an estate's tables."""
    from data_layer.warehouse.postgres_server import POSTGRES_VARIABLES, ensure_postgres

    ensure_postgres(ROOT)
    return {**{name: os.environ.get(name, "") for name in POSTGRES_VARIABLES}, "DATA_LAYER_SCHEMA_PREFIX": "lint_"}
