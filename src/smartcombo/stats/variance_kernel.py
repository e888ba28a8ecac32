"""How the deviance of a mixed model changes with the residual variance of each row.

With ``V`` the covariance relative to sigma2 after whitening, ``e = V^-1 (y - X beta)``, ``x_j`` row
j of ``V^-1 X`` and ``S = X' V^-1 X``, the derivative of the profile deviance in row j's log
residual variance is

    (V^-1)_jj - e_j^2 / sigma2 - x_j' S^-1 x_j        (the last term in the restricted likelihood)

so any function that gives residual variances has its exact gradient by the chain rule.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smartcombo.stats.mixed_kernel import cholesky_factor, shrinkage


@njit(cache=True)
def row_gradient(theta, y, X, Z, start, ZZ, beta, S_inverse, sigma2, reml):  # type: ignore[no-untyped-def]
    """Return the derivative in each row's log residual variance, shape ``(N,)``; whitened rows."""
    N, p = X.shape
    q = Z.shape[1]
    L = cholesky_factor(theta, q)
    T, R = np.empty((q, q)), np.empty((q, q))
    residual, out = y.copy(), np.empty(N)
    for j in range(N):
        for k in range(p):
            residual[j] -= X[j, k] * beta[k]
    Ze, ZX, v = np.empty(q), np.empty((q, p)), np.empty(p)
    for i in range(len(start) - 1):
        shrinkage(L, ZZ[i], T, R)
        for a in range(q):
            Ze[a] = 0.0
            for k in range(p):
                ZX[a, k] = 0.0
        for j in range(start[i], start[i + 1]):
            for a in range(q):
                Ze[a] += Z[j, a] * residual[j]
                for k in range(p):
                    ZX[a, k] += Z[j, a] * X[j, k]
        for j in range(start[i], start[i + 1]):
            diagonal, e = 1.0, residual[j]
            for k in range(p):
                v[k] = X[j, k]
            for a in range(q):
                pull = 0.0
                for b in range(q):
                    pull += T[a, b] * Z[j, b]
                diagonal -= Z[j, a] * pull
                e -= pull * Ze[a]
                for k in range(p):
                    v[k] -= pull * ZX[a, k]
            out[j] = diagonal - e * e / sigma2
            if reml:
                for k in range(p):
                    for c in range(p):
                        out[j] -= v[k] * S_inverse[k, c] * v[c]
    return out
