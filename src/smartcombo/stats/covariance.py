"""The marginal covariance of each subject as a linear structure, and what inference needs of it.

``V_i = sum_k phi_k V_ki`` with phi the elements of D (by rows of the lower triangle) and the
residual variance of each stratum. For the power variance the last element is the power itself, in
which V is not linear; its derivative is exact and its second derivative is neglected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, LongDesign, MixedFit


@dataclass(frozen=True)
class Information:
    """Sums over subjects that Satterthwaite and Kenward-Roger share.

    Attributes
    ----------
    C
        Inverse of sum X' V^-1 X, shape ``(p, p)``.
    P
        ``-sum X' V^-1 V_k V^-1 X``, shape ``(r, p, p)``.
    Q
        ``sum X' V^-1 V_k V^-1 V_l V^-1 X``, shape ``(r, r, p, p)``.
    expected
        Expected REML information of phi, shape ``(r, r)``.
    observed
        Observed REML information of phi (half the Hessian of the deviance), shape ``(r, r)``.
    """

    C: Floats
    P: Floats
    Q: Floats
    expected: Floats
    observed: Floats


def subject_rows(design: LongDesign) -> list[slice]:
    """Return the rows of each subject."""
    return [slice(a, b) for a, b in zip(design.start[:-1], design.start[1:], strict=True)]


def marginal(fit: MixedFit, design: LongDesign, rows: slice) -> Floats:
    """Return V_i of one subject, shape ``(n_i, n_i)``."""
    Z = design.Z[rows]
    return np.asarray(Z @ fit.D @ Z.T + np.diag(fit.residual_sd[rows] ** 2))


def information(fit: MixedFit, design: LongDesign) -> Information:
    """Return the information matrices of the covariance parameters and their cross-products."""
    C = fit.cov_beta
    P, Q, traces, quadratic, cross = _subject_sums(
        np.ascontiguousarray(design.X),
        np.ascontiguousarray(design.Z),
        design.start,
        fit.D,
        fit.residual_sd**2,
        _residual_derivatives(fit, design),
        design.y - design.X @ fit.beta,
    )
    CP = C @ P
    double = np.einsum("ab,klba->kl", C, Q)
    trace_P = traces - 2 * double + np.einsum("kab,lba->kl", CP, CP)
    data_term = quadratic - cross @ C @ cross.T
    return Information(C, P, Q, 0.5 * trace_P, data_term - 0.5 * trace_P)


def _residual_derivatives(fit: MixedFit, design: LongDesign) -> Floats:
    """Return the derivative of each row's residual variance in each parameter, shape ``(N, s)``."""
    if fit.variance_model == "power":
        variance = fit.residual_sd**2
        log_time = np.log(np.abs(design.time))
        return np.column_stack([variance / fit.sigma2, 2.0 * log_time * variance])
    lengths = np.diff(design.start)
    if fit.variance_model == "common":
        return np.ones((len(design.y), 1))
    by_group = fit.variance_model == "group"
    strata = np.repeat(design.group if by_group else np.arange(design.n_subjects), lengths)
    return (strata[:, None] == np.arange(int(strata.max()) + 1)).astype(float)


@njit(cache=True)
def _subject_sums(X, Z, start, D, variance, E, residual):  # type: ignore[no-untyped-def]
    """Return P, Q, ``tr V^-1 V_k V^-1 V_l``, ``e' V_k V^-1 V_l e`` and ``e' V_k V^-1 X``.

    With e = V^-1 (y - X beta); all summed over subjects.
    """
    p, q = X.shape[1], Z.shape[1]
    n_random = q * (q + 1) // 2
    r = n_random + E.shape[1]
    P, Q = np.zeros((r, p, p)), np.zeros((r, r, p, p))
    traces, quadratic, cross = np.zeros((r, r)), np.zeros((r, r)), np.zeros((r, p))
    for i in range(len(start) - 1):
        rows = slice(start[i], start[i + 1])
        Xi, Zi, Ei = X[rows], Z[rows], E[rows]
        n = len(Xi)
        inverse = np.linalg.inv(Zi @ D @ Zi.T + np.diag(variance[rows]))
        WX, e = inverse @ Xi, inverse @ residual[rows]
        parts = _parts(Zi, Ei, r, n_random)
        used = np.zeros(r, dtype=np.bool_)
        A, B, WB = np.empty((r, n, n)), np.empty((r, n, p)), np.empty((r, n, p))
        d, Wd = np.empty((r, n)), np.empty((r, n))
        for k in range(r):
            used[k] = np.any(parts[k] != 0.0)
            if used[k]:
                A[k] = inverse @ parts[k]
                B[k] = parts[k] @ WX
                WB[k] = inverse @ B[k]
                d[k] = parts[k] @ e
                Wd[k] = inverse @ d[k]
                P[k] -= WX.T @ B[k]
                cross[k] += Wd[k] @ Xi
        for k in range(r):
            for j in range(r):
                if used[k] and used[j]:
                    Q[k, j] += B[k].T @ WB[j]
                    traces[k, j] += np.sum(A[k] * A[j].T)
                    quadratic[k, j] += d[k] @ Wd[j]
    return P, Q, traces, quadratic, cross


@njit(cache=True)
def _parts(Z, E, r, n_random):  # type: ignore[no-untyped-def]
    """Return the derivatives of V_i in phi, shape ``(r, n, n)``."""
    n = len(Z)
    parts = np.zeros((r, n, n))
    k = 0
    for a in range(Z.shape[1]):
        for b in range(a + 1):
            outer = np.outer(Z[:, a], Z[:, b])
            parts[k] = outer if a == b else outer + outer.T
            k += 1
    for s in range(E.shape[1]):
        parts[n_random + s] = np.diag(E[:, s])
    return parts
