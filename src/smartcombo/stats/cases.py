"""Refit a mixed model to resampled animals: whole animals, with replacement, within their arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from smartcombo.stats.bootstrap import BootstrapInference
from smartcombo.stats.design import Floats, Ints, LongDesign, MixedFit
from smartcombo.stats.mixed_kernel import (
    cross_products,
    minimise,
    moment_start,
    profile_deviance,
    rank_deficient,
)


@dataclass(frozen=True)
class CaseFits:
    """Refits to B resamples.

    Attributes
    ----------
    beta
        Fixed effects, shape ``(B, p)``.
    cov_beta
        Their model covariance, shape ``(B, p, p)``.
    settled
        Whether each refit found its maximum, shape ``(B,)``; where not, its numbers mean nothing.
    """

    beta: Floats
    cov_beta: Floats
    settled: NDArray[np.bool_]

    def inference(self, fit: MixedFit) -> BootstrapInference:
        """Return contrasts of the whole ``fit``, referred to the refits that settled.

        Studentised by the model covariances: where the covariance model is wrong, whole fit and
        refits are wrong by the same factor, which the bootstrap distribution then holds.
        """
        used = self.settled
        return BootstrapInference(
            fit.beta, fit.cov_beta, self.beta[used] - fit.beta, self.cov_beta[used]
        )


def joined(parts: list[CaseFits]) -> CaseFits:
    """Return refits one after the other."""
    return CaseFits(
        np.concatenate([part.beta for part in parts]),
        np.concatenate([part.cov_beta for part in parts]),
        np.concatenate([part.settled for part in parts]),
    )


def resampled(size: int, draws: int, rng: np.random.Generator) -> Ints:
    """Return how often each of ``size`` animals is drawn, shape ``(draws, size)``.

    More draws from the same stream begin with those of fewer.
    """
    return rng.multinomial(size, np.full(size, 1.0 / size), size=draws).astype(np.int64)


@dataclass(frozen=True)
class PlainCases:
    """The model with one residual variance, ready to be refitted to resamples by REML.

    The likelihood needs the cross-products of each animal only; a resample repeats those.
    """

    products: tuple[Any, ...]

    def refit(self, draws: Ints) -> CaseFits:
        """Return the fit of each resample; ``draws`` (B, m) says how often an animal is in it."""
        return CaseFits(*_refit_all(np.ascontiguousarray(draws), *self.products))


def plain_cases(design: LongDesign) -> PlainCases:
    """Return the resampling model of a design without censored rows."""
    scale = np.sqrt(np.mean(design.Z**2, axis=0))
    X, Z, first = np.ascontiguousarray(design.X), design.Z / scale, design.start[:-1]
    ZZ, ZX, Zy, _, _, _ = cross_products(design.y, X, Z, design.start)
    XX = np.add.reduceat(X[:, :, None] * X[:, None, :], first, axis=0)
    Xy = np.add.reduceat(X * design.y[:, None], first, axis=0)
    yy = np.add.reduceat(design.y**2, first)
    return PlainCases((ZZ, ZX, Zy, XX, Xy, yy, np.diff(design.start)))


@njit(cache=True)
def _refit(counts, ZZ, ZX, Zy, XX, Xy, yy, rows):  # type: ignore[no-untyped-def]
    """Return beta (p,), its covariance (p, p) and success of one resample ``counts`` (m,)."""
    p = XX.shape[1]
    of = np.repeat(np.arange(len(counts)), counts)
    XX_all, Xy_all, yy_all, n = np.zeros((p, p)), np.zeros(p), 0.0, 0
    for i in of:
        XX_all += XX[i]
        Xy_all += Xy[i]
        yy_all += yy[i]
        n += rows[i]
    if n <= p or rank_deficient(XX_all):
        return np.zeros(p), np.zeros((p, p)), False
    one, two, three = ZZ[of], ZX[of], Zy[of]
    start = moment_start(one, two, three, XX_all, Xy_all, yy_all, n)
    theta, converged, _ = minimise(start, one, two, three, XX_all, Xy_all, yy_all, n, True)
    _, _, beta, S_inverse, sigma2 = profile_deviance(
        theta, one, two, three, XX_all, Xy_all, yy_all, n, True
    )
    return beta, sigma2 * S_inverse, converged


@njit(cache=True, nogil=True)
def _refit_all(draws, ZZ, ZX, Zy, XX, Xy, yy, rows):  # type: ignore[no-untyped-def]
    """Return beta (B, p), its covariance (B, p, p) and success (B,)."""
    B, p = len(draws), XX.shape[1]
    beta, cov_beta = np.zeros((B, p)), np.zeros((B, p, p))
    settled = np.zeros(B, dtype=np.bool_)
    for b in range(B):
        beta[b], cov_beta[b], settled[b] = _refit(draws[b], ZZ, ZX, Zy, XX, Xy, yy, rows)
    return beta, cov_beta, settled
