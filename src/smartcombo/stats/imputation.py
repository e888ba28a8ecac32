"""Multiple imputation of what animals that left would have shown, and pooling of its answers.

For each imputation parameters are drawn anew, so that their uncertainty is in the answer; then the
random effects of an animal are drawn given its measured rows, and its missing rows given those.
Rows below a detection limit are drawn below it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from smartcombo.stats.bands import simultaneous_critical
from smartcombo.stats.censored import CensoredFit
from smartcombo.stats.censored_kernel import _at_point, _measured, _mode
from smartcombo.stats.design import ContrastTest, Floats, LongDesign, MixedFit
from smartcombo.stats.mixed_batch import refit_many, refit_simulated

Kinds = NDArray[np.int8]

MEASURED, BELOW, MISSING = 0, 1, 2
"""What is known of a row: its value, only that it lies below ``y``, nothing."""
CHAIN = 40
"""Metropolis steps of random effects given rows below the limit; each proposal is independent of
the last and close to the target, so a few suffice."""
TAILS = 4.0
"""Degrees of freedom of the proposal: heavier tails than the log-concave target."""


@dataclass(frozen=True)
class PooledInference:
    """Contrasts of M completed data sets, pooled by Rubin's rules.

    Attributes
    ----------
    beta
        Fixed effects of each completed data set, shape ``(M, p)``.
    within
        Their model covariances, shape ``(M, p, p)``.
    complete_df
        Degrees of freedom a contrast would have were the data complete.

    References
    ----------
    Rubin 1987, 10.1002/9780470316696; Barnard and Rubin 1999, 10.1093/biomet/86.4.948.
    """

    beta: Floats
    within: Floats
    complete_df: Callable[[Floats], float]

    @property
    def covariance(self) -> Floats:
        """Return the total covariance of the pooled fixed effects, shape ``(p, p)``."""
        between = np.atleast_2d(np.cov(self.beta, rowvar=False))
        return np.asarray(self.within.mean(axis=0) + (1 + 1 / len(self.beta)) * between)

    def tests(self, C: Floats, level: float = 0.95) -> tuple[ContrastTest, ...]:
        """Return the pooled t-test of each row of ``C``, shape ``(k, p)`` or ``(p,)``."""
        return tuple(self._test(c, level) for c in np.atleast_2d(C))

    def critical(self, C: Floats, level: float, rng: np.random.Generator) -> float:
        """Return the simultaneous critical value, with the family's smallest df (conservative)."""
        df = min(test.df for test in self.tests(C, level))
        return simultaneous_critical(C, self.covariance, df, level, rng)

    def _test(self, c: Floats, level: float) -> ContrastTest:
        within = np.einsum("a,mab,b->m", c, self.within, c)
        value, se, df = rubin(self.beta @ c, within, self.complete_df(c))
        statistic = value / se if se > 0 else math.nan
        half = se * float(stats.t.ppf(0.5 + level / 2, df))
        p = float(2 * stats.t.sf(abs(statistic), df))
        return ContrastTest(value, se, df, statistic, p, value - half, value + half, level)


def rubin(values: Floats, variances: Floats, complete_df: float) -> tuple[float, float, float]:
    """Return pooled estimate, standard error and Barnard and Rubin's degrees of freedom.

    Parameters
    ----------
    values, variances
        Estimate and its squared standard error in each completed data set, shape ``(M,)``.
    complete_df
        Degrees of freedom of the complete-data test; infinite gives Rubin's of 1987.
    """
    M = len(values)
    within, between = float(np.mean(variances)), float(np.var(values, ddof=1))
    total = within + (1 + 1 / M) * between
    missing = (1 + 1 / M) * between / total if total > 0 else 0.0
    old = (M - 1) / missing**2 if missing > 0 else math.inf
    if math.isinf(complete_df):
        return float(np.mean(values)), math.sqrt(total), old
    seen = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - missing)
    df = seen if math.isinf(old) else 1 / (1 / old + 1 / seen)
    return float(np.mean(values)), math.sqrt(total), float(df)


