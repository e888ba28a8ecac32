"""Kernels of the left-censored mixed model: log likelihood, score and information of beta.

``y = X beta + Z L u + sigma e`` with u and e standard normal; of a censored row only ``y <= limit``
is known (Hughes 1999, 10.1111/j.0006-341X.1999.00625.x). Given the measured rows of a subject u is
normal; the censored rows enter as a product of normal distribution functions, integrated over u
by adaptive Gauss-Hermite quadrature at the mode (Pinheiro and Bates 1995,
10.1080/10618600.1995.10474663). Scores and information are posterior expectations of those of the
complete data (Louis 1982, 10.1111/j.2517-6161.1982.tb01203.x). Parameters are beta (p), the lower
triangle of L by rows, and log sigma.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from smartcombo.stats.mixed_kernel import cholesky_factor

HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)
MODE_STEPS = 30
MODE_TOLERANCE = 1e-10
"""Newton decrement at which a mode is found; the integrand is log-concave, so there is one."""


@njit(cache=True)
def log_normal_cdf(a):  # type: ignore[no-untyped-def]
    """Return log Phi(a), by its asymptotic series far in the lower tail."""
    if a > -25.0:
        return math.log(0.5 * math.erfc(-a / math.sqrt(2.0)))
    b = 1.0 / (a * a)
    series = 1.0 - b * (1.0 - b * (3.0 - 15.0 * b))
    return -0.5 * a * a - math.log(-a * math.sqrt(2.0 * math.pi)) + math.log(series)


@njit(cache=True)
def _mills(a, log_cdf):  # type: ignore[no-untyped-def]
    """Return phi(a) / Phi(a), from a and log Phi(a)."""
    return math.exp(-0.5 * a * a - HALF_LOG_TWO_PI - log_cdf)


@njit(cache=True)
def _solve_small(H, g, out):  # type: ignore[no-untyped-def]
    """Fill ``out = H^-1 g`` for one or two dimensions; return the determinant of H."""
    if len(g) == 1:
        out[0] = g[0] / H[0, 0]
        return H[0, 0]
    d = H[0, 0] * H[1, 1] - H[0, 1] * H[1, 0]
    out[0] = (H[1, 1] * g[0] - H[0, 1] * g[1]) / d
    out[1] = (H[0, 0] * g[1] - H[1, 0] * g[0]) / d
    return d


@njit(cache=True)
def _integrand(u, mean, P, slack, V):  # type: ignore[no-untyped-def]
    """Return the log of the subject's integrand in u, without its constant."""
    q = len(u)
    value = 0.0
    for a in range(q):
        for b in range(q):
            value -= 0.5 * (u[a] - mean[a]) * P[a, b] * (u[b] - mean[b])
    for j in range(len(slack)):
        arg = slack[j]
        for a in range(q):
            arg -= V[j, a] * u[a]
        value += log_normal_cdf(arg)
    return value


@njit(cache=True)
def _mode(mean, P, slack, V, u, H):  # type: ignore[no-untyped-def]
    """Move u to the integrand's mode and fill H with the curvature there."""
    q = len(u)
    g, d, trial = np.zeros(q), np.zeros(q), np.zeros(q)
    value = _integrand(u, mean, P, slack, V)
    for _ in range(MODE_STEPS):
        for a in range(q):
            g[a] = 0.0
            for b in range(q):
                g[a] -= P[a, b] * (u[b] - mean[b])
                H[a, b] = P[a, b]
        for j in range(len(slack)):
            arg = slack[j]
            for a in range(q):
                arg -= V[j, a] * u[a]
            m = _mills(arg, log_normal_cdf(arg))
            for a in range(q):
                g[a] -= m * V[j, a]
                for b in range(q):
                    H[a, b] += m * (m + arg) * V[j, a] * V[j, b]
        _solve_small(H, g, d)
        decrement, rate = 0.0, 1.0
        for a in range(q):
            decrement += g[a] * d[a]
        if decrement < MODE_TOLERANCE:
            return
        while rate > 1e-6:
            for a in range(q):
                trial[a] = u[a] + rate * d[a]
            moved = _integrand(trial, mean, P, slack, V)
            if moved >= value:
                break
            rate *= 0.5
        for a in range(q):
            u[a] = trial[a]
        value = moved


@njit(cache=True)
def _node(u, mode, H, x):  # type: ignore[no-untyped-def]
    """Fill u with the point ``mode + sqrt(2) C^-T x``, H = C C'; return log det of C^-T."""
    c00 = math.sqrt(H[0, 0])
    if len(u) == 1:
        u[0] = mode[0] + math.sqrt(2.0) * x[0] / c00
        return -math.log(c00)
    c10 = H[1, 0] / c00
    c11 = math.sqrt(H[1, 1] - c10 * c10)
    t1 = x[1] / c11
    t0 = (x[0] - c10 * t1) / c00
    u[0] = mode[0] + math.sqrt(2.0) * t0
    u[1] = mode[1] + math.sqrt(2.0) * t1
    return -math.log(c00 * c11)


