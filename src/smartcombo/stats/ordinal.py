"""Ordinal scores of few animals: the probability of the worse score, and the median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, stats

from smartcombo.stats.design import Floats

NO_SPREAD = 1e-12
"""Variance of placements below this is rounding: the arms are alike or apart in every pair."""
EDGE = 1e-9
"""How near to 0 and 1 the limits are searched."""


@dataclass(frozen=True)
class WorseProbability:
    """P(X > Y) + P(X = Y) / 2 with interval and two-sided p against one half.

    Attributes
    ----------
    se
        Of the probability itself (not of its logit); NaN where ``interval`` is ``"score"``.
    interval
        ``"logit"``: Brunner and Munzel's variance on the logit scale.
        ``"score"``: Newcombe's, where the scores leave no variance to estimate.
    """

    value: float
    low: float
    high: float
    se: float
    p: float
    interval: Literal["logit", "score"]


def worse_probability(x: Floats, *others: Floats, level: float = 0.95) -> WorseProbability:
    """Return the probability that a value of ``x`` exceeds one of the other sample, ties half.

    With several other samples, the probability that it exceeds the largest of one value drawn from
    each: what is expected of a combination whose agents do harm independently and whose animals
    show the worse of two harms.

    Parameters
    ----------
    x, others
        Scores, each of shape ``(n,)``, two values or more; only their order is used.
    level
        Confidence level, a fraction.

    Notes
    -----
    For two samples the estimate and its standard error are those of Brunner and Munzel; for more
    the projections of the same U-statistic. The interval is on the logit scale (Pauly et al. 2016),
    which keeps it within 0 and 1, with the normal quantile: from five animals an arm on it covers
    94% and more, where Brunner and Munzel's own covers down to 69% and Student's quantile on the
    logit scale halves the power (docs/validation/clinical-scores.md). Where all values of one
    sample exceed all of the other, or every pair is tied, there is no variance to estimate: the
    limits are then Newcombe's, whose variance follows from the probability, with the smallest of
    the other samples.

    References
    ----------
    Brunner and Munzel 2000, 10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U;
    Pauly, Asendorf and Konietschke 2016, 10.1002/bimj.201500105;
    Newcombe 2006, 10.1002/sim.2324.
    """
    value, projections = placements(x, others)
    variances = [float(np.var(part, ddof=1)) / len(part) for part in projections]
    total = sum(variances)
    if total < NO_SPREAD or min(value, 1 - value) < NO_SPREAD:
        return _by_score(value, len(x), min(map(len, others)), level)
    se = float(np.sqrt(total))
    centre, spread = _logit(value), se / (value * (1 - value))
    reach = float(stats.norm.ppf(0.5 + level / 2)) * spread
    p = float(2 * stats.norm.sf(abs(centre) / spread))
    low, high = _expit(centre - reach), _expit(centre + reach)
    return WorseProbability(value, low, high, se, p, "logit")


def placements(x: Floats, others: tuple[Floats, ...]) -> tuple[float, list[Floats]]:
    """Return the mean of the kernel over every tuple of animals, and its mean for each animal."""
    shape = [len(other) for other in others]
    largest = np.full(shape, -np.inf)
    for axis, other in enumerate(others):
        along = [1] * len(others)
        along[axis] = len(other)
        largest = np.maximum(largest, np.asarray(other, float).reshape(along))
    gap = np.asarray(x, float).reshape([-1, *[1] * len(others)]) - largest[None]
    kernel = np.where(gap > 0, 1.0, np.where(gap == 0, 0.5, 0.0))
    axes = range(kernel.ndim)
    means = [kernel.mean(axis=tuple(a for a in axes if a != axis)) for axis in axes]
    return float(kernel.mean()), [np.asarray(mean) for mean in means]


def _by_score(value: float, m: int, n: int, level: float) -> WorseProbability:
    """Return Newcombe's interval: the values whose own standard error reaches the estimate."""
    z = float(stats.norm.ppf(0.5 + level / 2))

    def gap(theta: float) -> float:
        """Return how many standard errors the estimate lies above a probability."""
        return (value - theta) / _error(theta, m, n)

    inside = min(max(value, EDGE), 1 - EDGE)
    low, high = 0.0, 1.0
    if gap(EDGE) > z:
        low = float(optimize.brentq(lambda theta: gap(theta) - z, EDGE, inside))
    if gap(1 - EDGE) < -z:
        high = float(optimize.brentq(lambda theta: gap(theta) + z, inside, 1 - EDGE))
    p = float(2 * stats.norm.sf(abs(gap(0.5))))
    return WorseProbability(value, low, high, float("nan"), p, "score")


def _error(theta: float, m: int, n: int) -> float:
    """Return the standard error that a probability implies for exponential distributions."""
    half = (m + n) / 2 - 1
    more = half * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    return float(np.sqrt(theta * (1 - theta) * (1 + more) / (m * n)))


def _logit(x: float) -> float:
    return float(np.log(x / (1 - x)))


def _expit(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


@dataclass(frozen=True)
class Median:
    """The median of a sample with distribution-free limits; NaN where n is too small for them."""

    value: float
    low: float
    high: float


def median_interval(x: Floats, level: float = 0.95) -> Median:
    """Return the median with the narrowest pair of order statistics that holds the level.

    The limits are values that were seen and cover at least the level whatever the distribution,
    ties included; below six animals no pair does at 95%.

    Parameters
    ----------
    x
        Values, shape ``(n,)``.

    References
    ----------
    Conover 1999, Practical Nonparametric Statistics, 3rd edition, section 3.2.
    """
    ordered = np.sort(np.asarray(x, float))
    n = len(ordered)
    missing = float("nan")
    if not n:
        return Median(missing, missing, missing)
    value = float(np.median(ordered))
    k = int(stats.binom.ppf((1 - level) / 2, n, 0.5))
    while k > 0 and stats.binom.cdf(k - 1, n, 0.5) > (1 - level) / 2:
        k -= 1
    if k < 1:
        return Median(value, missing, missing)
    return Median(value, float(ordered[k - 1]), float(ordered[n - k]))
