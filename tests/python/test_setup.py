"""`make setup` asks the index that the machine has set for pip, and says in one sentence why it cannot go on."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from data_layer.warehouse.config import project_root

PIP = """#!/bin/sh
case "$*" in
    "-m pip --version") [ -e "{folder}/pip-works" ] ;;
    "-m pip config get install.index-url") {install_index} ;;
    "-m pip config get global.index-url") echo https://global.example/packages ;;
    "-m pip config get "*) exit 1 ;;
    *) exit 0 ;;
esac
"""
UV = """#!/bin/sh
echo "$UV_DEFAULT_INDEX $SSL_CERT_FILE" >>"{folder}/asked"
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def set_up(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_")) and name != "SSL_CERT_FILE"
    }
    return subprocess.run(
        ["sh", "requirements/setup.sh", str(folder / "venv"), "base"],
        cwd=project_root(),
        env=kept | {"PYTHON": sys.executable} | settings,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("settings", "install_index", "asked"),
    [
        ({}, "exit 1", "https://global.example/packages "),
        ({}, "echo https://install.example/packages", "https://install.example/packages "),
        (
            {"PIP_INDEX_URL": "https://own.example/packages", "PIP_CERT": "/own.pem"},
            "echo https://install.example/packages",
            "https://own.example/packages /own.pem",
        ),
        (
            {"PIP_INDEX_URL": "https://own.example", "UV_DEFAULT_INDEX": "https://uv.example"},
            "exit 1",
            "https://uv.example ",
        ),
    ],
)
def test_uv_asks_the_index_that_pip_would(
    tmp_path: Path, settings: dict[str, str], install_index: str, asked: str
) -> None:
    script(tmp_path / "venv" / "bin" / "python", PIP.format(folder=tmp_path, install_index=install_index))
    script(tmp_path / "venv" / "bin" / "uv", UV.format(folder=tmp_path))
    (tmp_path / "pip-works").touch()

    result = set_up(tmp_path, **settings)

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "asked").read_text() == f"{asked}\n" * 2


def test_python_that_cannot_make_environments_is_named_with_what_to_install(tmp_path: Path) -> None:
    bare = script(tmp_path / "bare", '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac\n')
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sh").symlink_to("/bin/sh")

    result = subprocess.run(
        ["/bin/sh", "requirements/setup.sh", str(tmp_path / "venv"), "base"],
        cwd=project_root(),
        env={"PYTHON": str(bare), "PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 2
    assert "python3-venv" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "venv").exists()


def test_failed_environment_is_not_left_behind(tmp_path: Path) -> None:
    half = (
        '#!/bin/sh\n[ "$1 $2" = "-m venv" ] || exit 0\n'
        'mkdir -p "$3/bin"\nprintf "#!/bin/sh\\nexit 1\\n" >"$3/bin/python"\nchmod +x "$3/bin/python"\n'
        "echo No space left >&2\nexit 1\n"
    )

    result = set_up(tmp_path, PYTHON=str(script(tmp_path / "half", half)))

    assert result.returncode == 2
    assert "No space left" in result.stderr
    assert not (tmp_path / "venv").exists()
