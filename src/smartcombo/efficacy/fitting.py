"""Fit: one specification to one tumour model, with the inference its contrasts are read by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smartcombo.efficacy.frame import GrowthFrame, relative_frame
from smartcombo.efficacy.mean_curve import MeanCurve, long_design, mean_curve
from smartcombo.efficacy.options import Specification
from smartcombo.stats.design import (
    ContrastTest,
    FitStatus,
    Floats,
    LongDesign,
    MixedFit,
    VarianceModel,
)

_VARIANCE: dict[str, VarianceModel] = {"common": "common", "by-arm": "group", "power": "power"}


@dataclass(frozen=True)
class FittedGrowth:
    """A fitted growth model and how to test contrasts of it.

    Attributes
    ----------
    covariance
        Covariance of the fixed effects under the specification's inference, shape ``(p, p)``.
    lost
        Animals that this specification cannot use (no baseline, for relative volumes).
    """

    specification: Specification
    frame: GrowthFrame
    curve: MeanCurve
    design: LongDesign
    fit: MixedFit
    covariance: Floats
    level: float
    lost: tuple[str, ...] = ()

    @property
    def status(self) -> FitStatus:
        """Return the status of the fit."""
        return self.fit.status

    def tests(self, C: Floats, level: float | None = None) -> tuple[ContrastTest, ...]:
        """Return estimate, interval and p of each row of ``C``, shape ``(k, p)``."""
        from smartcombo.stats import inference, robust

        level = self.level if level is None else level
        if self.specification.inference == "cr2":
            return robust.cr2_tests(self.fit, self.design, C, level=level)
        return inference.contrast_tests(
            self.fit, self.design, C, df=self.specification.inference, level=level
        )

    def value(self, function: Callable[[Floats], float]) -> tuple[float, Floats]:
        """Return a smooth function of beta and its gradient by central differences, shape (p,)."""
        beta = self.fit.beta
        steps = 1e-5 * np.maximum(1.0, np.abs(beta))
        gradient = np.empty_like(beta)
        for k, step in enumerate(steps):
            move = np.zeros_like(beta)
            move[k] = step
            gradient[k] = (function(beta + move) - function(beta - move)) / (2 * step)
        return function(beta), gradient


def fit_growth(frame: GrowthFrame, specification: Specification, level: float) -> FittedGrowth:
    """Return the specification fitted by REML to the log volumes of a frame."""
    from smartcombo.stats import inference, robust
    from smartcombo.stats.mixed import fit_mixed

    lost: tuple[str, ...] = ()
    if specification.baseline == "relative":
        frame, lost = relative_frame(frame)
    curve = mean_curve(frame, specification)
    design = long_design(frame, curve)
    fit = fit_mixed(design, variance=_VARIANCE[specification.variance], reml=True)
    if specification.inference == "cr2":
        covariance = robust.cr2_covariance(fit, design)
    elif specification.inference == "kenward-roger":
        covariance = inference.kenward_roger_covariance(fit, design)
    else:
        covariance = fit.cov_beta
    return FittedGrowth(specification, frame, curve, design, fit, covariance, level, lost)
