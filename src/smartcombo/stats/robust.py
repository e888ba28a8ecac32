"""Cluster-robust covariance CR2 with Satterthwaite degrees of freedom: the subject is the cluster.

Pustejovsky and Tipton 2018, 10.1080/07350015.2016.1247004, with the model's V as working
covariance and its inverse as weights.
"""

from __future__ import annotations

import numpy as np

from smartcombo.stats.covariance import Stack, marginals
from smartcombo.stats.design import Floats, LongDesign, MixedFit
from smartcombo.stats.inference import TInference

EIGENVALUE_TOLERANCE = 1e-12
"""Below this fraction of the largest, an eigenvalue of the adjustment is zero: a subject that
alone identifies a coefficient."""


def cr2_inference(fit: MixedFit, design: LongDesign) -> TInference:
    """Return inference that trusts the mean model only: scatter is read off the subjects."""
    if fit.status in ("singular", "not_converged"):
        return TInference(fit.beta, fit.cov_beta, lambda _: np.nan)
    E = _estimators(fit, design)
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


def _estimators(fit: MixedFit, design: LongDesign) -> Floats:
    """Return ``C X' W A``, shape ``(p, N)``: what each row's residual adds to beta."""
    stack = Stack.of(design.start)
    X = stack.rows(design.X)
    V = marginals(stack.rows(design.Z), fit.D, stack.rows(fit.residual_sd**2, fill=1.0))
    root = np.swapaxes(np.linalg.cholesky(V), -1, -2)
    fitted = X @ fit.cov_beta @ np.swapaxes(X, -1, -2)
    values, vectors = np.linalg.eigh(root @ (V - fitted) @ np.swapaxes(root, -1, -2))
    used = values > EIGENVALUE_TOLERANCE * values[:, -1:]
    weights = np.where(used, 1.0 / np.sqrt(np.where(used, values, 1.0)), 0.0)
    inverse_root = (vectors * weights[:, None, :]) @ np.swapaxes(vectors, -1, -2)
    A = np.swapaxes(root, -1, -2) @ inverse_root @ root
    E = np.swapaxes(A, -1, -2) @ np.linalg.solve(V, X @ fit.cov_beta)
    return np.asarray(E[stack.real].T)
