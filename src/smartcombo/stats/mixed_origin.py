"""Growth through the origin: log relative volume on time with one random slope for each animal.

The model of SynergyLMM and of ``nlme::lme(y ~ 0 + time:arm, random = ~ 0 + time | animal)``, for
parity with them. Its restricted likelihood has one free parameter, the ratio of the two variances,
and needs four sums for each animal. With ``w = 1 / (1 + ratio * s)``:

    s = sum t^2   q = sum t y   u = sum y^2   A_g = sum w s   B_g = sum w q   beta_g = B_g / A_g
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from smartcombo.stats.design import FitStatus, Floats, Ints

SMALLEST_RATIO, LARGEST_RATIO = 1e-9, 1e9
"""Range of ``ratio * mean(s)``: beyond it one of the two variances is zero."""
GRID = 19
"""Points on the log ratio that find the deviance's lowest valley before it is descended."""
RATIO_TOLERANCE = 1e-13
"""Relative width of the last bracket."""
SLOPE_TOLERANCE = 1e-11
"""Derivative of the deviance in the log ratio at which the search ends: the ratio is then exact to
about 1e-11, as the curvature is near one."""
MAX_STEPS = 200


@dataclass(frozen=True)
class OriginSums:
    """The four sums of each animal, each of shape ``(..., m)``; all the model needs of the data."""

    s: Floats
    q: Floats
    u: Floats
    n: Floats


@dataclass(frozen=True)
class OriginFit:
    """A fitted model through the origin.

    Attributes
    ----------
    beta
        Growth rate of each arm, shape ``(G,)``.
    cov_beta
        Model covariance of the rates, shape ``(G, G)``; diagonal.
    slope_sd, residual_sd
        Standard deviation of the animals' rates (per time) and of a log volume.
    loglik
        Maximised restricted log likelihood, in nlme's convention.
    status
        ``boundary`` where the rates' variance is estimated as zero.
    """

    beta: Floats
    cov_beta: Floats
    slope_sd: float
    residual_sd: float
    loglik: float
    status: FitStatus


@dataclass(frozen=True)
class OriginFits:
    """Many fits at once: arrays as in :class:`OriginFit` with the studies B in front.

    ``beta`` and ``var_beta`` have shape ``(B, G)``, the others ``(B,)``; ``at_boundary`` says where
    the rates' variance is zero.
    """

    beta: Floats
    var_beta: Floats
    slope_sd: Floats
    residual_sd: Floats
    loglik: Floats
    at_boundary: np.ndarray


def origin_sums(y: Floats, time: Floats, subject: Ints, n_subjects: int) -> OriginSums:
    """Return the sums of each animal from rows ``y``, ``time``, ``subject`` of shape ``(N,)``."""

    def total(values: Floats) -> Floats:
        """Return the sum over each animal's rows."""
        return np.bincount(subject, values, n_subjects).astype(float)

    count = np.bincount(subject, minlength=n_subjects).astype(float)
    return OriginSums(total(time * time), total(time * y), total(y * y), count)


def fit_origin(y: Floats, time: Floats, subject: Ints, arm: Ints) -> OriginFit:
    """Return the model fitted by restricted maximum likelihood.

    Parameters
    ----------
    y
        Log relative volume of each row, shape ``(N,)``; rows at time zero left out.
    time
        Time since baseline of each row, shape ``(N,)``, in any unit.
    subject
        Animal number of each row, shape ``(N,)``, 0 to m - 1.
    arm
        Arm number of each animal, shape ``(m,)``, 0 to G - 1, each arm with a row.
    """
    sums = origin_sums(y, time, subject, len(arm))
    many = fit_origin_many(OriginSums(sums.s[None], sums.q[None], sums.u[None], sums.n[None]), arm)
    return OriginFit(
        many.beta[0],
        np.diag(many.var_beta[0]),
        float(many.slope_sd[0]),
        float(many.residual_sd[0]),
        float(many.loglik[0]),
        "boundary" if many.at_boundary[0] else "ok",
    )


def fit_origin_many(sums: OriginSums, arm: Ints) -> OriginFits:
    """Return the fits of B studies of one design, their sums of shape ``(B, m)``."""
    arm = np.asarray(arm, dtype=np.int64)
    return OriginFits(*_fit_all(sums.s, sums.q, sums.u, sums.n, arm, int(arm.max()) + 1))


