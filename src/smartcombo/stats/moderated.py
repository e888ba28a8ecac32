"""Linear models of many genes whose variances borrow from each other.

Genes are rows and samples columns: ``y`` has shape ``(G, S)``, the model matrix ``X`` ``(S, p)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from smartcombo.stats.design import Floats
from smartcombo.stats.lowess import lowess

VOOM_SPAN = 0.5
TRIM_RATIOS, TRIM_LEVELS = 0.3, 0.05
"""Shares of log ratios and of levels trimmed at each end for normalisation (Robinson 2010)."""


@dataclass(frozen=True)
class LinearFits:
    """A linear model of each gene.

    Attributes
    ----------
    beta
        Coefficients, shape ``(G, p)``.
    unscaled
        Inverse of X'WX, shape ``(G, p, p)``.
    variance
        Residual variance, shape ``(G,)``.
    df
        Residual degrees of freedom, the same for all genes.
    level
        Mean of y by gene, shape ``(G,)``.
    """

    beta: Floats
    unscaled: Floats
    variance: Floats
    df: float
    level: Floats


@dataclass(frozen=True)
class Prior:
    """What all genes say of the variance of one: ``df`` animals' worth of ``variance``."""

    df: float
    variance: float


@dataclass(frozen=True)
class ModeratedTests:
    """One contrast of each gene, shape ``(G,)`` throughout.

    Attributes
    ----------
    value, se
        Contrast of coefficients and its moderated standard error.
    t, p
        Moderated t and two-sided p.
    low, high
        Limits at the level asked for.
    df
        Residual and prior degrees of freedom together; one number.
    """

    value: Floats
    se: Floats
    t: Floats
    p: Floats
    low: Floats
    high: Floats
    df: float


def linear_fits(y: Floats, X: Floats, weights: Floats | None = None) -> LinearFits:
    """Return the model fitted to each gene by (weighted) least squares.

    Parameters
    ----------
    weights
        Inverse variances up to a factor, shape ``(G, S)``; default equal.

    Raises
    ------
    ValueError
        If there are no more samples than columns of ``X``.
    """
    df = len(X) - np.linalg.matrix_rank(X)
    if df < 1:
        raise ValueError(f"{len(X)} samples for {X.shape[1]} coefficients: expected more samples")
    w = np.ones_like(y) if weights is None else weights
    unscaled = np.linalg.inv(np.einsum("gs,sa,sb->gab", w, X, X))
    beta = np.einsum("gab,sb,gs->ga", unscaled, X, w * y)
    residual = y - beta @ X.T
    variance = np.sum(w * residual**2, axis=1) / df
    return LinearFits(beta, unscaled, variance, float(df), y.mean(axis=1))


def variance_prior(variance: Floats, df: float) -> Prior:
    """Return the scaled inverse chi-square that the variances of all genes follow.

    By moments of the log variances; infinite degrees of freedom where they scatter no more than
    chance explains.

    References
    ----------
    Smyth 2004, 10.2202/1544-6115.1027.
    """
    sound = variance[np.isfinite(variance) & (variance > -1e-15)]
    floor = 1e-5 * float(np.median(sound))
    e = np.log(np.maximum(sound, floor)) - special.digamma(df / 2) + np.log(df / 2)
    spread = float(e.var(ddof=1)) - float(special.polygamma(1, df / 2))
    if spread <= 0:
        return Prior(np.inf, float(np.exp(e.mean())))
    half = _inverse_trigamma(spread)
    return Prior(2 * half, float(np.exp(e.mean() + special.digamma(half) - np.log(half))))


def _inverse_trigamma(value: float) -> float:
    """Return x > 0 with trigamma(x) = value."""
    # trigamma falls from 1/x^2 near zero to 1/x far out: these ends enclose the root.
    low, high = 0.5 / np.sqrt(value + 1.0) / (1.0 + value), 2.0 + 2.0 / value
    return float(optimize.brentq(lambda x: special.polygamma(1, x) - value, low, high, xtol=1e-14))


