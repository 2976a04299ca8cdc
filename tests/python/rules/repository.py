"""What lies in the repository: fixed folders, nothing generated, no address or path of a machine, a true README."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

FOLDERS = {"models", "seeds", "macros", "analyses", "python", "tests", "requirements", ".ci"}
GENERATED = {"landing", "warehouse", "target", "site", "logs"}

# Put together here so that this file does not name what it looks for.
_MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:" + "|".join(["work", "root", r"home/[\w-]+", r"Users/[\w-]+", "tmp/w"]) + r")/"
)
_REGISTRY = re.compile(
    r"https?://[^\s\"')]*(?:" + "|".join([r"py" + r"pi\.", r"pythonhosted\.", r"npm" + r"js\.", r"/simple\b"]) + r")"
)
_TARGET_USED = re.compile(r"(?<![\w-])make ([a-z][a-z-]*)")
_TARGET_MADE = re.compile(r"^([a-z][a-z-]*):(?!=)", re.MULTILINE)


def breaches_of_folders(files: Iterable[Path]) -> list[str]:
    """Tracked files in a folder that is not one of FOLDERS."""
    return [
        f"{path}: {'made by the product, not kept in git' if path.parts[0] in GENERATED else 'no such top folder'}"
        for path in files
        if len(path.parts) > 1 and path.parts[0] not in FOLDERS
    ]


def breaches_of_addresses(texts: Mapping[str, str]) -> list[str]:
    """Paths of a machine and addresses of package registries, by file and line."""
    return [
        f"{path}:{number}: {kind} {found.group(0)}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        for kind, pattern in (("path of a machine", _MACHINE_PATH), ("address of a registry", _REGISTRY))
        if (found := pattern.search(line))
    ]


def breaches_of_make_targets(readme: str, makefile: str) -> list[str]:
    """`make x` in the README without a target x in the Makefile."""
    code = " ".join(re.findall(r"`[^`]*`|^```.*?^```", readme, re.MULTILINE | re.DOTALL))
    return [
        f"README names `make {name}`, the Makefile has no such target"
        for name in sorted(set(_TARGET_USED.findall(code)) - set(_TARGET_MADE.findall(makefile)))
    ]
