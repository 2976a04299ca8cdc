"""What lies in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import repository
from rules.file_size import files_too_large
from rules.project import ROOT, tracked_files

TEXT_SUFFIXES = {
    "",
    ".py",
    ".sql",
    ".yml",
    ".yaml",
    ".md",
    ".toml",
    ".txt",
    ".csv",
    ".html",
    ".css",
    ".js",
    ".sh",
    ".in",
}


def test_top_folders_are_those_of_the_design():
    assert len(tracked_files()) > 20
    assert repository.breaches_of_folders(tracked_files()) == []


def test_no_tracked_file_is_too_large():
    assert files_too_large(ROOT / path for path in tracked_files()) == []


def test_no_path_of_a_machine_and_no_registry():
    texts = {
        path.as_posix(): (ROOT / path).read_text(encoding="utf-8")
        for path in tracked_files()
        if path.suffix in TEXT_SUFFIXES
        and (ROOT / path).is_file()
        and path != Path("tests/python/test_rules_repository.py")
    }
    assert repository.breaches_of_addresses(texts) == []


def test_readme_names_only_targets_that_are_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "make run" in readme
    assert repository.breaches_of_make_targets(readme, makefile) == []


def test_linting_leaves_no_rule_out():
    settings = (ROOT / ".sqlfluff").read_text(encoding="utf-8")
    assert "exclude_rules" not in settings
    assert "rules = all" in settings
    sql = [path for path in tracked_files() if path.suffix == ".sql"]
    assert [path for path in sql if "noqa" in (ROOT / path).read_text(encoding="utf-8")] == []


def test_folder_outside_the_design_is_caught():
    paths = [Path("README.md"), Path("models/a.sql"), Path("notebooks/a.ipynb"), Path("site/index.html")]
    found = repository.breaches_of_folders(paths)
    assert found == ["notebooks/a.ipynb: no such top folder", "site/index.html: made by the product, not kept in git"]


def test_large_file_is_caught(tmp_path):
    (tmp_path / "small.csv").write_bytes(b"x" * 500_000)
    (tmp_path / "large.csv").write_bytes(b"x" * 500_001)
    found = files_too_large(tmp_path.iterdir())
    assert len(found) == 1
    assert "large.csv: 500,001 bytes" in found[0]


@pytest.mark.parametrize(
    "line",
    [
        "path = '/home/anna/project'",
        "open('/Users/ben/x.csv')",
        "cd /Users/anna/project",
        "--index-url https://index.example/simple",
        "url = https://files.pythonhosted.org/packages/x.whl",
        "uv --default-index http://mirror.local/simple",
    ],
)
def test_machine_path_or_registry_is_caught(line):
    assert len(repository.breaches_of_addresses({"x.py": f"fine\n{line}"})) == 1


@pytest.mark.parametrize(
    "line", ["landing/energy/readings.csv", "homework/", "https://www.gov.uk/vat-rates", "/usr/bin/env"]
)
def test_other_paths_pass(line):
    assert repository.breaches_of_addresses({"x.py": line}) == []


def test_target_that_is_not_there_is_caught():
    makefile = "VENV := .venv\nrun: setup ## job\n\t@data-layer run\nsetup:\n"
    readme = "Make do. We make runs.\n\n```\nmake run\nmake bnech\n```\nThen `make setup`."
    assert repository.breaches_of_make_targets(readme, makefile) == [
        "README names `make bnech`, the Makefile has no such target"
    ]
