"""Design: the mean curve of each arm as columns of a model matrix, and as vectors to contrast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.efficacy.options import Baseline, Shape, Specification, TimeScale
from smartcombo.stats.design import Floats, Ints, LongDesign
from smartcombo.stats.shapes import (
    CurvedShape,
    ShapedDesign,
    basis,
    last_derivative,
    linearised,
)

CURVED: tuple[Shape, ...] = ("gompertz", "piecewise")
"""Shapes with a nonlinear parameter."""
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
        Baseline covariates; each has, after the columns of the arms, one for the start (none for
        relative volumes) and one for the rate. Their mean is zero, so that an arm's curve is that
        of animals with the average of the covariates.
    psi
        Nonlinear parameters of a curved shape on the transformed time axis: rho of each arm
        (``gompertz``) or the bend (``piecewise``); else empty.
    free
        Which of ``psi`` were estimated: each has a column in the design, after all others, whose
        coefficient is the parameter minus its estimate. It stays at zero and carries the
        uncertainty.
    steepness
        Coefficient of the last time column of each arm, which psi moves; empty where none is free.

    Columns stand in this order: intercepts, time columns arm by arm, covariates, free parameters.
    """

    arms: tuple[str, ...]
    baseline: Baseline
    shape: Shape
    time_scale: TimeScale
    knots: tuple[float, ...] = ()
    n_covariates: int = 0
    psi: tuple[float, ...] = ()
    free: tuple[int, ...] = ()
    steepness: tuple[float, ...] = ()

    @property
    def n_basis(self) -> int:
        """Return the number of time columns per arm."""
        return 1 if self.shape in ("exponential", "gompertz") else 2

    @property
    def n_intercepts(self) -> int:
        """Return the number of intercept columns: one, one per arm, or none."""
        return {"constrained": 1, "by-arm": len(self.arms), "relative": 0}[self.baseline]

    @property
    def n_columns(self) -> int:
        """Return the number of fixed effects p."""
        return self.first_free + len(self.free)

    @property
    def first_covariate(self) -> int:
        """Return the column of the first covariate."""
        return self.n_intercepts + len(self.arms) * self.n_basis

    @property
    def first_free(self) -> int:
        """Return the column of the first estimated nonlinear parameter."""
        return self.first_covariate + self.n_covariates * self.per_covariate

    @property
    def per_covariate(self) -> int:
        """Return the columns a covariate takes: start and rate, or the rate alone."""
        return 1 if self.baseline == "relative" else 2

    def clock(self, time: Floats) -> Floats:
        """Return days since baseline on the model's time scale."""
        return np.sqrt(time) if self.time_scale == "sqrt-day" else time

    def basis(self, time: Floats, arm: int = 0) -> Floats:
        """Return the time columns at days since baseline, shape ``(len(time), n_basis)``.

        Only ``gompertz`` has columns of its own in each arm.
        """
        u = self.clock(np.asarray(time, dtype=float))
        if self.shape in CURVED:
            own = np.full(len(u), self.psi[self._own(arm)])
            return basis(cast(CurvedShape, self.shape), u, own)
        if self.shape == "exponential":
            return u[:, None]
        if self.shape == "quadratic":
            return np.column_stack([u, u**2])
        return np.column_stack([u, _natural_spline(u, self.knots)])

    def growth(self, arm: str, time: float) -> Floats:
        """Return ``c`` with ``c' beta`` = log volume of an arm at ``time`` minus at baseline."""
        c = np.zeros(self.n_columns)
        number = self.arms.index(arm)
        first = self.n_intercepts + number * self.n_basis
        c[first : first + self.n_basis] = self.basis(np.array([time]), number)[0]
        own = self._own(number)
        if own in self.free:
            u, psi = self.clock(np.array([time])), np.array([self.psi[own]])
            move = last_derivative(cast(CurvedShape, self.shape), u, psi)[0]
            column = self.first_free + self.free.index(own)
            c[column] = self.steepness[number] * move
        return c

    def _own(self, arm: int) -> int:
        """Return which of ``psi`` rules an arm."""
        return arm if self.shape == "gompertz" else 0

    def with_psi(self, psi: Floats, free: Ints, beta: Floats) -> MeanCurve:
        """Return the curve at nonlinear parameters, of which the ``free`` were estimated."""
        first = self.n_intercepts + self.n_basis - 1
        last = self.n_intercepts + len(self.arms) * self.n_basis
        return replace(
            self,
            psi=tuple(float(value) for value in psi),
            free=tuple(int(k) for k in free),
            steepness=tuple(float(value) for value in beta[first : last : self.n_basis]),
        )

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

    Random effects: intercept and slope, or the slope alone for relative volumes; under
    ``gompertz`` an animal's slope slows as its arm's does. The power-of-time variance uses days
    since baseline, plus one where the baseline is in the outcome.
    """
    clock = curve.clock(frame.time)
    if curve.shape in CURVED:
        shaped = shaped_design(frame, curve)
        beta = np.zeros(curve.first_free)
        if curve.free:
            own = slice(
                curve.n_intercepts + curve.n_basis - 1, curve.first_covariate, curve.n_basis
            )
            beta[own] = curve.steepness
        return linearised(shaped, np.array(curve.psi), beta, np.array(curve.free, dtype=int))
    columns = curve.basis(frame.time)
    own = _arm_of_row(frame)[:, None] == np.arange(len(frame.arms))
    spread = (own[:, :, None] * columns[:, None, :]).reshape(len(own), -1)
    fixed = [_intercepts(frame, curve), spread, _covariates(frame, curve)]
    relative = curve.baseline == "relative"
    Z = clock[:, None] if relative else np.column_stack([np.ones_like(clock), clock])
    return LongDesign(
        y=frame.y,
        X=np.ascontiguousarray(np.column_stack(fixed)),
        Z=np.ascontiguousarray(Z),
        start=frame.start,
        group=frame.arm_of,
        time=_variance_clock(frame, curve),
    )


def shaped_design(frame: GrowthFrame, curve: MeanCurve) -> ShapedDesign:
    """Return the model of a curved shape before its nonlinear parameters are known."""
    return ShapedDesign(
        shape=cast(CurvedShape, curve.shape),
        y=frame.y,
        intercepts=_intercepts(frame, curve),
        u=curve.clock(frame.time),
        start=frame.start,
        group=frame.arm_of,
        random_intercept=curve.baseline != "relative",
        time=_variance_clock(frame, curve),
        covariates=_covariates(frame, curve),
    )


def _arm_of_row(frame: GrowthFrame) -> Ints:
    return np.repeat(frame.arm_of, np.diff(frame.start))


def _intercepts(frame: GrowthFrame, curve: MeanCurve) -> Floats:
    """Return the baseline columns: one, one an arm, or none."""
    arm = _arm_of_row(frame)
    if curve.baseline == "constrained":
        return np.ones((len(arm), 1))
    if curve.baseline == "by-arm":
        return np.asarray(arm[:, None] == np.arange(len(frame.arms)), dtype=float)
    return np.empty((len(arm), 0))


def _covariates(frame: GrowthFrame, curve: MeanCurve) -> Floats:
    """Return the columns of the covariates: each for the start, and times the clock for the rate.

    The rate is straight on the clock under every shape.
    """
    clock = curve.clock(frame.time)
    columns = []
    for name in frame.covariates:
        value = frame.rows[name].to_numpy(float)
        columns += [value, value * clock] if curve.per_covariate == 2 else [value * clock]
    return np.column_stack(columns) if columns else np.empty((len(clock), 0))


def _variance_clock(frame: GrowthFrame, curve: MeanCurve) -> Floats:
    clock = curve.clock(frame.time)
    return clock if curve.baseline == "relative" else clock + 1.0
