"""Small-sample inference on contrasts of a mixed model: Satterthwaite and Kenward-Roger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from scipy import stats

from smartcombo.stats.bands import simultaneous_critical
from smartcombo.stats.covariance import Information, information
from smartcombo.stats.design import ContrastTest, Floats, LongDesign, MixedFit

DegreesOfFreedom = Literal["kenward-roger", "satterthwaite", "residual", "normal"]

EIGENVALUE_TOLERANCE = 1e-8
"""Directions of the information below this fraction of its largest eigenvalue carry none: a
variance at its boundary."""


class Inference(Protocol):
    """How contrasts of one fit are tested, whatever the method."""

    @property
    def covariance(self) -> Floats:
        """Covariance of the fixed effects, shape ``(p, p)``."""

    def tests(self, C: Floats, level: float) -> tuple[ContrastTest, ...]:
        """Return the test of each row of ``C``, shape ``(k, p)``."""

    def critical(self, C: Floats, level: float, rng: np.random.Generator) -> float:
        """Return the multiple of the standard error that holds for all rows of ``C`` at once."""


@dataclass(frozen=True)
class TInference:
    """Contrasts referred to t: ``degrees`` gives the degrees of freedom of a contrast ``(p,)``."""

    beta: Floats
    covariance: Floats
    degrees: Callable[[Floats], float]

    def tests(self, C: Floats, level: float = 0.95) -> tuple[ContrastTest, ...]:
        """Return the t-test of each row of ``C``, shape ``(k, p)`` or ``(p,)``."""
        return tuple(
            contrast_test(c, self.beta, self.covariance, self.degrees(c), level)
            for c in np.atleast_2d(C)
        )

    def critical(self, C: Floats, level: float, rng: np.random.Generator) -> float:
        """Return the simultaneous critical value, with the family's smallest df (conservative)."""
        df = min(self.degrees(c) for c in C)
        if np.isnan(df):
            return float("nan")
        return simultaneous_critical(C, self.covariance, df, level, rng)


def model_inference(
    fit: MixedFit, design: LongDesign, df: DegreesOfFreedom = "kenward-roger"
) -> TInference:
    """Return inference that trusts the fitted covariance model.

    Parameters
    ----------
    df
        ``kenward-roger`` (adjusted covariance too), ``satterthwaite`` (as lmerTest), ``residual``
        (N - p) or ``normal``. Where V is not linear in its parameters (power of time),
        Kenward-Roger is replaced by Satterthwaite. A failed fit has no degrees of freedom (NaN).

    References
    ----------
    Kenward and Roger 1997, 10.2307/2533558; Kuznetsova 2017, 10.18637/jss.v082.i13.
    """
    if fit.status in ("singular", "not_converged"):
        return TInference(fit.beta, fit.cov_beta, lambda _: np.nan)
    if df in ("residual", "normal"):
        flat = np.inf if df == "normal" else float(len(design.y) - len(fit.beta))
        return TInference(fit.beta, fit.cov_beta, lambda _: flat)
    info = information(fit, design)
    if df == "satterthwaite" or fit.variance_model == "power":
        W = _inverse(info.observed)
        return TInference(fit.beta, fit.cov_beta, lambda c: _satterthwaite(c, info, W))
    W = _inverse(info.expected)
    adjusted = _adjusted_covariance(info, W)
    return TInference(fit.beta, adjusted, lambda c: _kenward_roger(c, info, W))


def contrast_test(
    c: Floats, beta: Floats, covariance: Floats, df: float, level: float
) -> ContrastTest:
    """Return the t-test of one contrast ``c' beta`` under a covariance and degrees of freedom."""
    value = float(c @ beta)
    variance = float(c @ covariance @ c)
    se = float(np.sqrt(max(variance, 0.0)))
    statistic = value / se if se > 0 else np.nan
    half = se * float(stats.t.ppf(0.5 + level / 2, df))
    p = float(2 * stats.t.sf(abs(statistic), df))
    return ContrastTest(value, se, float(df), statistic, p, value - half, value + half, level)


def _inverse(information_matrix: Floats) -> Floats:
    """Return the inverse on the directions that carry information."""
    scale = np.sqrt(np.clip(np.diag(np.abs(information_matrix)), 1e-300, None))
    scaled = information_matrix / np.outer(scale, scale)
    values, vectors = np.linalg.eigh((scaled + scaled.T) / 2)
    keep = values > EIGENVALUE_TOLERANCE * values.max()
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return np.asarray(inverse / np.outer(scale, scale))


def _satterthwaite(c: Floats, info: Information, W: Floats) -> float:
    a = info.C @ c
    gradient = -np.einsum("a,kab,b->k", a, info.P, a)
    variance = float(c @ info.C @ c)
    spread = float(gradient @ W @ gradient)
    return 2 * variance**2 / spread if spread > 0 else np.inf


def _adjusted_covariance(info: Information, W: Floats) -> Floats:
    inner = np.einsum("kl,klab->ab", W, info.Q) - np.einsum(
        "kl,kab,bc,lcd->ad", W, info.P, info.C, info.P, optimize=True
    )
    return np.asarray(info.C + 2 * info.C @ inner @ info.C)


def _kenward_roger(c: Floats, info: Information, W: Floats) -> float:
    """Return the denominator degrees of freedom of one contrast.

    For one row Kenward and Roger's A1 and A2 coincide and the scale factor is one up to rounding:
    the degrees of freedom are those of Satterthwaite with the expected information.
    """
    a = info.C @ c
    gradient = np.einsum("a,kab,b->k", a, info.P, a)
    variance = float(c @ info.C @ c)
    A = float(gradient @ W @ gradient) / variance**2
    return _kenward_roger_df(A)


def _kenward_roger_df(A: float) -> float:
    """Return m of the F(1, m) approximation from A1 = A2 = A (their section 4, one row)."""
    B = 0.5 * (A + 6 * A)
    g = (2 * A - 5 * A) / (3 * A) if A > 0 else -1.0
    c1, c2, c3 = (_c / (3 + 2 * (1 - g)) for _c in (g, 1 - g, 3 - g))
    expectation = 1 / (1 - A)
    variance = 2 * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
    rho = variance / (2 * expectation**2)
    return 4 + 3 / (rho - 1)
