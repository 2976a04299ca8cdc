"""Random streams that depend on the seed and a name only, never on what was drawn before them."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A generator for one named purpose: the same seed and names give the same numbers whatever else is made."""
    digest = hashlib.sha256("/".join([str(seed), *map(str, names)]).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def lasting_noise(random: np.random.Generator, length: int, persistence: float) -> np.ndarray:
    """AR(1) noise with mean 0 and variance 1 (float64): each value keeps `persistence` of the one before.

    Summed in blocks in which the weights cannot underflow, since a Python loop over half-hours takes seconds.
    """
    shocks = random.standard_normal(length)
    shocks[1:] *= np.sqrt(1 - persistence**2)
    block = max(1, int(200 / -np.log(persistence)))
    result = np.empty(length)
    carried = 0.0
    for begin in range(0, length, block):
        part = shocks[begin : begin + block]
        weights = persistence ** np.arange(1, len(part) + 1)
        result[begin : begin + len(part)] = weights * (carried + np.cumsum(part / weights))
        carried = result[begin + len(part) - 1]
    return result


def pseudonym(seed: int, *names: str | int) -> str:
    """Twelve hexadecimal digits that stand for a person."""
    return hashlib.sha256("/".join(["person", str(seed), *map(str, names)]).encode()).hexdigest()[:12]
