"""Kernel that refits the left-censored mixed model to resampled animals, from the whole fit.

A resample is the same animals with whole-number weights. What each animal adds to score and
information at the whole fit is tabled once, so that the first Newton step of a refit needs no
likelihood; after it a quasi-Newton search goes on, first with the correction for log |I_beta| as
tabled, then with its own; the exact information at its end gives the covariance. Where that fails,
the restricted likelihood is climbed.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from smartcombo.stats.censored_restricted_kernel import (
    FARTHEST,
    RISE,
    climb,
    inner,
    inverse_of,
    inverse_on_curvature,
    lift,
    observed_information,
    product,
    restricted_correction,
    rough_inverse,
    settle,
    update_inverse,
    weighted_terms,
)

STEP = 1e-4
"""Step of differences of the analytic score and information, in rough standard errors."""
SEARCH_STEPS, HALVINGS = 25, 20
NEAR = 5e-3
"""Distance from the root, in standard errors, at which the search hands over."""


@njit(cache=True)
def _each(parameters, data):  # type: ignore[no-untyped-def]
    """Return log likelihood (m,), score (m, s) and information of beta (m, p, p) of each animal."""
    m = len(data[4]) - 1
    p, size = data[2].shape[1], len(parameters)
    values, scores, infos = np.zeros(m), np.zeros((m, size)), np.zeros((m, p, p))
    counts = np.zeros(m, dtype=np.int64)
    for i in range(m):
        counts[i] = 1
        values[i], scores[i], infos[i] = weighted_terms(parameters, data, counts, True)
        counts[i] = 0
    return values, scores, infos


@njit(cache=True)
def tables_at(parameters, data, steps):  # type: ignore[no-untyped-def]
    """Return what each animal adds at the whole fit.

    Log likelihood (m,), score (m, s), observed information (m, s, s), information of beta (m, p, p)
    and its slopes in the variance parameters (m, r, p, p).
    """
    p, size = data[2].shape[1], len(parameters)
    values, scores, infos = _each(parameters, data)
    m = len(scores)
    J, slopes = np.zeros((m, size, size)), np.zeros((m, size - p, p, p))
    for k in range(size):
        moved = parameters.copy()
        moved[k] += steps[k]
        _, at, info = _each(moved, data)
        J[:, k, :] += 0.5 * (scores - at) / steps[k]
        J[:, :, k] += 0.5 * (scores - at) / steps[k]
        if k >= p:
            slopes[:, k - p] = (info - infos) / steps[k]
    return values, scores, J, infos, slopes


@njit(cache=True)
def _weighted_tables(counts, tables):  # type: ignore[no-untyped-def]
    """Return the sums of the tables over a resample."""
    values, scores, J, infos, slopes = tables
    total, s, A = 0.0, np.zeros(scores.shape[1]), np.zeros(J.shape[1:])
    information, slope = np.zeros(infos.shape[1:]), np.zeros(slopes.shape[1:])
    for i in range(len(counts)):
        if counts[i] > 0:
            total += counts[i] * values[i]
            s += counts[i] * scores[i]
            A += counts[i] * J[i]
            information += counts[i] * infos[i]
            slope += counts[i] * slopes[i]
    return total, s, A, information, slope


@njit(cache=True)
def _first_inverse(J, tables, steps, data):  # type: ignore[no-untyped-def]
    """Return the inverse information that a search starts from.

    That of the resample; where it is not one of a maximum, that of the whole study; else a rough
    diagonal.
    """
    W, definite = inverse_of(J)
    if not definite:
        W, definite = inverse_of(tables[2].sum(axis=0))
    return W if definite else rough_inverse(steps / STEP, data)


@njit(cache=True)
def _ascend(x, step, gain, value, correction, counts, data):  # type: ignore[no-untyped-def]
    """Move x by ``step``, halved until the likelihood rises; return objective and score.

    The objective is ``log L - correction' x``. A NaN says that it rises nowhere along the step.
    """
    rate, size = 1.0, math.sqrt(gain)
    if size > FARTHEST:
        rate = FARTHEST / size
    for _ in range(HALVINGS):
        trial = x + rate * step
        total, score, _ = weighted_terms(trial, data, counts, False)
        moved = total - inner(correction, trial)
        if moved >= value + RISE * rate * gain:
            x[:] = trial
            return moved, score
        rate *= 0.5
    return math.nan, step


@njit(cache=True)
def _approach(x, counts, data, tables, steps):  # type: ignore[no-untyped-def]
    """Move x from the whole fit to near the root; return its inverse information and success.

    The correction for log |I_beta| stays that of the tables: it hardly moves.
    """
    total, plain, J, information, slopes = _weighted_tables(counts, tables)
    correction, sound = restricted_correction(information, slopes)
    W = _first_inverse(J, tables, steps, data)
    if not sound:
        return W, False
    g, value = plain - correction, total - inner(correction, x)
    for _ in range(SEARCH_STEPS):
        step = product(W, g)
        gain = inner(step, g)
        if not gain >= NEAR * NEAR:
            return W, gain >= 0.0
        before = x.copy()
        value, plain = _ascend(x, step, gain, value, correction, counts, data)
        if math.isnan(value):
            return W, False
        update_inverse(W, x - before, g - (plain - correction))
        g = plain - correction
    return W, False


@njit(cache=True)
def _refit(x, cov_beta, counts, data, tables, steps):  # type: ignore[no-untyped-def]
    """Move x to the root of the restricted score, fill the covariance of beta; return success."""
    W, near = _approach(x, counts, data, tables, steps)
    if not near:
        return False
    plain, step, settled = settle(x, W, counts, data, steps)
    if not settled:
        return False
    inverse, definite = inverse_of(observed_information(x, plain, counts, data, steps))
    cov_beta[:] = inverse[: len(cov_beta), : len(cov_beta)]
    x += step
    return definite


@njit(cache=True)
def _climbed(x, cov_beta, counts, data, tables, steps):  # type: ignore[no-untyped-def]
    """Do the same by the surer search, from raised variances; a direction may lack curvature."""
    W = _first_inverse(_weighted_tables(counts, tables)[2], tables, steps, data)
    lift(x, len(cov_beta))
    if not climb(x, W, counts, data, steps):
        return False
    plain, step, settled = settle(x, W, counts, data, steps)
    J = observed_information(x, plain, counts, data, steps)
    cov_beta[:] = inverse_on_curvature(J)[: len(cov_beta), : len(cov_beta)]
    x += step
    return settled


@njit(cache=True)
def _tried(x, cov_beta, counts, data, tables, steps, climb):  # type: ignore[no-untyped-def]
    """Return whether a refit came to its maximum; none does that divides by zero on its way."""
    try:
        if climb:
            return _climbed(x, cov_beta, counts, data, tables, steps)
        return _refit(x, cov_beta, counts, data, tables, steps)
    except Exception:
        return False


@njit(cache=True, nogil=True)
def refit_cases(draws, first, data, tables, steps):  # type: ignore[no-untyped-def]
    """Return beta (B, p), its covariance (B, p, p) and success (B,) of resamples ``draws`` (B, m).

    Starts at ``first`` (s,), the parameters of the whole fit; ``steps`` (s,) are those of
    differences.
    """
    B, p = len(draws), data[2].shape[1]
    beta, cov_beta = np.zeros((B, p)), np.zeros((B, p, p))
    settled = np.zeros(B, dtype=np.bool_)
    for b in range(B):
        x = first.copy()
        settled[b] = _tried(x, cov_beta[b], draws[b], data, tables, steps, False)
        if not settled[b]:
            x[:] = first
            settled[b] = _tried(x, cov_beta[b], draws[b], data, tables, steps, True)
        beta[b] = x[:p]
    return beta, cov_beta, settled