@dataclass(frozen=True)
class ParameterDraws:
    """Parameters of the growth model drawn M times from their approximate posterior.

    ``beta`` (M, p), square roots ``factor`` (M, q, q) of the covariance of the random effects, and
    residual SD ``sigma`` (M,).
    """

    beta: Floats
    factor: Floats
    sigma: Floats


def drawn_parameters(
    fit: MixedFit, design: LongDesign, draws: int, rng: np.random.Generator
) -> ParameterDraws:
    """Return draws of the parameters of a fit without rows below the limit.

    Fixed effects from their normal approximation; variances from refits of outcomes simulated
    from the model (parametric bootstrap), which stands for their posterior. REML makes the two
    independent.
    """
    refits = refit_simulated(fit, design, draws, rng)
    beta = fit.beta + rng.standard_normal((draws, len(fit.beta))) @ _factor(fit.cov_beta).T
    return ParameterDraws(beta, np.array([_factor(D) for D in refits.D]), np.sqrt(refits.sigma2))


def drawn_censored(fit: CensoredFit, draws: int, rng: np.random.Generator) -> ParameterDraws:
    """Return draws of the parameters of a censored fit, from their joint normal approximation.

    Jointly, because of an arm mostly below the limit mean and variance are only known together.
    """
    p, q = len(fit.fit.beta), len(fit.scale)
    noise = rng.standard_normal((draws, len(fit.parameters)))
    drawn = fit.parameters + noise @ _factor(fit.covariance).T
    L = np.zeros((draws, q, q))
    rows, columns = np.tril_indices(q)
    L[:, rows, columns] = drawn[:, p:-1]
    return ParameterDraws(drawn[:, :p], L / fit.scale[:, None], np.exp(drawn[:, -1]))


def completed_outcomes(
    parameters: ParameterDraws, completed: LongDesign, kinds: Kinds, rng: np.random.Generator
) -> Floats:
    """Return the outcomes of M completed data sets, one for each draw, shape ``(M, N)``.

    Parameters
    ----------
    parameters
        Draws of the growth model fitted to what was seen (one residual variance).
    completed
        The design with the rows to impute among the others; ``y`` holds the limit in rows below
        it, and is not used in missing rows.
    kinds
        Of each row of ``completed``: ``MEASURED``, ``BELOW`` or ``MISSING``, shape ``(N,)``.
    """
    Y = np.repeat(completed.y[None, :], len(parameters.beta), axis=0)
    _fill(
        Y, kinds, np.ascontiguousarray(completed.X), np.ascontiguousarray(completed.Z),
        completed.start, parameters.beta, parameters.factor, parameters.sigma, rng,
    )  # fmt: skip
    return Y


def shifted_inference(
    completed: LongDesign, Y: Floats, shift: Floats, complete_df: Callable[[Floats], float]
) -> PooledInference:
    """Return the pooled inference on completed outcomes plus a known shift of each row ``(N,)``."""
    fits = refit_many(completed, Y + shift)
    return PooledInference(fits.beta, fits.cov_beta, complete_df)


def first_completed(completed: LongDesign, Y: Floats) -> LongDesign:
    """Return the completed design with the outcomes of the first imputation."""
    return replace(completed, y=Y[0])


def _factor(D: Floats) -> Floats:
    """Return a square root of a covariance that may be singular."""
    values, vectors = np.linalg.eigh(D)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0.0, None)))


@njit(cache=True)
def _lower_tail(bound, rng):  # type: ignore[no-untyped-def]
    """Return a standard normal below ``bound`` (Robert 1995, 10.1007/BF00143942)."""
    a = -bound
    if a < 0.45:
        while True:
            x = rng.standard_normal()
            if x > a:
                return -x
    rate = 0.5 * (a + math.sqrt(a * a + 4.0))
    while True:
        x = a - math.log(1.0 - rng.random()) / rate
        if rng.random() <= math.exp(-0.5 * (x - rate) ** 2):
            return -x


