"""Residuals and predicted random effects of a mixed model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smartcombo.stats.covariance import marginal, subject_rows
from smartcombo.stats.design import Floats, LongDesign, MixedFit


@dataclass(frozen=True)
class Residuals:
    """Residuals of a fit, each of shape ``(N,)``.

    ``marginal`` is y - X beta; ``conditional`` also subtracts the subject's random effects;
    ``standardised`` is the conditional residual over the residual SD of its row.
    """

    marginal: Floats
    conditional: Floats
    standardised: Floats


def random_effects(fit: MixedFit, design: LongDesign) -> Floats:
    """Return the best linear unbiased predictions of the random effects, shape ``(m, q)``."""
    residual = design.y - design.X @ fit.beta
    return np.array(
        [
            fit.D @ design.Z[rows].T @ np.linalg.solve(marginal(fit, design, rows), residual[rows])
            for rows in subject_rows(design)
        ]
    )


def residuals_of(fit: MixedFit, design: LongDesign) -> Residuals:
    """Return marginal, conditional and standardised residuals."""
    whole = design.y - design.X @ fit.beta
    effects = np.repeat(random_effects(fit, design), np.diff(design.start), axis=0)
    conditional = whole - np.sum(design.Z * effects, axis=1)
    return Residuals(whole, conditional, conditional / fit.residual_sd)
