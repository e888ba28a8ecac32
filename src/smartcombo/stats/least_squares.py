"""Constrained least squares: fractions of cell types that explain a mixture."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from smartcombo.stats.design import Floats


def mixture_fractions(A: Floats, b: Floats) -> Floats:
    """Return ``x >= 0`` with ``sum(x) <= 1`` that minimises ``|A x - b|^2``, shape ``(k,)``.

    Parameters
    ----------
    A
        Signature matrix, genes by cell types, shape ``(g, k)``.
    b
        Expression of one sample on the same scale, shape ``(g,)``.

    Notes
    -----
    The remainder ``1 - sum(x)`` is what the matrix does not know. Where non-negative least squares
    alone keeps the sum below one it is the answer; else the sum is one, and the point of the
    simplex nearest to b is found by a non-negative least squares problem of one more row, exactly
    (Lawson and Hanson 1995, 10.1137/1.9781611971217, chapter 23).

    References
    ----------
    Finotello et al. 2019, 10.1186/s13073-019-0638-6 (quanTIseq states the problem).
    """
    A, b = np.asarray(A, dtype=float), np.asarray(b, dtype=float)
    x, _ = optimize.nnls(A, b)
    if x.sum() <= 1.0:
        return np.asarray(x)
    scale = np.linalg.norm(A - b[:, None], axis=0).mean() or 1.0
    rows = np.vstack([(A - b[:, None]) / scale, np.ones(A.shape[1])])
    target = np.r_[np.zeros(len(b)), 1.0]
    x, _ = optimize.nnls(rows, target)
    return np.asarray(x / x.sum())