@njit(cache=True)
def _metropolis(mean, P, slack, V, rng):  # type: ignore[no-untyped-def]
    """Return u drawn given measured rows and rows below the limit, by independent proposals.

    The proposal is Student's t at the mode with the curvature there.
    """
    q = len(mean)
    mode, H, mills = mean.copy(), P.copy(), np.zeros(len(slack))
    _mode(mean, P, slack, V, mode, H)
    C = np.linalg.cholesky(H)
    u = mode.copy()
    weight = _at_point(u, mean, P, slack, V, mills)
    z = np.zeros(q)
    for _ in range(CHAIN):
        square = 0.0
        for a in range(q):
            z[a] = rng.standard_normal()
        chi2 = 0.0
        for _ in range(int(TAILS)):
            chi2 += rng.standard_normal() ** 2
        for a in range(q):
            z[a] /= math.sqrt(chi2 / TAILS)
            square += z[a] ** 2
        trial = mode + np.linalg.solve(C.T, z)
        density = -0.5 * (TAILS + q) * math.log(1.0 + square / TAILS)
        moved = _at_point(trial, mean, P, slack, V, mills) - density
        if math.log(1.0 - rng.random()) < moved - weight:
            u, weight = trial, moved
    return u


@njit(cache=True)
def _draw_effects(rows, y, kinds, fixed, X, Z, L, sigma, rng):  # type: ignore[no-untyped-def]
    """Return a draw of the random effects ``L u`` given what is known of the rows."""
    q, cut = L.shape[0], 0
    r = y - fixed
    unknown = kinds != MEASURED
    P, B, mean = np.zeros((q, q)), np.zeros((X.shape[1], q)), np.zeros(q)
    _measured(rows, unknown, r, X, Z, L, sigma, P, mean, B)
    for j in range(rows[0], rows[1]):
        cut += kinds[j] == BELOW
    if cut == 0:
        z = np.zeros(q)
        for a in range(q):
            z[a] = rng.standard_normal()
        u = mean + np.linalg.solve(np.linalg.cholesky(P).T, z)
        return L @ u
    V, slack = np.zeros((cut, q)), np.zeros(cut)
    c = 0
    for j in range(rows[0], rows[1]):
        if kinds[j] == BELOW:
            slack[c] = r[j] / sigma
            for a in range(q):
                for b in range(q):
                    V[c, a] += Z[j, b] * L[b, a] / sigma
            c += 1
    return L @ _metropolis(mean, P, slack, V, rng)


@njit(cache=True)
def _fill(Y, kinds, X, Z, start, beta, factors, sigma, rng):  # type: ignore[no-untyped-def]
    """Fill the rows of Y that are below the limit or missing."""
    M, N = Y.shape
    limit = Y[0].copy()
    fixed = np.zeros(N)
    for k in range(M):
        y, s = Y[k], sigma[k]
        for j in range(N):
            fixed[j] = 0.0
            for f in range(X.shape[1]):
                fixed[j] += X[j, f] * beta[k, f]
        for i in range(len(start) - 1):
            rows = (start[i], start[i + 1])
            known = True
            for j in range(rows[0], rows[1]):
                known = known and kinds[j] == MEASURED
            if known:
                continue
            b = _draw_effects(rows, y, kinds, fixed, X, Z, factors[k], s, rng)
            for j in range(rows[0], rows[1]):
                if kinds[j] == MEASURED:
                    continue
                fitted = fixed[j]
                for a in range(len(b)):
                    fitted += Z[j, a] * b[a]
                if kinds[j] == MISSING:
                    y[j] = fitted + s * rng.standard_normal()
                else:
                    y[j] = fitted + s * _lower_tail((limit[j] - fitted) / s, rng)
