"""The marginal covariance of each subject as a linear structure, and what inference needs of it.

``V_i = sum_k phi_k V_ki`` with phi the elements of D (by rows of the lower triangle) and the
residual variance of each stratum. For the power variance the last element is the power itself, in
which V is not linear; its derivative is exact and its second derivative is neglected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smartcombo.stats.design import Floats, Ints, LongDesign, MixedFit


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
        design.X,
        design.Z,
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


def _subject_sums(
    X: Floats, Z: Floats, start: Ints, D: Floats, variance: Floats, E: Floats, residual: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return P, Q, ``tr V^-1 V_k V^-1 V_l``, ``e' V_k V^-1 V_l e`` and ``e' V_k V^-1 X``.

    With e = V^-1 (y - X beta); all summed over subjects.
    """
    stack = Stack.of(start)
    Xs, Zs, Es = stack.rows(X), stack.rows(Z), stack.rows(E)
    inverse = np.linalg.inv(marginals(Zs, D, stack.rows(variance, fill=1.0)))
    WX = inverse @ Xs
    e = inverse @ stack.rows(residual)[..., None]
    parts = _parts(Zs, Es)
    r = len(parts)
    A, B, d = inverse @ parts, parts @ WX, parts @ e
    WB, Wd = inverse @ B, inverse @ d
    P = -np.einsum("mna,kmnb->kab", WX, B)
    Q = np.tensordot(B, WB, axes=((1, 2), (1, 2))).transpose(0, 2, 1, 3)
    traces = A.reshape(r, -1) @ np.swapaxes(A, -1, -2).reshape(r, -1).T
    quadratic = d.reshape(r, -1) @ Wd.reshape(r, -1).T
    cross = np.einsum("kmni,mna->ka", Wd, Xs)
    return P, Q, traces, quadratic, cross


@dataclass(frozen=True)
class Stack:
    """The rows of all subjects side by side, the short ones filled up.

    Filled rows have no fixed effects, no random effects and unit variance: they add nothing.

    Attributes
    ----------
    index
        Row of each subject's j-th visit, shape ``(m, n)`` with n the longest subject; 0 if filled.
    real
        Whether it is a row, shape ``(m, n)``.
    """

    index: Ints
    real: NDArray[np.bool_]

    @classmethod
    def of(cls, start: Ints) -> Stack:
        """Return the stack of subjects whose rows begin at ``start``."""
        lengths = np.diff(start)
        visit = np.arange(lengths.max())
        real = visit < lengths[:, None]
        return cls(np.where(real, start[:-1, None] + visit, 0), real)

    def rows(self, values: Floats, fill: float = 0.0) -> Floats:
        """Return values ``(N, ...)`` by subject, shape ``(m, n, ...)``."""
        real = self.real.reshape(self.real.shape + (1,) * (values.ndim - 1))
        return np.where(real, values[self.index], fill)


def marginals(Z: Floats, D: Floats, variance: Floats) -> Floats:
    """Return V of each subject, shape ``(m, n, n)``, from stacked Z and residual variances."""
    V = Z @ D @ np.swapaxes(Z, -1, -2)
    diagonal = np.arange(V.shape[-1])
    V[:, diagonal, diagonal] += variance
    return np.asarray(V)


def _parts(Z: Floats, E: Floats) -> Floats:
    """Return the derivatives of each V_i in phi, shape ``(r, m, n, n)``."""
    m, n, q = Z.shape
    parts = []
    for a in range(q):
        for b in range(a + 1):
            outer = Z[:, :, a, None] * Z[:, None, :, b]
            parts.append(outer if a == b else outer + np.swapaxes(outer, -1, -2))
    diagonal = np.arange(n)
    for s in range(E.shape[2]):
        part = np.zeros((m, n, n))
        part[:, diagonal, diagonal] = E[:, :, s]
        parts.append(part)
    return np.array(parts)