@njit(cache=True)
def _measured(rows, below, r, X, Z, L, sigma, P, mean, B):  # type: ignore[no-untyped-def]
    """Fill precision and mean of u given the measured rows, and ``B = X' Z L / sigma2``.

    Returns the log density of the measured rows and their number.
    """
    q, p = L.shape[0], X.shape[1]
    h, z = np.zeros(q), np.zeros(q)
    square, n = 0.0, 0
    for a in range(q):
        for b in range(q):
            P[a, b] = 1.0 if a == b else 0.0
        for k in range(p):
            B[k, a] = 0.0
    for j in range(rows[0], rows[1]):
        if below[j]:
            continue
        n += 1
        square += r[j] * r[j]
        for a in range(q):
            z[a] = 0.0
            for b in range(q):
                z[a] += Z[j, b] * L[b, a]
        for a in range(q):
            h[a] += z[a] * r[j] / sigma**2
            for b in range(q):
                P[a, b] += z[a] * z[b] / sigma**2
            for k in range(p):
                B[k, a] += X[j, k] * z[a] / sigma**2
    d = _solve_small(P, h, mean)
    value = -0.5 * (n * math.log(2.0 * math.pi * sigma**2) + math.log(d) + square / sigma**2)
    for a in range(q):
        value += 0.5 * h[a] * mean[a]
    return value, n


@njit(cache=True)
def censored_terms(parameters, y, below, X, Z, start, nodes, weights, informed):  # type: ignore[no-untyped-def]
    """Return log likelihood, score (p + r,) and, where ``informed``, information of beta (p, p).

    ``y`` holds the limit of a censored row; ``nodes`` (K, q) and log ``weights`` (K,) are those of
    the product Gauss-Hermite rule.
    """
    p, q = X.shape[1], Z.shape[1]
    size = len(parameters)
    L = cholesky_factor(parameters[p : size - 1], q)
    sigma = math.exp(parameters[size - 1])
    r = y.copy()
    for j in range(len(y)):
        for k in range(p):
            r[j] -= X[j, k] * parameters[k]
    total, score, information = 0.0, np.zeros(size), np.zeros((p, p))
    for i in range(len(start) - 1):
        total += add_subject(
            (start[i], start[i + 1]), below, r, X, Z, L, sigma, nodes, weights, score, information,
            informed,
        )  # fmt: skip
    return total, score, information


@njit(cache=True)
def subject_terms(parameters, y, below, X, Z, start, nodes, weights):  # type: ignore[no-untyped-def]
    """Return log likelihood (m,) and score (m, p + r) of each subject, arrays as above."""
    p, q = X.shape[1], Z.shape[1]
    size, m = len(parameters), len(start) - 1
    L = cholesky_factor(parameters[p : size - 1], q)
    sigma = math.exp(parameters[size - 1])
    r = y - X @ parameters[:p]
    values, scores, unused = np.zeros(m), np.zeros((m, size)), np.zeros((p, p))
    for i in range(m):
        values[i] = add_subject(
            (start[i], start[i + 1]), below, r, X, Z, L, sigma, nodes, weights, scores[i], unused,
            False,
        )  # fmt: skip
    return values, scores


@njit(cache=True)
def add_subject(rows, below, r, X, Z, L, sigma, nodes, weights, score, information, informed):  # type: ignore[no-untyped-def]
    """Add one subject's score and information; return its log likelihood."""
    p, q = X.shape[1], L.shape[0]
    P, B, mean = np.zeros((q, q)), np.zeros((p, q)), np.zeros(q)
    value, _ = _measured(rows, below, r, X, Z, L, sigma, P, mean, B)
    cut = 0
    for j in range(rows[0], rows[1]):
        cut += 1 if below[j] else 0
    V, slack, index = np.zeros((cut, q)), np.zeros(cut), np.zeros(cut, dtype=np.int64)
    c = 0
    for j in range(rows[0], rows[1]):
        if below[j]:
            slack[c], index[c] = r[j] / sigma, j
            for a in range(q):
                for b in range(q):
                    V[c, a] += Z[j, b] * L[b, a] / sigma
            c += 1
    u, H = mean.copy(), P.copy()
    if cut == 0:
        _add_measured(rows, below, r, X, Z, L, sigma, mean, P, score, information, B, informed)
        return value
    _mode(mean, P, slack, V, u, H)
    K = len(weights)
    logs, points, mills = np.zeros(K), np.zeros((K, q)), np.zeros((K, cut))
    determinant, best = 0.0, -np.inf
    for k in range(K):
        determinant = _node(points[k], u, H, nodes[k])
        logs[k] = weights[k] + _at_point(points[k], mean, P, slack, V, mills[k])
        best = max(best, logs[k])
    mass = 0.0
    for k in range(K):
        logs[k] = math.exp(logs[k] - best)
        mass += logs[k]
    for k in range(K):
        logs[k] /= mass
    half = 0.5 * math.log(P[0, 0] if q == 1 else P[0, 0] * P[1, 1] - P[0, 1] * P[1, 0])
    value += best + math.log(mass) + determinant + half - 0.5 * q * math.log(math.pi)
    _add_nodes(
        rows, below, r, X, Z, L, sigma, B, points, logs, mills, slack, V, index, score,
        information, informed,
    )  # fmt: skip
    return value


