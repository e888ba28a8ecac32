"""Mixed models with random effects on several nested levels: batch, cage, animal.

Each level has its own random columns (intercept, slope or both). A level's marginal precision is
that of its members less a term of its own (Woodbury), so that cross-products are summed upwards and
no matrix larger than a few columns is ever inverted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from smartcombo.stats.design import FitStatus, Floats, Ints, LongDesign
from smartcombo.stats.inference import TInference

BOUNDARY = 1e-4
"""A relative standard deviation (its column scaled to unit mean square) below this is a zero."""
STEP = 1e-30
"""Step of complex differentiation: no subtraction, so as small as one likes."""
HESSIAN_STEP = 1e-4
"""Central differences of an exact gradient: error of the order of the square, 1e-8."""
GRADIENT = 1e-2
"""Gradient at which the search hands over to Newton's method, which squares the error."""
ACCEPTED_GRADIENT = 1e-4
"""Gradient of the deviance that is accepted at the end: parameters good to about 1e-5."""
NEWTON_STEPS = 8
EIGENVALUE_TOLERANCE = 1e-8
STARTS = (0.5, 0.1)
"""Relative standard deviations of the upper levels from which the search starts."""

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Level:
    """Random effects of one level, lowest first.

    Attributes
    ----------
    member
        Group of each unit of the level below, shape ``(units below,)``, 0 to k - 1; for the lowest
        level, of each subject of the design.
    columns
        Which columns of the design's ``Z`` are random here: ``(0, 1)``, ``(0,)`` or ``(1,)``.
    """

    member: Ints
    columns: tuple[int, ...]


@dataclass(frozen=True)
class NestedFit:
    """A fitted mixed model with nested random effects.

    Attributes
    ----------
    beta, cov_beta
        Fixed effects ``(p,)`` and their covariance ``(p, p)``.
    covariances
        Covariance of the random effects of each level, lowest (subject) first.
    sigma2
        Residual variance.
    loglik
        Restricted log likelihood with its constants, as lme4 and nlme give it.
    status
        ``boundary`` where a variance of any level is zero or a correlation one.
    inference
        Tests of contrasts with Satterthwaite degrees of freedom.
    """

    beta: Floats
    cov_beta: Floats
    covariances: tuple[Floats, ...]
    sigma2: float
    loglik: float
    status: FitStatus
    inference: TInference


@dataclass(frozen=True)
class _Problem:
    """Cross-products of ``[Z, X, y]`` by subject, ``(m, w, w)``, and the levels above."""

    products: Floats
    levels: tuple[Level, ...]
    q: int
    p: int
    n: int


def fit_nested(design: LongDesign, levels: Sequence[Level]) -> NestedFit:
    """Return the model fitted by restricted likelihood.

    Parameters
    ----------
    design
        Outcome, fixed and random columns, rows of a subject together.
    levels
        Lowest first: the subject (``member`` = 0 to m - 1), then cage, then batch.

    Raises
    ------
    ValueError
        If the members of a level are not as many as the units below it.

    References
    ----------
    Bates et al. 2015, 10.18637/jss.v067.i01; Kuznetsova et al. 2017, 10.18637/jss.v082.i13
    (Satterthwaite's degrees of freedom from the Hessian of the deviance).
    """
    _require_nested(design, levels)
    scale = np.sqrt(np.mean(design.Z**2, axis=0))
    problem = _problem(design, levels, scale)
    theta = _search(problem)
    gradient = _gradient(lambda t: _profile(problem, t), theta[None])
    settled = bool(np.max(np.abs(gradient)) < ACCEPTED_GRADIENT)
    beta, unscaled, Q, _ = _solved(problem, theta.astype(complex)[None])
    sigma2 = float(Q[0].real) / (problem.n - problem.p)
    covariances, smallest = _covariances(problem, theta, sigma2, scale)
    status: FitStatus = "ok" if smallest > BOUNDARY else "boundary"
    cov_beta = sigma2 * unscaled[0].real
    return NestedFit(
        beta=beta[0].real,
        cov_beta=cov_beta,
        covariances=covariances,
        sigma2=sigma2,
        loglik=-0.5 * float(_profile(problem, theta.astype(complex)[None])[0].real),
        status=status if settled else "not_converged",
        inference=_satterthwaite(problem, theta, sigma2, beta[0].real, cov_beta, settled),
    )


