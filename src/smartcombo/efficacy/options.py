"""The choices of a growth analysis, with defaults stated once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Baseline = Literal["constrained", "by-arm", "relative"]
Variance = Literal["common", "by-arm", "power"]
TimeScale = Literal["day", "sqrt-day"]
Shape = Literal["exponential", "quadratic", "spline", "gompertz", "piecewise"]
Detection = Literal["censored", "at-limit"]
Cluster = Literal["animal", "cage", "batch"]
Inference = Literal["kenward-roger", "satterthwaite", "cr2", "bootstrap"]


@dataclass(frozen=True, slots=True)
class Specification:
    """One way to model the same curves; the robustness table varies all but detection.

    Attributes
    ----------
    baseline
        ``constrained``: baseline in the outcome with a common mean at randomisation (default:
        randomisation makes arms equal at the start); ``by-arm``: its own mean per arm;
        ``relative``: log(V / V0) through the origin, random slope only (as SynergyLMM).
    variance
        Residual variance ``common``, ``by-arm``, or a ``power`` of time.
    time_scale
        ``day`` or ``sqrt-day`` since baseline.
    shape
        Mean curve of log volume: ``exponential`` (straight line); ``quadratic``; natural
        ``spline``; ``gompertz`` (growth, or regression, that slows at a rate of its own in each
        arm); ``piecewise`` (a line that bends at one day, for effects that start late).
    bend_day
        Day on the study's axis at which a ``piecewise`` curve bends; ``None`` (default): estimated,
        one day for all arms, and its uncertainty is in every standard error.
    inference
        ``kenward-roger`` (default; smallest samples), ``satterthwaite``, ``cr2`` (cluster-robust,
        does not trust the covariance model), or ``bootstrap`` (parametric, studentised; refits
        1,999 simulated studies, has no degrees of freedom).
    detection
        Values at or below the detection limit are ``censored`` (default: known to lie below it) or
        stand ``at-limit``. Censoring needs log volumes with one residual variance and model-based
        inference; its degrees of freedom are Satterthwaite's. Elsewhere values stand at the limit.
    cluster
        Who was treated: the ``animal`` (default), or the ``cage`` or ``batch``, which then has a
        random intercept and slope of its own above the animal. Degrees of freedom are
        Satterthwaite's and, where every cluster holds one arm, at most clusters minus arms. Needs
        one residual variance and model-based inference; values below detection stand at the limit.
    """

    baseline: Baseline = "constrained"
    variance: Variance = "common"
    time_scale: TimeScale = "day"
    shape: Shape = "exponential"
    inference: Inference = "kenward-roger"
    detection: Detection = "censored"
    bend_day: float | None = None
    cluster: Cluster = "animal"

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(
                    f"{name}={value!r} is not an option of growth(); expected one of {allowed}"
                )
        if self.cluster != "animal" and not can_cluster(self):
            raise ValueError(
                f"cluster={self.cluster!r} with variance={self.variance!r} and "
                f"inference={self.inference!r}: expected variance='common' and inference "
                "'kenward-roger' or 'satterthwaite'"
            )
        if self.bend_day is not None and self.shape != "piecewise":
            raise ValueError(
                f"bend_day={self.bend_day!r} with shape={self.shape!r}: only "
                'shape="piecewise" bends at a day; drop bend_day or change the shape'
            )


def can_resample(specification: Specification) -> bool:
    """Return whether a specification can be refitted to resampled animals: all but psi refitted."""
    free = specification.shape == "gompertz" or (
        specification.shape == "piecewise" and specification.bend_day is None
    )
    return specification.cluster == "animal" and specification.variance == "common" and not free


def can_cluster(specification: Specification) -> bool:
    """Return whether a specification can carry random effects of cages or batches."""
    model_based = specification.inference in ("kenward-roger", "satterthwaite")
    return specification.variance == "common" and model_based


_ALLOWED = {
    "baseline": get_args(Baseline),
    "variance": get_args(Variance),
    "time_scale": get_args(TimeScale),
    "shape": get_args(Shape),
    "inference": get_args(Inference),
    "detection": get_args(Detection),
    "cluster": get_args(Cluster),
}


FEWEST_DRAWS = 199
"""Resamples below which a 95% interval rests on fewer than ten of them."""


@dataclass(frozen=True, slots=True)
class GrowthOptions:
    """Options of :func:`smartcombo.efficacy.growth`.

    Attributes
    ----------
    specification
        The primary model. Default: the constrained model with the shape of plan.toml
        (exponential).
    day
        Declared day of comparison on the study's day axis. Default: that of plan.toml, else the
        last visit at which every arm still has half of its animals.
    level
        Confidence level; default that of plan.toml (0.95).
    robustness
        Whether to refit over the grid of specifications.
    covariates
        Columns of the animals table known before treatment (``sex``) that starts and growth rates
        are adjusted for; default those of plan.toml. What a covariate adds to a rate is the same
        on every day, also where the curve bends.
    bootstrap
        Resamples of the animals within their arms, 0 (default: none) or 199 and more, such as
        1000. The questions with their bootstrap intervals are then the table ``bootstrap``; the
        estimates stay those of the model. Needs the animal as the unit, one residual variance, a
        shape without estimated nonlinear parameters, and five animals an arm.
    """

    specification: Specification | None = None
    day: float | None = None
    level: float | None = None
    robustness: bool = True
    covariates: tuple[str, ...] | None = None
    bootstrap: int = 0

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")
        _require_bootstrap(self.bootstrap, self.specification or Specification())


def _require_bootstrap(draws: int, specification: Specification) -> None:
    whole = isinstance(draws, int) and not isinstance(draws, bool)
    if not whole or not (draws == 0 or draws >= FEWEST_DRAWS):
        raise ValueError(
            f"bootstrap={draws!r}: expected 0 (none) or a whole number of resamples from "
            f"{FEWEST_DRAWS} on, such as 1000"
        )
    if draws and not can_resample(specification):
        raise ValueError(
            f"bootstrap={draws} with cluster={specification.cluster!r}, "
            f"variance={specification.variance!r}, shape={specification.shape!r}, "
            f"bend_day={specification.bend_day!r}: expected cluster='animal', variance='common' "
            "and a shape whose parameters are all linear ('exponential', 'quadratic', 'spline', or "
            "'piecewise' with bend_day); set bootstrap=0 or change these"
        )
