"""Fit: one specification to one tumour model, with the inference its contrasts are read by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from smartcombo.core.random import stream
from smartcombo.efficacy.clusters import clustered_fit
from smartcombo.efficacy.frame import GrowthFrame, relative_frame
from smartcombo.efficacy.mean_curve import (
    CURVED,
    MeanCurve,
    long_design,
    mean_curve,
    shaped_design,
)
from smartcombo.efficacy.options import Inference as InferenceName
from smartcombo.efficacy.options import Specification
from smartcombo.stats.bootstrap import BootstrapInference, bootstrap_inference
from smartcombo.stats.curved import ShapeFit, conditional, fit_shape
from smartcombo.stats.design import (
    ContrastTest,
    FitStatus,
    Floats,
    LongDesign,
    MixedFit,
    VarianceModel,
)
from smartcombo.stats.inference import Inference, TInference, model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.robust import cr2_inference

VARIANCE: dict[str, VarianceModel] = {"common": "common", "by-arm": "group", "power": "power"}
"""The kernel's word for each variance model."""


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
    shape
        The nonlinear parameters that were estimated; ``None`` where there are none.
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
    shape: ShapeFit | None = None

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
    """Return the specification fitted by REML to the log volumes of the rows selected.

    Nonlinear parameters of the mean curve are those of maximum likelihood; each then has a column
    in the design, so that every standard error and the degrees of freedom count it as estimated.
    """
    relative = specification.baseline == "relative"
    frame, lost = relative_frame(selected) if relative else (selected, ())
    at_limit = frame.rows["at_limit"].to_numpy(dtype=bool)
    below = at_limit if can_censor(specification) else np.zeros_like(at_limit)
    curve, shape = _curve(frame, specification, below)
    design = long_design(frame, curve)
    fit, inference = _fitted(design, frame, specification, below)
    if curve.free and fit.status != "singular":
        beta = conditional(fit.beta, fit.cov_beta, len(curve.free))
        fit, inference = replace(fit, beta=beta), replace(inference, beta=beta)
    return FittedGrowth(
        specification,
        selected,
        frame,
        curve,
        design,
        replace(fit, status=_worse(fit.status, shape.status if shape else "ok")),
        inference,
        level,
        int(below.sum()),
        lost,
        shape,
    )


def _curve(
    frame: GrowthFrame, specification: Specification, below: NDArray[np.bool_]
) -> tuple[MeanCurve, ShapeFit | None]:
    """Return the mean curve, with its nonlinear parameters where the shape has any."""
    curve = mean_curve(frame, specification)
    if specification.shape not in CURVED:
        return curve, None
    none, no_beta = np.empty(0, dtype=np.int64), np.empty(0)
    if specification.bend_day is not None:
        bend = curve.clock(np.array([specification.bend_day - frame.baseline_day]))
        return curve.with_psi(bend, none, no_beta), None
    shaped = shaped_design(frame, curve)
    found = fit_shape(shaped, variance=VARIANCE[specification.variance], below=below)
    if found.status == "singular":
        return curve.with_psi(found.psi, none, no_beta), found
    at = shaped.design(found.psi)
    fit = _censored(at, below)[0] if below.any() else fit_mixed(at)
    return curve.with_psi(found.psi, found.free, fit.beta), found


def _worse(one: FitStatus, other: FitStatus) -> FitStatus:
    """Return the status that says more against a fit."""
    return max(one, other, key=get_args(FitStatus).index)


def can_censor(specification: Specification) -> bool:
    """Return whether values below the detection limit are censored under a specification."""
    return (
        specification.detection == "censored"
        and specification.cluster == "animal"
        and specification.baseline != "relative"
        and specification.variance == "common"
        and specification.inference in ("kenward-roger", "satterthwaite")
    )


def _fitted(
    design: LongDesign,
    frame: GrowthFrame,
    specification: Specification,
    below: NDArray[np.bool_],
) -> tuple[MixedFit, TInference | BootstrapInference]:
    if specification.cluster != "animal":
        return clustered_fit(design, frame, specification.cluster)
    if below.any():
        return _censored(design, below)
    fit = fit_mixed(design, variance=VARIANCE[specification.variance], reml=True)
    return fit, _inference(fit, design, specification.inference, frame.seed)


def _censored(design: LongDesign, below: NDArray[np.bool_]) -> tuple[MixedFit, TInference]:
    from smartcombo.stats.censored import fit_censored

    done = fit_censored(design, below)
    return done.fit, done.inference


def _inference(
    fit: MixedFit, design: LongDesign, name: InferenceName, seed: int
) -> TInference | BootstrapInference:
    if name == "cr2":
        return cr2_inference(fit, design)
    if name == "bootstrap":
        return bootstrap_inference(fit, design, stream(seed, "bootstrap"))
    return model_inference(fit, design, name)
