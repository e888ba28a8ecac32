"""Proportional hazards with Efron's ties, in strata, and Firth's penalty without events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from smartcombo.stats.design import FitStatus, Floats, Ints
from smartcombo.stats.time_to_event import Events

TOLERANCE = 1e-16
"""Newton decrement at which the search ends: 1e-8 of a standard error from the maximum."""
MAX_STEPS = 100
LARGEST_STEP = 2.0
"""Longest step in a log hazard ratio: keeps Newton from leaping over a flat likelihood."""
RUNAWAY = 15.0
"""A log hazard ratio beyond this is not estimated: the groups are separated."""
LARGEST_LOG_RATIO = 50.0
"""Where the search for a profile limit gives up: the limit is infinite."""


@dataclass(frozen=True)
class CoxFit:
    """Log hazard ratios of p columns.

    Attributes
    ----------
    beta, se
        Log hazard ratios and their standard errors, shape ``(p,)``.
    low, high, p
        Interval and two-sided p of each, shape ``(p,)``; Wald, or by the profile of the penalised
        likelihood for Firth's.
    loglik
        Log partial likelihood, penalised for Firth's.
    status
        ``boundary`` where groups are separated and the estimate runs to infinity; ``singular``,
        with all numbers missing, where no event happened while animals that differ in a column
        were at risk.
    """

    beta: Floats
    se: Floats
    low: Floats
    high: Floats
    p: Floats
    loglik: float
    status: FitStatus


_Strata = tuple[tuple[Floats, Events, Floats], ...]
"""Times ``(n,)``, events ``(n,)`` and columns ``(n, p)`` of each stratum."""


@dataclass(frozen=True)
class _Moments:
    loglik: float
    score: Floats
    information: Floats
    third: Floats


def cox(
    time: Floats,
    event: Events,
    X: Floats,
    *,
    stratum: Ints | None = None,
    firth: bool = False,
    level: float = 0.95,
) -> CoxFit:
    """Return proportional hazards fitted to times ``(n,)``, events ``(n,)`` and columns ``(n, p)``.

    Parameters
    ----------
    stratum
        Study or batch of each animal, shape ``(n,)``: each has its own baseline hazard, and only
        animals of one stratum are compared. One without events, or with a single group, says
        nothing.
    firth
        Penalise by Jeffreys' prior: finite where a group has no event, and less biased with few.
    level
        Confidence level, a fraction.

    References
    ----------
    Efron 1977, 10.1080/01621459.1977.10480613; Heinze and Schemper 2001,
    10.1111/j.0006-341X.2001.00114.x; Kalbfleisch and Prentice 2002, 10.1002/9781118032985 (strata).
    """
    strata = _split(time, event, X, stratum)
    fixed = np.zeros(X.shape[1], dtype=bool)
    start = _summed(strata, np.zeros(X.shape[1])).information
    if np.linalg.matrix_rank(start) < X.shape[1]:
        nothing = np.full(X.shape[1], np.nan)
        return CoxFit(nothing, nothing, nothing, nothing, nothing, float("nan"), "singular")
    beta, moments, status = _search(strata, np.zeros(X.shape[1]), fixed, firth)
    covariance = np.linalg.pinv(moments.information)
    se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    value = _penalised(moments, firth)
    if firth:
        low, high, p = _profile_limits(strata, beta, se, value, level)
    else:
        z = float(stats.norm.ppf(0.5 + level / 2))
        low, high = beta - z * se, beta + z * se
        p = 2 * stats.norm.sf(np.abs(beta / se))
    return CoxFit(beta, se, low, high, p, value, status)


def _split(time: Floats, event: Events, X: Floats, stratum: Ints | None) -> _Strata:
    """Return the strata with events; all animals in one where none are given."""
    of = np.zeros(len(time), dtype=np.int64) if stratum is None else stratum
    inside = [of == one for one in np.unique(of)]
    return tuple((time[own], event[own], X[own]) for own in inside if event[own].any())


def _search(
    strata: _Strata, beta: Floats, fixed: np.ndarray, firth: bool
) -> tuple[Floats, _Moments, FitStatus]:
    """Return the maximum over the columns that are not fixed, by Newton's method."""
    free = ~fixed
    moments = _summed(strata, beta)
    for _ in range(MAX_STEPS):
        score = (moments.score + _firth_score(moments) if firth else moments.score)[free]
        step = np.linalg.pinv(moments.information[np.ix_(free, free)]) @ score
        if float(score @ step) < TOLERANCE:
            return beta, moments, "ok"
        if np.abs(beta).max(initial=0.0) > RUNAWAY:
            return beta, moments, "boundary"
        step *= min(1.0, LARGEST_STEP / np.abs(step).max())
        before = _penalised(moments, firth)
        for _ in range(30):
            moved = beta.copy()
            moved[free] += step
            tried = _summed(strata, moved)
            if _penalised(tried, firth) >= before - 1e-12:
                break
            step /= 2
        beta, moments = moved, tried
    return beta, moments, "not_converged"


