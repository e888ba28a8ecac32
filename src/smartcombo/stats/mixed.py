"""Fit a linear mixed model with one or two random effects by REML or maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from smartcombo.stats.design import FitStatus, Floats, LongDesign, MixedFit, VarianceModel
from smartcombo.stats.mixed_kernel import (
    cholesky_factor,
    cross_products,
    minimise,
    profile_deviance,
)

BOUNDARY = 1e-4
"""A relative random-effect SD (its column scaled to unit mean square) below this is a zero."""
RANK_TOLERANCE = 1e-10
VARIANCE_TOLERANCE = 1e-10
"""Change of the deviance at which the variance parameters stop: rates then agree to 1e-6."""


@dataclass(frozen=True)
class _Solution:
    theta: Floats
    deviance: float
    beta: Floats
    S_inverse: Floats
    sigma2: float
    converged: bool
    steps: int


def fit_mixed(
    design: LongDesign, *, variance: VarianceModel = "common", reml: bool = True
) -> MixedFit:
    """Return the mixed model fitted by restricted (or full) maximum likelihood.

    Parameters
    ----------
    design
        Outcome ``(N,)``, fixed effects ``(N, p)`` and random effects ``(N, q)`` by subject.
    variance
        Residual SD ``common``, by ``group``, by ``subject`` (each relative to the first), or
        ``|time| ** power``.
    reml
        Restricted likelihood (default) or full.

    Returns
    -------
    MixedFit
        Never raises for a statistical failure: ``status`` says ``boundary``, ``singular`` or
        ``not_converged``.

    References
    ----------
    Laird and Ware 1982, 10.2307/2529876; Pinheiro and Bates 2000, 10.1007/b98882.
    """
    if (
        np.linalg.matrix_rank(design.X, tol=RANK_TOLERANCE * np.abs(design.X).max())
        < design.X.shape[1]
    ):
        return _singular(design, variance, reml)
    scale = np.sqrt(np.mean(design.Z**2, axis=0))
    if variance == "common":
        ratios, parameters = np.ones(len(design.y)), np.empty(0)
        solution = _solve(design, scale, ratios, reml)
    else:
        ratios, parameters, solution = _with_variances(design, scale, variance, reml)
    return _assemble(design, scale, variance, parameters, ratios, solution, reml)


def _solve(
    design: LongDesign, scale: Floats, ratios: Floats, reml: bool, start: Floats | None = None
) -> _Solution:
    w = 1.0 / ratios
    y, X, Z = design.y * w, design.X * w[:, None], design.Z * (w[:, None] / scale)
    ZZ, ZX, Zy, XX, Xy, yy = cross_products(y, X, Z, design.start)
    q = Z.shape[1]
    first = np.eye(q)[np.tril_indices(q)] if start is None else start
    theta, converged, steps = minimise(first, ZZ, ZX, Zy, XX, Xy, yy, len(y), reml)
    deviance, _, beta, S_inverse, sigma2 = profile_deviance(
        theta, ZZ, ZX, Zy, XX, Xy, yy, len(y), reml
    )
    deviance += 2.0 * float(np.sum(np.log(ratios)))
    return _Solution(theta, deviance, beta, S_inverse, sigma2, bool(converged), int(steps))


def _with_variances(
    design: LongDesign, scale: Floats, variance: VarianceModel, reml: bool
) -> tuple[Floats, Floats, _Solution]:
    """Return residual SD ratios ``(N,)``, their parameters and the fit, by quasi-Newton outside."""
    ratios_of, size = _variance_function(design, variance)
    best = _solve(design, scale, np.ones(len(design.y)), reml)

    def deviance(parameters: Floats) -> float:
        return _solve(design, scale, ratios_of(parameters), reml, best.theta).deviance

    found = optimize.minimize(
        deviance,
        np.zeros(size),
        method="BFGS",
        options={"gtol": 1e-7, "maxiter": 500},
        jac=lambda x: _central(deviance, x),
    )
    solution = _solve(design, scale, ratios_of(found.x), reml, best.theta)
    settled = bool(np.max(np.abs(found.jac)) < 1e-3)
    solution = _Solution(**{**solution.__dict__, "converged": solution.converged and settled})
    shown = found.x if variance == "power" else np.r_[1.0, np.exp(found.x)]
    return ratios_of(found.x), shown, solution


def _central(function: Callable[[Floats], float], x: Floats) -> Floats:
    step = 1e-5
    moves = step * np.eye(len(x))
    return np.array([(function(x + e) - function(x - e)) / (2 * step) for e in moves])


def _variance_function(
    design: LongDesign, variance: VarianceModel
) -> tuple[Callable[[Floats], Floats], int]:
    """Return parameters -> residual SD ratio of each row ``(N,)``, and their number."""
    if variance == "power":
        log_time = np.log(np.abs(design.time))
        return lambda power: np.exp(power[0] * log_time), 1
    lengths = np.diff(design.start)
    stratum = design.group if variance == "group" else np.arange(design.n_subjects)
    of_row = np.repeat(stratum, lengths)
    count = int(of_row.max()) + 1
    return lambda logs: np.exp(np.r_[0.0, logs][of_row]), count - 1


def _assemble(
    design: LongDesign,
    scale: Floats,
    variance: VarianceModel,
    parameters: Floats,
    ratios: Floats,
    solution: _Solution,
    reml: bool,
) -> MixedFit:
    L = cholesky_factor(solution.theta, len(scale))
    D = solution.sigma2 * (L @ L.T) / np.outer(scale, scale)
    return MixedFit(
        beta=solution.beta,
        cov_beta=solution.sigma2 * solution.S_inverse,
        D=D,
        sigma2=solution.sigma2,
        variance_model=variance,
        variance_parameters=parameters,
        residual_sd=np.sqrt(solution.sigma2) * ratios,
        loglik=-0.5 * solution.deviance,
        reml=reml,
        status=_status(L, solution),
        n_iterations=solution.steps,
    )


def _status(L: Floats, solution: _Solution) -> FitStatus:
    if not solution.converged:
        return "not_converged"
    return "boundary" if np.min(np.abs(np.diag(L))) < BOUNDARY else "ok"


def _singular(design: LongDesign, variance: VarianceModel, reml: bool) -> MixedFit:
    p, q = design.X.shape[1], design.Z.shape[1]
    return MixedFit(
        beta=np.full(p, np.nan),
        cov_beta=np.full((p, p), np.nan),
        D=np.full((q, q), np.nan),
        sigma2=float("nan"),
        variance_model=variance,
        variance_parameters=np.empty(0),
        residual_sd=np.full(len(design.y), np.nan),
        loglik=float("nan"),
        reml=reml,
        status="singular",
        n_iterations=0,
    )
