"""Restricted mean time of few animals: differences and independent action, by the jackknife.

With fewer than about twenty animals an arm the normal interval on Greenwood's variance is too
narrow. Deleting one animal at a time gives each animal its pseudo-value; arms then compare as in
Welch's test, by t with Satterthwaite's degrees of freedom. The deletions' sum of squares stands
without the factor (n - 1) / n (as HC3: MacKinnon and White 1985, 10.1016/0304-4076(85)90158-7),
because times that many animals reach the horizon with are skewed. Without censoring before the
horizon this is Welch's test of the times with variances n / (n - 1) times as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from smartcombo.stats.design import Floats

Events = NDArray[np.bool_]
Times = tuple[Floats, Events]
"""Times ``(n,)`` of one arm and whether the event happened, ``(n,)``."""
Status = Literal["ok", "one animal", "no spread", "not predicted"]


@dataclass(frozen=True)
class WelchTest:
    """A contrast of arms with Satterthwaite's degrees of freedom.

    ``status`` is ``one animal`` where an arm has fewer than two, ``no spread`` where no arm varies,
    ``not predicted`` where an animal that left has no line; the interval is then NaN.
    """

    value: float
    se: float
    df: float
    low: float
    high: float
    p: float
    status: Status


def difference(a: Times, b: Times, horizon: float, level: float = 0.95) -> WelchTest:
    """Return the restricted mean of arm a minus that of arm b: positive is longer in a.

    Parameters
    ----------
    a, b
        Times and events of each arm.
    horizon
        Time up to which means are taken.

    References
    ----------
    Andersen 2004, 10.1007/s10985-004-4771-0 (pseudo-values); Tukey 1958; Welch 1947,
    10.2307/2332510.
    """
    edges = _edges([a, b], horizon)
    widths = np.diff(edges)
    areas = [_curves(t, e, edges[:-1]) @ widths for t, e in (a, b)]
    return welch(float(areas[0][0] - areas[1][0]), [areas[0][1:], areas[1][1:]], level)


def independent_action(
    combination: Times, parts: Sequence[Times], horizon: float, level: float = 0.95
) -> WelchTest:
    """Return the restricted mean observed minus that of independent action: plus is synergy.

    Expected is S = 1 - prod(1 - S_k) over the agents alone: each animal lasts as long as under its
    better agent, responses uncorrelated (Palmer and Sorger 2017, 10.1016/j.cell.2017.11.009).
    """
    edges = _edges([combination, *parts], horizon)
    widths = np.diff(edges)
    observed, *alone = [_curves(t, e, edges[:-1]) for t, e in (combination, *parts)]
    gone = [1 - curves[0] for curves in alone]
    full = float((observed[0] - 1 + np.prod(gone, axis=0)) @ widths)
    without = [observed[1:] @ widths]
    for k, curves in enumerate(alone):
        others = np.prod([g for j, g in enumerate(gone) if j != k], axis=0)
        without.append(((1 - curves[1:]) * others) @ widths)
    return welch(full, without, level)


def welch(value: float, without: Sequence[Floats], level: float = 0.95) -> WelchTest:
    """Return the interval of a value from what it is without each animal.

    Parameters
    ----------
    value
        The estimate.
    without
        For each arm, the estimate (up to a constant of the arm) without each animal, ``(n,)``.
    """
    sizes = np.array([len(w) for w in without], dtype=float)
    if (sizes < 2).any():
        return WelchTest(value, *(float("nan"),) * 5, "one animal")
    parts = np.array([float(np.sum((w - w.mean()) ** 2)) for w in without])
    return satterthwaite(value, parts, sizes - 1, level)


def satterthwaite(value: float, parts: Floats, dfs: Floats, level: float = 0.95) -> WelchTest:
    """Return the t interval of a value whose variance is a sum of parts, each with its df."""
    variance = float(parts.sum())
    if variance <= 1e-20 * max(1.0, value**2):
        return WelchTest(value, 0.0, *(float("nan"),) * 4, "no spread")
    df = variance**2 / float(np.sum(parts**2 / dfs))
    se = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p = float(2 * stats.t.sf(abs(value) / se, df))
    return WelchTest(value, se, df, value - half, value + half, p, "ok")


def _edges(arms: Sequence[Times], horizon: float) -> Floats:
    """Return the times at which any curve may step, from 0 to the horizon."""
    return np.unique(np.concatenate([[0.0, horizon], *(t[t < horizon] for t, _ in arms)]))


@njit(cache=True)
def _curves(time, event, at):  # type: ignore[no-untyped-def]
    """Return Kaplan-Meier just after given times: with all animals, then without each in turn.

    Shape ``(n + 1, K)``.
    """
    n, K = len(time), len(at)
    order = np.argsort(time)
    curves = np.ones((n + 1, K))
    for left_out in range(n + 1):
        survival, k, i = 1.0, 0, 0
        risk = n if left_out == 0 else n - 1
        while k < K:
            while i < n and time[order[i]] <= at[k]:
                now, died, gone = time[order[i]], 0, 0
                while i < n and time[order[i]] == now:
                    if order[i] != left_out - 1:
                        gone += 1
                        died += 1 if event[order[i]] else 0
                    i += 1
                if risk > 0:
                    survival *= 1.0 - died / risk
                risk -= gone
            curves[left_out, k] = survival
            k += 1
    return curves
