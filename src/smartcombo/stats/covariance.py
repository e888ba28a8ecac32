"""The marginal covariance of each subject as a linear structure, and what inference needs of it.

``V_i = sum_k phi_k V_ki`` with phi the elements of D (by rows of the lower triangle) and the
residual variance of each stratum. For the power variance the last element is the power itself, in
which V is not linear; its derivative is exact and its second derivative is neglected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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


def derivatives(fit: MixedFit, design: LongDesign) -> list[list[Floats]]:
    """Return, for each subject, the derivatives of V_i in phi; each of shape ``(n_i, n_i)``."""
    strata = _strata(fit, design)
    return [
        _random_parts(design.Z[rows]) + _residual_parts(fit, design, rows, strata)
        for rows in subject_rows(design)
    ]


def _random_parts(Z: Floats) -> list[Floats]:
    parts = []
    for a in range(Z.shape[1]):
        for b in range(a + 1):
            outer = np.outer(Z[:, a], Z[:, b])
            parts.append(outer if a == b else outer + outer.T)
    return parts


def _strata(fit: MixedFit, design: LongDesign) -> np.ndarray:
    lengths = np.diff(design.start)
    if fit.variance_model == "group":
        return np.repeat(design.group, lengths)
    if fit.variance_model == "subject":
        return np.repeat(np.arange(design.n_subjects), lengths)
    return np.zeros(len(design.y), dtype=np.int64)


def _residual_parts(
    fit: MixedFit, design: LongDesign, rows: slice, strata: np.ndarray
) -> list[Floats]:
    variance = fit.residual_sd[rows] ** 2
    if fit.variance_model == "power":
        log_time = np.log(np.abs(design.time[rows]))
        return [np.diag(variance / fit.sigma2), np.diag(2.0 * log_time * variance)]
    return [np.diag((strata[rows] == k).astype(float)) for k in range(int(strata.max()) + 1)]


def information(fit: MixedFit, design: LongDesign) -> Information:
    """Return the information matrices of the covariance parameters and their cross-products."""
    X, p = design.X, design.X.shape[1]
    residual = design.y - X @ fit.beta
    pieces = derivatives(fit, design)
    r = len(pieces[0])
    C = fit.cov_beta
    P, Q = np.zeros((r, p, p)), np.zeros((r, r, p, p))
    traces, quadratic = np.zeros((r, r)), np.zeros((r, r))
    cross = np.zeros((r, p))
    for rows, V_k in zip(subject_rows(design), pieces, strict=True):
        inverse = np.linalg.inv(marginal(fit, design, rows))
        WX, e = inverse @ X[rows], inverse @ residual[rows]
        A = np.array([inverse @ part for part in V_k])
        B = np.array([part @ WX for part in V_k])
        d = np.array([part @ e for part in V_k])
        P -= np.einsum("na,knb->kab", WX, B)
        Q += np.einsum("kna,nm,lmb->klab", B, inverse, B, optimize=True)
        traces += np.einsum("kij,lji->kl", A, A)
        quadratic += np.einsum("ki,ij,lj->kl", d, inverse, d, optimize=True)
        cross += np.einsum("ki,ij,ja->ka", d, inverse, X[rows], optimize=True)
    trace_P = (
        traces
        - 2 * np.einsum("ab,klba->kl", C, Q)
        + np.einsum("ab,kbc,cd,lda->kl", C, P, C, P, optimize=True)
    )
    data_term = quadratic - np.einsum("ka,ab,lb->kl", cross, C, cross)
    return Information(C, P, Q, 0.5 * trace_P, data_term - 0.5 * trace_P)
