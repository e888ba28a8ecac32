"""Random streams by name: the same bytes whatever the number of workers or their order."""

from __future__ import annotations

import hashlib

import numpy as np

DEFAULT_SEED = 20200429
"""Used where neither plan.toml nor the caller states a seed; printed in provenance."""


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator that belongs to ``seed`` and a path of names.

    Parameters
    ----------
    seed
        Non-negative integer stated in the plan.
    *names
        Path of the stream, such as ``("bootstrap", "EMT6", 17)``. Different paths give independent
        streams; the same path always gives the same one.
    """
    digest = hashlib.sha256("\x1f".join(str(name) for name in names).encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence([seed, *(int(w) for w in words)]))
