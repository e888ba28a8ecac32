"""Fit a linear mixed model in which values below a limit are known only to lie below it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from smartcombo.stats.censored_kernel import censored_terms
from smartcombo.stats.censored_restricted_kernel import (
    climb,
    inverse_of,
    lift,
    rough_inverse,
    settle,
)
from smartcombo.stats.design import FitStatus, Floats, LongDesign, MixedFit
from smartcombo.stats.inference import TInference
from smartcombo.stats.mixed import BOUNDARY, fit_mixed

Below = NDArray[np.bool_]

POINTS = 9
"""Quadrature points in each random effect: estimates are then exact to about a hundredth of their
standard error where many visits of an animal are censored, and far better elsewhere."""
STEP = 1e-4
"""Step of differences of the analytic score and information, in rough standard errors."""
SCORE_TOLERANCE = 1e-4
"""Score left at a solution, in standard errors of the parameters."""
ACCEPTED_SCORE = 1e-2
"""Score at a solution that is still accepted: far below one standard error of any parameter."""
RESTRICTED_STEPS = 25
SMALL = 0.3
"""Residual SDs below which the SD of a random effect may be a saddle's, not the maximum's."""
PROFILE_GRADIENT = 1e-3
"""Score in rough standard errors at which a maximum is good enough to compare designs by."""


@dataclass(frozen=True)
class CensoredFit:
    """A fitted censored model and how its contrasts are tested.

    ``inference`` is Satterthwaite's, on the observed information. ``parameters`` are beta, the
    lower triangle by rows of the Cholesky factor of D (random-effect columns divided by ``scale``)
    and log sigma, with their ``covariance``; empty where the fit failed.
    """

    fit: MixedFit
    inference: TInference
    parameters: Floats = field(default_factory=lambda: np.empty(0))
    covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    scale: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class _Problem:
    """The arrays of the likelihood, the random effects' columns scaled to unit mean square."""

    y: Floats
    below: Below
    X: Floats
    Z: Floats
    design: LongDesign

    def terms(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return log likelihood, score and information of beta."""
        nodes, weights = _rule(self.Z.shape[1])
        value, score, information = censored_terms(
            parameters, self.y, self.below, self.X, self.Z, self.design.start, nodes, weights, True
        )
        return float(value), score, information

    def score(self, parameters: Floats) -> tuple[float, Floats]:
        """Return log likelihood and score, at half the work."""
        nodes, weights = _rule(self.Z.shape[1])
        value, score, _ = censored_terms(
            parameters, self.y, self.below, self.X, self.Z, self.design.start, nodes, weights, False
        )
        return float(value), score

    def arrays(self) -> tuple[Any, ...]:
        """Return what the kernels read: y, below, X, Z, start, nodes and log weights."""
        return self.y, self.below, self.X, self.Z, self.design.start, *_rule(self.Z.shape[1])


@dataclass(frozen=True)
class _Root:
    """Where the restricted score is zero.

    Log likelihood, I_beta, its slopes, and the inverse of the observed information there; whether
    that information is one of a maximum.
    """

    parameters: Floats
    value: float
    information: Floats
    slopes: Floats
    inverse: Floats
    settled: bool
    steps: int
    maximum: bool


def fit_censored(design: LongDesign, below: Below) -> CensoredFit:
    """Return the model with one residual variance, fitted by restricted likelihood.

    Parameters
    ----------
    design
        ``y`` holds the limit in censored rows.
    below
        Which rows are censored, shape ``(N,)``.

    Notes
    -----
    Restricted likelihood by Laplace's approximation over beta, log L - log|I_beta| / 2: exact
    without censoring, where it is REML. The start is the fit with censored rows at the limit.

    References
    ----------
    Hughes 1999, 10.1111/j.0006-341X.1999.00625.x; Maestrini 2024, 10.48550/arXiv.2402.12719.
    """
    plain = fit_mixed(design)
    if plain.status == "singular":
        return CensoredFit(plain, TInference(plain.beta, plain.cov_beta, lambda _: np.nan))
    try:
        return _fitted(design, np.asarray(below), plain)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return CensoredFit(
            replace(plain, status="not_converged"),
            TInference(plain.beta, plain.cov_beta, lambda _: np.nan),
        )


class CensoredProfile:
    """The maximised censored log likelihood of designs that change little from one to the next.

    Holds where the last search ended, so that the next starts there.
    """

    def __init__(self, below: Below) -> None:
        """Take which rows are censored, shape ``(N,)``."""
        self._below = np.asarray(below)
        self._rest: Floats | None = None

    def maximum(self, design: LongDesign) -> float:
        """Return the maximised log likelihood; minus infinity where there is no finite maximum."""
        try:
            problem, scale = censored_problem(design, self._below)
            if self._rest is None:
                self._rest = start_at(fit_mixed(design, reml=False), scale)
            spread = rough_errors(problem, self._rest)
            self._rest = _maximum(problem, self._rest, spread, PROFILE_GRADIENT)
            return problem.score(self._rest)[0]
        except (np.linalg.LinAlgError, ZeroDivisionError):
            self._rest = None
            return float("-inf")

    def at_rest(self, design: LongDesign) -> float:
        """Return the log likelihood of a design at the parameters of the last search."""
        if self._rest is None:
            return float("-inf")
        return censored_problem(design, self._below)[0].score(self._rest)[0]


def censored_problem(design: LongDesign, below: Below) -> tuple[_Problem, Floats]:
    """Return the likelihood's arrays, and the scale of the random effects' columns."""
    scale = np.sqrt(np.mean(design.Z**2, axis=0))
    X, Z = np.ascontiguousarray(design.X), np.ascontiguousarray(design.Z / scale)
    return _Problem(design.y, below, X, Z, design), scale


def _fitted(design: LongDesign, below: Below, plain: MixedFit) -> CensoredFit:
    """Return the fit; raises an arithmetic error where the likelihood has no finite maximum."""
    problem, scale = censored_problem(design, below)
    start = start_at(plain, scale)
    spread = rough_errors(problem, start)
    root = _restricted(problem, _maximum(problem, start, spread), spread)
    if not (root.maximum and root.settled) or _nearly_zero(root.parameters, problem):
        root = _higher(problem, root, start, spread)
    return _assemble(problem, scale, root)


@lru_cache(maxsize=4)
def _rule(q: int) -> tuple[Floats, Floats]:
    """Return the product Gauss-Hermite rule: points (K, q) and log weights with exp(x'x)."""
    x, w = np.polynomial.hermite.hermgauss(POINTS)
    nodes = np.array(list(product(x, repeat=q)))
    logs = np.array([np.sum(np.log(one)) for one in product(w, repeat=q)])
    return nodes, logs + np.sum(nodes**2, axis=1)


def start_at(plain: MixedFit, scale: Floats) -> Floats:
    """Return the parameters of a fit, its variances kept off zero, where a search would stand."""
    D = plain.D * np.outer(scale, scale)
    L = np.linalg.cholesky(D + 1e-4 * plain.sigma2 * np.eye(len(D)))
    lower = L[np.tril_indices(len(D))]
    return np.r_[plain.beta, lower, 0.5 * np.log(plain.sigma2)]


def rough_errors(problem: _Problem, start: Floats) -> Floats:
    """Return rough standard errors: the scale of steps and of the search."""
    p, rows = problem.X.shape[1], len(problem.y)
    spread = np.full(len(start), 1.0 / np.sqrt(2.0 * rows))
    spread[:p] = 1.0 / np.sqrt(np.maximum(np.diag(problem.terms(start)[2]), 1e-12))
    spread[p:-1] *= np.exp(start[-1])
    return spread


def _maximum(problem: _Problem, start: Floats, spread: Floats, gradient: float = 1e-2) -> Floats:
    """Return the maximum likelihood estimates, by BFGS in parameters scaled by ``spread``."""

    def minus(scaled: Floats) -> tuple[float, Floats]:
        """Return minus the log likelihood and its gradient."""
        value, score = problem.score(start + spread * scaled)
        return -value, -score * spread

    found = optimize.minimize(
        minus, np.zeros(len(start)), jac=True, method="BFGS", options={"gtol": gradient}
    )
    return np.asarray(start + spread * found.x)


def _observed(problem: _Problem, parameters: Floats, score: Floats, spread: Floats) -> Floats:
    """Return the observed information of all parameters, by differences of the score."""
    steps = STEP * spread
    rows = [
        (score - problem.score(parameters + step * unit)[1]) / step
        for step, unit in zip(steps, np.eye(len(steps)), strict=True)
    ]
    J = np.array(rows)
    return np.asarray((J + J.T) / 2)


def _slopes(problem: _Problem, parameters: Floats, information: Floats, spread: Floats) -> Floats:
    """Return the derivative of I_beta in each variance parameter, shape ``(r, p, p)``."""
    p = problem.X.shape[1]
    moves = np.diag(STEP * spread)[p:]
    return np.array(
        [(problem.terms(parameters + move)[2] - information) / move.sum() for move in moves]
    )


def _restricted(problem: _Problem, parameters: Floats, spread: Floats) -> _Root:
    """Return the root of the restricted score, by Newton steps with a fixed information."""
    p, steps = problem.X.shape[1], 0
    value, plain, information = problem.terms(parameters)
    inverse = _inverse(_observed(problem, parameters, plain, spread))
    while True:
        slopes = _slopes(problem, parameters, information, spread)
        score = plain.copy()
        score[p:] -= 0.5 * np.einsum("ab,kba->k", np.linalg.inv(information), slopes)
        left = float(np.sqrt(max(float(score @ inverse @ score), 0.0)))
        if left < SCORE_TOLERANCE or steps == RESTRICTED_STEPS:
            break
        parameters, steps = parameters + inverse @ score, steps + 1
        value, plain, information = problem.terms(parameters)
    J = _observed(problem, parameters, plain, spread)
    settled, maximum = left < ACCEPTED_SCORE, bool(inverse_of(J)[1])
    return _Root(parameters, value, information, slopes, _inverse(J), settled, steps, maximum)


def _higher(problem: _Problem, root: _Root, start: Floats, spread: Floats) -> _Root:
    """Return the maximum that a climb from raised variances finds, if it is above the root.

    Where a variance is nearly zero the likelihood is even in its square root: Newton's method may
    then rest on a saddle.
    """
    counts = np.ones(problem.design.n_subjects, dtype=np.int64)
    data, x = problem.arrays(), (root.parameters if root.settled else start).copy()
    lift(x, problem.X.shape[1])
    W, steps = rough_inverse(spread, data), STEP * spread
    if not climb(x, W, counts, data, steps):
        return root
    _, step, settled = settle(x, W, counts, data, steps)
    if not settled:
        return root
    x = x + step
    value, plain, information = problem.terms(x)
    if root.settled and _laplace(value, information) < _laplace(root.value, root.information):
        return root
    slopes = _slopes(problem, x, information, spread)
    J = _observed(problem, x, plain, spread)
    return _Root(x, value, information, slopes, _inverse(J), True, root.steps, True)


def _nearly_zero(parameters: Floats, problem: _Problem) -> bool:
    """Return whether a variance is so small that the likelihood is flat in its square root."""
    p, q = problem.X.shape[1], problem.Z.shape[1]
    diagonal = parameters[p:-1][[0, 2][:q]]
    return bool(np.min(np.abs(diagonal)) < SMALL * np.exp(parameters[-1]))


def _laplace(value: float, information: Floats) -> float:
    return value - 0.5 * float(np.linalg.slogdet(information)[1])


def _inverse(information: Floats) -> Floats:
    """Return the inverse, on the directions with curvature (a variance at zero has none)."""
    if not np.isfinite(information).all():
        raise np.linalg.LinAlgError("the information is not finite")
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-12))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    keep = values > 1e-8 * values.max()
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return np.asarray(inverse / np.outer(scale, scale))


