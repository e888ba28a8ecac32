"""Answer a question from a fitted growth model: value, interval, p and degrees of freedom.

Every answer is on one scale first, the log ratio of observed to comparator volume grown since
baseline: negative means smaller tumours than the comparator or the expectation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from smartcombo.efficacy.fitting import FittedGrowth
from smartcombo.stats.design import ContrastTest, Floats
from smartcombo.study.questions import Question


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question at one day; negative is smaller tumours.

    ``value``, ``low``, ``high`` and ``se`` are natural-log ratios, except for response
    additivity, where they are fractions of the vehicle's growth-adjusted volume. ``se`` and ``df``
    are missing for the highest single agent, an intersection-union test of several contrasts.
    """

    value: float
    low: float
    high: float
    se: float
    df: float
    p: float


def contrast_row(fitted: FittedGrowth, question: Question, time: float) -> Floats:
    """Return ``c`` with ``c' beta`` = the question's log ratio ``time`` days after baseline."""
    curve = fitted.curve
    rows = [weight * curve.growth(arm, time) for arm, weight in question.weights.items()]
    return np.asarray(np.sum(rows, axis=0))


def part_rows(fitted: FittedGrowth, question: Question, time: float) -> Floats:
    """Return one row of combination minus part for each part, shape ``(parts, p)``."""
    own = fitted.curve.growth(question.arm, time)
    return np.array([own - fitted.curve.growth(part, time) for part in question.parts])


def answer(fitted: FittedGrowth, question: Question, time: float) -> Answer:
    """Return the answer to a question ``time`` days after baseline."""
    if question.kind == "best-single":
        return _best_single(fitted, part_rows(fitted, question, time))
    if question.kind == "additive-response":
        return _additive_response(fitted, question, time)
    return _from_test(fitted.tests(contrast_row(fitted, question, time)[None, :])[0])


def _from_test(test: ContrastTest) -> Answer:
    return Answer(test.value, test.low, test.high, test.se, test.df, test.p)


def _best_single(fitted: FittedGrowth, C: Floats) -> Answer:
    """Return combination minus the smallest of its parts: an intersection-union test.

    Better than every part needs every one-sided test (Berger 1982,
    10.1080/00401706.1982.10487790), so the upper limit is the largest of the upper limits. Worse
    than the best part needs only one, so the lower limits share the error among the parts
    (Bonferroni).
    """
    level = fitted.level
    plain = fitted.tests(C)
    shared = fitted.tests(C, level=1 - (1 - level) / len(C))
    better = max(_lower_tail(t.p, t.statistic) for t in plain)
    worse = min(1.0, len(C) * min(_lower_tail(t.p, -t.statistic) for t in plain))
    return Answer(
        value=max(t.value for t in plain),
        low=max(t.low for t in shared),
        high=max(t.high for t in plain),
        se=float("nan"),
        df=float("nan"),
        p=float(min(1.0, 2 * min(better, worse))),
    )


def _lower_tail(p: float, statistic: float) -> float:
    """Return the one-sided p of a value below zero from the two-sided p of a symmetric test."""
    return p / 2 if statistic < 0 else 1 - p / 2


def additive_response(
    fitted: FittedGrowth, question: Question, time: float
) -> tuple[float, Floats]:
    """Return observed minus response-additive volume as a fraction of vehicle, and its gradient.

    With T/C the ratio of geometric mean growth to vehicle: ``T/C(AB) - (T/C(A) + T/C(B) - 1)``,
    that is minus the excess of tumour growth inhibition over the sum of the single agents'.
    """
    vehicle = next(arm for arm in question.weights if _is_reference(question, arm))
    base = fitted.curve.growth(vehicle, time)
    signed = [
        (weight, fitted.curve.growth(arm, time) - base)
        for arm, weight in question.weights.items()
        if arm != vehicle
    ]
    offset = -sum(weight for weight, _ in signed)

    def excess(beta: Floats) -> float:
        """Return observed minus expected T/C at given fixed effects."""
        return float(sum(weight * np.exp(c @ beta) for weight, c in signed) + offset)

    return fitted.value(excess)


def _is_reference(question: Question, arm: str) -> bool:
    return arm != question.arm and question.weights[arm] > 0


def _additive_response(fitted: FittedGrowth, question: Question, time: float) -> Answer:
    """Return the delta-method answer, with the degrees of freedom of the linearised contrast."""
    value, gradient = additive_response(fitted, question, time)
    test = fitted.tests(gradient[None, :])[0]
    shift = value - test.value
    return Answer(value, test.low + shift, test.high + shift, test.se, test.df, _p(value, test))


def _p(value: float, test: ContrastTest) -> float:
    return float(2 * stats.t.sf(abs(value / test.se), test.df)) if test.se > 0 else float("nan")
