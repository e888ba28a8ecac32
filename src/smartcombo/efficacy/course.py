"""Over time: each question at each visit with a band that holds for the whole course."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.answers import Answer, additive_response, answer, contrast_row, part_rows
from smartcombo.efficacy.fitting import FittedGrowth
from smartcombo.stats.design import Floats
from smartcombo.study.questions import Question

COURSE_COLUMNS = (
    "model", "combination", "question", "null_model", "contrast", "day",
    "value", "low", "high", "band_low", "band_high",
)  # fmt: skip


def course_table(
    fitted: FittedGrowth, questions: Sequence[Question], rng: np.random.Generator
) -> pd.DataFrame:
    """Return each answerable combination question at every visit after baseline.

    Q4 is shown as log(expected / observed), so that synergy points up; Q1 to Q3 as
    log(combination / comparator), so that benefit points down.
    """
    times = np.unique(fitted.frame.time[fitted.frame.time > 0])
    rows = [
        row
        for question in questions
        if not question.missing and question.key != "single"
        for row in _course(fitted, question, times, rng)
    ]
    return pd.DataFrame(rows, columns=list(COURSE_COLUMNS))


def _course(
    fitted: FittedGrowth, question: Question, times: Floats, rng: np.random.Generator
) -> list[dict[str, Any]]:
    answers = [answer(fitted, question, float(time)) for time in times]
    low, high = _band(fitted, question, times, rng)
    # One day of the highest single agent shares its error by Bonferroni; the band never says less.
    low = np.minimum(low, [one.low for one in answers])
    high = np.maximum(high, [one.high for one in answers])
    sign = -1.0 if question.key == "Q4" else 1.0
    return [
        _row(fitted, question, time, answer_, sign, (band_low, band_high))
        for time, answer_, band_low, band_high in zip(times, answers, low, high, strict=True)
    ]


def _row(
    fitted: FittedGrowth,
    question: Question,
    time: float,
    answer_: Answer,
    sign: float,
    band: tuple[float, float],
) -> dict[str, Any]:
    low, high = sorted((sign * answer_.low, sign * answer_.high))
    band_low, band_high = sorted((sign * band[0], sign * band[1]))
    return {
        "model": fitted.frame.model,
        "combination": question.arm,
        "question": question.key,
        "null_model": question.null_model,
        "contrast": question.label,
        "day": time + fitted.frame.baseline_day,
        "value": sign * answer_.value,
        "low": low,
        "high": high,
        "band_low": band_low,
        "band_high": band_high,
    }


def _band(
    fitted: FittedGrowth, question: Question, times: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the simultaneous band over the visits, on the scale of :func:`answer`."""
    if question.kind == "best-single":
        C = np.concatenate([part_rows(fitted, question, float(time)) for time in times])
        low, high = simultaneous_band(fitted, C, rng)
        shape = (len(times), len(question.parts))
        return low.reshape(shape).max(axis=1), high.reshape(shape).max(axis=1)
    if question.kind == "additive-response":
        pairs = [additive_response(fitted, question, float(time)) for time in times]
        C = np.array([gradient for _, gradient in pairs])
        shift = np.array([value for value, _ in pairs]) - C @ fitted.fit.beta
        low, high = simultaneous_band(fitted, C, rng)
        return low + shift, high + shift
    C = np.array([contrast_row(fitted, question, float(time)) for time in times])
    return simultaneous_band(fitted, C, rng)


def simultaneous_band(
    fitted: FittedGrowth, C: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return lower and upper limits of ``C beta`` that hold together at the model's level."""
    tests = fitted.tests(C)
    critical = fitted.inference.critical(C, fitted.level, rng)
    value = np.array([test.value for test in tests])
    se = np.array([test.se for test in tests])
    return value - critical * se, value + critical * se


def curves_table(fitted: FittedGrowth, rng: np.random.Generator) -> pd.DataFrame:
    """Return the fitted geometric mean of each arm over time, with its simultaneous band."""
    tables = []
    for arm in fitted.curve.arms:
        seen = fitted.frame.rows.loc[fitted.frame.rows["arm"] == arm, "time"].max()
        times = np.linspace(0.0, float(seen), 25)
        if fitted.specification.baseline == "relative":
            times = times[1:]
        C = np.array([fitted.curve.level(arm, float(time)) for time in times])
        low, high = simultaneous_band(fitted, C, rng)
        tables.append(
            pd.DataFrame(
                {
                    "model": fitted.frame.model,
                    "arm": arm,
                    "day": times + fitted.frame.baseline_day,
                    "value": np.exp(C @ fitted.fit.beta),
                    "low": np.exp(low),
                    "high": np.exp(high),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