def _assemble(problem: _Problem, scale: Floats, root: _Root) -> CensoredFit:
    p, q = problem.X.shape[1], problem.Z.shape[1]
    parameters = root.parameters
    inverse = root.inverse
    L = np.zeros((q, q))
    L[np.tril_indices(q)] = parameters[p:-1]
    sigma = float(np.exp(parameters[-1]))
    constant = 0.5 * p * np.log(2 * np.pi)
    fit = MixedFit(
        beta=parameters[:p],
        cov_beta=inverse[:p, :p],
        D=(L @ L.T) / np.outer(scale, scale),
        sigma2=sigma**2,
        variance_model="common",
        variance_parameters=np.empty(0),
        residual_sd=np.full(len(problem.y), sigma),
        loglik=float(root.value + constant - 0.5 * np.linalg.slogdet(root.information)[1]),
        reml=True,
        status=_status(L, sigma, root.settled),
        n_iterations=root.steps,
    )
    C = np.asarray(np.linalg.inv(root.information), dtype=np.float64)
    slopes, W = np.asarray(-C @ root.slopes @ C, dtype=np.float64), inverse[p:, p:]
    return CensoredFit(
        fit,
        TInference(fit.beta, fit.cov_beta, lambda c: _degrees(c, C, slopes, W)),
        parameters,
        inverse,
        scale,
    )


def _degrees(c: Floats, C: Floats, slopes: Floats, W: Floats) -> float:
    """Return Satterthwaite's degrees of freedom of a contrast."""
    gradient = np.einsum("a,kab,b->k", c, slopes, c)
    spread = float(gradient @ W @ gradient)
    return 2 * float(c @ C @ c) ** 2 / spread if spread > 0 else np.inf


def _status(L: Floats, sigma: float, settled: bool) -> FitStatus:
    if not settled:
        return "not_converged"
    return "boundary" if np.min(np.abs(np.diag(L))) < BOUNDARY * sigma else "ok"
