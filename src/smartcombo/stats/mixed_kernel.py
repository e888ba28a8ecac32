"""Kernels of the mixed model: profile (restricted) deviance, its gradient, and the optimiser.

Notation of Laird and Ware (10.2307/2529876) with the relative Cholesky factor L of lme4: for
subject i, ``V_i / sigma2 = diag(s^2) + Z L L' Z'``. After whitening rows by ``1 / s`` the
likelihood needs only a subject's cross-products: with ``T = L (I + L' Z'Z L)^-1 L'`` and
``R = I - Z'Z T``,

    X' V^-1 X = X'X - X'Z T Z'X        Z' V^-1 X = R Z'X        Z' V^-1 Z = R Z'Z

so a step costs O(m q^2 p), not O(N). Loops are written out because temporaries of two by two
matrices would cost more than the arithmetic.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, Ints

GRADIENT_TOLERANCE = 1e-8
"""Largest gradient of the deviance at a solution: an error in log SD of about 1e-9."""
ROUNDING_TOLERANCE = 1e-4
"""Gradient that is accepted where rounding of the deviance allows no further step."""
RANK_TOLERANCE = 1e-12
"""Share of a column's length that the columns before it must leave unexplained."""
MAX_STEPS = 200
DIFFERENCE = 1e-6
"""Step of the forward difference of the analytic gradient that makes the Hessian."""
POOR_STEP = 0.3
"""A step that leaves more than this fraction of the gradient asks for a new Hessian."""
SMALLEST_START, LARGEST_START = 1e-2, 1e8
"""Range of the relative variances that the search starts from: zero would be a saddle."""
CURVATURE_FLOOR = 1e-3
"""Newton's curvatures are kept above this fraction of the largest, so every step descends."""


@njit(cache=True)
def cross_products(y: Floats, X: Floats, Z: Floats, start: Ints):  # type: ignore[no-untyped-def]
    """Return ZZ (m, q, q), ZX (m, q, p), Zy (m, q), XX (p, p), Xy (p,), yy of whitened rows."""
    m, q, p = len(start) - 1, Z.shape[1], X.shape[1]
    ZZ, ZX, Zy = np.zeros((m, q, q)), np.zeros((m, q, p)), np.zeros((m, q))
    for i in range(m):
        for r in range(start[i], start[i + 1]):
            for a in range(q):
                Zy[i, a] += Z[r, a] * y[r]
                for b in range(q):
                    ZZ[i, a, b] += Z[r, a] * Z[r, b]
                for k in range(p):
                    ZX[i, a, k] += Z[r, a] * X[r, k]
    XX, Xy, yy = np.zeros((p, p)), np.zeros(p), 0.0
    for r in range(len(y)):
        yy += y[r] * y[r]
        for k in range(p):
            if X[r, k] != 0.0:
                Xy[k] += X[r, k] * y[r]
                for j in range(p):
                    XX[k, j] += X[r, k] * X[r, j]
    return ZZ, ZX, Zy, XX, Xy, yy


@njit(cache=True)
def rank_deficient(XX):  # type: ignore[no-untyped-def]
    """Return whether a column of X is (nearly) a sum of the others, from X'X (p, p)."""
    p = XX.shape[0]
    C = np.zeros((p, p))
    for j in range(p):
        if XX[j, j] <= 0.0:
            return True
        for i in range(j, p):
            total = XX[i, j] / math.sqrt(XX[i, i] * XX[j, j]) if XX[i, i] > 0.0 else 0.0
            for k in range(j):
                total -= C[i, k] * C[j, k]
            if i == j:
                if not total > RANK_TOLERANCE:
                    return True
                C[j, j] = math.sqrt(total)
            else:
                C[i, j] = total / C[j, j]
    return False


@njit(cache=True)
def cholesky_factor(theta: Floats, q: int) -> Floats:
    """Return the lower triangle L (q, q) from its elements by rows."""
    L = np.zeros((q, q))
    k = 0
    for a in range(q):
        for b in range(a + 1):
            L[a, b] = theta[k]
            k += 1
    return L


