"""The word that belongs to each number, and the correction for asking several times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WORDS = {
    "effect": ("benefit", "harm", "no relevant difference"),
    "interaction": ("synergy", "antagonism", "additive"),
}


def verdict(key: str, low: float, high: float, margin: float | None) -> str:
    """Return the word for an interval of observed minus comparator (negative: smaller tumours).

    Parameters
    ----------
    key
        Question key: ``Q4`` speaks of synergy and antagonism, every other of benefit and harm.
    low, high
        Interval on the same scale as ``margin``.
    margin
        Equivalence margin stated in the plan; without one *additive* is never said, because an
        interval that contains zero is inconclusive, not evidence of nothing.
    """
    good, bad, equal = WORDS["interaction" if key == "Q4" else "effect"]
    if not (np.isfinite(low) and np.isfinite(high)):
        return "not estimable"
    if high < 0:
        return good
    if low > 0:
        return bad
    if margin is not None and -margin < low and high < margin:
        return equal
    return "inconclusive"


def holm(p: Floats) -> Floats:
    """Return Holm-adjusted p-values, shape ``(k,)`` (Holm 1979, 10.2307/4615733)."""
    order = np.argsort(p, kind="stable")
    k = len(p)
    stepped = np.maximum.accumulate((k - np.arange(k)) * p[order])
    adjusted = np.empty(k)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p: Floats) -> Floats:
    """Return BH-adjusted p-values, shape ``(k,)`` (10.1111/j.2517-6161.1995.tb02031.x)."""
    order = np.argsort(p, kind="stable")[::-1]
    k = len(p)
    stepped = np.minimum.accumulate(k / np.arange(k, 0, -1) * p[order])
    adjusted = np.empty(k)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
