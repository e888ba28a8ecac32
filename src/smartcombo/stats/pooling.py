"""Pool studies of one question: random effects with the study as the unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from smartcombo.stats.design import Floats

SMALLEST_ICC = 1e-8
"""Counted as zero: below it the differences of log beta functions are lost to rounding."""


@dataclass(frozen=True)
class Pooled:
    """Random-effects mean of k studies.

    Attributes
    ----------
    value, se
        Pooled estimate and its standard error.
    low, high
        Interval of the mean.
    tau2
        Variance between studies.
    predicted_low, predicted_high
        Interval for the true effect of one new study; NaN below three studies.
    """

    value: float
    se: float
    low: float
    high: float
    tau2: float
    predicted_low: float
    predicted_high: float


def log_odds_ratios(k1: Floats, n1: Floats, k2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    """Return log odds ratios of 1 against 2 and their variances, half an animal added to each.

    Every study gets the half (Haldane and Anscombe), so that none is dropped for a zero.
    """
    cells = np.array([k1, n1 - k1, k2, n2 - k2], dtype=float) + 0.5
    return np.log(cells[0] * cells[3] / (cells[1] * cells[2])), np.sum(1 / cells, axis=0)


def random_effects_mean(
    values: Floats, variances: Floats, *, level: float = 0.95, knapp: bool = True
) -> Pooled:
    """Return the random-effects mean by DerSimonian and Laird.

    Parameters
    ----------
    values, variances
        Estimates and their variances, shape ``(k,)``.
    knapp
        Interval of the mean by Hartung and Knapp (default), else normal.

    References
    ----------
    DerSimonian and Laird 1986, 10.1016/0197-2456(86)90046-2; Hartung and Knapp 2001,
    10.1002/sim.791; prediction interval with k - 2 degrees of freedom, Higgins 2009,
    10.1111/j.1467-985X.2008.00552.x.
    """
    k = len(values)
    fixed = 1.0 / variances
    mean = float(np.sum(fixed * values) / np.sum(fixed))
    Q = float(np.sum(fixed * (values - mean) ** 2))
    spread = float(np.sum(fixed) - np.sum(fixed**2) / np.sum(fixed))
    tau2 = max(0.0, (Q - (k - 1)) / spread) if k > 1 else 0.0
    w = 1.0 / (variances + tau2)
    value = float(np.sum(w * values) / np.sum(w))
    se = float(1.0 / np.sqrt(np.sum(w)))
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    if knapp and k > 1:
        own = np.sqrt(np.sum(w * (values - value) ** 2) / ((k - 1) * np.sum(w)))
        half = float(stats.t.ppf(0.5 + level / 2, k - 1)) * max(float(own), se)
    reach = float("nan")
    if k > 2:
        reach = float(stats.t.ppf(0.5 + level / 2, k - 2)) * float(np.sqrt(tau2 + se**2))
    return Pooled(value, se, value - half, value + half, tau2, value - reach, value + reach)


@dataclass(frozen=True)
class BetaBinomial:
    """A beta-binomial fitted to counts: mean and intraclass correlation between studies."""

    mean: float
    icc: float
    loglik: float


def beta_binomial(k: Floats, n: Floats) -> BetaBinomial:
    """Return the maximum likelihood beta-binomial of counts ``k`` of ``n``, shape ``(m,)``.

    An ICC of zero is one common proportion (Williams 1975, 10.2307/2529820).
    """

    def minus(parameters: Floats) -> float:
        """Return minus the log likelihood at logit mean and logit ICC."""
        mean, icc = special.expit(parameters)
        total = (1 - icc) / max(icc, SMALLEST_ICC)
        a, b = mean * total, (1 - mean) * total
        return -float(np.sum(special.betaln(k + a, n - k + b) - special.betaln(a, b)))

    pooled = float(np.clip(np.sum(k) / np.sum(n), 1e-6, 1 - 1e-6))
    starts = [np.array([special.logit(pooled), special.logit(icc)]) for icc in (1e-6, 0.05, 0.3)]
    found = min(
        (optimize.minimize(minus, start, method="Nelder-Mead",
                           options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000})
         for start in starts),
        key=lambda one: float(one.fun),
    )  # fmt: skip
    constant = float(np.sum(special.gammaln(n + 1) - special.gammaln(k + 1)
                            - special.gammaln(n - k + 1)))  # fmt: skip
    mean, icc = special.expit(found.x)
    return BetaBinomial(float(mean), float(icc), constant - float(found.fun))
