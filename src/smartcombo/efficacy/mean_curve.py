"""Design: the mean curve of each arm as columns of a model matrix, and as vectors to contrast."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.efficacy.options import Baseline, Shape, Specification, TimeScale
from smartcombo.stats.design import Floats, LongDesign

SPLINE_QUANTILES = (0.0, 0.5, 1.0)
"""Knots of the natural spline at quantiles of the visit times: two columns, as the quadratic."""


@dataclass(frozen=True)
class MeanCurve:
    """How log volume of an arm depends on time: ``intercept + sum_k beta_k B_k(t)``, B(0) = 0.

    Attributes
    ----------
    arms
        Arm ids in the order of their columns.
    knots
        Knots on the transformed time axis, for ``spline``; else empty.
    n_covariates
        Baseline covariates; each has, after all other columns, one for the start (none for
        relative volumes) and one for the rate. Their mean is zero, so that an arm's curve is that
        of animals with the average of the covariates.
    """

    arms: tuple[str, ...]
    baseline: Baseline
    shape: Shape
    time_scale: TimeScale
    knots: tuple[float, ...] = ()
    n_covariates: int = 0

    @property
    def n_basis(self) -> int:
        """Return the number of time columns per arm."""
        return 1 if self.shape == "exponential" else 2

    @property
    def n_intercepts(self) -> int:
        """Return the number of intercept columns: one, one per arm, or none."""
        return {"constrained": 1, "by-arm": len(self.arms), "relative": 0}[self.baseline]

    @property
    def n_columns(self) -> int:
        """Return the number of fixed effects p."""
        return self.first_covariate + self.n_covariates * self.per_covariate

    @property
    def first_covariate(self) -> int:
        """Return the column of the first covariate."""
        return self.n_intercepts + len(self.arms) * self.n_basis

    @property
    def per_covariate(self) -> int:
        """Return the columns a covariate takes: start and rate, or the rate alone."""
        return 1 if self.baseline == "relative" else 2

    def clock(self, time: Floats) -> Floats:
        """Return days since baseline on the model's time scale."""
        return np.sqrt(time) if self.time_scale == "sqrt-day" else time

    def basis(self, time: Floats) -> Floats:
        """Return the time columns at days since baseline, shape ``(len(time), n_basis)``."""
        u = self.clock(np.asarray(time, dtype=float))
        if self.shape == "exponential":
            return u[:, None]
        if self.shape == "quadratic":
            return np.column_stack([u, u**2])
        return np.column_stack([u, _natural_spline(u, self.knots)])

    def growth(self, arm: str, time: float) -> Floats:
        """Return ``c`` with ``c' beta`` = log volume of an arm at ``time`` minus at baseline."""
        c = np.zeros(self.n_columns)
        first = self.n_intercepts + self.arms.index(arm) * self.n_basis
        c[first : first + self.n_basis] = self.basis(np.array([time]))[0]
        return c

    def level(self, arm: str, time: float) -> Floats:
        """Return ``c`` with ``c' beta`` = log volume of an arm at ``time``.

        For ``baseline="relative"`` that is log relative volume.
        """
        c = self.growth(arm, time)
        if self.baseline == "constrained":
            c[0] = 1.0
        elif self.baseline == "by-arm":
            c[self.arms.index(arm)] = 1.0
        return c


def _natural_spline(u: Floats, knots: tuple[float, ...]) -> Floats:
    """Return the one nonlinear column of a natural cubic spline on three knots, 0 at u <= knot 1.

    Harrell's restricted cubic spline, divided by the squared range so that it has the units of u.
    """
    a, b, c = knots
    cube = [np.clip(u - k, 0, None) ** 3 for k in (a, b, c)]
    column = cube[0] - cube[1] * (c - a) / (c - b) + cube[2] * (b - a) / (c - b)
    return np.asarray(column / (c - a) ** 2)


def mean_curve(frame: GrowthFrame, specification: Specification) -> MeanCurve:
    """Return the mean curve a specification asks for on these visits."""
    curve = MeanCurve(
        arms=frame.arms,
        baseline=specification.baseline,
        shape=specification.shape,
        time_scale=specification.time_scale,
        n_covariates=len(frame.covariates),
    )
    if specification.shape != "spline":
        return curve
    times = np.unique(curve.clock(np.r_[0.0, frame.time]))
    knots = tuple(float(k) for k in np.quantile(times, SPLINE_QUANTILES))
    return replace(curve, knots=knots)


def long_design(frame: GrowthFrame, curve: MeanCurve) -> LongDesign:
    """Return the arrays of the mixed model of a frame under a mean curve.

    Random effects: intercept and slope, or the slope alone for relative volumes. The power-of-time
    variance uses days since baseline, plus one where the baseline is in the outcome.
    """
    arm_of_row = np.repeat(frame.arm_of, np.diff(frame.start))
    basis = curve.basis(frame.time)
    X = np.zeros((len(frame.rows), curve.n_columns))
    if curve.baseline == "constrained":
        X[:, 0] = 1.0
    elif curve.baseline == "by-arm":
        X[np.arange(len(X)), arm_of_row] = 1.0
    for k in range(curve.n_basis):
        X[np.arange(len(X)), curve.n_intercepts + arm_of_row * curve.n_basis + k] = basis[:, k]
    clock = curve.clock(frame.time)
    _add_covariates(X, frame, curve, clock)
    relative = curve.baseline == "relative"
    Z = clock[:, None] if relative else np.column_stack([np.ones_like(clock), clock])
    return LongDesign(
        y=frame.y,
        X=X,
        Z=np.ascontiguousarray(Z),
        start=frame.start,
        group=frame.arm_of,
        time=clock if relative else clock + 1.0,
    )


def _add_covariates(X: Floats, frame: GrowthFrame, curve: MeanCurve, clock: Floats) -> None:
    """Fill the columns of the covariates: each for the start, and times the clock for the rate."""
    for k, name in enumerate(frame.covariates):
        value = frame.rows[name].to_numpy(float)
        first = curve.first_covariate + k * curve.per_covariate
        if curve.per_covariate == 2:
            X[:, first] = value
        X[:, first + curve.per_covariate - 1] = value * clock