def moderated_tests(
    fits: LinearFits, contrast: Floats, *, prior: Prior | None = None, level: float = 0.95
) -> ModeratedTests:
    """Return the moderated t-test of a contrast of coefficients in each gene.

    Parameters
    ----------
    contrast
        Weights of the coefficients, shape ``(p,)``.
    prior
        Default that of these genes; give that of the whole panel to test a few of them.
    level
        Confidence level, a fraction.
    """
    prior = variance_prior(fits.variance, fits.df) if prior is None else prior
    if np.isinf(prior.df):
        posterior = np.full_like(fits.variance, prior.variance)
    else:
        posterior = (prior.df * prior.variance + fits.df * fits.variance) / (prior.df + fits.df)
    df = min(fits.df + prior.df, fits.df * len(fits.variance))
    value = fits.beta @ contrast
    se = np.sqrt(posterior * np.einsum("a,gab,b->g", contrast, fits.unscaled, contrast))
    t = value / se
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p = 2 * stats.t.sf(np.abs(t), df)
    return ModeratedTests(value, se, t, p, value - reach, value + reach, float(df))


def log_counts(counts: Floats, library: Floats) -> Floats:
    """Return log2 counts per million with half a count added, shape ``(G, S)``."""
    return np.asarray(np.log2((counts + 0.5) / (library + 1.0) * 1e6))


def precision_weights(counts: Floats, library: Floats, X: Floats) -> tuple[Floats, Floats]:
    """Return log counts per million and the precision of each, both of shape ``(G, S)``.

    The square root of the residual SD falls smoothly with the log count; the weight of a value is
    the inverse variance that the smooth predicts at its fitted count.

    Parameters
    ----------
    counts
        Reads, shape ``(G, S)``.
    library
        Effective library sizes, shape ``(S,)``.

    References
    ----------
    Law, Chen, Shi and Smyth 2014, 10.1186/gb-2014-15-2-r29.
    """
    y = log_counts(counts, library)
    fits = linear_fits(y, X)
    seen = counts.sum(axis=1) > 0
    shift = np.mean(np.log2(library + 1.0)) - np.log2(1e6)
    x, smooth = lowess(fits.level[seen] + shift, np.sqrt(np.sqrt(fits.variance[seen])), VOOM_SPAN)
    fitted = fits.beta @ X.T + np.log2(library + 1.0) - np.log2(1e6)
    x, first = np.unique(x, return_index=True)
    return y, np.asarray(1.0 / np.interp(fitted, x, smooth[first]) ** 4)


def effective_libraries(counts: Floats) -> Floats:
    """Return library sizes corrected for composition by trimmed means of log ratios, ``(S,)``.

    References
    ----------
    Robinson and Oshlack 2010, 10.1186/gb-2010-11-3-r25.
    """
    counts = counts[counts.sum(axis=1) > 0]
    library = counts.sum(axis=0)
    upper = np.quantile(counts / library, 0.75, axis=0)
    reference = int(np.argmin(np.abs(upper - upper.mean())))
    factors = np.array([_trimmed(counts, library, s, reference) for s in range(len(library))])
    return np.asarray(library * factors / np.exp(np.mean(np.log(factors))))


def _trimmed(counts: Floats, library: Floats, sample: int, reference: int) -> float:
    """Return the factor of a sample against the reference sample."""
    own, base = counts[:, sample], counts[:, reference]
    both = (own > 0) & (base > 0)
    a, b = own[both] / library[sample], base[both] / library[reference]
    ratio, average = np.log2(a / b), 0.5 * (np.log2(a) + np.log2(b))
    if np.abs(ratio).max(initial=0.0) < 1e-6:
        return 1.0
    spread = (1 - a) / own[both] + (1 - b) / base[both]
    kept = _middle(ratio, TRIM_RATIOS) & _middle(average, TRIM_LEVELS)
    weight = 1 / spread[kept]
    return float(2 ** (np.sum(weight * ratio[kept]) / np.sum(weight)))


def _middle(values: Floats, share: float) -> np.ndarray:
    """Return which values are left when a share is cut at each end."""
    cut = np.floor(len(values) * share)
    rank = stats.rankdata(values)
    return np.asarray((rank >= cut + 1) & (rank <= len(values) - cut))
