"""Kernels of the mixed model: profile (restricted) deviance, its gradient, and the optimiser.

Notation of Laird and Ware (10.2307/2529876) with the relative Cholesky factor L of lme4: for
subject i, ``V_i / sigma2 = diag(s^2) + Z L L' Z'``. After whitening rows by ``1 / s`` all that the
likelihood needs of a subject are its cross-products, so a step costs O(m q^2 p), not O(N).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, Ints

GRADIENT_TOLERANCE = 1e-8
"""Largest gradient of the deviance at a solution: an error in log SD of about 1e-9."""
MAX_STEPS = 200
DIFFERENCE = 1e-5
"""Step of the central difference of the analytic gradient that makes the Hessian."""
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
    return ZZ, ZX, Zy, X.T @ X, X.T @ y, y @ y


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
def profile_deviance(theta, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml):  # type: ignore[no-untyped-def]
    """Return -2 log likelihood profiled over beta and sigma2, its gradient in L, and the fit.

    Returns ``(deviance, gradient, beta, S_inverse, sigma2)`` with ``S = X' V^-1 X`` relative to
    sigma2. The deviance lacks the log determinant of the whitening.
    """
    m, q, p = ZX.shape
    L = cholesky_factor(theta, q)
    S, r, rest, logdet = XX.copy(), Xy.copy(), yy, 0.0
    A, H, h = np.empty((m, q, q)), np.empty((m, q, p)), np.empty((m, q))
    for i in range(m):
        K = ZZ[i] @ L
        M = np.eye(q) + L.T @ K
        inverse, determinant = _small_inverse(M)
        logdet += math.log(determinant)
        U, u = L.T @ ZX[i], L.T @ Zy[i]
        W, w = inverse @ U, inverse @ u
        S -= U.T @ W
        r -= U.T @ w
        rest -= u @ w
        A[i] = ZZ[i] - K @ inverse @ K.T
        H[i] = ZX[i] - K @ W
        h[i] = Zy[i] - K @ w
    S_inverse = np.linalg.inv(S)
    beta = S_inverse @ r
    df = n_rows - p if reml else n_rows
    sigma2 = max(rest - r @ beta, 1e-300) / df
    deviance = df * (math.log(2.0 * math.pi * sigma2) + 1.0) + logdet
    if reml:
        deviance += np.linalg.slogdet(S)[1]
    G = np.zeros((q, q))
    for i in range(m):
        u = h[i] - H[i] @ beta
        G += A[i] - np.outer(u, u) / sigma2
        if reml:
            G -= H[i] @ S_inverse @ H[i].T
    return deviance, _lower(2.0 * G @ L), beta, S_inverse, sigma2


@njit(cache=True)
def _small_inverse(M):  # type: ignore[no-untyped-def]
    """Return inverse and determinant of a 1 x 1 or 2 x 2 matrix."""
    if M.shape[0] == 1:
        return 1.0 / M, M[0, 0]
    d = M[0, 0] * M[1, 1] - M[0, 1] * M[1, 0]
    inverse = np.empty((2, 2))
    inverse[0, 0], inverse[1, 1] = M[1, 1] / d, M[0, 0] / d
    inverse[0, 1], inverse[1, 0] = -M[0, 1] / d, -M[1, 0] / d
    return inverse, d


@njit(cache=True)
def _lower(G):  # type: ignore[no-untyped-def]
    q = G.shape[0]
    out = np.empty(q * (q + 1) // 2)
    k = 0
    for a in range(q):
        for b in range(a + 1):
            out[k] = G[a, b]
            k += 1
    return out


@njit(cache=True)
def minimise(theta, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml):  # type: ignore[no-untyped-def]
    """Return ``(theta, converged, steps)`` by Newton's method with positive curvatures."""
    size = len(theta)
    f, g, _, _, _ = profile_deviance(theta, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)
    for step in range(MAX_STEPS):
        if np.max(np.abs(g)) < GRADIENT_TOLERANCE:
            return theta, True, step
        B = np.empty((size, size))
        for k in range(size):
            move = np.zeros(size)
            move[k] = DIFFERENCE * max(1.0, abs(theta[k]))
            up = profile_deviance(theta + move, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)[1]
            down = profile_deviance(theta - move, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)[1]
            B[k] = (up - down) / (2.0 * move[k])
        values, vectors = np.linalg.eigh((B + B.T) / 2.0)
        largest = np.max(np.abs(values))
        values = np.maximum(np.abs(values), CURVATURE_FLOOR * largest)
        d = -vectors @ ((vectors.T @ g) / values)
        slope, rate = g @ d, 1.0
        while rate > 1e-10:
            trial = theta + rate * d
            f_new, g_new, _, _, _ = profile_deviance(trial, ZZ, ZX, Zy, XX, Xy, yy, n_rows, reml)
            if f_new <= f + 1e-4 * rate * slope or abs(rate * slope) < 1e-11 * abs(f):
                break
            rate /= 2.0
        if np.max(np.abs(rate * d)) < 1e-12:
            return theta, np.max(np.abs(g)) < 1e-4, step
        theta, f, g = trial, f_new, g_new
    return theta, False, MAX_STEPS