@njit(cache=True)
def shrinkage(L, ZZ, T, R):  # type: ignore[no-untyped-def]
    """Fill T and R of one subject (q, q) and return ``log |I + L' Z'Z L|``."""
    q = L.shape[0]
    if q == 1:
        M = 1.0 + L[0, 0] * ZZ[0, 0] * L[0, 0]
        T[0, 0] = L[0, 0] * L[0, 0] / M
        R[0, 0] = 1.0 - ZZ[0, 0] * T[0, 0]
        return math.log(M)
    a, b, c = L[0, 0], L[1, 0], L[1, 1]
    k0, k1 = ZZ[0, 0] * a + ZZ[0, 1] * b, ZZ[1, 0] * a + ZZ[1, 1] * b
    m00 = 1.0 + a * k0 + b * k1
    m01 = c * k1
    m11 = 1.0 + c * c * ZZ[1, 1]
    d = m00 * m11 - m01 * m01
    i00, i01, i11 = m11 / d, -m01 / d, m00 / d
    T[0, 0] = a * a * i00
    T[0, 1] = a * (b * i00 + c * i01)
    T[1, 0] = T[0, 1]
    T[1, 1] = b * b * i00 + 2.0 * b * c * i01 + c * c * i11
    for r in range(2):
        for s in range(2):
            R[r, s] = -(ZZ[r, 0] * T[0, s] + ZZ[r, 1] * T[1, s])
        R[r, r] += 1.0
    return math.log(d)


@njit(cache=True)
def _invert(S):  # type: ignore[no-untyped-def]
    """Return the inverse of a positive definite matrix (p, p) and its log determinant."""
    p = S.shape[0]
    C = np.zeros((p, p))
    logdet = 0.0
    for j in range(p):
        for i in range(j, p):
            total = S[i, j]
            for k in range(j):
                total -= C[i, k] * C[j, k]
            if i == j:
                C[j, j] = math.sqrt(max(total, 1e-300))
                logdet += 2.0 * math.log(C[j, j])
            else:
                C[i, j] = total / C[j, j]
    B = np.zeros((p, p))
    for j in range(p):
        B[j, j] = 1.0 / C[j, j]
        for i in range(j + 1, p):
            total = 0.0
            for k in range(j, i):
                total -= C[i, k] * B[k, j]
            B[i, j] = total / C[i, i]
    inverse = np.zeros((p, p))
    for i in range(p):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, p):
                total += B[k, i] * B[k, j]
            inverse[i, j] = total
            inverse[j, i] = total
    return inverse, logdet


@njit(cache=True)
def _normal_equations(L, ZZ, ZX, Zy, XX, Xy, yy, R):  # type: ignore[no-untyped-def]
    """Return S = X' V^-1 X, r = X' V^-1 y, y' V^-1 y and the log determinant; fill R (m, q, q)."""
    m, q, p = ZX.shape
    S, r, rest, logdet = XX.copy(), Xy.copy(), yy, 0.0
    T, W = np.empty((q, q)), np.empty((q, p))
    for i in range(m):
        logdet += shrinkage(L, ZZ[i], T, R[i])
        for a in range(q):
            w = 0.0
            for b in range(q):
                w += T[a, b] * Zy[i, b]
            rest -= Zy[i, a] * w
            for k in range(p):
                W[a, k] = 0.0
                for b in range(q):
                    W[a, k] += T[a, b] * ZX[i, b, k]
                r[k] -= ZX[i, a, k] * w
        for a in range(q):
            for k in range(p):
                if W[a, k] != 0.0:
                    for j in range(k + 1):
                        S[k, j] -= W[a, k] * ZX[i, a, j]
    for k in range(p):
        for j in range(k):
            S[j, k] = S[k, j]
    return S, r, rest, logdet


@njit(cache=True)
def _gradient(L, ZZ, ZX, Zy, R, beta, S_inverse, sigma2, reml):  # type: ignore[no-untyped-def]
    """Return the gradient of the deviance in the lower triangle of L, by rows."""
    m, q, p = ZX.shape
    G, u, H = np.zeros((q, q)), np.empty(q), np.empty((q, p))
    for i in range(m):
        for a in range(q):
            u[a] = 0.0
            for b in range(q):
                e = Zy[i, b]
                for k in range(p):
                    e -= ZX[i, b, k] * beta[k]
                u[a] += R[i, a, b] * e
            for k in range(p):
                H[a, k] = 0.0
                for b in range(q):
                    H[a, k] += R[i, a, b] * ZX[i, b, k]
        for a in range(q):
            for b in range(a + 1):
                g = -u[a] * u[b] / sigma2
                for c in range(q):
                    g += R[i, a, c] * ZZ[i, c, b]
                if reml:
                    for k in range(p):
                        if H[a, k] != 0.0:
                            total = 0.0
                            for j in range(p):
                                total += S_inverse[k, j] * H[b, j]
                            g -= H[a, k] * total
                G[a, b] += g
    return _through_factor(G, L)


