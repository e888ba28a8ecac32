"""Locally weighted regression of one column on another, as Cleveland published it."""

from __future__ import annotations

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats

ROBUST_ROUNDS = 3
SKIPPED_SHARE = 0.01
"""Points nearer than this share of the range to the last one fitted are interpolated."""


def lowess(x: Floats, y: Floats, span: float) -> tuple[Floats, Floats]:
    """Return sorted x and the smooth of y there, both of shape ``(n,)``.

    Parameters
    ----------
    span
        Share of the points in each local line, above 0, at most 1.

    References
    ----------
    Cleveland 1979, 10.1080/01621459.1979.10481038.
    """
    order = np.argsort(x, kind="stable")
    xs, ys = np.asarray(x, dtype=float)[order], np.asarray(y, dtype=float)[order]
    near = max(min(int(span * len(xs) + 1e-7), len(xs)), 2)
    return xs, _smooth(xs, ys, near, SKIPPED_SHARE * (xs[-1] - xs[0]))


@njit(cache=True)
def _local(x, y, at, left, right, robust, weight):  # type: ignore[no-untyped-def]
    """Return the local line at ``x[at]`` over the points from left to right; NaN without weight."""
    n = len(x)
    reach = max(x[at] - x[left], x[right] - x[at])
    far, close = 0.999 * reach, 0.001 * reach
    total, j = 0.0, left
    while j < n:
        weight[j] = 0.0
        gap = abs(x[j] - x[at])
        if gap <= far:
            weight[j] = robust[j] * (1.0 if gap <= close else (1.0 - (gap / reach) ** 3) ** 3)
            total += weight[j]
        elif x[j] > x[at]:
            break
        j += 1
    if total <= 0.0:
        return np.nan
    mean = 0.0
    for k in range(left, j):
        weight[k] /= total
        mean += weight[k] * x[k]
    spread, slope = 0.0, x[at] - mean
    for k in range(left, j):
        spread += weight[k] * (x[k] - mean) ** 2
    if np.sqrt(spread) > 0.001 * (x[n - 1] - x[0]):
        slope /= spread
        for k in range(left, j):
            weight[k] *= slope * (x[k] - mean) + 1.0
    fitted = 0.0
    for k in range(left, j):
        fitted += weight[k] * y[k]
    return fitted


@njit(cache=True)
def _pass(x, y, near, skip, robust, fitted):  # type: ignore[no-untyped-def]
    """Fill ``fitted``: lines at points at least ``skip`` apart, straight between them."""
    n = len(x)
    weight = np.zeros(n)
    left, right, last, at = 0, near - 1, -1, 0
    while True:
        while right < n - 1 and x[at] - x[left] > x[right + 1] - x[at]:
            left += 1
            right += 1
        got = _local(x, y, at, left, right, robust, weight)
        fitted[at] = y[at] if np.isnan(got) else got
        if last < at - 1:
            for j in range(last + 1, at):
                share = (x[j] - x[last]) / (x[at] - x[last])
                fitted[j] = share * fitted[at] + (1.0 - share) * fitted[last]
        last = at
        cut = x[last] + skip
        at = last + 1
        while at < n:
            if x[at] > cut:
                break
            if x[at] == x[last]:
                fitted[at] = fitted[last]
                last = at
            at += 1
        at = max(last + 1, at - 1)
        if last >= n - 1:
            return


@njit(cache=True)
def _smooth(x, y, near, skip):  # type: ignore[no-untyped-def]
    n = len(x)
    robust, fitted = np.ones(n), np.zeros(n)
    for round_ in range(ROBUST_ROUNDS + 1):
        _pass(x, y, near, skip, robust, fitted)
        if round_ == ROBUST_ROUNDS:
            break
        residual = np.abs(y - fitted)
        ordered = np.sort(residual)
        six = 3.0 * (ordered[n // 2] + ordered[n - n // 2 - 1])
        if six < 1e-7 * residual.mean():
            break
        for j in range(n):
            share = residual[j] / six
            if share <= 0.001:
                robust[j] = 1.0
            elif share > 0.999:
                robust[j] = 0.0
            else:
                robust[j] = (1.0 - share * share) ** 2
    return fitted
