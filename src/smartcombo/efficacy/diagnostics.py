"""Check: residuals, random effects, curvature, influence; what cautions, what stops a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.result import CHECK_COLUMNS
from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.answers import answer
from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.frame import GrowthFrame, without_animal
from smartcombo.efficacy.mean_curve import MeanCurve
from smartcombo.efficacy.options import Specification
from smartcombo.stats.design import Floats
from smartcombo.stats.residuals import random_effects, residuals_of
from smartcombo.study.model import Study
from smartcombo.study.questions import NULL_NAMES, Question

NORMALITY_LEVEL = 0.01
"""A mixed model bears mild non-normality; only a clear departure is worth a caution."""
VARIANCE_RATIO_LEVEL = 0.01
CURVATURE_LEVEL = 0.05
MIXTURE_SHARE = 0.2
"""From a fifth of an arm below detection the two kinds of animals are worth telling apart."""
INFLUENCE_LIMIT = 1.0
"""One animal that moves an estimate by a whole standard error decides it."""


def residual_tables(fitted: FittedGrowth) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return standardised residuals by measurement, and random effects by animal."""
    parts = residuals_of(fitted.fit, fitted.design)
    rows = fitted.frame.rows
    scaled = parts.standardised
    residuals = pd.DataFrame(
        {
            "model": fitted.frame.model,
            "arm": rows["arm"],
            "animal": rows["animal"],
            "day": rows["day"],
            "fitted": fitted.design.y - parts.conditional,
            "residual": scaled,
            "quantile": normal_scores(scaled),
        }
    )
    return residuals, _random_effects(fitted)


def _random_effects(fitted: FittedGrowth) -> pd.DataFrame:
    effects = random_effects(fitted.fit, fitted.design)
    names = ("slope",) if effects.shape[1] == 1 else ("intercept", "slope")
    tables = [
        pd.DataFrame(
            {
                "model": fitted.frame.model,
                "arm": [fitted.frame.arms[k] for k in fitted.frame.arm_of],
                "animal": fitted.frame.animals,
                "effect": name,
                "value": effects[:, k],
                "quantile": normal_scores(effects[:, k]),
            }
        )
        for k, name in enumerate(names)
    ]
    return pd.concat(tables, ignore_index=True)


def normal_scores(values: Floats) -> Floats:
    """Return the normal quantile of each value's rank (Blom), shape of ``values``."""
    ranks = stats.rankdata(values)
    return np.asarray(stats.norm.ppf((ranks - 0.375) / (len(values) + 0.25)))


def curvature_test(frame: GrowthFrame, primary: Specification, level: float) -> tuple[float, int]:
    """Return the p-value that every arm grows along a straight line, and the arms tested.

    Each arm's quadratic term is tested in the model that holds all of them; p is the smallest,
    Holm-adjusted, so that one bending arm is enough.
    """
    quadratic = replace(primary, shape="quadratic", bend_day=None, inference=_plain(primary))
    curved = fit_growth(frame, quadratic, level)
    if curved.status in ("not_converged", "singular"):
        return float("nan"), len(frame.arms)
    first = curved.curve.n_intercepts
    C = np.eye(curved.curve.n_columns)[first + 1 : curved.curve.first_covariate : 2]
    smallest = min(test.p for test in curved.tests(C))
    return min(1.0, smallest * len(C)), len(C)


def _plain(primary: Specification) -> Any:
    return "kenward-roger" if primary.inference == "cr2" else primary.inference