def _penalised(moments: _Moments, firth: bool) -> float:
    if not firth:
        return moments.loglik
    return moments.loglik + 0.5 * float(np.linalg.slogdet(moments.information)[1])


def _firth_score(moments: _Moments) -> Floats:
    inverse = np.linalg.pinv(moments.information)
    return np.asarray(0.5 * np.einsum("jk,rkj->r", inverse, moments.third))


def _summed(strata: _Strata, beta: Floats) -> _Moments:
    """Return the moments over all strata: baseline hazards differ, log hazard ratios do not."""
    p = len(beta)
    total = _Moments(0.0, np.zeros(p), np.zeros((p, p)), np.zeros((p, p, p)))
    for time, event, X in strata:
        own = _moments(time, event, X, beta)
        total = _Moments(
            total.loglik + own.loglik,
            total.score + own.score,
            total.information + own.information,
            total.third + own.third,
        )
    return total


def _moments(time: Floats, event: Events, X: Floats, beta: Floats) -> _Moments:
    """Return log partial likelihood and sums of central moments over the risk sets of a stratum."""
    p = X.shape[1]
    eta = X @ beta
    weight = np.exp(eta - eta.max())
    loglik, score = 0.0, np.zeros(p)
    information, third = np.zeros((p, p)), np.zeros((p, p, p))
    for t in np.unique(time[event]):
        dead = event & (time == t)
        count = int(dead.sum())
        loglik += float(np.sum(eta[dead] - eta.max()))
        score += X[dead].sum(axis=0)
        for place in range(count):
            w = np.where(time >= t, weight, 0.0) * np.where(dead, 1.0 - place / count, 1.0)
            total = w.sum()
            mean = w @ X / total
            C = X - mean
            loglik -= float(np.log(total))
            score -= mean
            information += (C * w[:, None]).T @ C / total
            third += np.einsum("i,ia,ib,ic->abc", w, C, C, C) / total
    return _Moments(loglik, score, information, third)


def _profile_limits(
    strata: _Strata, beta: Floats, se: Floats, best: float, level: float
) -> tuple[Floats, Floats, Floats]:
    """Return limits and p-values by the profile of the penalised likelihood."""
    size = len(beta)
    low, high, p = np.empty(size), np.empty(size), np.empty(size)
    critical = float(stats.chi2.ppf(level, 1))
    for j in range(size):
        fixed = np.arange(size) == j

        def drop(value: float, fixed: np.ndarray = fixed) -> float:
            """Return twice the fall of the profile at a log hazard ratio."""
            start = np.where(fixed, value, beta)
            return 2 * (best - _penalised(_search(strata, start, fixed, True)[1], True))

        p[j] = float(stats.chi2.sf(max(drop(0.0), 0.0), 1))
        low[j] = _limit(drop, beta[j], -se[j], critical)
        high[j] = _limit(drop, beta[j], se[j], critical)
    return low, high, p


def _limit(drop, centre: float, step: float, critical: float) -> float:  # type: ignore[no-untyped-def]
    """Return where the profile has fallen by ``critical``, away from the centre."""
    edge = centre + 2 * step
    while drop(edge) < critical:
        if abs(edge) > LARGEST_LOG_RATIO:
            return float(np.copysign(np.inf, step))
        edge += 2 * step
    return float(optimize.brentq(lambda at: drop(at) - critical, centre, edge, xtol=1e-8))
