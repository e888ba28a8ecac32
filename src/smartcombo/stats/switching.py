"""How many animals lie beyond their controls, and how sure that a treatment moves at least half.

Values are on a scale on which the controls are roughly normal (log expression, logit of a
fraction). A higher value is a hotter tumour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from smartcombo.stats.design import Floats

LEVEL = 0.95
"""An animal has moved where its value is one that a control exceeds with probability 1 - LEVEL."""
HALF = 0.5
PRIOR = (0.5, 0.5)
"""Jeffreys' prior of the share of animals that a treatment moves, for its interval."""
SCEPTICAL = (0.5, 1.0)
"""Prior of that share for the probability of at least half, 0.29 before any animal is seen: few
treatments move half. Under Jeffreys' prior, which says 0.5, what was stated at 0.3 to 0.8 came true
less often (docs/validation/landscape.md)."""
NODES = 64
"""Points of the rule over the controls' spread, and over their mean."""


@dataclass(frozen=True)
class Switch:
    """Treated animals against their controls.

    Attributes
    ----------
    bound
        Upper 95% predictive bound of one further control.
    moved
        Which treated animals lie beyond it, shape ``(n,)``.
    share, low, high
        Share of animals moved with its Jeffreys interval.
    probability_half
        Probability that the treatment moves at least half of such animals.
    """

    bound: float
    moved: np.ndarray
    share: float
    low: float
    high: float
    probability_half: float


def predictive_bound(controls: Floats, level: float = LEVEL) -> float:
    """Return the value below which one further control lies with probability ``level``.

    NaN with fewer than two controls.
    """
    m = len(controls)
    if m < 2:
        return float("nan")
    reach = stats.t.ppf(level, m - 1) * np.std(controls, ddof=1) * np.sqrt(1 + 1 / m)
    return float(np.mean(controls) + reach)


def switch(controls: Floats, treated: Floats, *, interval_level: float = 0.95) -> Switch:
    """Return how many treated animals lie beyond the controls, with the probability for the arm.

    Parameters
    ----------
    controls, treated
        Values of animals, shapes ``(m,)`` and ``(n,)``.
    interval_level
        Level of the interval of the share moved.

    Notes
    -----
    A control's 95% quantile is not known from a few controls: the probability is averaged over
    what they leave open (normal values, reference prior of mean and spread), and for each quantile
    the share of animals beyond it has the prior ``SCEPTICAL``. It therefore can be above a tenth
    where no animal passes the bound: animals close below a bound that is itself uncertain.

    Raises
    ------
    ValueError
        If there are no treated animals.
    """
    n = len(treated)
    if n == 0:
        raise ValueError("no treated animal: expected at least one")
    bound = predictive_bound(controls)
    if not np.isfinite(bound):
        nan = float("nan")
        return Switch(nan, np.zeros(n, dtype=bool), nan, nan, nan, nan)
    moved = treated > bound
    a, b = PRIOR[0] + moved.sum(), PRIOR[1] + n - moved.sum()
    tail = (1 - interval_level) / 2
    return Switch(
        bound=bound,
        moved=moved,
        share=float(moved.mean()),
        low=0.0 if not moved.any() else float(stats.beta.ppf(tail, a, b)),
        high=1.0 if moved.all() else float(stats.beta.ppf(1 - tail, a, b)),
        probability_half=probability_half(controls, treated),
    )


def probability_half(controls: Floats, treated: Floats) -> float:
    """Return the probability that at least half of such animals lie beyond the controls."""
    n = len(treated)
    quantile = _quantiles(controls)
    beyond = n - np.searchsorted(np.sort(treated), quantile, side="right")
    return float(np.mean(_by_count(n)[beyond]))


def exceedance(controls: Floats, values: Floats, *, leave_one_out: np.ndarray) -> Floats:
    """Return the probability that each value lies beyond the controls' 95% quantile, ``(n,)``.

    Parameters
    ----------
    leave_one_out
        For each value its place among the controls, -1 where it is none: a control is compared
        with the other controls, shape ``(n,)``.
    """
    whole = np.sort(_quantiles(controls))
    out = np.searchsorted(whole, values, side="left") / len(whole)
    for k in np.flatnonzero(leave_one_out >= 0):
        others = _quantiles(np.delete(controls, leave_one_out[k]))
        out[k] = float(np.mean(others < values[k]))
    return np.asarray(out, dtype=float)


def _quantiles(controls: Floats) -> Floats:
    """Return equally likely values of the controls' 95% quantile given the controls."""
    return np.asarray(np.mean(controls) + np.std(controls, ddof=1) * _pivot(len(controls)))


@lru_cache(maxsize=64)
def _pivot(m: int) -> Floats:
    """Return equally likely distances of the quantile from the mean of m controls, in their SDs."""
    places = (np.arange(NODES) + 0.5) / NODES
    spread = np.sqrt((m - 1) / stats.chi2.ppf(places, m - 1))
    mean = stats.norm.ppf(places)[:, None] * spread / np.sqrt(m)
    return np.asarray((mean + stats.norm.ppf(LEVEL) * spread).ravel())


@lru_cache(maxsize=64)
def _by_count(n: int) -> Floats:
    """Return the probability of at least half for 0 to n animals beyond, shape ``(n + 1,)``."""
    count = np.arange(n + 1)
    return np.asarray(stats.beta.sf(HALF, SCEPTICAL[0] + count, SCEPTICAL[1] + n - count))
