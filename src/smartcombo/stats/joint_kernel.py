"""Kernel of the joint model: log likelihood of growth and of leaving that share a random slope.

``y = X beta + Z L u + sigma e``; an animal of group g leaves at the constant hazard
``exp(gamma_g + alpha s)`` with s its random slope in standard deviations. Given the measured rows
s is normal, so the leaving enters as a one-dimensional expectation; where rows lie below the
detection limit, as a sum over the product rule of the censored model.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from smartcombo.stats.censored_kernel import _at_point, _measured, _mode, _node
from smartcombo.stats.mixed_kernel import cholesky_factor


@njit(cache=True)
def leaving_expectation(mean, variance, left, cumulative, log_hazard, alpha, x, w):  # type: ignore[no-untyped-def]
    """Return log E[h^left exp(-H)] over s ~ N(mean, variance); H = cumulative exp(alpha s).

    The event's factor exp(alpha s) only moves the normal, exactly; the rest is Gauss-Hermite with
    points ``x`` and weights ``w``.
    """
    value, centre = 0.0, mean
    if left:
        value = log_hazard + alpha * mean + 0.5 * alpha * alpha * variance
        centre += alpha * variance
    total, spread = 0.0, math.sqrt(2.0 * variance)
    for k in range(len(x)):
        total += w[k] * math.exp(-cumulative * math.exp(alpha * (centre + spread * x[k])))
    return value + math.log(max(total, 1e-300) / math.sqrt(math.pi))


@njit(cache=True)
def joint_terms(  # type: ignore[no-untyped-def]
    parameters, y, below, X, Z, start, group, hazard_of, time, left, x, w, nodes, weights
):
    """Return the log likelihood and ``X' V^-1 X`` (p, p) of the growth part.

    ``parameters``: beta (p), lower triangle of L by rows, log sigma, log hazard of each group in
    which animals left, alpha. ``hazard_of`` (G,) is a group's hazard, -1 where nobody left.
    """
    p, q = X.shape[1], Z.shape[1]
    size = q * (q + 1) // 2
    L = cholesky_factor(parameters[p : p + size], q)
    sigma = math.exp(parameters[p + size])
    alpha = parameters[len(parameters) - 1]
    scale = 0.0
    for a in range(q):
        scale += L[q - 1, a] ** 2
    scale = math.sqrt(scale) if scale > 0 else 1.0
    r = y.copy()
    for j in range(len(y)):
        for k in range(p):
            r[j] -= X[j, k] * parameters[k]
    total, information = 0.0, np.zeros((p, p))
    nobody = np.zeros(len(y), dtype=np.bool_)
    P, B, mean = np.zeros((q, q)), np.zeros((p, q)), np.zeros(q)
    for i in range(len(start) - 1):
        rows = (start[i], start[i + 1])
        which = hazard_of[group[i]]
        log_hazard = parameters[p + size + 1 + which] if which >= 0 else -np.inf
        cumulative = math.exp(log_hazard) * time[i] if which >= 0 else 0.0
        cut = 0
        for j in range(rows[0], rows[1]):
            cut += 1 if below[j] else 0
        value, _ = _measured(rows, nobody, r, X, Z, L, sigma, P, mean, B)
        S = np.linalg.inv(P)
        _add_information(rows, X, B, S, sigma, information)
        if cut == 0:
            m, v = _slope(mean, S, L, scale)
            total += value
            if which >= 0:
                total += leaving_expectation(m, v, left[i], cumulative, log_hazard, alpha, x, w)
        else:
            total += _with_censored(
                rows, cut, below, r, X, Z, L, sigma, scale, left[i], cumulative, log_hazard, alpha,
                nodes, weights,
            )  # fmt: skip
    return total, information


@njit(cache=True)
def _slope(mean, S, L, scale):  # type: ignore[no-untyped-def]
    """Return mean and variance of the standardised random slope."""
    q = L.shape[0]
    m, v = 0.0, 0.0
    for a in range(q):
        m += L[q - 1, a] * mean[a] / scale
        for b in range(q):
            v += L[q - 1, a] * S[a, b] * L[q - 1, b] / scale**2
    return m, v


@njit(cache=True)
def _add_information(rows, X, B, S, sigma, information):  # type: ignore[no-untyped-def]
    """Add a subject's ``X' V^-1 X``; B is ``X' Z L / sigma2``."""
    p, q = B.shape
    for f in range(p):
        for g in range(p):
            for j in range(rows[0], rows[1]):
                information[f, g] += X[j, f] * X[j, g] / sigma**2
            for a in range(q):
                for b in range(q):
                    information[f, g] -= B[f, a] * S[a, b] * B[g, b]


@njit(cache=True)
def _with_censored(  # type: ignore[no-untyped-def]
    rows, cut, below, r, X, Z, L, sigma, scale, left, cumulative, log_hazard, alpha, nodes, weights
):
    """Return the log likelihood of a subject with rows below the limit, by the product rule."""
    q = L.shape[0]
    P, B, mean = np.zeros((q, q)), np.zeros((X.shape[1], q)), np.zeros(q)
    value, _ = _measured(rows, below, r, X, Z, L, sigma, P, mean, B)
    V, slack, mills = np.zeros((cut, q)), np.zeros(cut), np.zeros(cut)
    c = 0
    for j in range(rows[0], rows[1]):
        if below[j]:
            slack[c] = r[j] / sigma
            for a in range(q):
                for b in range(q):
                    V[c, a] += Z[j, b] * L[b, a] / sigma
            c += 1
    u, H, point = mean.copy(), P.copy(), np.zeros(q)
    _mode(mean, P, slack, V, u, H)
    logs = np.zeros(len(weights))
    determinant = 0.0
    for k in range(len(weights)):
        determinant = _node(point, u, H, nodes[k])
        logs[k] = weights[k] + _at_point(point, mean, P, slack, V, mills)
        s = 0.0
        for a in range(q):
            s += L[q - 1, a] * point[a] / scale
        if left:
            logs[k] += log_hazard + alpha * s
        if cumulative > 0:
            logs[k] -= cumulative * math.exp(alpha * s)
    best = logs.max()
    mass = 0.0
    for k in range(len(logs)):
        mass += math.exp(logs[k] - best)
    half = 0.5 * math.log(np.linalg.det(P))
    return value + best + math.log(mass) + determinant + half - 0.5 * q * math.log(math.pi)
