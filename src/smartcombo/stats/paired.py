"""Differences of pairs: mean with t, and Hodges-Lehmann shift with the signed-rank test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from smartcombo.stats.design import Floats

EXACT_PAIRS = 49
"""Up to so many pairs without ties the signed-rank distribution is exact, as in R."""


@dataclass(frozen=True)
class Shift:
    """A mean or median difference of pairs; NaN where there are fewer than two."""

    value: float
    low: float
    high: float
    se: float
    df: float
    p: float


def mean_shift(differences: Floats, level: float = 0.95) -> Shift:
    """Return the mean of paired differences, shape ``(n,)``, with Student's interval and test."""
    n = len(differences)
    nan = float("nan")
    if n < 2:
        return Shift(float(differences.mean()) if n else nan, nan, nan, nan, nan, nan)
    value, se = float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(n))
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * se
    p = float(2 * stats.t.sf(abs(value) / se, n - 1)) if se > 0 else float(value == 0)
    return Shift(value, value - half, value + half, se, float(n - 1), p)


def median_shift(differences: Floats, level: float = 0.95) -> Shift:
    """Return the Hodges-Lehmann shift of paired differences, shape ``(n,)``.

    The median of all means of two differences, with the limits of the signed-rank test; few extreme
    pairs, such as cured mice, cannot decide it.

    References
    ----------
    Hodges and Lehmann 1963, 10.1214/aoms/1177704172.
    """
    n = len(differences)
    nan = float("nan")
    if n < 2:
        return Shift(float(differences.mean()) if n else nan, nan, nan, nan, nan, nan)
    rows, columns = np.triu_indices(n)
    walsh = np.sort((differences[rows] + differences[columns]) / 2)
    value = float(np.median(walsh))
    moved = differences[differences != 0]
    ties = len(np.unique(np.abs(moved))) < len(moved) or len(moved) < n
    exact = not ties and n <= EXACT_PAIRS
    p = 1.0
    if len(moved):
        how = "exact" if exact else "approx"
        p = float(stats.wilcoxon(moved, method=how, correction=not exact).pvalue)
    k = _limit_rank(n, level, exact=exact)
    low, high = (float(walsh[k]), float(walsh[-1 - k])) if k >= 0 else (-np.inf, np.inf)
    return Shift(value, low, high, nan, nan, p)


def _limit_rank(n: int, level: float, *, exact: bool) -> int:
    """Return the index of the lower limit among sorted Walsh averages; -1 where there is none."""
    tail = (1 - level) / 2
    if not exact:
        spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return int(np.floor(n * (n + 1) / 4 - stats.norm.ppf(1 - tail) * spread)) - 1
    counts = np.ones(1)
    for rank in range(1, n + 1):
        counts = np.convolve(counts, np.r_[1.0, np.zeros(rank - 1), 1.0])
    cumulated = np.cumsum(counts) / 2.0**n
    return int(np.searchsorted(cumulated, tail)) - 1
