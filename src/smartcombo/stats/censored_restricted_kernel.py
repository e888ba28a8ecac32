"""Kernel of the restricted likelihood of the left-censored model, its animals weighted.

Weights ``counts`` (m,) are whole numbers: a study in which an animal stands several times needs no
copies, and an animal of weight zero costs nothing. ``data`` is ``(y, below, X, Z, start, nodes,
weights)`` as in the kernel of one fit; ``steps`` (s,) are those of differences. The restricted
likelihood is Laplace's approximation over beta, ``log L - log |I_beta| / 2``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from smartcombo.stats.censored_kernel import add_subject
from smartcombo.stats.mixed_kernel import cholesky_factor

FARTHEST = 4.0
"""Longest step in standard errors; a first Newton step of a resample is about sqrt(p + r) long."""
CLIMB_STEPS, CLIMBED = 100, 2e-2
"""Steps of the climb at most, and the distance in standard errors from the top at which it ends:
nearer, the quadrature's likelihood and score no longer agree to the last digit."""
STALLED = 0.1
"""Distance at which a climb that rises no further has arrived for that reason."""
SETTLE_STEPS, CLOSE = 20, 1e-3
"""Steps to the root at most, and the distance at which the last one is made: it leaves about a
tenth of that, far below any standard error."""
RISE, SHORTEST = 1e-4, 1e-6
"""Share of the promised rise that a step must keep, and the shortest share of a step tried."""
LIFTED = 1.0
"""Residual SDs that a random effect is given to start from where its SD is below that."""
PIVOT = 1e-10
"""Share of its diagonal that a pivot must keep for an information to count as one of a maximum."""


@njit(cache=True)
def weighted_terms(parameters, data, counts, informed):  # type: ignore[no-untyped-def]
    """Return log likelihood, score (s,) and information of beta (p, p) of weighted animals."""
    y, below, X, Z, start, nodes, weights = data
    p, q, size = X.shape[1], Z.shape[1], len(parameters)
    L = cholesky_factor(parameters[p : size - 1], q)
    sigma = math.exp(parameters[size - 1])
    r = _residuals(parameters, y, X)
    total, score, information = 0.0, np.zeros(size), np.zeros((p, p))
    own, info = np.zeros(size), np.zeros((p, p))
    for i in range(len(counts)):
        if counts[i] == 0:
            continue
        own[:] = 0.0
        info[:] = 0.0
        value = add_subject(
            (start[i], start[i + 1]), below, r, X, Z, L, sigma, nodes, weights, own, info, informed
        )
        total += counts[i] * value
        for k in range(size):
            score[k] += counts[i] * own[k]
        for f in range(p):
            for g in range(p):
                information[f, g] += counts[i] * info[f, g]
    return total, score, information


@njit(cache=True)
def _residuals(parameters, y, X):  # type: ignore[no-untyped-def]
    """Return ``y - X beta``, shape (N,)."""
    r = y.copy()
    for j in range(len(y)):
        for k in range(X.shape[1]):
            r[j] -= X[j, k] * parameters[k]
    return r


