"""Draw noisy estimates towards what their like have shown, against the winner's curse.

Two-level normal model: ``y_i ~ N(theta_i, v_i)``, ``theta_i ~ N(mu, tau2)``; and its counterpart
for counts, ``k_i ~ Bin(n_i, p_i)``, ``p_i ~ Beta(a, b)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, special, stats

from smartcombo.stats.design import Floats
from smartcombo.stats.pooling import SMALLEST_ICC, beta_binomial, random_effects_mean

BetweenVariance = Literal["DL", "PM", "REML"]

GRID = 400
"""Midpoints at which tau is averaged over: the integral by quadrature within 1e-4."""


@dataclass(frozen=True)
class Shrunk:
    """Estimates of K unlike things after shrinkage; the raw ones are kept by the caller.

    Attributes
    ----------
    value, se
        Posterior mean and standard deviation of each effect, shape ``(K,)``.
    weight
        Share of an estimate's distance from the mean that is kept, shape ``(K,)``; 1 - B.
    wrong_sign
        Posterior probability that the effect is at or below zero, shape ``(K,)``.
    mean, mean_se
        Mean of the population and its standard error.
    tau2
        Variance between the effects (its posterior mean where tau is averaged over).
    """

    value: Floats
    se: Floats
    weight: Floats
    wrong_sign: Floats
    mean: float
    mean_se: float
    tau2: float


def between_variance(values: Floats, variances: Floats, method: BetweenVariance) -> float:
    """Return tau2, the variance between true effects, zero or more.

    Parameters
    ----------
    values, variances
        Estimates and their variances, shape ``(K,)``, K 2 or more.
    method
        DerSimonian and Laird (closed form), Paule and Mandel, or restricted likelihood.

    References
    ----------
    10.1016/0197-2456(86)90046-2; Paule and Mandel 1982, 10.6028/jres.087.022.
    """
    if method == "DL":
        return random_effects_mean(values, variances).tau2
    upper = 10.0 * float(np.var(values) + np.max(variances)) + 1e-12
    if method == "PM":

        def excess(tau2: float) -> float:
            """Return the weighted sum of squares less what is expected of it."""
            mean, _ = _mean(values, variances + tau2)
            return float(np.sum((values - mean) ** 2 / (variances + tau2))) - (len(values) - 1)

        return 0.0 if excess(0.0) <= 0 else float(optimize.brentq(excess, 0.0, upper))
    found = optimize.minimize_scalar(
        lambda tau: -_restricted(values, variances, np.array([tau**2]))[0],
        bounds=(0.0, np.sqrt(upper)), method="bounded", options={"xatol": 1e-9},
    )  # fmt: skip
    at_zero = _restricted(values, variances, np.zeros(1))[0]
    return 0.0 if at_zero >= -found.fun - 1e-10 else float(found.x) ** 2


def shrink(values: Floats, variances: Floats, method: BetweenVariance = "PM") -> Shrunk:
    """Return empirical-Bayes estimates with tau2 plugged in.

    ``theta_i = mu + (1 - B_i)(y_i - mu)`` with ``B_i = v_i / (v_i + tau2)``; posterior variance
    ``(1 - B_i) v_i + B_i^2 var(mu)``.

    Parameters
    ----------
    values, variances
        Estimates and their variances, shape ``(K,)``.

    References
    ----------
    Efron and Morris 1975, 10.1080/01621459.1975.10479864; Morris 1983,
    10.1080/01621459.1983.10477920.
    """
    tau2 = between_variance(values, variances, method)
    mean, mean_variance = _mean(values, variances + tau2)
    weight = tau2 / (variances + tau2)
    value = mean + weight * (values - mean)
    variance = weight * variances + (1 - weight) ** 2 * mean_variance
    return _shrunk(value, variance, weight, (mean, float(np.sqrt(mean_variance)), tau2))


def shrink_averaged(values: Floats, variances: Floats) -> Shrunk:
    """Return posterior means and SDs averaged over what the data leave open about tau.

    A plugged-in tau2 of zero would call all effects equal and be sure of it; here tau has a uniform
    prior and its restricted likelihood. For K of 3 or more; the choice for ranking.

    Parameters
    ----------
    values, variances
        Estimates and their variances, shape ``(K,)``.

    References
    ----------
    Gelman 2006, 10.1214/06-BA117A.
    """
    upper = 4.0 * float(np.std(values, ddof=1)) + 1e-9 * float(np.sqrt(np.max(variances)))
    tau2 = (upper * (np.arange(GRID) + 0.5) / GRID) ** 2
    log_weight = _restricted(values, variances, tau2)
    share = special.softmax(log_weight)
    total = variances[None, :] + tau2[:, None]
    means = np.sum(values / total, axis=1) / np.sum(1 / total, axis=1)
    mean_variances = 1 / np.sum(1 / total, axis=1)
    kept = tau2[:, None] / total
    each = means[:, None] + kept * (values - means[:, None])
    within = kept * variances + (1 - kept) ** 2 * mean_variances[:, None]
    value = share @ each
    variance = share @ (within + (each - value) ** 2)
    mean = float(share @ means)
    spread = float(np.sqrt(share @ (mean_variances + (means - mean) ** 2)))
    return _shrunk(value, variance, share @ kept, (mean, spread, float(share @ tau2)))


@dataclass(frozen=True)
class ShrunkProportions:
    """Proportions of M studies drawn to their mean by a beta-binomial.

    Attributes
    ----------
    value, low, high
        Posterior mean and interval of each study's proportion, shape ``(M,)``.
    mean, icc
        Of the fitted beta-binomial.
    design_effect, effective_n
        ``1 + (n - 1) icc`` at the mean study size, and the animals there are as good as.
    """

    value: Floats
    low: Floats
    high: Floats
    mean: float
    icc: float
    design_effect: float
    effective_n: float


def shrink_proportions(k: Floats, n: Floats, *, level: float = 0.95) -> ShrunkProportions:
    """Return each study's proportion given all: posterior ``(k + a) / (n + a + b)``.

    Parameters
    ----------
    k, n
        Events and animals of each study, shape ``(M,)``.

    References
    ----------
    Williams 1975, 10.2307/2529820.
    """
    fit = beta_binomial(k, n)
    total = (1 - fit.icc) / max(fit.icc, SMALLEST_ICC)
    a, b = k + fit.mean * total, n - k + (1 - fit.mean) * total
    posterior = stats.beta(a, b)
    effect = 1 + (float(np.mean(n)) - 1) * fit.icc
    low, high = posterior.ppf(0.5 - level / 2), posterior.ppf(0.5 + level / 2)
    return ShrunkProportions(
        a / (a + b), low, high, fit.mean, fit.icc, effect, float(np.sum(n)) / effect
    )


def _mean(values: Floats, total: Floats) -> tuple[float, float]:
    """Return the weighted mean and its variance."""
    w = 1.0 / total
    return float(np.sum(w * values) / np.sum(w)), float(1.0 / np.sum(w))


def _restricted(values: Floats, variances: Floats, tau2: Floats) -> Floats:
    """Return the restricted log likelihood at each tau2, shape of ``tau2``."""
    total = variances[None, :] + tau2[:, None]
    w = 1.0 / total
    mean = np.sum(w * values, axis=1) / np.sum(w, axis=1)
    squares = np.sum(w * (values - mean[:, None]) ** 2, axis=1)
    out: Floats = -0.5 * (np.sum(np.log(total), axis=1) + np.log(np.sum(w, axis=1)) + squares)
    return out


def _shrunk(
    value: Floats, variance: Floats, weight: Floats, population: tuple[float, float, float]
) -> Shrunk:
    se = np.sqrt(variance)
    return Shrunk(value, se, weight, stats.norm.cdf(-value / np.maximum(se, 1e-300)), *population)
