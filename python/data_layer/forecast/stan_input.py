"""Writes cmdstan's input files with orjson: the library's own writer walks every number in Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson


def write_stan_json(path: str, data: Mapping[str, Any]) -> None:
    """Write Stan's input variables as JSON, in place of cmdstanpy's function of that name and signature.

    Numbers are written with as many digits as are needed to read the same double back, as the library does, so a fit is
    the same to the bit. Falls to the library's writer for what orjson refuses (a NaN or infinity is written as null by
    orjson, which Stan would not read) and for types it does not know.
    """
    if _holds_only_finite(data):
        try:
            encoded = orjson.dumps(dict(data), option=orjson.OPT_SERIALIZE_NUMPY)
        except TypeError:
            encoded = None
        if encoded is not None:
            Path(path).write_bytes(encoded)
            return
    from stanio import write_stan_json as library_writer

    library_writer(path, data)


@contextmanager
def fast_stan_input() -> Iterator[bool]:
    """Put the writer in cmdstanpy's place for as long as the block runs; yields False where the library has changed.

    The place is not a public interface: where it is not found, nothing is replaced and fits are only slower.
    """
    try:
        from cmdstanpy.utils import filesystem

        stock = filesystem.write_stan_json
    except (ImportError, AttributeError):
        yield False
        return
    filesystem.write_stan_json = write_stan_json
    try:
        yield True
    finally:
        filesystem.write_stan_json = stock


def _holds_only_finite(data: Mapping[str, Any]) -> bool:
    import numpy as np

    for value in data.values():
        try:
            numbers = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            return False
        if not np.isfinite(numbers).all():
            return False
    return True
