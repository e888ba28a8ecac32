"""Fit: mean log body weight of each arm, free at its visits, with one mean at baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.stats.design import ContrastTest, FitStatus, Floats, LongDesign, MixedFit
from smartcombo.stats.inference import Inference, model_inference
from smartcombo.stats.mixed import fit_mixed

MOST_VISITS = 8
"""Up to here each visit has its own mean; beyond, the curve bends at as many points as below."""
BENDS = (5, 3, 1)
"""Bends tried where visits are many: fewer where the arm's data do not determine more."""


@dataclass(frozen=True)
class WeightCurve:
    """Change of mean log weight of each arm since baseline, straight between knots.

    A drug may cost weight within two days and then no more; a smooth curve with few bends would
    spread that fall over weeks and be wrong at the end.

    Attributes
    ----------
    arms
        Arm ids in the order of their columns.
    knots
        Of each arm: days since baseline at which its mean is free, the last its last weighing.
    """

    arms: tuple[str, ...]
    knots: tuple[tuple[float, ...], ...]

    @property
    def n_columns(self) -> int:
        """Return the number of fixed effects p: one baseline, and a change at each knot."""
        return 1 + sum(map(len, self.knots))

    def columns(self, arm: str) -> slice:
        """Return the columns of an arm."""
        k = self.arms.index(arm)
        first = 1 + sum(map(len, self.knots[:k]))
        return slice(first, first + len(self.knots[k]))

    def basis(self, arm: str, time: Floats) -> Floats:
        """Return the arm's columns at days since baseline, shape ``(len(time), knots)``."""
        own = np.r_[0.0, self.knots[self.arms.index(arm)]]
        hats = np.eye(len(own))[1:]
        return np.column_stack([np.interp(time, own, hat) for hat in hats])

    def growth(self, arm: str, time: float) -> Floats:
        """Return ``c`` with ``c' beta`` = log weight of an arm at ``time`` minus at baseline."""
        c = np.zeros(self.n_columns)
        c[self.columns(arm)] = self.basis(arm, np.array([time]))[0]
        return c


@dataclass(frozen=True)
class FittedWeights:
    """The model of log body weight and how its contrasts are tested (Kenward-Roger)."""

    frame: GrowthFrame
    curve: WeightCurve
    design: LongDesign
    fit: MixedFit
    inference: Inference
    level: float

    @property
    def status(self) -> FitStatus:
        """Return the status of the fit."""
        return self.fit.status

    def tests(self, C: Floats) -> tuple[ContrastTest, ...]:
        """Return estimate, interval and p of each row of ``C``, shape ``(k, p)``."""
        return self.inference.tests(C, self.level)


def fit_weights(frame: GrowthFrame, level: float) -> FittedWeights:
    """Return the mixed model of log weight, with as many bends as the data determine.

    Parameters
    ----------
    frame
        Weighings with ``y`` the natural log of grams; two animals an arm or more.
    level
        Confidence level of the tests.
    """
    fitted = _fit(frame, _curve(frame, BENDS[0]), level)
    for bends in BENDS[1:]:
        if fitted.status in ("ok", "boundary"):
            break
        fitted = _fit(frame, _curve(frame, bends, few=True), level)
    return fitted


def _curve(frame: GrowthFrame, bends: int, *, few: bool = False) -> WeightCurve:
    knots = []
    for arm in frame.arms:
        own = frame.rows.loc[(frame.rows["arm"] == arm) & (frame.rows["time"] > 0), "time"]
        visits = np.unique(own.to_numpy(float))
        if few or len(visits) > MOST_VISITS:
            shares = np.arange(1, bends + 1) / bends
            visits = np.unique(np.quantile(own, shares, method="higher")) if len(own) else visits
        knots.append(tuple(float(t) for t in visits))
    return WeightCurve(frame.arms, tuple(knots))


def _fit(frame: GrowthFrame, curve: WeightCurve, level: float) -> FittedWeights:
    design = _design(frame, curve)
    fit = fit_mixed(design, reml=True)
    return FittedWeights(
        frame, curve, design, fit, model_inference(fit, design, "kenward-roger"), level
    )


def _design(frame: GrowthFrame, curve: WeightCurve) -> LongDesign:
    time, arm_of_row = frame.time, frame.rows["arm"].to_numpy()
    X = np.zeros((len(time), curve.n_columns))
    X[:, 0] = 1.0
    for arm, knots in zip(curve.arms, curve.knots, strict=True):
        own = arm_of_row == arm
        if knots:
            X[own, curve.columns(arm)] = curve.basis(arm, time[own])
    Z = np.ascontiguousarray(np.column_stack([np.ones_like(time), time]))
    return LongDesign(frame.y, X, Z, frame.start, frame.arm_of, time + 1.0)
