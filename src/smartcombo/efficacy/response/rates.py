"""Rates of each arm and the questions about them, as rows with interval, n, unit and word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.response.options import Reading
from smartcombo.stats.odds import OddsRatio, conditional_odds_ratio
from smartcombo.stats.proportions import (
    Proportion,
    clopper_pearson,
    difference,
    excess_over_independent_action,
    jeffreys,
)
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import Question, first_of_each, study_questions

LARGEST_LOG = 700.0
"""Log of an odds ratio of infinity, so that its word can be found."""


@dataclass(frozen=True)
class Scope:
    """The calls of one tumour model, and the choices behind them."""

    study: Study
    model: str
    calls: pd.DataFrame
    reading: Reading

    def counts(self, arm: str, outcome: str) -> tuple[int, int]:
        """Return how many animals of an arm have an outcome, and how many could be judged."""
        own = self.calls.loc[self.calls["arm"] == arm, outcome].dropna()
        return int(own.sum()), len(own)


def outcomes(reading: Reading) -> dict[str, str]:
    """Return estimand -> the column of the calls that it counts."""
    found = {"response_rate": "responded", "tumour_free_rate": "tumour_free"}
    return found if reading.cure_day is None else found | {"cure_rate": "cured"}


def _base(scope: Scope, estimand: str) -> dict[str, Any]:
    cure_day = scope.reading.cure_day if estimand.startswith("cure") else None
    day = scope.calls["last_day"].max() if cure_day is None else cure_day
    return {
        "study": scope.study.id,
        "model": scope.model,
        "analysis": "response",
        "endpoint": "response",
        "estimand": estimand,
        "question": "",
        "null_model": "",
        "contrast": "",
        "day": float(day),
        "level": scope.reading.level,
        "unit": "fraction of animals",
        "method": "response.rate/1",
        "status": "ok",
        "verdict": "",
    }


def _interval(got: Proportion | OddsRatio) -> dict[str, float]:
    return {"value": got.value, "low": got.low, "high": got.high, "p": got.p}


def rate_rows(scope: Scope) -> list[dict[str, Any]]:
    """Return the rate of every outcome in each arm."""
    return [
        _base(scope, estimand)
        | {"arm": arm, "n": n, "scale": "animals of the arm"}
        | (_interval(jeffreys(k, n, scope.reading.level)) if n else {"status": NOBODY})
        for arm in dict.fromkeys(scope.calls["arm"])
        for estimand, outcome in outcomes(scope.reading).items()
        for k, n in [scope.counts(arm, outcome)]
    ]


NOBODY = "no animal followed to the day"


def question_rows(scope: Scope) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the answers to every question, and the counts behind each comparison of two arms."""
    study, present = scope.study, tuple(dict.fromkeys(scope.calls["arm"]))
    asked = [q for q in study_questions(study, combinations_of(study), present)
             if q.null_model in ("", "bliss")]  # fmt: skip
    rows, pairs = [], []
    for question in first_of_each(asked):
        for estimand, outcome in outcomes(scope.reading).items():
            shared = {
                "arm": question.arm,
                "question": question.key,
                "contrast": question.label,
            }
            answers, counted = _answered(scope, question, estimand, outcome)
            rows += [answer | shared for answer in answers]
            pairs += [pair | shared for pair in counted]
    return rows, pairs


def _answered(
    scope: Scope, question: Question, estimand: str, outcome: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    null = "independent_action" if question.null_model else ""
    base = _base(scope, f"{estimand}_difference") | {"null_model": null}
    if question.missing:
        gone = {"n": 0, "scale": "", "status": f"missing: {question.missing}", "verdict": "missing"}
        return [base | gone], []
    own = scope.counts(question.arm, outcome)
    others = [(arm, scope.counts(arm, outcome)) for arm, w in question.weights.items() if w < 0]
    n = own[1] + sum(count[1] for _, count in others)
    if not own[1] or not all(count[1] for _, count in others):
        return [base | {"n": n, "scale": "", "status": NOBODY, "verdict": "not estimable"}], []
    if null:
        return [base | _interaction(scope, own, others) | {"n": n}], []
    arm, other = others[0]
    pair = {"study": scope.study.id, "model": scope.model, "estimand": estimand, "comparator": arm,
            "k": own[0], "n": own[1], "k_other": other[0], "n_other": other[1]}  # fmt: skip
    got = difference(*own, *other, scope.reading.level)
    gap = {
        "n": n,
        "scale": "arm minus comparator; plus is benefit",
        "verdict": verdict(question.key, -got.high, -got.low, None),
        **_interval(got),
    }
    return [base | gap, _odds_row(scope, estimand, question, own, other)], [pair]


def _interaction(
    scope: Scope,
    own: tuple[int, int],
    others: list[tuple[str, tuple[int, int]]],
) -> dict[str, Any]:
    counts = tuple(count for _, count in others)
    got = excess_over_independent_action(own, counts, scope.reading.level)
    return {
        "scale": "observed minus expected; plus is synergy",
        "method": "response.independent-action/1",
        "verdict": verdict("Q4", -got.high, -got.low, None),
        **_interval(got),
    }


def _odds_row(
    scope: Scope, estimand: str, question: Question, own: tuple[int, int], other: tuple[int, int]
) -> dict[str, Any]:
    got = conditional_odds_ratio(*own, *other, scope.reading.level)
    silent = not np.isfinite(got.p)
    return (
        _base(scope, estimand.replace("_rate", "_odds_ratio"))
        | {
            "n": own[1] + other[1],
            "unit": "ratio",
            "scale": "odds of the arm / comparator; above 1 is benefit",
            "method": "response.odds-ratio/1",
            "status": "no odds: all animals of both arms alike" if silent else "ok",
            "verdict": odds_verdict(question.key, got),
        }
        | _interval(got)
    )


def odds_verdict(key: str, got: OddsRatio) -> str:
    """Return the word for an odds ratio, above 1 good; an end at 0 or infinity is an end."""
    if not np.isfinite(got.p):
        return "not estimable"
    low, high = (
        float(np.clip(np.log(x), -LARGEST_LOG, LARGEST_LOG)) if x > 0 else -LARGEST_LOG
        for x in (got.low, got.high)
    )
    return verdict(key, -high, -low, None)


def exact_rates(calls: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Return counts and rates of each arm with exact and Jeffreys intervals."""
    rows = []
    for (model, arm), own in calls.groupby(["model", "arm"], sort=False):
        for estimand, outcome in outcomes(reading).items():
            judged = own[outcome].dropna()
            k, n = int(judged.sum()), len(judged)
            if not n:
                continue
            exact = clopper_pearson(k, n, reading.level)
            bayes = jeffreys(k, n, reading.level)
            rows.append((model, arm, estimand, k, n, exact.value, exact.low, exact.high,
                         bayes.low, bayes.high))  # fmt: skip
    columns = ["model", "arm", "estimand", "k", "n", "value", "exact_low", "exact_high",
               "jeffreys_low", "jeffreys_high"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
