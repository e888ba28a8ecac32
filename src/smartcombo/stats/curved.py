"""Estimate the nonlinear parameters of a mean curve by maximum likelihood.

The likelihood is exact: the nonlinear parameters psi belong to arms, not to animals, so that given
psi the model is a linear mixed one and its likelihood is profiled over everything else. Its
gradient in psi is that of the full likelihood with the rest held (the envelope theorem).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from smartcombo.stats.censored import CensoredProfile
from smartcombo.stats.design import FitStatus, Floats, Ints, LongDesign, VarianceModel
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixed_kernel import (
    cholesky_factor,
    cross_products,
    minimise,
    moment_start,
    profile_deviance,
    rank_deficient,
)
from smartcombo.stats.shapes import ShapedDesign

Profile = Callable[[Floats], tuple[float, Floats]]
"""Minus twice the log likelihood at psi, and its gradient ``(k,)``."""

STARTS = (0.3, 3.0)
"""Starts of rho, in units of one over the last visit: nearly straight, and bent early."""
GRADIENT = 1e-6
"""Gradient of the deviance in the scaled psi at which the search ends."""
ACCEPTED_GRADIENT = 0.1
"""Gradient still accepted: a deviance within about 1e-3 of its minimum, far below one unit."""
AT_BOUND = 1e-6
"""A scaled psi this near its limit lies on it."""
GRID, GRID_CENSORED = 4, 1
"""Bends tried between two visits before the search; fewer where values are censored."""
BEND_TOLERANCE = 1e-7
VARIANCE_ROUNDS, VARIANCE_TOLERANCE = 25, 1e-6
"""Rounds of psi and residual variances in turn, until the log likelihood stands still."""
NO_FIT = 1e12
"""Stands for the deviance where the arms cannot be told apart."""


@dataclass(frozen=True)
class ShapeFit:
    """Nonlinear parameters by maximum likelihood.

    Attributes
    ----------
    psi
        Estimates, shape ``(k,)``.
    free
        Which of them lie inside their limits, and so have an uncertainty.
    loglik
        Maximised log likelihood (full, not restricted).
    profile
        For a bend: psi tried and their log likelihood, shape ``(points, 2)``; else empty.
    """

    psi: Floats
    free: Ints
    loglik: float
    status: FitStatus
    profile: Floats


def fit_shape(
    shaped: ShapedDesign,
    *,
    variance: VarianceModel = "common",
    below: NDArray[np.bool_] | None = None,
    accelerating: bool = False,
) -> ShapeFit:
    """Return psi that maximises the likelihood.

    Parameters
    ----------
    variance
        Residual variances that differ are estimated in turn with psi.
    below
        Rows known only to lie below ``y``, shape ``(N,)``; needs the common variance.
    accelerating
        Whether rho may be negative. By default growth slows or keeps its rate.

    Returns
    -------
    ShapeFit
        ``status`` is ``boundary`` where a psi lies on its limit (rho = 0: that arm is exponential),
        ``singular`` where the visits cannot tell a bend, ``not_converged`` where the search failed.
    """
    limits = shaped.limits(accelerating=accelerating)
    if (limits[0] >= limits[1]).any():
        return _untold(shaped, limits)
    if below is not None and below.any():
        found = _search(shaped, _censored_profile(shaped, below), limits, GRID_CENSORED)
    elif variance == "common":
        found = _search(shaped, _profile(shaped, np.ones(len(shaped.y))), limits, GRID)
    else:
        found = _in_turn(shaped, variance, limits)
    return found if found.loglik > -NO_FIT / 4 else _untold(shaped, limits)


def _untold(shaped: ShapedDesign, limits: tuple[Floats, Floats]) -> ShapeFit:
    none = np.empty(0, dtype=np.int64)
    return ShapeFit(limits[0], none, float("nan"), "singular", np.empty((0, 2)))


def _in_turn(
    shaped: ShapedDesign, variance: VarianceModel, limits: tuple[Floats, Floats]
) -> ShapeFit:
    """Return psi where it and the residual variances are best given each other."""
    ratios, last = np.ones(len(shaped.y)), -np.inf
    for _ in range(VARIANCE_ROUNDS):
        found = _search(shaped, _profile(shaped, ratios), limits, GRID)
        fit = fit_mixed(shaped.design(found.psi), variance=variance, reml=False)
        if not np.isfinite(fit.loglik):
            break
        found = replace(found, loglik=fit.loglik)
        if fit.loglik - last < VARIANCE_TOLERANCE:
            return found
        last, ratios = fit.loglik, fit.residual_sd / np.sqrt(fit.sigma2)
    return replace(found, status="not_converged")


def _search(
    shaped: ShapedDesign, profile: Profile, limits: tuple[Floats, Floats], grid: int
) -> ShapeFit:
    if shaped.shape == "piecewise":
        return _bend(shaped, profile, limits, grid)
    return _descend(shaped, profile, limits)


def _descend(shaped: ShapedDesign, profile: Profile, limits: tuple[Floats, Floats]) -> ShapeFit:
    """Return the best rho of each arm, by a truncated Newton method from two starts."""
    unit = 1.0 / float(shaped.u.max())
    bounds = optimize.Bounds(limits[0] / unit, limits[1] / unit)

    def scaled(x: Floats) -> tuple[float, Floats]:
        """Return the deviance and its gradient in rho times the last visit."""
        value, gradient = profile(x * unit)
        return value, gradient * unit

    tries = [
        optimize.minimize(
            scaled,
            np.clip(np.full(shaped.n_psi, start), bounds.lb, bounds.ub),
            jac=True,
            method="TNC",  # L-BFGS-B calls threaded BLAS, which costs 20 times the likelihood
            bounds=bounds,
            options={"gtol": GRADIENT, "ftol": 1e-10, "maxfun": 300},
        )
        for start in STARTS
    ]
    best = min(tries, key=lambda one: float(one.fun))
    gradient = scaled(best.x)[1]
    low, high = best.x < bounds.lb + AT_BOUND, best.x > bounds.ub - AT_BOUND
    inside = ~(low | high)
    left = np.max(np.abs(gradient[inside]), initial=0.0)
    psi = np.where(low, limits[0], np.where(high, limits[1], best.x * unit))
    status: FitStatus = "ok" if inside.all() else "boundary"
    if not left < ACCEPTED_GRADIENT:
        status = "not_converged"
    return ShapeFit(psi, np.flatnonzero(inside), -0.5 * float(best.fun), status, np.empty((0, 2)))


def _bend(
    shaped: ShapedDesign, profile: Profile, limits: tuple[Floats, Floats], grid: int
) -> ShapeFit:
    """Return the best bend: the likelihood has a kink at each visit, so each gap is searched."""
    low, high = float(limits[0][0]), float(limits[1][0])
    visits = np.unique(shaped.u[(shaped.u >= low) & (shaped.u <= high)])
    gaps = np.diff(visits)
    between = (visits[:-1, None] + gaps[:, None] * np.arange(grid) / grid).ravel()
    tried = np.r_[between, high]

    def deviance(bend: float) -> float:
        """Return the deviance at one bend."""
        return profile(np.array([bend]))[0]

    values = np.array([deviance(float(bend)) for bend in tried])
    k = int(np.argmin(values))
    best, at = float(values[k]), float(tried[k])
    for left, right in ((max(k - 1, 0), k), (k, min(k + 1, len(tried) - 1))):
        if left == right:
            continue
        found = optimize.minimize_scalar(
            deviance,
            bounds=(float(tried[left]), float(tried[right])),
            method="bounded",
            options={"xatol": BEND_TOLERANCE * high},
        )
        if float(found.fun) < best:
            best, at = float(found.fun), float(found.x)
    edge = min(at - low, high - at) < AT_BOUND * high
    points = np.column_stack([np.r_[tried, at], -0.5 * np.r_[values, best]])
    return ShapeFit(
        np.array([at]),
        np.array([0]),
        -0.5 * best,
        "boundary" if edge else "ok",
        points[np.argsort(points[:, 0])],
    )


def _profile(shaped: ShapedDesign, ratios: Floats) -> Profile:
    """Return the profile deviance for residual SD ratios ``(N,)``.

    Each psi starts its variances from moments: from the last psi's they may be stuck at zero.
    """
    shift = 2.0 * float(np.sum(np.log(ratios)))

    def at(psi: Floats) -> tuple[float, Floats]:
        """Return the deviance at psi and its gradient."""
        known = shaped.design(psi)
        scale = np.sqrt(np.mean(known.Z**2, axis=0))
        w = 1.0 / ratios
        y, X, Z = known.y * w, known.X * w[:, None], known.Z * w[:, None] / scale
        ZZ, ZX, Zy, XX, Xy, yy = cross_products(y, X, Z, known.start)
        if rank_deficient(XX):
            return NO_FIT, np.zeros(shaped.n_psi)
        first = moment_start(ZZ, ZX, Zy, XX, Xy, yy, len(y))
        theta, _, _ = minimise(first, ZZ, ZX, Zy, XX, Xy, yy, len(y), False)
        value, _, beta, _, sigma2 = profile_deviance(theta, ZZ, ZX, Zy, XX, Xy, yy, len(y), False)
        L = cholesky_factor(theta, Z.shape[1])
        mean, random = _sensitivity(y - X @ beta, Z, ZZ, L, float(sigma2), known.start)
        turn = shaped.turn(psi) * w
        moved = mean * shaped.steepness(beta)[shaped.arm] * turn
        if shaped.shape == "gompertz":
            moved = moved + random[:, -1] * turn / scale[-1]
        return float(value) + shift, shaped.by_psi(moved).sum(axis=0)

    return at


def _sensitivity(
    e: Floats, Z: Floats, ZZ: Floats, L: Floats, sigma2: float, start: Ints
) -> tuple[Floats, Floats]:
    """Return the derivative of the deviance in each row's mean ``(N,)`` and Z ``(N, q)``.

    With V = I + Z A Z', A = L L', and u = V^-1 e: -2 u / sigma2 in the mean, and
    2 V^-1 Z A - 2 u (A Z'u)' / sigma2 in Z.
    """
    subject = np.repeat(np.arange(len(start) - 1), np.diff(start))
    identity = np.eye(len(L))
    T = L @ np.linalg.inv(identity + L.T @ ZZ @ L) @ L.T
    Ze = np.add.reduceat(Z * e[:, None], start[:-1], axis=0)
    pull = np.einsum("iab,ib->ia", T, Ze)
    u = e - np.sum(Z * pull[subject], axis=1)
    A = L @ L.T
    through = (identity - T @ ZZ) @ A
    Zu = np.add.reduceat(Z * u[:, None], start[:-1], axis=0) @ A
    spread = np.einsum("ra,rab->rb", Z, through[subject])
    return -2.0 * u / sigma2, 2.0 * spread - 2.0 * u[:, None] * Zu[subject] / sigma2


def _censored_profile(shaped: ShapedDesign, below: NDArray[np.bool_]) -> Profile:
    """Return the profile deviance of the censored likelihood."""
    inner = CensoredProfile(below)
    unit = 1e-5 / float(shaped.u.max()) if shaped.shape == "gompertz" else 1e-5

    def at(psi: Floats) -> tuple[float, Floats]:
        """Return the deviance at psi and its gradient, by differences with the rest held."""
        known = shaped.design(psi)
        if rank_deficient(known.X.T @ known.X):
            return NO_FIT, np.zeros(shaped.n_psi)
        value = inner.maximum(known)
        steps = np.eye(shaped.n_psi) * unit if shaped.shape == "gompertz" else np.empty((0, 1))
        moved = [inner.at_rest(shaped.design(psi + step)) for step in steps]
        gradient = np.array([-2.0 * (one - value) / unit for one in moved])
        return -2.0 * value, gradient

    return at


def conditional(beta: Floats, covariance: Floats, n_free: int) -> Floats:
    """Return the fixed effects with the last ``n_free`` at zero: GLS at the psi that was found."""
    if n_free == 0:
        return beta
    p = len(beta) - n_free
    pull = covariance[:p, p:] @ np.linalg.pinv(covariance[p:, p:], hermitian=True)
    return np.r_[beta[:p] - pull @ beta[p:], np.zeros(n_free)]


def maximum_loglik(design: LongDesign, below: NDArray[np.bool_] | None = None) -> float:
    """Return the maximised full log likelihood of a linear mixed model, for AIC and BIC."""
    if below is not None and below.any():
        return CensoredProfile(below).maximum(design)
    return fit_mixed(design, reml=False).loglik
