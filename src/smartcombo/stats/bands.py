"""Critical values that hold for a whole family of contrasts at once."""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats

from smartcombo.stats.design import Floats

RANK_TOLERANCE = 1e-8
DIRECTIONS = 4096
"""Directions on the sphere: the critical value is then within about 0.005 of the exact one."""


def simultaneous_critical(
    C: Floats, covariance: Floats, df: float, level: float, rng: np.random.Generator
) -> float:
    """Return c with P(max_k |T_k| <= c) = level, T multivariate t of the contrasts.

    Parameters
    ----------
    C
        Family of contrasts, shape ``(k, p)``.
    covariance
        Covariance of beta, shape ``(p, p)``.
    df
        Degrees of freedom; for contrasts that differ pass the smallest, which is conservative.
    rng
        Draws the directions where the family has rank above two.

    Notes
    -----
    With T = R u, R the radius and u uniform on the sphere in the family's rank r, max|T| is R times
    the largest projection m(u); R^2 / r is F(r, df), so the probability is an average of F
    distribution functions over u, exact on a circle for rank two (Liu 2010, 10.1201/EBK1439800089).
    """
    A = C @ covariance @ C.T
    sd = np.sqrt(np.diag(A))
    if not np.isfinite(sd).all() or (sd <= 0).all():
        return float("nan")
    loadings = _loadings(A, sd)
    rank = loadings.shape[1]
    if rank == 1:
        return float(stats.t.ppf(0.5 + level / 2, df))
    largest = np.abs(loadings @ _directions(rank, rng)).max(axis=0)

    def excess(critical: float) -> float:
        """Return by how much the family's coverage exceeds the level."""
        return _coverage(critical, largest, rank, df) - level

    low = float(stats.t.ppf(0.5 + level / 2, df))
    high = float(stats.t.ppf(1 - (1 - level) / (2 * len(loadings)), df))
    return float(optimize.brentq(excess, low * 0.99, high * 1.01, xtol=1e-6))


def _directions(rank: int, rng: np.random.Generator) -> Floats:
    """Return unit vectors, shape ``(rank, n)``: an even circle for rank two, else random ones."""
    if rank == 2:
        angle = np.pi * (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
        return np.array([np.cos(angle), np.sin(angle)])
    draws = rng.standard_normal((rank, DIRECTIONS))
    return np.asarray(draws / np.linalg.norm(draws, axis=0))


def simultaneous_p(
    statistics: Floats, C: Floats, covariance: Floats, df: float, rng: np.random.Generator
) -> Floats:
    """Return two-sided p-values adjusted over a family: P(max_k |T_k| >= |t|) for each t.

    Parameters
    ----------
    statistics
        t-statistic of each contrast, shape ``(k,)``.
    C, covariance, df, rng
        As in :func:`simultaneous_critical`.

    References
    ----------
    Hothorn, Bretz and Westfall 2008, 10.1002/bimj.200810425 (single step).
    """
    A = C @ covariance @ C.T
    sd = np.sqrt(np.diag(A))
    if not np.isfinite(sd).all() or (sd <= 0).all() or np.isnan(df):
        return np.full(len(statistics), np.nan)
    loadings = _loadings(A, sd)
    rank = loadings.shape[1]
    plain = 2 * stats.t.sf(np.abs(statistics), df)
    if rank == 1:
        return np.asarray(plain)
    largest = np.abs(loadings @ _directions(rank, rng)).max(axis=0)
    joint = [1 - _coverage(float(abs(t)), largest, rank, df) for t in statistics]
    return np.clip(joint, plain, np.minimum(1.0, len(statistics) * plain))


def _loadings(A: Floats, sd: Floats) -> Floats:
    """Return loadings of the family's correlation, shape ``(contrasts, rank)``."""
    correlation = (A / np.outer(sd, sd))[np.ix_(sd > 0, sd > 0)]
    values, vectors = np.linalg.eigh(correlation)
    keep = values > RANK_TOLERANCE * values.max()
    return np.asarray(vectors[:, keep] * np.sqrt(values[keep]))


def _coverage(critical: float, largest: Floats, rank: int, df: float) -> float:
    """Return P(max |T| <= critical), averaged over directions."""
    squared = (critical / largest) ** 2 / rank
    if np.isinf(df):
        return float(np.mean(stats.chi2.cdf(squared * rank, rank)))
    return float(np.mean(stats.f.cdf(squared, rank, df)))
