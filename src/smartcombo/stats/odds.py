"""Odds ratios of few animals: two groups, and pairs of the same model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from smartcombo.stats.design import Floats

WIDEST = 40.0
"""Natural log of the largest odds ratio looked for: no table of mice tells more."""


@dataclass(frozen=True)
class OddsRatio:
    """An odds ratio with its interval and two-sided p.

    ``value`` is 0 or infinite where one group has no or only responders, and one limit then is too.
    All are NaN where the data say nothing: nobody responds, or everybody.
    """

    value: float
    low: float
    high: float
    p: float


NOTHING = OddsRatio(float("nan"), float("nan"), float("nan"), float("nan"))


def conditional_odds_ratio(
    k1: int, n1: int, k2: int, n2: int, level: float = 0.95, *, mid: bool = True
) -> OddsRatio:
    """Return the odds ratio of group 1 against 2, conditional on the number of responders.

    Parameters
    ----------
    k1, n1, k2, n2
        Responders and animals of each group.
    mid
        Count half of the observed table in each tail (mid-p, default): close to its level on
        average; else exact, never below its level. The p-value is twice the smaller tail, so that
        it agrees with the interval.

    References
    ----------
    Fisher's conditional likelihood: Cornfield 1956; mid-p: Berry and Armitage 1995,
    10.2307/2348891.
    """
    total = k1 + k2
    x = np.arange(max(0, total - n2), min(n1, total) + 1)
    if len(x) < 2:
        return NOTHING
    weights = _log_choose(n1, x) + _log_choose(n2, total - x)

    def law(log_ratio: float) -> Floats:
        """Return the probabilities of ``x`` at a log odds ratio."""
        tilted = weights + x * log_ratio
        return np.asarray(np.exp(tilted - special.logsumexp(tilted)))

    def above(log_ratio: float) -> float:
        """Return the probability of as many responders in group 1, or more."""
        p = law(log_ratio)
        return float(p[x > k1].sum() + (0.5 if mid else 1.0) * p[x == k1].sum())

    def below(log_ratio: float) -> float:
        """Return the probability of as few responders in group 1, or fewer."""
        p = law(log_ratio)
        return float(p[x < k1].sum() + (0.5 if mid else 1.0) * p[x == k1].sum())

    tail = (1 - level) / 2
    lowest, highest = k1 == x[0], k1 == x[-1]
    low = 0.0 if lowest else _root(lambda b: above(b) - tail)
    high = np.inf if highest else _root(lambda b: tail - below(b))
    value = low if lowest else high if highest else _root(lambda b: float(law(b) @ x) - k1)
    p = min(1.0, 2 * min(above(0.0), below(0.0)))
    return OddsRatio(float(value), low, float(high), p)


def _log_choose(n: int, k: np.ndarray) -> Floats:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))


def _root(rising: Callable[[float], float]) -> float:
    return float(np.exp(optimize.brentq(rising, -WIDEST, WIDEST, xtol=1e-12)))


def paired_odds_ratio(
    only_first: int, only_second: int, level: float = 0.95, *, mid: bool = True
) -> OddsRatio:
    """Return the odds ratio of pairs, conditional on the pairs that differ (McNemar).

    Parameters
    ----------
    only_first, only_second
        Pairs in which only the first, or only the second, responds.
    mid
        As in :func:`conditional_odds_ratio`.

    References
    ----------
    McNemar 1947, 10.1007/BF02295996; mid-p: Fagerland 2013, 10.1186/1471-2288-13-91.
    """
    n, k = only_first + only_second, only_first
    if n == 0:
        return NOTHING
    tail, half = (1 - level) / 2, 0.5 if mid else 1.0

    def above(log_ratio: float) -> float:
        """Return the probability of as many pairs for the first, or more."""
        share = float(special.expit(log_ratio))
        return float(stats.binom.sf(k, n, share) + half * stats.binom.pmf(k, n, share))

    def below(log_ratio: float) -> float:
        """Return the probability of as few pairs for the first, or fewer."""
        share = float(special.expit(log_ratio))
        return float(stats.binom.cdf(k - 1, n, share) + half * stats.binom.pmf(k, n, share))

    low = 0.0 if k == 0 else _root(lambda b: above(b) - tail)
    high = np.inf if k == n else _root(lambda b: tail - below(b))
    value = np.inf if only_second == 0 else only_first / only_second
    return OddsRatio(float(value), low, float(high), min(1.0, 2 * min(above(0.0), below(0.0))))


@dataclass(frozen=True)
class PairedDifference:
    """A difference of two proportions of the same units, with interval and p of one test."""

    value: float
    low: float
    high: float
    p: float


def paired_difference(
    only_first: int, only_second: int, n: int, level: float = 0.95
) -> PairedDifference:
    """Return ``(only_first - only_second) / n`` with the score interval of Tango.

    Parameters
    ----------
    only_first, only_second
        Pairs in which only the first, or only the second, responds.
    n
        All pairs, at least one.

    References
    ----------
    Tango 1998, 10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B.
    """
    value = (only_first - only_second) / n
    critical = float(stats.norm.ppf(0.5 + level / 2))

    def excess(delta: float) -> float:
        """Return the score statistic at a difference; it falls with it."""
        return _paired_score(only_first, only_second, n, delta)

    edge = 1.0 - 1e-9
    low, high = -1.0, 1.0
    if excess(-edge) > critical:
        low = optimize.brentq(lambda d: excess(d) - critical, -edge, min(value, edge))
    if excess(edge) < -critical:
        high = optimize.brentq(lambda d: excess(d) + critical, max(value, -edge), edge)
    p = float(2 * stats.norm.sf(abs(excess(0.0))))
    return PairedDifference(value, float(low), float(high), min(1.0, p))


def _paired_score(b: int, c: int, n: int, delta: float) -> float:
    share = restricted_share(b, c, n, delta)
    variance = n * (2 * share + delta * (1 - delta))
    gap = b - c - n * delta
    if variance <= 0:
        return 0.0 if gap == 0 else float(np.sign(gap) * np.inf)
    return float(gap / np.sqrt(variance))


def restricted_share(b: int, c: int, n: int, delta: float) -> float:
    """Return the likeliest share of pairs for the second, if the difference is ``delta``."""
    A, B = 2.0 * n, -b - c + (2 * n - b + c) * delta
    C = -c * delta * (1 - delta)
    return float((np.sqrt(max(B * B - 4 * A * C, 0.0)) - B) / (2 * A))
