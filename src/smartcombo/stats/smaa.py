"""Rank options on several uncertain criteria: stochastic multicriteria acceptability analysis.

Values and weights are drawn together; each draw gives one order of the options. What is reported is
how often an option comes at each place, not one order. Notation of Lahdelma and Salminen 2001:
``b_i^r`` rank acceptability, ``w_i^c`` central weights, ``p_i^c`` confidence factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, Ints

SMALLEST_VALUE = 0.01
"""A value below this counts as this much in the geometric mean: a veto is a gate's office."""


@dataclass(frozen=True)
class Acceptability:
    """How m options compare over all draws; n criteria.

    Attributes
    ----------
    acceptability
        Share of draws in which option i comes at place r, shape ``(m, m)``; rows and columns sum to
        one. Options tied in a draw share their places equally.
    expected_rank
        Mean place, shape ``(m,)``; 1 is best.
    rank_low, rank_high
        Central interval of the place, shape ``(m,)``.
    top_third
        Probability of a place in the first third (rounded up), shape ``(m,)``.
    pairwise
        Share of draws in which row i is above column j, ties half, shape ``(m, m)``; diagonal 0.5.
    central_weights
        Mean weights of the draws in which i comes first, shape ``(m, n)``; NaN where it never does.
    confidence
        Probability that i comes first under its own central weights, shape ``(m,)``; NaN with them.
    score, score_low, score_high
        Mean and central interval of the overall value, shape ``(m,)``.
    """

    acceptability: Floats
    expected_rank: Floats
    rank_low: Floats
    rank_high: Floats
    top_third: Floats
    pairwise: Floats
    central_weights: Floats
    confidence: Floats
    score: Floats
    score_low: Floats
    score_high: Floats