@njit(cache=True)
def _through_factor(G, L):  # type: ignore[no-untyped-def]
    """Return the lower triangle of ``2 G L`` by rows, G symmetric and given by its lower part."""
    q = G.shape[0]
    out = np.zeros(q * (q + 1) // 2)
    k = 0
    for a in range(q):
        for b in range(a + 1):
            for c in range(q):
                out[k] += 2.0 * (G[a, c] if c <= a else G[c, a]) * L[c, b]
            k += 1
    return out


@njit(cache=True)
def profile_deviance(theta, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml):  # type: ignore[no-untyped-def]
    """Return -2 log likelihood profiled over beta and sigma2, its gradient in L, and the fit.

    Returns ``(deviance, gradient, beta, S_inverse, sigma2)`` with ``S = X' V^-1 X`` relative to
    sigma2. The deviance lacks the log determinant of the whitening.
    """
    m, q, p = ZX.shape
    L = cholesky_factor(theta, q)
    R = np.empty((m, q, q))
    S, r, rest, logdet = _normal_equations(L, ZZ, ZX, Zy, XX, Xy, yy, R)
    S_inverse, log_S = _invert(S)
    beta = np.zeros(p)
    for k in range(p):
        for j in range(p):
            beta[k] += S_inverse[k, j] * r[j]
    for k in range(p):
        rest -= r[k] * beta[k]
    df = n_rows - p if reml else n_rows
    sigma2 = max(rest, 1e-300) / df
    deviance = df * (math.log(2.0 * math.pi * sigma2) + 1.0) + logdet
    if reml:
        deviance += log_S
    gradient = _gradient(L, ZZ, ZX, Zy, R, beta, S_inverse, sigma2, reml)
    return deviance, gradient, beta, S_inverse, sigma2


@njit(cache=True)
def moment_start(ZZ, ZX, Zy, XX, Xy, yy, n_rows):  # type: ignore[no-untyped-def]
    """Return theta from moments: scatter of the subjects' own least-squares effects."""
    m, q, p = ZX.shape
    inverse, _ = _invert(XX)
    beta, within = np.zeros(p), yy
    for k in range(p):
        for j in range(p):
            beta[k] += inverse[k, j] * Xy[j]
        within -= beta[k] * Xy[k]
    scatter, noise = np.zeros((q, q)), np.zeros((q, q))
    r, b, used = np.zeros(q), np.zeros(q), 0
    for i in range(m):
        if q == 2 and ZZ[i, 0, 0] * ZZ[i, 1, 1] < (1.0 + 1e-6) * ZZ[i, 0, 1] ** 2:
            continue
        own, _ = _invert(ZZ[i])
        for a in range(q):
            r[a] = Zy[i, a]
            for k in range(p):
                r[a] -= ZX[i, a, k] * beta[k]
        for a in range(q):
            b[a] = 0.0
            for c in range(q):
                b[a] += own[a, c] * r[c]
            within -= r[a] * b[a]
        for a in range(q):
            for c in range(q):
                scatter[a, c] += b[a] * b[c]
                noise[a, c] += own[a, c]
        used += 1
    sigma2 = max(within, 1e-12 * yy) / max(n_rows - used * q, 1)
    return _start_from(scatter, noise, sigma2, used)


@njit(cache=True)
def _start_from(scatter, noise, sigma2, used):  # type: ignore[no-untyped-def]
    """Return theta of the moment estimate of D / sigma2, kept off its boundary."""
    q = scatter.shape[0]
    theta = np.zeros(q * (q + 1) // 2)
    sd = np.ones(q)
    if used > 0:
        for a in range(q):
            relative = (scatter[a, a] / sigma2 - noise[a, a]) / used
            sd[a] = math.sqrt(min(max(relative, SMALLEST_START), LARGEST_START))
    theta[0] = sd[0]
    if q == 2:
        correlation = 0.0
        if used > 0:
            correlation = (scatter[0, 1] / sigma2 - noise[0, 1]) / used / (sd[0] * sd[1])
            correlation = min(max(correlation, -0.9), 0.9)
        theta[1] = correlation * sd[1]
        theta[2] = math.sqrt(1.0 - correlation * correlation) * sd[1]
    return theta


@njit(cache=True)
def _hessian(theta, g, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml):  # type: ignore[no-untyped-def]
    """Return the Hessian of the deviance by forward differences of its gradient."""
    size = len(theta)
    B = np.empty((size, size))
    for k in range(size):
        moved = theta.copy()
        step = DIFFERENCE * max(1.0, abs(theta[k]))
        moved[k] += step
        up = profile_deviance(moved, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)[1]
        for j in range(size):
            B[k, j] = (up[j] - g[j]) / step
    for k in range(size):
        for j in range(k):
            B[k, j] = 0.5 * (B[k, j] + B[j, k])
            B[j, k] = B[k, j]
    return B


@njit(cache=True)
def _direction(B, g):  # type: ignore[no-untyped-def]
    """Return Newton's direction with curvatures made positive, so that it descends.

    Steepest descent where rounding left no Hessian.
    """
    size = len(g)
    d = np.zeros(size)
    if not math.isfinite(B.sum()):
        for k in range(size):
            d[k] = -g[k]
        return d
    values, vectors = np.linalg.eigh(B)
    floor = CURVATURE_FLOOR * max(abs(values[0]), abs(values[-1]))
    for v in range(size):
        along = 0.0
        for k in range(size):
            along += vectors[k, v] * g[k]
        along /= max(abs(values[v]), floor)
        for k in range(size):
            d[k] -= vectors[k, v] * along
    return d


@njit(cache=True)
def _update(B, s, y):  # type: ignore[no-untyped-def]
    """Update the Hessian in place (BFGS) after a step s that changed the gradient by y."""
    size = len(s)
    Bs = np.zeros(size)
    curvature, length, ss, yy = 0.0, 0.0, 0.0, 0.0
    for k in range(size):
        for j in range(size):
            Bs[k] += B[k, j] * s[j]
        curvature += s[k] * y[k]
        length += s[k] * Bs[k]
        ss += s[k] * s[k]
        yy += y[k] * y[k]
    if not curvature > 1e-12 * math.sqrt(ss * yy) or not length > 0.0:
        return
    for k in range(size):
        for j in range(size):
            B[k, j] += y[k] * y[j] / curvature - Bs[k] * Bs[j] / length


@njit(cache=True)
def _largest(values):  # type: ignore[no-untyped-def]
    """Return the largest absolute value; NaN where one is."""
    out = 0.0
    for value in values:
        if not abs(value) <= out:
            out = abs(value)
    return out


@njit(cache=True)
def minimise(theta, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml):  # type: ignore[no-untyped-def]
    """Return ``(theta, converged, steps)`` by Newton's method with a halving line search.

    The Hessian is made anew where the last step was poor; else it is updated from the gradients.
    """
    size = len(theta)
    f, g, _, _, _ = profile_deviance(theta, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)
    B, anew = np.zeros((size, size)), True
    trial, move, turn = np.empty(size), np.empty(size), np.empty(size)
    for step in range(MAX_STEPS):
        steepest = _largest(g)
        if not steepest >= GRADIENT_TOLERANCE:
            return theta, not math.isnan(steepest), step
        fresh = anew
        if fresh:
            B = _hessian(theta, g, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)
        d = _direction(B, g)
        slope, rate = 0.0, 1.0
        for k in range(size):
            slope += g[k] * d[k]
        while True:
            for k in range(size):
                trial[k] = theta[k] + rate * d[k]
            f_new, g_new, _, _, _ = profile_deviance(trial, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)
            below = f_new <= f + 1e-4 * rate * slope
            if below or not abs(rate * slope) >= 1e-11 * (1.0 + abs(f)) or rate < 1e-10:
                break
            rate /= 2.0
        left = _largest(g_new)
        stuck = not left < steepest and not below
        if stuck or rate * _largest(d) < 1e-13:
            if fresh:
                return theta, steepest < ROUNDING_TOLERANCE, step
            anew = True
            continue
        for k in range(size):
            move[k], turn[k] = trial[k] - theta[k], g_new[k] - g[k]
        _update(B, move, turn)
        anew = rate < 1.0 or left > POOR_STEP * steepest
        theta, f, g = trial.copy(), f_new, g_new
    return theta, False, MAX_STEPS