@njit(cache=True)
def _at_point(u, mean, P, slack, V, mills):  # type: ignore[no-untyped-def]
    """Return the log integrand at u and fill the inverse Mills ratios of the censored rows."""
    q = len(u)
    value = 0.0
    for a in range(q):
        for b in range(q):
            value -= 0.5 * (u[a] - mean[a]) * P[a, b] * (u[b] - mean[b])
    for j in range(len(slack)):
        arg = slack[j]
        for a in range(q):
            arg -= V[j, a] * u[a]
        log_cdf = log_normal_cdf(arg)
        mills[j] = _mills(arg, log_cdf)
        value += log_cdf
    return value


@njit(cache=True)
def _add_nodes(  # type: ignore[no-untyped-def]
    rows, below, r, X, Z, L, sigma, B, points, logs, mills, slack, V, index, score, info, informed
):
    """Add posterior expectations over the quadrature's points to score and information."""
    p, q = X.shape[1], L.shape[0]
    mean, second = np.zeros(q), np.zeros((q, q))
    own, outer = np.zeros(p), np.zeros((p, p))
    s = np.zeros(p)
    last = len(score) - 1
    for k in range(len(logs)):
        w, u = logs[k], points[k]
        for a in range(q):
            mean[a] += w * u[a]
            for b in range(q):
                second[a, b] += w * u[a] * u[b]
        for f in range(p):
            s[f] = 0.0
            for a in range(q):
                s[f] -= B[f, a] * u[a]
        for c in range(len(slack)):
            arg = slack[c]
            for a in range(q):
                arg -= V[c, a] * u[a]
            m, j = mills[k, c], index[c]
            score[last] -= w * m * arg
            at = p
            for a in range(q):
                for b in range(a + 1):
                    score[at] -= w * m * Z[j, a] * u[b] / sigma
                    at += 1
            for f in range(p):
                s[f] -= m * X[j, f] / sigma
            if informed:
                scale = w * m * (m + arg) / sigma**2
                for f in range(p):
                    for g in range(p):
                        info[f, g] += scale * X[j, f] * X[j, g]
        for f in range(p):
            own[f] += w * s[f]
            if informed:
                for g in range(p):
                    outer[f, g] += w * s[f] * s[g]
    for f in range(p):
        score[f] += own[f]
        for g in range(p):
            info[f, g] -= outer[f, g] - own[f] * own[g]
    _add_rows(rows, below, r, X, Z, L, sigma, mean, second, score, info)
    # The rows above counted X' Z L E[u] once more than the node scores did.
    for f in range(p):
        for a in range(q):
            score[f] += B[f, a] * mean[a]


@njit(cache=True)
def _add_measured(rows, below, r, X, Z, L, sigma, mean, P, score, info, B, informed):  # type: ignore[no-untyped-def]
    """Add the score and information of a subject without censored rows: u is normal."""
    p, q = X.shape[1], L.shape[0]
    S, unit, column = np.zeros((q, q)), np.zeros(q), np.zeros(q)
    for a in range(q):
        unit[:] = 0.0
        unit[a] = 1.0
        _solve_small(P, unit, column)
        for b in range(q):
            S[b, a] = column[b]
    second = np.zeros((q, q))
    for a in range(q):
        for b in range(q):
            second[a, b] = S[a, b] + mean[a] * mean[b]
    _add_rows(rows, below, r, X, Z, L, sigma, mean, second, score, info)
    if not informed:
        return
    for f in range(p):
        for g in range(p):
            for a in range(q):
                for b in range(q):
                    info[f, g] -= B[f, a] * S[a, b] * B[g, b]


@njit(cache=True)
def _add_rows(rows, below, r, X, Z, L, sigma, mean, second, score, info):  # type: ignore[no-untyped-def]
    """Add what the measured rows say, given the first two moments of u."""
    p, q = X.shape[1], L.shape[0]
    last = len(score) - 1
    z = np.zeros(q)
    for j in range(rows[0], rows[1]):
        if below[j]:
            continue
        fitted, spread = 0.0, 0.0
        for a in range(q):
            z[a] = 0.0
            for b in range(q):
                z[a] += Z[j, b] * L[b, a]
        for a in range(q):
            fitted += z[a] * mean[a]
            for b in range(q):
                spread += z[a] * second[a, b] * z[b]
        e = r[j] - fitted
        score[last] += (r[j] ** 2 - 2.0 * r[j] * fitted + spread) / sigma**2 - 1.0
        at = p
        for a in range(q):
            for b in range(a + 1):
                product = r[j] * mean[b]
                for c in range(q):
                    product -= z[c] * second[c, b]
                score[at] += Z[j, a] * product / sigma**2
                at += 1
        for f in range(p):
            score[f] += X[j, f] * e / sigma**2
            for g in range(p):
                info[f, g] += X[j, f] * X[j, g] / sigma**2
