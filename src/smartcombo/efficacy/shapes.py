"""Which shape of growth fits best, and would another shape have given another word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.answers import answer
from smartcombo.efficacy.estimates import Reading
from smartcombo.efficacy.fitting import VARIANCE, FittedGrowth, fit_growth
from smartcombo.efficacy.mean_curve import CURVED
from smartcombo.efficacy.options import Shape
from smartcombo.stats.curved import ShapeFit, maximum_loglik
from smartcombo.stats.mixed import fit_mixed
from smartcombo.study.questions import Question

SHAPE_COLUMNS = (
    "model", "shape", "parameters", "loglik", "aic", "bic", "aic_above_best", "bic_above_best",
    "status", "is_primary", "Q1", "Q2", "Q3", "Q4", "detail", "bend_day", "bend_low", "bend_high",
)  # fmt: skip

SHAPE_WORDS = {
    "exponential": "exponential growth",
    "quadratic": "a parabola of log volume",
    "spline": "a natural spline of log volume",
    "gompertz": "Gompertz growth",
    "piecewise": "a line that bends at one day",
}
CLOSE = 2.0
"""Shapes within 2 of the lowest AIC are not told apart (Burnham and Anderson 2004,
10.1177/0049124104268644)."""
ASKED = ("Q1", "Q2", "Q3", "Q4")


def fitted_shapes(primary: FittedGrowth) -> dict[str, FittedGrowth]:
    """Return the rows of the primary model fitted by every shape, all else as in the primary."""
    specification = primary.specification
    return {
        shape: primary
        if shape == specification.shape
        else fit_growth(
            primary.selected, replace(specification, shape=shape, bend_day=None), primary.level
        )
        for shape in get_args(Shape)
    }


def shapes_table(
    fits: Mapping[str, FittedGrowth],
    questions: Sequence[Question],
    reading: Reading,
    primary: Shape,
) -> pd.DataFrame:
    """Return each shape with its full likelihood, AIC, BIC and its words at the declared day.

    All shapes see the same rows. BIC counts animals, the independent units.
    """
    table = pd.DataFrame([_row(fitted, questions, reading) for fitted in fits.values()])
    table["is_primary"] = table["shape"] == primary
    for name in ("aic", "bic"):
        table[f"{name}_above_best"] = table[name] - table[name].min()
    return table.reindex(columns=list(SHAPE_COLUMNS))


def _row(fitted: FittedGrowth, questions: Sequence[Question], reading: Reading) -> dict[str, Any]:
    failed = fitted.status in ("not_converged", "singular")
    count = _parameters(fitted)
    loglik = float("nan") if failed else _loglik(fitted)
    return {
        "model": fitted.frame.model,
        "shape": fitted.specification.shape,
        "parameters": count,
        "loglik": loglik,
        "aic": 2 * count - 2 * loglik,
        "bic": np.log(len(fitted.frame.animals)) * count - 2 * loglik,
        "status": fitted.status,
        **_words(fitted, questions, reading, failed=failed),
        **_detail(fitted, reading, failed=failed),
    }


def _parameters(fitted: FittedGrowth) -> int:
    """Return the number of parameters: mean curve, random effects, residual variances."""
    q = fitted.design.Z.shape[1]
    residual = {"common": 1, "by-arm": len(fitted.curve.arms), "power": 2}
    psi = len(fitted.shape.psi) - len(fitted.curve.free) if fitted.shape else 0
    variances = q * (q + 1) // 2 + residual[fitted.specification.variance]
    return fitted.curve.n_columns + psi + variances


def _loglik(fitted: FittedGrowth) -> float:
    """Return the maximised full log likelihood."""
    if fitted.shape is not None:
        return fitted.shape.loglik
    if fitted.censored:
        below = fitted.frame.rows["at_limit"].to_numpy(dtype=bool)
        return maximum_loglik(fitted.design, below)
    variance = VARIANCE[fitted.specification.variance]
    return fit_mixed(fitted.design, variance=variance, reml=False).loglik


def _words(
    fitted: FittedGrowth, questions: Sequence[Question], reading: Reading, *, failed: bool
) -> dict[str, str]:
    """Return the word of each question, Q4 by Bliss, over the combinations."""
    time = reading.day - fitted.frame.baseline_day
    said: dict[str, list[str]] = {key: [] for key in ASKED}
    for question in questions:
        if question.key not in ASKED or question.null_model not in ("", "bliss"):
            continue
        word = "missing" if question.missing else "withheld"
        if not question.missing and not failed and set(question.arms) <= set(fitted.curve.arms):
            got = answer(fitted, question, time)
            word = verdict(question.key, got.low, got.high, reading.margin_log_ratio)
        said[question.key].append(word)
    return {key: " / ".join(words) for key, words in said.items()}


def _detail(fitted: FittedGrowth, reading: Reading, *, failed: bool) -> dict[str, Any]:
    """Return what the nonlinear parameters say, in days."""
    curve, shape = fitted.curve, fitted.shape
    if failed or curve.shape not in CURVED:
        return {"detail": ""}
    back = np.square if curve.time_scale == "sqrt-day" else np.asarray
    start = fitted.frame.baseline_day
    if curve.shape == "piecewise":
        bend = float(back(curve.psi[0])) + start
        if shape is None:
            return {"detail": f"bends on day {bend:g}, as stated", "bend_day": bend}
        low, high = (float(back(edge)) + start for edge in _bend_interval(shape, fitted.level))
        words = f"bends on day {bend:.1f} ({low:.1f} to {high:.1f})"
        return {"detail": words, "bend_day": bend, "bend_low": low, "bend_high": high}
    unit = "day" if curve.time_scale == "day" else "square root of a day"
    named = zip(curve.arms, curve.psi, strict=True)
    rates = ", ".join(f"{reading.study.label(arm)} {rho:.2g}" for arm, rho in named)
    return {"detail": f"slows, per {unit}: {rates} (0 is exponential)"}


def _bend_interval(shape: ShapeFit, level: float) -> tuple[float, float]:
    """Return the bends, on the clock, that a likelihood-ratio test does not refuse."""
    bends, loglik = shape.profile.T
    left = 2 * (shape.loglik - loglik) - stats.chi2.ppf(level, 1)
    inside = np.flatnonzero(left <= 0)
    first, last = inside[0], inside[-1]
    low = bends[first]
    if first > 0:
        low = np.interp(0.0, [left[first], left[first - 1]], [bends[first], bends[first - 1]])
    high = bends[last]
    if last < len(bends) - 1:
        high = np.interp(0.0, left[last : last + 2], bends[last : last + 2])
    return float(low), float(high)


def shape_sentence(table: pd.DataFrame, model: str) -> str:
    """Return which shape fits best, and whether an answer depends on the shape."""
    fitted = table[table["loglik"].notna()]
    if fitted.empty:
        return f"{model}: no shape of growth could be fitted."
    primary = table[table["is_primary"]].iloc[0]
    return f"{model}: {_best(fitted, primary)} {_depends(fitted, primary)}"


def _best(fitted: pd.DataFrame, primary: pd.Series) -> str:
    near = fitted[fitted["aic_above_best"] < CLOSE].sort_values("aic_above_best")
    best = str(near["shape"].iloc[0])
    by_bic = str(fitted.loc[fitted["bic_above_best"].idxmin(), "shape"])
    others = [SHAPE_WORDS[shape] for shape in near["shape"].iloc[1:]]
    words = f"{SHAPE_WORDS[best]} fits best by AIC"
    if others:
        words += f", and within {CLOSE:g} of it {', '.join(others)}"
    if by_bic != best:
        words += f"; {SHAPE_WORDS[by_bic]} by BIC"
    own = primary["shape"]
    if own != best and np.isfinite(primary["aic_above_best"]):
        words += (
            f"; the primary model, {SHAPE_WORDS[own]}, is {primary['aic_above_best']:.1f} above"
        )
    return words[0].upper() + words[1:] + "."


def _depends(fitted: pd.DataFrame, primary: pd.Series) -> str:
    moved = []
    for key in ASKED:
        own = str(primary[key])
        other = fitted[fitted[key] != own]
        if len(other):
            said = ", ".join(
                f"{word} under {' and '.join(rows['shape'])}"
                for word, rows in other.groupby(key, sort=False)
            )
            moved.append(f"{key} ({own}; {said})")
    if not moved:
        return "The four answers are the same under every shape."
    return (
        f"These answers depend on the shape: {'; '.join(moved)}. The estimates keep the primary "
        "model; none was picked for its answer."
    )