def checks_table(
    fitted: FittedGrowth,
    study: Study,
    residuals: pd.DataFrame,
    effects: pd.DataFrame,
    curvature: tuple[float, int],
    influence: pd.DataFrame,
) -> pd.DataFrame:
    """Return every diagnostic with its value, threshold and status."""
    rows = [
        _fit_check(fitted),
        _normality("residuals normal", residuals["residual"].to_numpy(float)),
        *(
            _normality(f"random {name}s normal", group["value"].to_numpy(float))
            for name, group in effects.groupby("effect", sort=False)
        ),
        _equal_spread(residuals),
        *_mixture_check(fitted, study),
        _curvature_check(*curvature),
        *_influence_checks(influence),
    ]
    base = {"study": study.id, "model": fitted.frame.model, "analysis": "growth"}
    return pd.DataFrame([base | row for row in rows], columns=list(CHECK_COLUMNS))


def _check(
    name: str,
    value: float,
    threshold: float,
    unit: str,
    status: str,
    message: str,
    subject: str = "",
) -> dict[str, Any]:
    return {
        "check": name, "subject": subject, "value": value, "threshold": threshold, "unit": unit,
        "status": status, "message": message,
    }  # fmt: skip


def _fit_check(fitted: FittedGrowth) -> dict[str, Any]:
    messages = {
        "ok": ("ok", "The model converged to an interior maximum."),
        "boundary": (
            "caution",
            "A variance is estimated as zero or a correlation as one: animals hardly differ in "
            "slope or start beyond measurement error. Estimates stand; their degrees of freedom "
            "are approximate.",
        ),
        "not_converged": ("stop", "The model did not converge; no verdict is given."),
        "singular": ("stop", "The arms cannot be told apart from these visits; no verdict."),
    }
    status, message = messages[fitted.status]
    if fitted.shape is not None and fitted.shape.status == "boundary":
        message = _boundary_words(fitted.curve)
    return _check("fit", fitted.fit.loglik, float("nan"), "log likelihood", status, message)


def _boundary_words(curve: MeanCurve) -> str:
    if curve.shape == "piecewise":
        return "The bend lies at the edge of what the visits can tell; its day is not to be read."
    straight = sum(rho == 0 for rho in curve.psi)
    return (
        f"Growth does not slow in {straight} of {len(curve.arms)} arms: there the Gompertz curve "
        "is the exponential one."
    )


def _normality(name: str, values: Floats) -> dict[str, Any]:
    if len(values) < 3 or np.ptp(values) < 1e-12 * max(1.0, float(np.abs(values).max())):
        return _check(
            name, float("nan"), NORMALITY_LEVEL, "p", "ok", "Too few or constant values to test."
        )
    p = float(stats.shapiro(values).pvalue)
    ok = p >= NORMALITY_LEVEL
    message = (
        "Shapiro-Wilk finds no clear departure from the normal distribution." if ok else
        "Shapiro-Wilk finds heavier tails or skew; compare the cluster-robust rows of the "
        "robustness table."
    )  # fmt: skip
    return _check(name, p, NORMALITY_LEVEL, "p", "ok" if ok else "caution", message)


def _equal_spread(residuals: pd.DataFrame) -> dict[str, Any]:
    groups = [g["residual"].to_numpy(float) for _, g in residuals.groupby("arm", sort=False)]
    p = float(stats.levene(*[g for g in groups if len(g) > 1], center="median").pvalue)
    ok = not p < VARIANCE_RATIO_LEVEL
    message = (
        "Brown-Forsythe finds no clear difference in scatter between arms." if ok else
        "Scatter differs between arms; compare the by-arm variance rows of the robustness table."
    )  # fmt: skip
    return _check("equal scatter", p, VARIANCE_RATIO_LEVEL, "p", "ok" if ok else "caution", message)


