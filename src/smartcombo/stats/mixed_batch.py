"""Refit one design to many outcomes: the parametric bootstrap and simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from smartcombo.stats.covariance import subject_rows
from smartcombo.stats.design import Floats, LongDesign, MixedFit
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixed_kernel import (
    cholesky_factor,
    cross_products,
    minimise,
    moment_start,
    profile_deviance,
)


@dataclass(frozen=True)
class MixedFits:
    """Fits of B outcomes of one design.

    Attributes
    ----------
    beta
        Fixed effects, shape ``(B, p)``.
    cov_beta
        Their model covariance, shape ``(B, p, p)``.
    D
        Covariance of the random effects, shape ``(B, q, q)``.
    sigma2, loglik
        Residual variance and (restricted) log likelihood, shape ``(B,)``.
    converged
        Whether each fit converged, shape ``(B,)``.
    """

    beta: Floats
    cov_beta: Floats
    D: Floats
    sigma2: Floats
    loglik: Floats
    converged: np.ndarray


def refit_many(design: LongDesign, Y: Floats, *, reml: bool = True) -> MixedFits:
    """Return the common-variance model fitted to each row of ``Y``, shape ``(B, N)``.

    The design's own ``y`` is not used. Gives what :func:`fit_mixed` gives, without its overhead.
    """
    scale = np.sqrt(np.mean(design.Z**2, axis=0))
    Z, X = np.ascontiguousarray(design.Z / scale), np.ascontiguousarray(design.X)
    beta, cov_beta, D, sigma2, deviance, converged = _refit_all(
        np.ascontiguousarray(Y), X, Z, design.start, reml
    )
    return MixedFits(beta, cov_beta, D / np.outer(scale, scale), sigma2, -0.5 * deviance, converged)


def refit_simulated(
    fit: MixedFit, design: LongDesign, draws: int, rng: np.random.Generator
) -> MixedFits:
    """Return fits of ``draws`` outcomes simulated from a fitted model, by the same model."""
    Y = simulate_outcomes(fit, design, draws, rng)
    if fit.variance_model == "common":
        return refit_many(design, Y, reml=fit.reml)
    fits = [
        fit_mixed(_with_outcome(design, y), variance=fit.variance_model, reml=fit.reml) for y in Y
    ]
    return MixedFits(
        np.array([f.beta for f in fits]),
        np.array([f.cov_beta for f in fits]),
        np.array([f.D for f in fits]),
        np.array([f.sigma2 for f in fits]),
        np.array([f.loglik for f in fits]),
        np.array([f.status in ("ok", "boundary") for f in fits]),
    )


def simulate_outcomes(
    fit: MixedFit, design: LongDesign, draws: int, rng: np.random.Generator
) -> Floats:
    """Return outcomes drawn from a fitted model, shape ``(draws, N)``."""
    q = design.Z.shape[1]
    root = _psd_root(fit.D)
    Y = design.X @ fit.beta + fit.residual_sd * rng.standard_normal((draws, len(design.y)))
    effects = rng.standard_normal((draws, design.n_subjects, q)) @ root.T
    for i, rows in enumerate(subject_rows(design)):
        Y[:, rows] += effects[:, i] @ design.Z[rows].T
    return np.asarray(Y)


def _psd_root(D: Floats) -> Floats:
    values, vectors = np.linalg.eigh(D)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0.0, None)))


def _with_outcome(design: LongDesign, y: Floats) -> LongDesign:
    return LongDesign(y, design.X, design.Z, design.start, design.group, design.time)


@njit(cache=True)
def _refit_all(Y, X, Z, start, reml):  # type: ignore[no-untyped-def]
    B, N = Y.shape
    p, q = X.shape[1], Z.shape[1]
    beta, cov_beta, D = np.empty((B, p)), np.empty((B, p, p)), np.empty((B, q, q))
    sigma2, deviance = np.empty(B), np.empty(B)
    converged = np.zeros(B, dtype=np.bool_)
    for k in range(B):
        ZZ, ZX, Zy, XX, Xy, yy = cross_products(Y[k], X, Z, start)
        start_at = moment_start(ZZ, ZX, Zy, XX, Xy, yy, N)
        theta, converged[k], _ = minimise(start_at, ZZ, ZX, Zy, XX, Xy, yy, N, reml)
        deviance[k], _, beta[k], S_inverse, sigma2[k] = profile_deviance(
            theta, ZZ, ZX, Zy, XX, Xy, yy, N, reml
        )
        L = cholesky_factor(theta, q)
        cov_beta[k] = sigma2[k] * S_inverse
        D[k] = sigma2[k] * (L @ L.T)
    return beta, cov_beta, D, sigma2, deviance, converged
