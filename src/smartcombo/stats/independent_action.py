"""Independent drug action with correlated responses: what two or three curves predict together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.special import ndtr, ndtri

from smartcombo.stats.design import Floats

FARTHEST = 9.0
"""A normal quantile beyond which the distribution function is 0 or 1 in double precision."""
EVEN, STEEP = 24, 96
"""Nodes of the integral over the correlation: errors below 1e-9, and 1e-7 where it is steep."""
STEEP_FROM = 0.8
MOST_AGENTS = 3


def gaussian_correlation(rho: float) -> float:
    """Return the correlation of the Gaussian copula whose rank correlation (Spearman) is ``rho``.

    References
    ----------
    Kruskal 1958, 10.1080/01621459.1958.10501481.
    """
    return float(2 * np.sin(np.pi * rho / 6))


def expected_survival(alone: Floats, rho: float = 0.0) -> Floats:
    """Return the curve of animals that each last as long as under the better of their agents.

    Parameters
    ----------
    alone
        Share without event under each agent alone, shape ``(agents, ...)``, in [0, 1].
    rho
        Rank correlation (Spearman) between what an animal gets from each two agents. 0: the
        product of the shares with an event; 1: the better of the curves.

    Returns
    -------
    numpy.ndarray
        ``1 - C(1 - S_1, 1 - S_2, ...)`` with a Gaussian copula C, shape ``(...)``.

    Raises
    ------
    ValueError
        If ``rho`` is not 0 or 1 with more than three agents, or too negative for all of them to
        be correlated so (three agents: above -0.48).

    References
    ----------
    Palmer and Sorger 2017, 10.1016/j.cell.2017.11.009; Plackett 1954, 10.1093/biomet/41.3-4.351
    (the integral over the correlation).
    """
    alone = np.clip(alone, 0.0, 1.0)
    agents, r = len(alone), gaussian_correlation(rho)
    if agents == 1 or r >= 1 - 1e-12:
        return np.asarray(alone.max(axis=0))
    lost = 1 - alone
    product = np.asarray(lost.prod(axis=0))
    if rho == 0:
        return 1 - product
    if agents > MOST_AGENTS or r <= -1 / (agents - 1) + 1e-9:
        if agents == 2:
            return frechet_bounds(alone)[1]
        raise ValueError(
            f"rho={rho!r} with {agents} agents: expected at most {MOST_AGENTS} agents, and above "
            "-0.48 for three"
        )
    z = np.clip(ndtri(lost), -FARTHEST, FARTHEST)
    return 1 - np.clip(product + _correlated(z, r), 0.0, lost.min(axis=0))


def _correlated(z: Floats, r: float) -> Floats:
    """Return what a common correlation adds to the product: Plackett's integral from 0 to r."""
    nodes, weights = np.polynomial.legendre.leggauss(EVEN if abs(r) < STEEP_FROM else STEEP)
    reach = np.arcsin(r) / 2
    added = np.zeros(z.shape[1:])
    for node, weight in zip(reach * (nodes + 1), reach * weights, strict=True):
        added += weight / (2 * np.pi) * _slope(z, float(np.sin(node)))
    return added


def _slope(z: Floats, t: float) -> Floats:
    """Return the derivative by the angle of correlation ``t``, summed over pairs of agents."""
    total = np.zeros(z.shape[1:])
    for a, b in combinations(range(len(z)), 2):
        density = np.exp(-(z[a] ** 2 + z[b] ** 2 - 2 * t * z[a] * z[b]) / (2 * (1 - t * t)))
        for c in set(range(len(z))) - {a, b}:
            spread = np.sqrt((1 - t) * (1 + 2 * t) / (1 + t))
            density = density * ndtr((z[c] - t * (z[a] + z[b]) / (1 + t)) / spread)
        total += density
    return total


def frechet_bounds(alone: Floats) -> tuple[Floats, Floats]:
    """Return the least and the most that any dependence between agents allows, shape ``(...)``.

    Least: the better curve (each animal answers to both agents or to none). Most: the sum of the
    shares without event, at most 1 (no animal answers to both).
    """
    return np.asarray(alone.max(axis=0)), np.minimum(alone.sum(axis=0), 1.0)


def log_survival_excess(survival: Floats, variance: Floats) -> tuple[float, float]:
    """Return ``log S_AB + log S_C - log S_A - log S_B`` and its standard error.

    Positive: more animals of the combination are without event than if the two agents took
    independent shares off the hazard of the vehicle (additive hazards).

    Parameters
    ----------
    survival, variance
        Share without event and its relative variance (Greenwood's sum) in the order combination,
        vehicle, A, B; shape ``(4,)``.

    References
    ----------
    Demidenko and Miller 2019, 10.1371/journal.pone.0224137.
    """
    if (survival <= 0).any():
        return float("nan"), float("nan")
    value = float(np.array([1.0, 1.0, -1.0, -1.0]) @ np.log(survival))
    return value, float(np.sqrt(variance.sum()))
