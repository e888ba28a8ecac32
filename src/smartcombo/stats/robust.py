"""Cluster-robust covariance CR2 with Satterthwaite degrees of freedom: the subject is the cluster.

Pustejovsky and Tipton 2018, 10.1080/07350015.2016.1247004, with the model's V as working
covariance and its inverse as weights.
"""

from __future__ import annotations

import numpy as np

from smartcombo.stats.covariance import marginal, subject_rows
from smartcombo.stats.design import ContrastTest, Floats, LongDesign, MixedFit
from smartcombo.stats.inference import contrast_test

EIGENVALUE_TOLERANCE = 1e-12
"""Below this fraction of the largest, an eigenvalue of the adjustment is zero: a subject that
alone identifies a coefficient."""


def cr2_covariance(fit: MixedFit, design: LongDesign) -> Floats:
    """Return the CR2 covariance of beta, shape ``(p, p)``."""
    residual = design.y - design.X @ fit.beta
    scores = np.array(
        [
            E @ residual[rows]
            for E, rows in zip(_estimators(fit, design), subject_rows(design), strict=True)
        ]
    )
    return np.asarray(scores.T @ scores)


def cr2_tests(
    fit: MixedFit, design: LongDesign, C: Floats, *, level: float = 0.95
) -> tuple[ContrastTest, ...]:
    """Return the t-test of each row of ``C``, shape ``(k, p)``, under CR2."""
    C = np.atleast_2d(C)
    if fit.status in ("singular", "not_converged"):
        return tuple(contrast_test(c, fit.beta, fit.cov_beta, np.nan, level) for c in C)
    estimators = _estimators(fit, design)
    covariance = cr2_covariance(fit, design)
    return tuple(
        contrast_test(c, fit.beta, covariance, _degrees(c, estimators, fit, design), level)
        for c in C
    )


def _estimators(fit: MixedFit, design: LongDesign) -> list[Floats]:
    """Return ``C X' W A`` of each subject, shape ``(p, n_i)``: residuals to a score of beta."""
    estimators = []
    for rows in subject_rows(design):
        V, X = marginal(fit, design, rows), design.X[rows]
        D = np.linalg.cholesky(V).T
        B = D @ (V - X @ fit.cov_beta @ X.T) @ D.T
        A = D.T @ _inverse_root(B) @ D
        estimators.append(fit.cov_beta @ X.T @ np.linalg.inv(V) @ A)
    return estimators


def _inverse_root(B: Floats) -> Floats:
    values, vectors = np.linalg.eigh((B + B.T) / 2)
    keep = values > EIGENVALUE_TOLERANCE * values.max()
    return np.asarray((vectors[:, keep] / np.sqrt(values[keep])) @ vectors[:, keep].T)


def _degrees(c: Floats, estimators: list[Floats], fit: MixedFit, design: LongDesign) -> float:
    """Return Satterthwaite's df, trace^2 / norm^2 of the scores' working covariance."""
    rows = subject_rows(design)
    h = [c @ E for E in estimators]
    own = np.array([a @ marginal(fit, design, r) @ a for a, r in zip(h, rows, strict=True)])
    shared = np.array([a @ design.X[r] for a, r in zip(h, rows, strict=True)])
    G = np.diag(own) - shared @ fit.cov_beta @ shared.T
    return float(np.trace(G) ** 2 / np.sum(G**2))
