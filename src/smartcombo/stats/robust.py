"""Cluster-robust covariance CR2 with Satterthwaite degrees of freedom: the subject is the cluster.

Pustejovsky and Tipton 2018, 10.1080/07350015.2016.1247004, with the model's V as working
covariance and its inverse as weights.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, LongDesign, MixedFit
from smartcombo.stats.inference import TInference

EIGENVALUE_TOLERANCE = 1e-12
"""Below this fraction of the largest, an eigenvalue of the adjustment is zero: a subject that
alone identifies a coefficient."""


def cr2_inference(fit: MixedFit, design: LongDesign) -> TInference:
    """Return inference that trusts the mean model only: scatter is read off the subjects."""
    if fit.status in ("singular", "not_converged"):
        return TInference(fit.beta, fit.cov_beta, lambda _: np.nan)
    E = _estimators(
        np.ascontiguousarray(design.X),
        np.ascontiguousarray(design.Z),
        design.start,
        fit.D,
        fit.residual_sd**2,
        fit.cov_beta,
    )
    residual = design.y - design.X @ fit.beta
    scores = _by_subject(E * residual, design)
    return TInference(fit.beta, scores @ scores.T, lambda c: _degrees(c @ E, fit, design))


def _by_subject(rows: Floats, design: LongDesign) -> Floats:
    """Return sums over each subject's rows along the last axis, shape ``(..., m)``."""
    return np.asarray(np.add.reduceat(rows, design.start[:-1], axis=-1))


def _degrees(h: Floats, fit: MixedFit, design: LongDesign) -> float:
    """Return Satterthwaite's df, trace^2 / norm^2 of the scores' working covariance.

    ``h`` of shape ``(N,)`` is the contrast's weight on each row's residual.
    """
    random = _by_subject(h * design.Z.T, design)
    own = _by_subject((h * fit.residual_sd) ** 2, design)
    own = own + np.sum(random * (fit.D @ random), axis=0)
    shared = _by_subject(h * design.X.T, design)
    G = np.diag(own) - shared.T @ fit.cov_beta @ shared
    return float(np.trace(G) ** 2 / np.sum(G**2))


@njit(cache=True)
def _estimators(X, Z, start, D, variance, cov_beta):  # type: ignore[no-untyped-def]
    """Return ``C X' W A``, shape ``(p, N)``: what each row's residual adds to beta."""
    out = np.empty((X.shape[1], X.shape[0]))
    for i in range(len(start) - 1):
        rows = slice(start[i], start[i + 1])
        Xi, Zi = X[rows], Z[rows]
        V = Zi @ D @ Zi.T + np.diag(variance[rows])
        root = np.linalg.cholesky(V).T.copy()
        B = root @ (V - Xi @ cov_beta @ Xi.T) @ root.T
        values, vectors = np.linalg.eigh((B + B.T) / 2.0)
        inverse_root = np.zeros_like(B)
        for k in range(len(values)):
            if values[k] > EIGENVALUE_TOLERANCE * values[-1]:
                inverse_root += np.outer(vectors[:, k], vectors[:, k]) / np.sqrt(values[k])
        A = root.T @ inverse_root @ root
        out[:, rows] = cov_beta @ Xi.T @ np.linalg.inv(V) @ A
    return out
