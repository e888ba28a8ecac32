"""Contrasts of ordered arms: is there a trend with dose, and does it turn."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from smartcombo.stats.design import Floats


def trend_contrasts(n: Floats) -> Floats:
    """Return Williams' contrasts of k ordered doses with the first: the mean of the upper ones.

    Row i compares the animals of the highest i doses, weighted by their numbers, with the lowest
    dose; one of them is near best for each shape of a monotone dose-response. Shape ``(k - 1, k)``.

    Parameters
    ----------
    n
        Animals at each dose, lowest first, shape ``(k,)``.

    Raises
    ------
    ValueError
        For fewer than two doses or an empty one.

    References
    ----------
    Williams 1971, 10.2307/2528930; as multiple contrasts Bretz 2006, 10.1016/j.csda.2005.01.004.
    """
    n = np.asarray(n, dtype=float)
    if len(n) < 2 or (n <= 0).any():
        raise ValueError(f"animals by dose {n.tolist()}: expected two doses or more, none empty")
    C = np.zeros((len(n) - 1, len(n)))
    C[:, 0] = -1.0
    for i in range(1, len(n)):
        upper = slice(len(n) - i, len(n))
        C[i - 1, upper] = n[upper] / n[upper].sum()
    return C


def step_pairs(k: int) -> tuple[tuple[int, int], ...]:
    """Return every pair of doses (lower, higher), neighbours first."""
    return tuple(sorted(combinations(range(k), 2), key=lambda pair: (pair[1] - pair[0], pair)))


def step_contrasts(k: int) -> Floats:
    """Return higher minus lower for each of :func:`step_pairs`, shape ``(pairs, k)``."""
    pairs = step_pairs(k)
    C = np.zeros((len(pairs), k))
    for row, (lower, higher) in enumerate(pairs):
        C[row, lower], C[row, higher] = -1.0, 1.0
    return C
