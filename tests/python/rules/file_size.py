"""No file over 500 KB in git. Also a hook of pre-commit: `python file_size.py FILE ...` ends with 1 and says which."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

LIMIT_BYTES = 500 * 1000


def files_too_large(paths: Iterable[Path], limit_bytes: int = LIMIT_BYTES) -> list[str]:
    """A sentence for each file over the limit; links and missing files are passed over."""
    return [
        f"{path}: {path.stat().st_size:,} bytes, the limit is {limit_bytes:,}"
        for path in paths
        if path.is_file() and not path.is_symlink() and path.stat().st_size > limit_bytes
    ]


if __name__ == "__main__":
    breaches = files_too_large(Path(argument) for argument in sys.argv[1:])
    if breaches:
        sys.exit("\n".join(breaches))