def unknown_weights(n: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return weights uniform on the simplex (Dirichlet with ones), shape ``(draws, n)``."""
    pieces = rng.standard_exponential((draws, n))
    return pieces / pieces.sum(axis=1, keepdims=True)


def ordered_weights(order: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Return weights uniform on the part of the simplex that keeps an order.

    Parameters
    ----------
    order
        Place of each criterion, 1 the weightiest, shape ``(n,)``; equal places are not ordered.

    Returns
    -------
    ndarray
        Shape ``(draws, n)``; rows sum to one.
    """
    pieces = -np.sort(-unknown_weights(len(order), draws, rng), axis=1)
    where = np.argsort(order[None, :] + rng.random(pieces.shape), axis=1)
    weights = np.empty_like(pieces)
    np.put_along_axis(weights, where, pieces, axis=1)
    return weights


def fixed_weights(weights: Floats, draws: int) -> Floats:
    """Return the same weights, made to sum to one, in every draw, shape ``(draws, n)``."""
    return np.tile(weights / weights.sum(), (draws, 1))


def partial_values(x: Floats, worst: Floats, best: Floats, *, clip: bool = True) -> Floats:
    """Return values on the line from ``worst`` (0) to ``best`` (1), in place of ``x``.

    Parameters
    ----------
    x
        Draws of the criteria, shape ``(m, n, draws)``; overwritten.
    worst, best
        Anchors, shape ``(n,)``; ``best`` below ``worst`` means that less is better.
    clip
        Beyond an anchor nothing more is lost or won (default).
    """
    x -= worst[:, None]
    x /= (best - worst)[:, None]
    if clip:
        np.clip(x, 0.0, 1.0, out=x)
    return x


def overall_values(partial: Floats, weights: Floats, *, geometric: bool = False) -> Floats:
    """Return each draw's value of each option, shape ``(m, draws)``.

    The weighted mean of ``partial`` ``(m, n, draws)`` with ``weights`` ``(draws, n)``, or the
    weighted geometric mean, in which one poor criterion is not made up by the others.
    """
    columns = np.ascontiguousarray(weights.T)
    values: Floats = _weighted(_log_values(partial) if geometric else partial, columns)
    return np.exp(values) if geometric else values


def acceptability_analysis(
    partial: Floats, weights: Floats, *, geometric: bool = False, level: float = 0.95
) -> Acceptability:
    """Return how often each option comes at each place.

    Parameters
    ----------
    partial
        Partial values, shape ``(m, n, draws)``, 0 worst and 1 best.
    weights
        Weights, shape ``(draws, n)``.
    geometric
        Aggregate by the weighted geometric mean instead of the weighted mean.
    level
        Of the intervals of place and value.

    References
    ----------
    Lahdelma and Salminen 2001, 10.1287/opre.49.3.444.11220; algorithms of Tervonen and Lahdelma
    2007, 10.1016/j.ejor.2005.12.037.
    """
    m, n, draws = partial.shape
    terms = _log_values(partial) if geometric else partial
    values = _weighted(terms, np.ascontiguousarray(weights.T))
    places, above, weight_sums, firsts = _tally(np.ascontiguousarray(values.T), weights)
    acceptability, pairwise = places / draws, above / draws
    np.fill_diagonal(pairwise, 0.5)
    central = np.full((m, n), np.nan)
    won = firsts > 0
    central[won] = weight_sums[won] / firsts[won, None]
    toughest = np.argsort(-values.mean(axis=1), kind="stable")
    confidence = _confidence(terms, central, toughest)
    low, high = rank_interval(acceptability, level)
    tails = (0.5 - level / 2, 0.5 + level / 2)
    scores = np.exp(values) if geometric else values
    score_low, score_high = np.quantile(scores, tails, axis=1)
    return Acceptability(
        acceptability, acceptability @ np.arange(1, m + 1), low, high,
        acceptability[:, : -(-m // 3)].sum(axis=1), pairwise, central, confidence,
        scores.mean(axis=1), score_low, score_high,
    )  # fmt: skip


def rank_interval(acceptability: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the central interval of each option's place from its acceptabilities."""
    cumulated = np.cumsum(acceptability, axis=1)
    # A sum of shares may miss a tail by its last bits.
    low = (cumulated < 0.5 - level / 2 + 1e-12).sum(axis=1) + 1.0
    high = (cumulated < 0.5 + level / 2 - 1e-12).sum(axis=1) + 1.0
    return low, high


def _log_values(partial: Floats) -> Floats:
    return np.log(np.maximum(partial, SMALLEST_VALUE))


@njit(cache=True)
def _weighted(terms, weights):  # type: ignore[no-untyped-def]
    """Return the weighted sum over criteria of (m, n, draws) with (n, draws), shape (m, draws)."""
    m, n, draws = terms.shape
    out = np.zeros((m, draws))
    for i in range(m):
        for k in range(n):
            for d in range(draws):
                out[i, d] += terms[i, k, d] * weights[k, d]
    return out


@njit(cache=True)
def _tally(values, weights):  # type: ignore[no-untyped-def]
    """Return counts of places and of pairs, and sum of weights and number of first places."""
    draws, m = values.shape
    n = weights.shape[1]
    places, above = np.zeros((m, m)), np.zeros((m, m))
    weight_sums, firsts = np.zeros((m, n)), np.zeros(m)
    for d in range(draws):
        order = np.argsort(-values[d])
        begin = 0
        while begin < m:
            end = begin + 1
            while end < m and values[d, order[end]] == values[d, order[begin]]:
                end += 1
            share = 1.0 / (end - begin)
            for p in range(begin, end):
                i = order[p]
                for r in range(begin, end):
                    places[i, r] += share
                    above[i, order[r]] += 0.5
                for q in range(end, m):
                    above[i, order[q]] += 1.0
                if begin == 0:
                    firsts[i] += share
                    for k in range(n):
                        weight_sums[i, k] += share * weights[d, k]
            begin = end
    return places, above, weight_sums, firsts


@njit(cache=True)
def _confidence(terms, central, toughest):  # type: ignore[no-untyped-def]
    """Return the share of draws in which each option is first at its central weights.

    Draws that are lost to one opponent are not looked at again; the toughest come first.
    """
    m, n, draws = terms.shape
    out, own, other = np.full(m, np.nan), np.empty(draws), np.empty(draws)
    alive, ties = np.empty(draws, dtype=np.int64), np.empty(draws)
    for i in range(m):
        if np.isnan(central[i, 0]):
            continue
        own[:], ties[:], left = 0.0, 1.0, draws
        for d in range(draws):
            alive[d] = d
        for k in range(n):
            for d in range(draws):
                own[d] += terms[i, k, d] * central[i, k]
        for j in toughest:
            if j == i or left == 0:
                continue
            other[:left] = 0.0
            for k in range(n):
                for a in range(left):
                    other[a] += terms[j, k, alive[a]] * central[i, k]
            kept = 0
            for a in range(left):
                d = alive[a]
                if other[a] <= own[d]:
                    if other[a] == own[d]:
                        ties[d] += 1.0
                    alive[kept] = d
                    kept += 1
            left = kept
        won = 0.0
        for a in range(left):
            won += 1.0 / ties[alive[a]]
        out[i] = won / draws
    return out
