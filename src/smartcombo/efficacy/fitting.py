"""Fit: one specification to one tumour model, with the inference its contrasts are read by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smartcombo.core.random import stream
from smartcombo.efficacy.clusters import clustered_fit
from smartcombo.efficacy.frame import GrowthFrame, relative_frame
from smartcombo.efficacy.mean_curve import MeanCurve, long_design, mean_curve
from smartcombo.efficacy.options import Inference as InferenceName
from smartcombo.efficacy.options import Specification
from smartcombo.stats.bootstrap import bootstrap_inference
from smartcombo.stats.design import (
    ContrastTest,
    FitStatus,
    Floats,
    LongDesign,
    MixedFit,
    VarianceModel,
)
from smartcombo.stats.inference import Inference, model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.robust import cr2_inference

_VARIANCE: dict[str, VarianceModel] = {"common": "common", "by-arm": "group", "power": "power"}


@dataclass(frozen=True)
class FittedGrowth:
    """A fitted growth model and how its contrasts are tested.

    Attributes
    ----------
    selected
        The rows selected for the analysis, log volumes with their baseline; refits start here.
    frame
        The rows fitted: those selected, or the volumes relative to baseline.
    inference
        Tests of contrasts and critical values under the specification's inference.
    censored
        Number of measurements that entered as lying below the detection limit.
    lost
        Animals that this specification cannot use (no baseline, for relative volumes).
    """

    specification: Specification
    selected: GrowthFrame
    frame: GrowthFrame
    curve: MeanCurve
    design: LongDesign
    fit: MixedFit
    inference: Inference
    level: float
    censored: int = 0
    lost: tuple[str, ...] = ()

    @property
    def status(self) -> FitStatus:
        """Return the status of the fit."""
        return self.fit.status

    def tests(self, C: Floats, level: float | None = None) -> tuple[ContrastTest, ...]:
        """Return estimate, interval and p of each row of ``C``, shape ``(k, p)``."""
        return self.inference.tests(C, self.level if level is None else level)

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


def fit_growth(selected: GrowthFrame, specification: Specification, level: float) -> FittedGrowth:
    """Return the specification fitted by REML to the log volumes of the rows selected."""
    relative = specification.baseline == "relative"
    frame, lost = relative_frame(selected) if relative else (selected, ())
    curve = mean_curve(frame, specification)
    design = long_design(frame, curve)
    below = frame.rows["at_limit"].to_numpy(dtype=bool)
    if specification.cluster != "animal":
        inference: Inference
        fit, inference = clustered_fit(design, frame, specification.cluster)
        count = 0
    elif can_censor(specification) and below.any():
        fit, inference = _censored(design, below)
        count = int(below.sum())
    else:
        fit = fit_mixed(design, variance=_VARIANCE[specification.variance], reml=True)
        inference, count = _inference(fit, design, specification.inference, frame.seed), 0
    return FittedGrowth(
        specification, selected, frame, curve, design, fit, inference, level, count, lost
    )


def can_censor(specification: Specification) -> bool:
    """Return whether values below the detection limit are censored under a specification."""
    return (
        specification.detection == "censored"
        and specification.cluster == "animal"
        and specification.baseline != "relative"
        and specification.variance == "common"
        and specification.inference in ("kenward-roger", "satterthwaite")
    )


def _censored(design: LongDesign, below: NDArray[np.bool_]) -> tuple[MixedFit, Inference]:
    from smartcombo.stats.censored import fit_censored

    done = fit_censored(design, below)
    return done.fit, done.inference


def _inference(fit: MixedFit, design: LongDesign, name: InferenceName, seed: int) -> Inference:
    if name == "cr2":
        return cr2_inference(fit, design)
    if name == "bootstrap":
        return bootstrap_inference(fit, design, stream(seed, "bootstrap"))
    return model_inference(fit, design, name)