def _mixture_check(fitted: FittedGrowth, study: Study) -> list[dict[str, Any]]:
    """Return, where animals end below detection, whether an arm is a mixture of two kinds."""
    last = fitted.frame.rows.groupby(["arm", "animal"], sort=False)["at_limit"].last()
    if not last.any():
        return []
    share = last.groupby("arm", sort=False).agg(["sum", "size"])
    share["fraction"] = share["sum"] / share["size"]
    arm = str(share["fraction"].idxmax())
    worst, label = share.loc[arm], study.label(arm)
    mixed = bool(MIXTURE_SHARE <= worst["fraction"] < 1.0)
    message = (
        f"{worst['sum']:.0f} of {worst['size']:.0f} animals of {label} end below detection and the "
        "others do not: cured and progressing animals. The arm's growth rate averages both and "
        "describes neither; lead with the volume at the declared day and with response."
        if mixed
        else f"{worst['sum']:.0f} of {worst['size']:.0f} animals of {label} end below detection."
    )
    status = "caution" if mixed else "ok"
    name = "one kind of animal an arm"
    value = float(worst["fraction"])
    return [_check(name, value, MIXTURE_SHARE, "fraction of animals", status, message, label)]


def _curvature_check(p: float, arms: int) -> dict[str, Any]:
    curved = p < CURVATURE_LEVEL
    message = (
        "These visits cannot tell whether an arm bends: exponential growth is assumed."
        if np.isnan(p) else
        f"At least one of {arms} arms bends on the log scale (Holm-adjusted): the growth rate is "
        "an average over the period, and the course over time uses the curved model." if curved
        else f"No arm of {arms} bends clearly on the log scale: exponential growth serves."
    )  # fmt: skip
    return _check(
        "straight on the log scale", p, CURVATURE_LEVEL, "p", "caution" if curved else "ok", message
    )


def _influence_checks(influence: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for contrast, group in influence.groupby("contrast", sort=False):
        worst = group.loc[group["change_in_se"].abs().idxmax()]
        flips = group.loc[group["flips"], "animal"].tolist()
        value = float(abs(worst["change_in_se"]))
        caution = value > INFLUENCE_LIMIT or bool(flips)
        message = f"Animal {worst['animal']} moves it most, by {value:.2f} standard errors."
        if flips:
            message += f" The word changes when any one of these leaves: {', '.join(flips)}."
        rows.append(
            _check("influence of one animal", value, INFLUENCE_LIMIT, "standard errors",
                   "caution" if caution else "ok", message, str(contrast))
        )  # fmt: skip
    return rows


def influence_table(
    fitted: FittedGrowth, questions: Sequence[Question], time: float, margin: float | None
) -> pd.DataFrame:
    """Return how far each linear combination question moves when one animal leaves (full refit).

    Where the cage or batch is the unit, the refits keep the animal as the unit: what is asked here
    is whether one animal decides.
    """
    if fitted.specification.cluster != "animal":
        by_animal = replace(fitted.specification, cluster="animal")
        fitted = fit_growth(fitted.selected, by_animal, fitted.level)
    asked = [
        q for q in questions
        if not q.missing and q.kind == "linear" and q.key in ("Q1", "Q2", "Q3", "Q4")
    ]  # fmt: skip
    whole = [answer(fitted, question, time) for question in asked]
    words = [verdict(q.key, a.low, a.high, margin) for q, a in zip(asked, whole, strict=True)]
    rows = []
    for animal, arm in zip(fitted.frame.animals, fitted.frame.arm_of, strict=True):
        if int(np.sum(fitted.frame.arm_of == arm)) <= 2:
            continue
        others = without_animal(fitted.selected, animal)
        left = fit_growth(others, fitted.specification, fitted.level)
        for question, full, word in zip(asked, whole, words, strict=True):
            now = answer(left, question, time)
            rows.append(
                {
                    "model": fitted.frame.model,
                    "arm": fitted.frame.arms[arm],
                    "animal": animal,
                    "contrast": question.label + _null_words(question),
                    "change_in_se": (now.value - full.value) / full.se,
                    "flips": verdict(question.key, now.low, now.high, margin) != word,
                }
            )
    columns = ["model", "arm", "animal", "contrast", "change_in_se", "flips"]
    return pd.DataFrame(rows, columns=columns)


def _null_words(question: Question) -> str:
    return f" ({NULL_NAMES[question.null_model]})" if question.null_model else ""