@njit(cache=True)
def inverse_of(A):  # type: ignore[no-untyped-def]
    """Return the inverse of a symmetric matrix and whether it is (safely) positive definite."""
    n = A.shape[0]
    C, B, out = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    for j in range(n):
        for i in range(j, n):
            total = A[i, j]
            for k in range(j):
                total -= C[i, k] * C[j, k]
            if i > j:
                C[i, j] = total / C[j, j]
            elif total > PIVOT * A[j, j]:
                C[j, j] = math.sqrt(total)
            else:
                return out, False
    for j in range(n):
        B[j, j] = 1.0 / C[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total -= C[i, k] * B[k, j]
            B[i, j] = total / C[i, i]
    for j in range(n):
        for i in range(n):
            for k in range(max(i, j), n):
                out[i, j] += B[k, i] * B[k, j]
    return out, True


@njit(cache=True)
def restricted_correction(information, slopes):  # type: ignore[no-untyped-def]
    """Return half the slope of log |I_beta| in all parameters (s,), zero in beta; and success."""
    r, p = slopes.shape[0], slopes.shape[1]
    out = np.zeros(p + r)
    C, good = inverse_of(information)
    for k in range(r):
        for f in range(p):
            for g in range(p):
                out[p + k] += 0.5 * C[f, g] * slopes[k, g, f]
    return out, good


@njit(cache=True)
def product(A, b):  # type: ignore[no-untyped-def]
    """Return ``A b``; plain loops, as calls of BLAS cost more at this size."""
    out = np.zeros(len(b))
    for i in range(len(b)):
        for j in range(len(b)):
            out[i] += A[i, j] * b[j]
    return out


@njit(cache=True)
def inner(a, b):  # type: ignore[no-untyped-def]
    """Return ``a'b``."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@njit(cache=True)
def update_inverse(W, s, y):  # type: ignore[no-untyped-def]
    """Update an inverse information in place (BFGS) after step s lowered the score by y."""
    curvature = inner(s, y)
    if not curvature > 0.0:
        return
    Wy = product(W, y)
    lead = (1.0 + inner(y, Wy) / curvature) / curvature
    for i in range(len(s)):
        for j in range(len(s)):
            W[i, j] += lead * s[i] * s[j] - (Wy[i] * s[j] + s[i] * Wy[j]) / curvature


@njit(cache=True)
def observed_information(x, score, counts, data, steps):  # type: ignore[no-untyped-def]
    """Return the observed information of all parameters (s, s), by differences of the score."""
    size = len(x)
    J = np.zeros((size, size))
    for k in range(size):
        moved = x.copy()
        moved[k] += steps[k]
        at = weighted_terms(moved, data, counts, False)[1]
        for j in range(size):
            J[k, j] += 0.5 * (score[j] - at[j]) / steps[k]
            J[j, k] += 0.5 * (score[j] - at[j]) / steps[k]
    return J


@njit(cache=True)
def restricted_score(x, counts, data, steps):  # type: ignore[no-untyped-def]
    """Return the score and that of the restricted likelihood, and whether there is one."""
    p, r = data[2].shape[1], len(x) - data[2].shape[1]
    _, score, information = weighted_terms(x, data, counts, True)
    slopes = np.zeros((r, p, p))
    for k in range(r):
        moved = x.copy()
        moved[p + k] += steps[p + k]
        slopes[k] = (weighted_terms(moved, data, counts, True)[2] - information) / steps[p + k]
    correction, sound = restricted_correction(information, slopes)
    return score, score - correction, sound


@njit(cache=True)
def restricted_value(x, counts, data):  # type: ignore[no-untyped-def]
    """Return the restricted log likelihood, minus infinity where there is none."""
    value, _, information = weighted_terms(x, data, counts, True)
    sign, logdet = np.linalg.slogdet(information)
    return value - 0.5 * logdet if sign > 0.0 else -math.inf


@njit(cache=True)
def climb(x, W, counts, data, steps):  # type: ignore[no-untyped-def]
    """Move x to near the maximum of the restricted likelihood; return whether it came there.

    From a rough inverse information W, which it betters in place. Slower and surer than Newton's
    method: also where a variance is zero, at which a saddle looks like a root.
    """
    value = restricted_value(x, counts, data)
    _, g, sound = restricted_score(x, counts, data, steps)
    for _ in range(CLIMB_STEPS):
        step = product(W, g)
        gain = inner(step, g)
        if not sound or not gain >= CLIMBED * CLIMBED:
            return sound and gain >= 0.0
        rate = min(1.0, FARTHEST / math.sqrt(gain))
        moved = restricted_value(x + rate * step, counts, data)
        while not moved >= value + RISE * rate * gain and rate > SHORTEST:
            rate *= 0.5
            moved = restricted_value(x + rate * step, counts, data)
        if not moved >= value:
            return gain < STALLED * STALLED
        x += rate * step
        before, value = g, moved
        _, g, sound = restricted_score(x, counts, data, steps)
        update_inverse(W, rate * step, before - g)
    return False


@njit(cache=True)
def settle(x, W, counts, data, steps):  # type: ignore[no-untyped-def]
    """Move x from near the root of the restricted score to it, bettering W in place.

    Returns the score of the plain likelihood at x, the last step, which is not yet made, and
    success.
    """
    before, step = x.copy(), x.copy()
    for k in range(SETTLE_STEPS):
        plain, g, sound = restricted_score(x, counts, data, steps)
        if k > 0:
            update_inverse(W, step, before - g)
        step = product(W, g)
        left = math.sqrt(max(inner(step, g), 0.0))
        if not sound or not left < FARTHEST:
            return plain, step, False
        if left < CLOSE:
            return plain, step, True
        x += step
        before = g
    return plain, step, False


@njit(cache=True)
def inverse_on_curvature(J):  # type: ignore[no-untyped-def]
    """Return the inverse on the directions with curvature, as that of the whole fit."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(J)), 1e-12))
    values, vectors = np.linalg.eigh(J / np.outer(scale, scale))
    out = np.zeros(J.shape)
    for v in range(len(values)):
        if values[v] > 1e-8 * values[-1]:
            out += np.outer(vectors[:, v], vectors[:, v]) / values[v]
    return out / np.outer(scale, scale)


@njit(cache=True)
def lift(x, p):  # type: ignore[no-untyped-def]
    """Raise variances that are nearly zero, where the likelihood is flat whatever its maximum."""
    floor = LIFTED * math.exp(x[len(x) - 1])
    at, row = p, 0
    while at < len(x) - 1:
        if abs(x[at]) < floor:
            x[at] = floor
        row += 1
        at += row + 1


@njit(cache=True)
def rough_inverse(errors, data):  # type: ignore[no-untyped-def]
    """Return a diagonal inverse information from rough standard errors of N rows.

    Variances of the random effects are known from m animals, not from rows.
    """
    p, m = data[2].shape[1], len(data[4]) - 1
    W = np.diag(errors**2)
    for k in range(p, len(errors) - 1):
        W[k, k] *= len(data[0]) / m
    return W
