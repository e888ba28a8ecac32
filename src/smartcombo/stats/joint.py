"""Fit growth and leaving together: animals leave at a hazard that depends on how fast they grow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from smartcombo.stats.design import Floats, Ints, LongDesign, MixedFit
from smartcombo.stats.joint_kernel import joint_terms

JointStatus = Literal["ok", "boundary", "not_converged"]

POINTS = 20
"""Gauss-Hermite points in the random slope: the expectation is exact to 1e-8 up to |alpha| = 3."""
GRID_POINTS = 9
"""Points in each random effect where rows lie below the limit, as in the censored model."""
STEP = 1e-2
"""Step of central differences of the objective, in rough standard errors: error about 1e-7."""
LARGEST_ASSOCIATION = 6.0
"""A log hazard ratio per SD beyond this is a likelihood without a maximum, not an estimate."""


@dataclass(frozen=True)
class Leaving:
    """When each animal left, and whether for the reasons at stake; other ends are censored.

    Attributes
    ----------
    time
        Days under observation, shape ``(m,)``, above 0.
    left
        Whether the animal left for such a reason then, shape ``(m,)``.
    """

    time: Floats
    left: NDArray[np.bool_]


@dataclass(frozen=True)
class JointFit:
    """A fitted joint model of growth and leaving.

    Attributes
    ----------
    beta, cov_beta
        Fixed effects of growth, shape ``(p,)``, and their covariance ``(p, p)``.
    association, association_se
        Log hazard ratio of leaving for one SD faster growth than the animal's arm.
    log_hazard
        Log hazard per day of an average animal of each group, ``-inf`` where nobody left; ``(G,)``.
    loglik
        Maximised restricted log likelihood; ``loglik_independent`` that without association.
    """

    beta: Floats
    cov_beta: Floats
    association: float
    association_se: float
    log_hazard: Floats
    loglik: float
    loglik_independent: float
    status: JointStatus


@dataclass(frozen=True)
class JointProblem:
    """The arrays of the joint likelihood, random-effect columns scaled to unit mean square."""

    design: LongDesign
    below: NDArray[np.bool_]
    leaving: Leaving
    scale: Floats
    hazard_of: Ints

    @property
    def n_hazards(self) -> int:
        """Return the number of groups in which animals left."""
        return int(self.hazard_of.max()) + 1

    def objective(self, parameters: Floats) -> float:
        """Return the restricted log likelihood: Laplace's approximation over beta."""
        x, w, nodes, weights = _rules(self.design.Z.shape[1])
        value, information = joint_terms(
            parameters, self.design.y, self.below, np.ascontiguousarray(self.design.X),
            np.ascontiguousarray(self.design.Z / self.scale), self.design.start, self.design.group,
            self.hazard_of, self.leaving.time, self.leaving.left, x, w, nodes, weights,
        )  # fmt: skip
        p = information.shape[0]
        sign, logdet = np.linalg.slogdet(information)
        restricted = value - 0.5 * logdet + 0.5 * p * np.log(2 * np.pi)
        return float(restricted) if sign > 0 and np.isfinite(restricted) else -1e12


_RULES: dict[int, tuple[Floats, Floats, Floats, Floats]] = {}


