"""Borrow from earlier controls: meta-analytic-predictive prior, robust mixture, conflict.

Every distribution is a mixture of normals, so that updating, predicting and quantiles are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from smartcombo.stats.design import Floats

GRID = 201
WIDEST = 5.0
"""The prior of the between-study SD is cut at this many of its scales: 6e-7 lies beyond."""


@dataclass(frozen=True)
class NormalMixture:
    """A mixture of normals: weights, means and variances, each of shape ``(k,)``."""

    weights: Floats
    means: Floats
    variances: Floats

    @property
    def mean(self) -> float:
        """Return the mean."""
        return float(np.sum(self.weights * self.means))

    @property
    def variance(self) -> float:
        """Return the variance."""
        second = np.sum(self.weights * (self.variances + self.means**2))
        return float(second - self.mean**2)

    def cdf(self, x: float) -> float:
        """Return P(X <= x)."""
        z = (x - self.means) / np.sqrt(self.variances)
        return float(np.sum(self.weights * stats.norm.cdf(z)))

    def quantile(self, p: float) -> float:
        """Return x with P(X <= x) = p."""
        reach = 12 * np.sqrt(self.variances.max())
        low, high = float(self.means.min() - reach), float(self.means.max() + reach)
        return float(optimize.brentq(lambda x: self.cdf(x) - p, low, high, xtol=1e-14))

    def shifted(self, intercept: float, slope: float, variance: float) -> NormalMixture:
        """Return the distribution of ``intercept + slope * X + e``, e normal with ``variance``."""
        return NormalMixture(
            self.weights, intercept + slope * self.means, slope**2 * self.variances + variance
        )


def map_prior(values: Floats, errors: Floats, tau_scale: float) -> NormalMixture:
    """Return what earlier studies predict of a new study's mean.

    Parameters
    ----------
    values, errors
        Estimates of earlier studies and their standard errors, shape ``(k,)``.
    tau_scale
        Scale of the half-normal prior of the SD between studies, in the unit of ``values``.

    Returns
    -------
    NormalMixture
        Meta-analytic-predictive distribution, integrated over the between-study SD on a grid; the
        overall mean has a flat prior.

    Raises
    ------
    ValueError
        If there is no earlier study, or a scale or an error is not above zero.

    References
    ----------
    Neuenschwander et al. 2010, 10.1177/1740774509356002.
    """
    values, errors = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    if not len(values) or tau_scale <= 0 or (errors <= 0).any():
        raise ValueError(
            f"{len(values)} earlier estimates, errors {errors.tolist()}, tau_scale {tau_scale!r}: "
            "expected one or more, all above zero"
        )
    tau = tau_scale * WIDEST * (np.arange(GRID) + 0.5) / GRID
    total = errors[None, :] ** 2 + tau[:, None] ** 2
    precision = np.sum(1 / total, axis=1)
    centre = np.sum(values / total, axis=1) / precision
    spread = np.sum((values - centre[:, None]) ** 2 / total, axis=1)
    logs = -0.5 * (np.sum(np.log(total), axis=1) + np.log(precision) + spread)
    logs += stats.halfnorm.logpdf(tau, scale=tau_scale)
    weights = np.exp(logs - logs.max())
    return NormalMixture(weights / weights.sum(), centre, 1 / precision + tau**2)


def robust(prior: NormalMixture, share: float, centre: float, variance: float) -> NormalMixture:
    """Return a prior with a ``share`` (0 to 1) of a vague normal, which wins under conflict.

    Raises
    ------
    ValueError
        If ``share`` is not a fraction.

    References
    ----------
    Schmidli et al. 2014, 10.1111/biom.12242.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share={share!r}: expected a fraction from 0 to 1, not percent")
    return NormalMixture(
        np.r_[(1 - share) * prior.weights, share],
        np.r_[prior.means, centre],
        np.r_[prior.variances, variance],
    )


def updated(prior: NormalMixture, value: float, error: float) -> NormalMixture:
    """Return the distribution after a normal estimate ``value`` with standard ``error``."""
    total = prior.variances + error**2
    logs = np.log(np.maximum(prior.weights, 1e-300)) - 0.5 * (
        np.log(total) + (value - prior.means) ** 2 / total
    )
    weights = np.exp(logs - logs.max())
    gain = prior.variances / total
    return NormalMixture(
        weights / weights.sum(), prior.means + gain * (value - prior.means), gain * error**2
    )


def conflict(prior: NormalMixture, value: float, error: float) -> float:
    """Return the two-sided prior-predictive p-value of an estimate (Box 1980, 10.2307/2982063)."""
    below = prior.shifted(0.0, 1.0, error**2).cdf(value)
    return float(2 * min(below, 1 - below))
