"""Groups of candidates that the evidence cannot tell apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def grouped(order: NDArray[np.int64], pairwise: Floats, tied_below: float) -> NDArray[np.int64]:
    """Return the group of each candidate, 1 first, shape ``(m,)``.

    Down the order, a group is led by its first candidate and ends before the first one that the
    leader is above in at least ``tied_below`` of the draws.
    """
    group = np.zeros(len(order), dtype=np.int64)
    leader, number = order[0], 1
    for i in order:
        if i != leader and pairwise[leader, i] >= tied_below:
            leader, number = i, number + 1
        group[i] = number
    return group


def not_separated(pairwise: Floats, tied_below: float) -> list[list[int]]:
    """Return, a candidate, the others that are neither above nor below it for certain."""
    larger = np.maximum(pairwise, pairwise.T)
    return [[j for j in range(len(pairwise)) if j != i and larger[i, j] < tied_below]
            for i in range(len(pairwise))]  # fmt: skip


def kendall_tau(first: Floats, second: Floats) -> float:
    """Return Kendall's tau-b of two lists of places; NaN below two candidates or without spread."""
    rows, columns = np.triu_indices(len(first), 1)
    one, two = np.sign(first[rows] - first[columns]), np.sign(second[rows] - second[columns])
    pairs = np.sqrt(float((one != 0).sum()) * float((two != 0).sum()))
    return float(np.sum(one * two) / pairs) if pairs else float("nan")
