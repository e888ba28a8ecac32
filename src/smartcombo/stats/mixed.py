"""Fit a linear mixed model with one or two random effects by REML or maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from smartcombo.stats.design import FitStatus, Floats, Ints, LongDesign, MixedFit, VarianceModel
from smartcombo.stats.mixed_kernel import (
    cholesky_factor,
    cross_products,
    minimise,
    moment_start,
    profile_deviance,
    rank_deficient,
)
from smartcombo.stats.variance_kernel import row_gradient

BOUNDARY = 1e-4
"""A relative random-effect SD (its column scaled to unit mean square) below this is a zero."""
VARIANCE_GRADIENT = 1e-7
"""Gradient of the deviance in the log variance ratios at which the search ends."""
LARGEST_LOG = 12.0
"""Largest log ratio of residual SDs: beyond, one stratum is measured without error."""
LOST_DEVIANCE = 1e12
"""Stands for a deviance that rounding has destroyed, so that the line search turns back."""
ACCEPTED_GRADIENT = 1e-3
"""Gradient that is accepted where rounding allows no further step: log SD ratios good to 1e-3."""


@dataclass(frozen=True)
class _Solution:
    """The best random effects for given residual variances, and the rows as whitened."""

    theta: Floats
    deviance: float
    beta: Floats
    S_inverse: Floats
    sigma2: float
    converged: bool
    steps: int
    whitened: tuple[Floats, Floats, Floats, Floats]


@dataclass(frozen=True)
class _VarianceFunction:
    """Log residual SD ratios ``log s = M parameters`` of each row, M of shape ``(N, s)``."""

    M: Floats

    def ratios(self, parameters: Floats) -> Floats:
        """Return the residual SD ratio of each row, shape ``(N,)``."""
        return np.asarray(np.exp(np.clip(self.M @ parameters, -LARGEST_LOG, LARGEST_LOG)))


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
    if rank_deficient(design.X.T @ design.X):
        return _singular(design, variance, reml)
    scale = np.sqrt(np.mean(design.Z**2, axis=0))
    if variance == "common":
        parameters, ratios = np.empty(0), np.ones(len(design.y))
        solution = _solve(design, scale, None, reml)
    else:
        ratios, parameters, solution = _with_variances(design, scale, variance, reml)
    return _assemble(design, scale, variance, parameters, ratios, solution, reml)


def _solve(
    design: LongDesign,
    scale: Floats,
    ratios: Floats | None,
    reml: bool,
    start: Floats | None = None,
) -> _Solution:
    """Return the best fit for residual SD ratios ``(N,)``; None where they are all one."""
    y, X, Z = design.y, np.ascontiguousarray(design.X), design.Z / scale
    if ratios is not None:
        w = 1.0 / ratios
        y, X, Z = y * w, X * w[:, None], Z * w[:, None]
    ZZ, ZX, Zy, XX, Xy, yy = cross_products(y, X, Z, design.start)
    first = moment_start(ZZ, ZX, Zy, XX, Xy, yy, len(y)) if start is None else start
    theta, converged, steps = minimise(first, ZZ, ZX, Zy, XX, Xy, yy, len(y), reml)
    deviance, _, beta, S_inverse, sigma2 = profile_deviance(
        theta, ZZ, ZX, Zy, XX, Xy, yy, len(y), reml
    )
    if ratios is not None:
        deviance += 2.0 * float(np.sum(np.log(ratios)))
    return _Solution(
        theta, deviance, beta, S_inverse, sigma2, bool(converged), int(steps), (y, X, Z, ZZ)
    )


def _with_variances(
    design: LongDesign, scale: Floats, variance: VarianceModel, reml: bool
) -> tuple[Floats, Floats, _Solution]:
    """Return residual SD ratios ``(N,)``, their parameters and the fit.

    Quasi-Newton on the variance parameters; the random effects are at their best for each.
    """
    function = _variance_function(design, variance)
    latest = _solve(design, scale, None, reml)

    def deviance(parameters: Floats) -> tuple[float, Floats]:
        """Return the profile deviance and its gradient in the variance parameters."""
        nonlocal latest
        latest = _solve(design, scale, function.ratios(parameters), reml, latest.theta)
        gradient = _variance_gradient(latest, design.start, function, reml)
        if not np.isfinite(gradient).all():
            return LOST_DEVIANCE, np.zeros(len(parameters))
        return latest.deviance, gradient

    found = optimize.minimize(
        deviance,
        np.zeros(function.M.shape[1]),
        method="BFGS",
        jac=True,
        options={"gtol": VARIANCE_GRADIENT, "maxiter": 2000},
    )
    ratios = function.ratios(found.x)
    solution = _solve(design, scale, ratios, reml, latest.theta)
    gradient = _variance_gradient(solution, design.start, function, reml)
    settled = bool(np.max(np.abs(gradient), initial=0.0) < ACCEPTED_GRADIENT)
    solution = replace(solution, converged=solution.converged and settled)
    shown = found.x if variance == "power" else np.r_[1.0, np.exp(found.x)]
    return ratios, shown, solution


def _variance_gradient(
    solution: _Solution, start: Ints, function: _VarianceFunction, reml: bool
) -> Floats:
    y, X, Z, ZZ = solution.whitened
    by_row = row_gradient(
        solution.theta, y, X, Z, start, ZZ, solution.beta, solution.S_inverse, solution.sigma2, reml
    )
    with np.errstate(invalid="ignore"):
        return np.asarray(2.0 * by_row @ function.M)


def _variance_function(design: LongDesign, variance: VarianceModel) -> _VarianceFunction:
    """Return log residual SD ratios as a linear function of the parameters."""
    if variance == "power":
        return _VarianceFunction(np.log(np.abs(design.time))[:, None])
    lengths = np.diff(design.start)
    stratum = design.group if variance == "group" else np.arange(design.n_subjects)
    of_row = np.repeat(stratum, lengths)
    return _VarianceFunction((of_row[:, None] == np.arange(1, int(of_row.max()) + 1)).astype(float))


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
