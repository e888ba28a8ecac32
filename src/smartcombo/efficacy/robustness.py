"""Does the answer depend on how one models: the same questions over a grid of specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import pandas as pd

from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.answers import Answer, answer
from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.efficacy.options import Inference, Shape, Specification, can_cluster
from smartcombo.study.questions import NULL_NAMES, Question

ROBUSTNESS_COLUMNS = (
    "model", "combination", "question", "null_model", "contrast", "shape", "variance",
    "time_scale", "baseline", "inference", "detection", "value", "low", "high", "se", "df", "p",
    "verdict", "status", "is_primary",
)  # fmt: skip

VARIANCES = ("common", "by-arm", "power")
TIME_SCALES = ("day", "sqrt-day")
BASELINES = ("constrained", "by-arm", "relative")


def robustness_grid(primary: Specification) -> tuple[Specification, ...]:
    """Return the specifications: variance x time scale x baseline x covariance, then each shape.

    The grid keeps the primary's shape; the other shapes follow with all else as in the primary.
    """
    inferences: tuple[Inference, ...] = (
        ("cr2", "kenward-roger") if primary.inference == "cr2" else (primary.inference, "cr2")
    )
    grid = product(VARIANCES, TIME_SCALES, BASELINES, inferences)
    plain = replace(primary, cluster="animal")
    same = tuple(
        replace(
            plain,
            baseline=baseline,  # type: ignore[arg-type]
            variance=variance,  # type: ignore[arg-type]
            time_scale=time_scale,  # type: ignore[arg-type]
            inference=inference,
        )
        for variance, time_scale, baseline, inference in grid
    )
    same = tuple(replace(one, cluster=primary.cluster) if can_cluster(one) else one for one in same)
    return same + tuple(
        replace(primary, shape=shape, bend_day=None)
        for shape in get_args(Shape)
        if shape != primary.shape
    )


def robustness_table(
    frame: GrowthFrame,
    questions: Sequence[Question],
    *,
    primary: Specification,
    day: float,
    level: float,
    margin: float | None,
    known: Mapping[Specification, FittedGrowth] | None = None,
) -> pd.DataFrame:
    """Return every combination question under every specification at the declared day.

    ``known`` holds fits made already.

    Values are log ratios of growth since baseline by that day (Q4: log(expected / observed)), the
    one scale that a day and a square-root-of-day model share.
    """
    asked = [q for q in questions if q.key in ("Q1", "Q2", "Q3", "Q4") and not q.missing]
    rows = []
    for specification in robustness_grid(primary):
        fitted = (known or {}).get(specification) or fit_growth(frame, specification, level)
        for question in asked:
            row = _row(fitted, question, day - frame.baseline_day, margin)
            rows.append(row | {"is_primary": specification == primary})
    return pd.DataFrame(rows, columns=list(ROBUSTNESS_COLUMNS))


def _row(
    fitted: FittedGrowth, question: Question, time: float, margin: float | None
) -> dict[str, Any]:
    usable = set(question.arms) <= set(fitted.curve.arms)
    failed = fitted.status in ("not_converged", "singular")
    nan = float("nan")
    got = Answer(nan, nan, nan, nan, nan, nan)
    if usable and not failed:
        got = answer(fitted, question, time)
    sign = -1.0 if question.key == "Q4" else 1.0
    low, high = sorted((sign * got.low, sign * got.high))
    specification = fitted.specification
    return {
        "model": fitted.frame.model,
        "combination": question.arm,
        "question": question.key,
        "null_model": question.null_model,
        "contrast": question.label,
        "shape": specification.shape,
        "variance": specification.variance,
        "time_scale": specification.time_scale,
        "baseline": specification.baseline,
        "inference": specification.inference,
        "detection": "censored" if fitted.censored else "at-limit",
        "value": sign * got.value,
        "low": low,
        "high": high,
        "se": got.se,
        "df": got.df,
        "p": got.p,
        "verdict": verdict(question.key, got.low, got.high, margin),
        "status": fitted.status if usable else "no animal with a baseline in an arm",
    }


def stability_sentence(table: pd.DataFrame, label: str) -> str:
    """Return one sentence on how stable the answers about one combination are."""
    words = []
    for (question, null_model), rows in table.groupby(["question", "null_model"], sort=False):
        primary = str(rows.loc[rows["is_primary"], "verdict"].iloc[0])
        same = int((rows["verdict"] == primary).sum())
        name = f"{question} {NULL_NAMES.get(str(null_model), '')}".strip()
        words.append((name, primary, same, len(rows)))
    steady = [f"{name} ({primary})" for name, primary, same, total in words if same == total]
    moved = [
        f"{name} ({primary} in {same} of {total})" for name, primary, same, total in words
        if same < total
    ]  # fmt: skip
    total = words[0][3] if words else 0
    start = f"{label}: of {len(words)} answers under {total} specifications, "
    if not moved:
        return start + "none changes its word."
    kept = f"{', '.join(steady)} never change; " if steady else ""
    return f"{start}{kept}these depend on the model: {', '.join(moved)}."