@njit(cache=True)
def _fit_all(s, q, u, n, arm, G):  # type: ignore[no-untyped-def]
    B = s.shape[0]
    beta, variance = np.empty((B, G)), np.empty((B, G))
    slope_sd, residual_sd, loglik = np.empty(B), np.empty(B), np.empty(B)
    boundary = np.zeros(B, dtype=np.bool_)
    A = np.empty(G)
    for k in range(B):
        unit = np.mean(s[k])
        df = np.sum(n[k]) - G
        ratio = _best_ratio(s[k], q[k], u[k], arm, df, unit, A, beta[k])
        deviance = _deviance(ratio, s[k], q[k], u[k], arm, df, A, beta[k])
        sigma2 = _residual_sum(ratio, s[k], q[k], u[k], arm, A, beta[k]) / df
        boundary[k] = ratio == 0.0
        slope_sd[k], residual_sd[k] = math.sqrt(ratio * sigma2), math.sqrt(sigma2)
        loglik[k] = -0.5 * deviance
        for g in range(G):
            variance[k, g] = sigma2 / A[g]
    return beta, variance, slope_sd, residual_sd, loglik, boundary


@njit(cache=True)
def _residual_sum(ratio, s, q, u, arm, A, beta):  # type: ignore[no-untyped-def]
    """Return ``(y - X beta)' V^-1 (y - X beta)``, V relative to sigma2; fill A and beta."""
    A[:] = 0.0
    beta[:] = 0.0
    total = 0.0
    for i in range(len(s)):
        w = 1.0 / (1.0 + ratio * s[i])
        A[arm[i]] += w * s[i]
        beta[arm[i]] += w * q[i]
        total += u[i] - ratio * w * q[i] * q[i]
    for g in range(len(A)):
        total -= beta[g] * beta[g] / A[g]
        beta[g] /= A[g]
    return total


@njit(cache=True)
def _deviance(ratio, s, q, u, arm, df, A, beta):  # type: ignore[no-untyped-def]
    """Return -2 restricted log likelihood, profiled over the rates and sigma2."""
    Q = _residual_sum(ratio, s, q, u, arm, A, beta)
    deviance = df * (math.log(2.0 * math.pi * Q / df) + 1.0)
    for i in range(len(s)):
        deviance += math.log(1.0 + ratio * s[i])
    for g in range(len(A)):
        deviance += math.log(A[g])
    return deviance


@njit(cache=True)
def _slope(ratio, s, q, u, arm, df, A, beta):  # type: ignore[no-untyped-def]
    """Return the derivative of the deviance in the ratio."""
    Q = _residual_sum(ratio, s, q, u, arm, A, beta)
    slope = 0.0
    for i in range(len(s)):
        w = 1.0 / (1.0 + ratio * s[i])
        e = w * (q[i] - s[i] * beta[arm[i]])
        slope += w * s[i] - df * e * e / Q - (w * s[i]) ** 2 / A[arm[i]]
    return slope


@njit(cache=True)
def _best_ratio(s, q, u, arm, df, unit, A, beta):  # type: ignore[no-untyped-def]
    """Return the ratio of least deviance: the best of a grid, then the root of the derivative."""
    step = math.log(LARGEST_RATIO / SMALLEST_RATIO) / (GRID - 1)
    lowest, at = _deviance(0.0, s, q, u, arm, df, A, beta), -1
    for k in range(GRID):
        ratio = SMALLEST_RATIO * math.exp(step * k) / unit
        deviance = _deviance(ratio, s, q, u, arm, df, A, beta)
        if deviance < lowest:
            lowest, at = deviance, k
    below = 0.0 if at <= 0 else SMALLEST_RATIO * math.exp(step * (at - 1)) / unit
    above = SMALLEST_RATIO * math.exp(step * (at + 1)) / unit
    return _root(below, above, s, q, u, arm, df, A, beta)


@njit(cache=True)
def _root(a, b, s, q, u, arm, df, A, beta):  # type: ignore[no-untyped-def]
    """Return where the derivative changes sign between a and b, by regula falsi (Illinois).

    Without a change of sign: a where the deviance rises from it (zero variance), else b.
    """
    fa = _slope(a, s, q, u, arm, df, A, beta)
    fb = _slope(b, s, q, u, arm, df, A, beta)
    if fa >= 0.0 or fb <= 0.0:
        return a if fa >= 0.0 else b
    side = 0
    for _ in range(MAX_STEPS):
        c = (a * fb - b * fa) / (fb - fa)
        fc = _slope(c, s, q, u, arm, df, A, beta)
        if fc == 0.0:
            return c
        if fc > 0.0:
            b, fb = c, fc
            fa = fa / 2.0 if side == 1 else fa
            side = 1
        else:
            a, fa = c, fc
            fb = fb / 2.0 if side == -1 else fb
            side = -1
        if b - a < RATIO_TOLERANCE * b or abs(fc) * c < SLOPE_TOLERANCE:
            return c
    return 0.5 * (a + b)
