"""Parametric bootstrap of contrasts: refit the model to outcomes simulated from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smartcombo.stats.design import ContrastTest, Floats, LongDesign, MixedFit
from smartcombo.stats.mixed_batch import refit_simulated

DRAWS = 1999
"""Odd, so that (draws + 1) times a tail of 2.5% is whole (Davison and Hinkley 1997,
10.1017/CBO9780511802843)."""


@dataclass(frozen=True)
class BootstrapInference:
    """Contrasts referred to their studentised bootstrap distribution.

    ``errors`` of shape ``(B, p)`` are beta* - beta, ``spreads`` of shape ``(B, p, p)`` the model
    covariances of the refits.
    """

    beta: Floats
    covariance: Floats
    errors: Floats
    spreads: Floats

    def tests(self, C: Floats, level: float = 0.95) -> tuple[ContrastTest, ...]:
        """Return the test of each row of ``C``: symmetric studentised interval, no df."""
        return tuple(self._test(c, level) for c in np.atleast_2d(C))

    def critical(self, C: Floats, level: float, rng: np.random.Generator) -> float:
        """Return the quantile of the largest statistic over the rows of ``C``."""
        largest = np.max([self._statistics(c) for c in C], axis=0)
        return float(np.quantile(largest, level, method="higher"))

    def _statistics(self, c: Floats) -> Floats:
        se = np.sqrt(np.einsum("a,kab,b->k", c, self.spreads, c))
        return np.abs(self.errors @ c) / se

    def _test(self, c: Floats, level: float) -> ContrastTest:
        value, se = float(c @ self.beta), float(np.sqrt(c @ self.covariance @ c))
        if not se > 0:
            return ContrastTest(value, se, np.nan, np.nan, np.nan, value, value, level)
        drawn = self._statistics(c)
        statistic = value / se
        p = (1 + int(np.sum(drawn >= abs(statistic)))) / (1 + len(drawn))
        half = se * float(np.quantile(drawn, level, method="higher"))
        return ContrastTest(value, se, np.nan, statistic, p, value - half, value + half, level)


def bootstrap_inference(
    fit: MixedFit, design: LongDesign, rng: np.random.Generator, draws: int = DRAWS
) -> BootstrapInference:
    """Return inference by the studentised parametric bootstrap.

    Draws outcomes from the fitted model on the same animals and visits and refits; draws whose fit
    failed are left out. Use it where degrees of freedom are in doubt, such as a variance at zero.

    References
    ----------
    Davison and Hinkley 1997, 10.1017/CBO9780511802843; Halekoh and Hojsgaard 2014,
    10.18637/jss.v059.i09.
    """
    fits = refit_simulated(fit, design, draws, rng)
    used = fits.converged
    return BootstrapInference(
        fit.beta, fit.cov_beta, fits.beta[used] - fit.beta, fits.cov_beta[used]
    )
