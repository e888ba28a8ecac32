"""Over time: each question at each visit with a band that holds for the whole course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.answers import Answer, additive_response, answer, contrast_row, part_rows
from smartcombo.efficacy.fitting import FittedGrowth
from smartcombo.stats.design import Floats
from smartcombo.study.questions import Question

COURSE_COLUMNS = (
    "model", "combination", "question", "null_model", "contrast", "day",
    "value", "low", "high", "band_low", "band_high", "below_detection",
)  # fmt: skip


def course_table(
    fitted: FittedGrowth, questions: Sequence[Question], rng: np.random.Generator, limit: float
) -> pd.DataFrame:
    """Return each answerable combination question at every visit after baseline.

    Q4 is shown as log(expected / observed), so that synergy points up; Q1 to Q3 as
    log(combination / comparator), so that benefit points down. A geometric mean below the
    detection ``limit`` of the read-out counts as the limit, and the row says so: how far below it
    lies nobody has measured. A course ends on the day that an arm it needs is last measured.
    """
    floor = model_limit(fitted, limit)
    times = np.unique(fitted.frame.time[fitted.frame.time > 0])
    rows = [
        row
        for question in questions
        if not question.missing and question.key != "single"
        for row in _course(fitted, question, times[times <= _end(fitted, question)], rng, floor)
    ]
    return pd.DataFrame(rows, columns=list(COURSE_COLUMNS))


def _end(fitted: FittedGrowth, question: Question) -> float:
    """Return the last time at which every arm of a question is measured."""
    rows = fitted.frame.rows
    last = rows.groupby("arm")["time"].max()
    return float(last[list(question.arms)].min())


def model_limit(fitted: FittedGrowth, limit: float) -> float:
    """Return the detection limit on the model's log scale, relative volumes from a mean start."""
    if fitted.specification.baseline != "relative":
        return float(np.log(limit))
    rows = fitted.selected.rows
    return float(np.log(limit) - rows.loc[rows["time"] == 0, "y"].mean())


@dataclass(frozen=True)
class _Floor:
    """Log ratios of an observed to a comparator mean, both counted at the limit when below it."""

    observed: float
    comparator: float
    limit: float

    @property
    def below(self) -> bool:
        """Return whether a mean lies below the limit."""
        return min(self.observed, self.comparator) < self.limit

    def of(self, log_ratio: float) -> float:
        """Return what a log ratio becomes when the observed mean moves and the comparator stays."""
        moved = max(self.comparator + log_ratio, self.limit)
        return moved - max(self.comparator, self.limit)


def _floor(
    fitted: FittedGrowth, question: Question, time: float, value: float, limit: float
) -> _Floor:
    observed = float(fitted.curve.level(question.arm, time) @ fitted.fit.beta)
    if question.kind == "additive-response":
        return _Floor(observed, observed, -np.inf)
    return _Floor(observed, observed - value, limit)


def _course(
    fitted: FittedGrowth,
    question: Question,
    times: Floats,
    rng: np.random.Generator,
    limit: float,
) -> list[dict[str, Any]]:
    answers = [answer(fitted, question, float(time)) for time in times]
    low, high = _band(fitted, question, times, rng)
    floors = [
        _floor(fitted, question, float(time), one.value, limit)
        for time, one in zip(times, answers, strict=True)
    ]
    # One day of the highest single agent shares its error by Bonferroni; the band never says less.
    low = np.minimum(low, [one.low for one in answers])
    high = np.maximum(high, [one.high for one in answers])
    sign = -1.0 if question.key == "Q4" else 1.0
    return [
        _row(fitted, question, time, answer_, sign, band, floor)
        for time, answer_, band, floor in zip(
            times, answers, zip(low, high, strict=True), floors, strict=True
        )
    ]


def _row(
    fitted: FittedGrowth,
    question: Question,
    time: float,
    answer_: Answer,
    sign: float,
    band: tuple[float, float],
    floor: _Floor,
) -> dict[str, Any]:
    low, high = sorted((sign * floor.of(answer_.low), sign * floor.of(answer_.high)))
    band_low, band_high = sorted((sign * floor.of(band[0]), sign * floor.of(band[1])))
    return {
        "model": fitted.frame.model,
        "combination": question.arm,
        "question": question.key,
        "null_model": question.null_model,
        "contrast": question.label,
        "day": time + fitted.frame.baseline_day,
        "value": sign * floor.of(answer_.value),
        "low": low,
        "high": high,
        "band_low": band_low,
        "band_high": band_high,
        "below_detection": floor.below,
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


def curves_table(fitted: FittedGrowth, rng: np.random.Generator, limit: float) -> pd.DataFrame:
    """Return the fitted geometric mean of each arm over time, with its simultaneous band.

    Nothing is shown below the detection ``limit`` of the read-out; ``below_detection`` says where
    the mean lies there.
    """
    tables, floor = [], model_limit(fitted, limit)
    for arm in fitted.curve.arms:
        seen = fitted.frame.rows.loc[fitted.frame.rows["arm"] == arm, "time"].max()
        times = np.linspace(0.0, float(seen), 25)
        if fitted.specification.baseline == "relative":
            times = times[1:]
        C = np.array([fitted.curve.level(arm, float(time)) for time in times])
        low, high = simultaneous_band(fitted, C, rng)
        mean = C @ fitted.fit.beta
        tables.append(
            pd.DataFrame(
                {
                    "model": fitted.frame.model,
                    "arm": arm,
                    "day": times + fitted.frame.baseline_day,
                    "value": np.exp(np.maximum(mean, floor)),
                    "low": np.exp(np.maximum(low, floor)),
                    "high": np.exp(np.maximum(high, floor)),
                    "below_detection": mean < floor,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