def _rules(q: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the rule in the slope, and the product rule with log weights and ``exp(x'x)``."""
    if q not in _RULES:
        x, w = np.polynomial.hermite.hermgauss(POINTS)
        g, v = np.polynomial.hermite.hermgauss(GRID_POINTS)
        nodes = np.array(list(product(g, repeat=q)))
        logs = np.array([np.sum(np.log(one)) for one in product(v, repeat=q)])
        _RULES[q] = (x, w, nodes, logs + np.sum(nodes**2, axis=1))
    return _RULES[q]


def fit_joint(
    design: LongDesign, leaving: Leaving, start: MixedFit, below: NDArray[np.bool_] | None = None
) -> JointFit:
    """Return growth and leaving fitted together by restricted maximum likelihood.

    Parameters
    ----------
    design
        Rows measured until the animal left; ``y`` holds the limit in rows below it.
    leaving
        When animals left, and for which of them that is an event.
    start
        The growth model fitted alone: the search starts there.
    below
        Rows below the detection limit, shape ``(N,)``; default none.

    Notes
    -----
    Log hazard of animal i of group g: ``gamma_g + alpha b_i / sd(b)``, b the random slope. With
    alpha = 0 the likelihood is the product of that of the growth model (REML) and of constant
    hazards. The information of beta in the restriction is that of the growth model with values at
    the limit. Covariance: inverse of the observed information.

    References
    ----------
    Henderson, Diggle and Dobson 2000, 10.1093/biostatistics/1.4.465; Wulfsohn and Tsiatis 1997,
    10.2307/2533118; Rizopoulos 2012, 10.1201/b12208.
    """
    problem = joint_problem(design, leaving, below)
    first = starting_point(problem, start)
    spread = _spread(problem, first, start)
    independent = _maximum(problem, first, spread, fixed=True)
    best = _maximum(problem, independent, spread, fixed=False)
    covariance = _covariance(problem, best, spread)
    p = design.X.shape[1]
    log_hazard = np.full(len(problem.hazard_of), -np.inf)
    seen = problem.hazard_of >= 0
    log_hazard[seen] = best[-1 - problem.n_hazards : -1][problem.hazard_of[seen]]
    return JointFit(
        beta=best[:p],
        cov_beta=covariance[:p, :p],
        association=float(best[-1]),
        association_se=float(np.sqrt(max(covariance[-1, -1], 0.0))),
        log_hazard=log_hazard,
        loglik=problem.objective(best),
        loglik_independent=problem.objective(independent),
        status=_status(problem, best, covariance),
    )


def joint_problem(
    design: LongDesign, leaving: Leaving, below: NDArray[np.bool_] | None = None
) -> JointProblem:
    """Return the arrays of the joint likelihood."""
    groups = int(design.group.max()) + 1
    events = np.bincount(design.group, weights=leaving.left.astype(float), minlength=groups)
    hazard_of = np.where(events > 0, np.cumsum(events > 0) - 1, -1).astype(np.int64)
    return JointProblem(
        design=design,
        below=np.zeros(len(design.y), dtype=np.bool_) if below is None else below,
        leaving=Leaving(np.asarray(leaving.time, dtype=float), np.asarray(leaving.left, bool)),
        scale=np.sqrt(np.mean(design.Z**2, axis=0)),
        hazard_of=hazard_of,
    )


def starting_point(problem: JointProblem, fit: MixedFit) -> Floats:
    """Return the separate fits as parameters: growth, constant hazards, no association."""
    D = fit.D * np.outer(problem.scale, problem.scale)
    values, vectors = np.linalg.eigh(D)
    D = (vectors * np.maximum(values, 1e-4 * fit.sigma2)) @ vectors.T
    lower = np.linalg.cholesky(D)[np.tril_indices(len(D))]
    group, leaving = problem.design.group, problem.leaving
    hazards = [
        np.log(leaving.left[group == g].sum() / leaving.time[group == g].sum())
        for g in np.flatnonzero(problem.hazard_of >= 0)
    ]
    return np.r_[fit.beta, lower, 0.5 * np.log(fit.sigma2), hazards, 0.0]


def _spread(problem: JointProblem, parameters: Floats, fit: MixedFit) -> Floats:
    """Return rough standard errors: the scale of steps and of the search."""
    spread = np.empty(len(parameters))
    p = len(fit.beta)
    spread[:p] = np.sqrt(np.diag(fit.cov_beta))
    spread[p:] = np.sqrt(fit.sigma2 / len(problem.design.y))
    spread[-2 - problem.n_hazards] = 1.0 / np.sqrt(2.0 * len(problem.design.y))
    spread[-1 - problem.n_hazards :] = 1.0 / np.sqrt(problem.leaving.left.sum())
    return spread


def _maximum(problem: JointProblem, start: Floats, spread: Floats, *, fixed: bool) -> Floats:
    """Return the maximum, by BFGS in parameters scaled by ``spread``; ``fixed``: alpha stays."""
    free = len(start) - (1 if fixed else 0)

    def minus(scaled: Floats) -> float:
        """Return minus the objective."""
        moved = start.copy()
        moved[:free] += spread[:free] * scaled
        return -problem.objective(moved)

    found = optimize.minimize(
        minus, np.zeros(free), method="BFGS", options={"gtol": 1e-4, "eps": 1e-6}
    )
    best = start.copy()
    best[:free] += spread[:free] * found.x
    return best


def _covariance(problem: JointProblem, best: Floats, spread: Floats) -> Floats:
    """Return the inverse of the observed information, by central differences of the objective."""
    k = len(best)
    steps = STEP * spread
    H = np.empty((k, k))
    centre = problem.objective(best)
    moves = np.diag(steps)
    ahead = np.array([problem.objective(best + move) for move in moves])
    back = np.array([problem.objective(best - move) for move in moves])
    for a in range(k):
        H[a, a] = (ahead[a] - 2 * centre + back[a]) / steps[a] ** 2
        for b in range(a):
            both = problem.objective(best + moves[a] + moves[b])
            none = problem.objective(best - moves[a] - moves[b])
            mixed = both - ahead[a] - ahead[b] + 2 * centre - back[a] - back[b] + none
            H[a, b] = H[b, a] = mixed / (2 * steps[a] * steps[b])
    return _inverse(-H)


def _inverse(information: Floats) -> Floats:
    """Return the inverse on the directions with curvature (a variance at zero has none)."""
    if not np.isfinite(information).all():
        return np.full_like(information, np.nan)
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-12))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    keep = values > 1e-6 * values.max()
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return np.asarray(inverse / np.outer(scale, scale))


def _status(problem: JointProblem, best: Floats, covariance: Floats) -> JointStatus:
    p, q = problem.design.X.shape[1], problem.design.Z.shape[1]
    if abs(best[-1]) > LARGEST_ASSOCIATION or not np.isfinite(covariance).all():
        return "not_converged"
    L = np.zeros((q, q))
    L[np.tril_indices(q)] = best[p : p + q * (q + 1) // 2]
    sigma = np.exp(best[p + q * (q + 1) // 2])
    return "boundary" if float(np.sqrt(np.sum(L[-1] ** 2))) < 1e-3 * sigma else "ok"