def _require_nested(design: LongDesign, levels: Sequence[Level]) -> None:
    below = design.n_subjects
    for k, level in enumerate(levels):
        if len(level.member) != below:
            raise ValueError(
                f"level {k}: {len(level.member)} members, expected one for each of {below} units"
            )
        below = int(level.member.max()) + 1


def _problem(design: LongDesign, levels: Sequence[Level], scale: Floats) -> _Problem:
    W = np.column_stack([design.Z / scale, design.X, design.y])
    products = np.array(
        [W[a:b].T @ W[a:b] for a, b in zip(design.start[:-1], design.start[1:], strict=True)]
    )
    q, p = design.Z.shape[1], design.X.shape[1]
    return _Problem(products, tuple(levels), q, p, len(design.y))


def _sizes(problem: _Problem) -> list[int]:
    """Return the number of Cholesky parameters of each level."""
    return [len(level.columns) * (len(level.columns) + 1) // 2 for level in problem.levels]


def _factors(problem: _Problem, theta: Complex) -> list[Complex]:
    """Return the lower triangular relative factors of each level, each ``(b, k, k)``."""
    factors, first = [], 0
    for level, size in zip(problem.levels, _sizes(problem), strict=True):
        k = len(level.columns)
        L = np.zeros((len(theta), k, k), dtype=complex)
        rows, columns = np.tril_indices(k)
        L[:, rows, columns] = theta[:, first : first + size]
        factors.append(L)
        first += size
    return factors


def _solved(problem: _Problem, theta: Complex) -> tuple[Complex, Complex, Complex, Complex]:
    """Return beta, (X'V^-1X)^-1, the residual quadratic form and log|V| + log|X'V^-1X|.

    For each of ``b`` sets of parameters, ``theta`` of shape ``(b, k)``. V is relative to the
    residual variance; everything is analytic in theta, without conjugation.
    """
    S: Complex = problem.products.astype(complex)[None]
    logdet: Complex = np.zeros(len(theta), dtype=complex)
    for level, L in zip(problem.levels, _factors(problem, theta), strict=True):
        total = _summed(S, level.member)
        columns = list(level.columns)
        ZL = np.swapaxes(total[:, :, columns, :], -1, -2) @ L[:, None]
        own = total[:, :, columns][:, :, :, columns]
        inner = np.eye(len(columns)) + np.swapaxes(L, -1, -2)[:, None] @ own @ L[:, None]
        logdet = logdet + np.sum(np.log(np.linalg.det(inner)), axis=-1)
        S = total - ZL @ np.linalg.solve(inner, np.swapaxes(ZL, -1, -2))
    whole = S.sum(axis=1)
    x = slice(problem.q, problem.q + problem.p)
    XX, Xy, yy = whole[:, x, x], whole[:, x, -1], whole[:, -1, -1]
    inverse = np.linalg.inv(XX)
    beta = np.einsum("bij,bj->bi", inverse, Xy)
    Q = yy - np.einsum("bi,bi->b", Xy, beta)
    return beta, inverse, Q, logdet + np.log(np.linalg.det(XX))


def _summed(S: Complex, member: Ints) -> Complex:
    """Return cross-products summed over the members of each group, ``(b, groups, w, w)``."""
    groups = int(member.max()) + 1
    if groups == len(member) and np.array_equal(member, np.arange(groups)):
        return S
    belongs = (member == np.arange(groups)[:, None]).astype(float)
    return np.asarray(np.einsum("gm,bmij->bgij", belongs, S, optimize=True))


def _profile(problem: _Problem, theta: Complex) -> Complex:
    """Return minus twice the restricted log likelihood at its best residual variance, ``(b,)``."""
    _, _, Q, logdet = _solved(problem, theta)
    free = problem.n - problem.p
    return np.asarray(free * (np.log(2 * np.pi * Q / free) + 1) + logdet)


def _gradient(function: Callable[[Complex], Complex], at: Floats) -> Floats:
    """Return the gradient at each row of ``at``, ``(b, k)``, by complex steps."""
    b, k = at.shape
    moved = at.astype(complex)[:, None, :] + 1j * STEP * np.eye(k)
    return np.asarray(function(moved.reshape(b * k, k)).imag.reshape(b, k) / STEP)


def _hessian(function: Callable[[Complex], Complex], at: Floats) -> Floats:
    """Return the Hessian by central differences of the exact gradient, ``(k, k)``."""
    k = len(at)
    steps = HESSIAN_STEP * np.maximum(1.0, np.abs(at))
    around = at + np.concatenate([np.diag(steps), -np.diag(steps)])
    gradients = _gradient(function, around)
    H = (gradients[:k] - gradients[k:]) / (2 * steps[:, None])
    return np.asarray((H + H.T) / 2)


def _search(problem: _Problem) -> Floats:
    """Return the best parameters of several starts, polished by Newton's method."""

    def deviance(theta: Floats) -> tuple[float, Floats]:
        """Return the profile deviance and its gradient."""
        moved = theta.astype(complex) + 1j * STEP * np.eye(len(theta))
        value = _profile(problem, moved)
        return float(value[0].real), value.imag / STEP

    found = [
        optimize.minimize(deviance, _start(problem, size), jac=True, method="BFGS",
                          options={"gtol": GRADIENT, "maxiter": 500})
        for size in STARTS
    ]  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    return _polished(problem, np.asarray(best.x))


def _polished(problem: _Problem, theta: Floats) -> Floats:
    """Return parameters after Newton steps along the directions in which the deviance curves."""

    def profile(t: Complex) -> Complex:
        """Return the profile deviance."""
        return _profile(problem, t)

    gradient = _gradient(profile, theta[None])[0]
    for _ in range(NEWTON_STEPS):
        values, vectors = np.linalg.eigh(_hessian(profile, theta))
        keep = values > EIGENVALUE_TOLERANCE * max(values.max(), 1.0)
        new = theta - vectors[:, keep] @ ((vectors[:, keep].T @ gradient) / values[keep])
        slope = _gradient(profile, new[None])[0]
        if not np.linalg.norm(slope) < np.linalg.norm(gradient):
            break
        theta, gradient = new, slope
    return theta


def _start(problem: _Problem, size: float) -> Floats:
    parts = []
    for k, level in enumerate(problem.levels):
        L = (1.0 if k == 0 else size) * np.eye(len(level.columns))
        parts.append(L[np.tril_indices(len(level.columns))])
    return np.concatenate(parts)


def _covariances(
    problem: _Problem, theta: Floats, sigma2: float, scale: Floats
) -> tuple[tuple[Floats, ...], float]:
    """Return each level's covariance on the scale of Z, and the smallest relative SD."""
    covariances, smallest = [], np.inf
    for level, factor in zip(
        problem.levels, _factors(problem, theta.astype(complex)[None]), strict=True
    ):
        L = factor[0].real
        own = scale[list(level.columns)]
        covariances.append(sigma2 * (L @ L.T) / np.outer(own, own))
        smallest = min(smallest, float(np.min(np.abs(np.diag(L)))))
    return tuple(covariances), smallest


def _satterthwaite(
    problem: _Problem, theta: Floats, sigma2: float, beta: Floats, cov: Floats, settled: bool
) -> TInference:
    """Return inference with the degrees of freedom that the Hessian of the deviance gives."""
    if not settled:
        return TInference(beta, cov, lambda _: np.nan)
    at = np.r_[theta, 0.5 * np.log(sigma2)]
    free = problem.n - problem.p

    def deviance(parameters: Complex) -> Complex:
        """Return the deviance at variance parameters and the log residual SD, ``(b,)``."""
        _, _, Q, logdet = _solved(problem, parameters[:, :-1])
        log_variance = 2 * parameters[:, -1]
        spread = Q * np.exp(-log_variance)
        return np.asarray(free * (np.log(2 * np.pi) + log_variance) + logdet + spread)

    values, vectors = np.linalg.eigh(_hessian(deviance, at))
    keep = values > EIGENVALUE_TOLERANCE * values.max()
    spread = 2 * (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    slopes = _covariance_slopes(problem, at)

    def degrees(c: Floats) -> float:
        """Return 2 v^2 / Var(v) of a contrast's variance v."""
        gradient = np.einsum("a,kab,b->k", c, slopes, c)
        variance = float(c @ cov @ c)
        noise = float(gradient @ spread @ gradient)
        return 2 * variance**2 / noise if noise > 0 else np.inf

    return TInference(beta, cov, degrees)


def _covariance_slopes(problem: _Problem, at: Floats) -> Floats:
    """Return the derivative of the covariance of beta in each parameter, ``(k, p, p)``."""
    moved = at.astype(complex) + 1j * STEP * np.eye(len(at))
    _, inverse, _, _ = _solved(problem, moved[:, :-1])
    return np.asarray((np.exp(2 * moved[:, -1])[:, None, None] * inverse).imag / STEP)
