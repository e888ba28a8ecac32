"""Treatments compared within models: response, growth rate and time to double."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.response.rates import odds_verdict
from smartcombo.efficacy.single_mouse.curves import Programme
from smartcombo.stats.design import Floats
from smartcombo.stats.odds import paired_difference, paired_odds_ratio
from smartcombo.stats.paired import Shift, mean_shift, median_shift
from smartcombo.stats.proportions import jeffreys
from smartcombo.stats.time_to_event import restricted_mean_pseudo_values
from smartcombo.study.questions import Question

PER_DAY = "1/day"


@dataclass(frozen=True)
class Scope:
    """The models that a number is about: their programme, the level, and what its rows share."""

    name: str
    programme: Programme
    level: float
    horizon: float | None
    minimum_models: int
    base: dict[str, Any]

    def row(self, estimand: str, endpoint: str, unit: str, method: str) -> dict[str, Any]:
        """Return what every row of an estimand shares."""
        return self.base | {"model": self.name, "estimand": estimand, "endpoint": endpoint,
                            "unit": unit, "method": method}  # fmt: skip


def treatment_rows(scope: Scope) -> list[dict[str, Any]]:
    """Return response rate, mean growth rate and restricted mean time to double by treatment."""
    return [row for arm in scope.programme.arms for row in _treatment(scope, arm)]


def _treatment(scope: Scope, arm: str) -> list[dict[str, Any]]:
    p, k = scope.programme, scope.programme.column(arm)
    given = np.isfinite(p.responded[:, k])
    n = int(given.sum())
    if n == 0:
        return []
    got = jeffreys(int(p.responded[given, k].sum()), n, scope.level)
    rates = p.rate[np.isfinite(p.rate[:, k]), k]
    rate = mean_shift(rates, scope.level)
    response = scope.row("response_rate", "response", "fraction of models", "programme.rate/1") | {
        "arm": arm, "n": n, "scale": "models that respond",
        "value": got.value, "low": got.low, "high": got.high,
    }  # fmt: skip
    growth = scope.row("growth_rate", "growth_rate", PER_DAY, "programme.paired-t/1") | {
        "arm": arm, "n": len(rates), "scale": "mean slope of log volume over models",
        "value": rate.value, "low": rate.low, "high": rate.high, "se": rate.se, "df": rate.df,
    }  # fmt: skip
    return [response, growth]


def question_rows(scope: Scope, question: Question) -> list[dict[str, Any]]:
    """Return the answers to one question about every endpoint."""
    shared = {"arm": question.arm, "question": question.key, "contrast": question.label}
    if question.missing:
        gone = scope.row("response_rate_difference", "response", "fraction of models",
                         "programme.mcnemar/1")  # fmt: skip
        null = "independent_action" if question.null_model else ""
        return [gone | shared | {"null_model": null, "n": 0, "scale": "", "verdict": "missing",
                                 "status": f"missing: {question.missing}"}]  # fmt: skip
    others = [arm for arm, weight in question.weights.items() if weight < 0]
    rows = [
        *_response(scope, question.key, question.arm, others),
        *_growth(scope, question, others),
        *_doubling(scope, question.key, question.arm, others),
    ]
    return [row | shared for row in rows]


def matched(values: Floats, columns: list[int]) -> np.ndarray:
    """Return which models have a value under every treatment of a comparison."""
    return np.asarray(np.isfinite(values[:, columns]).all(axis=1))


def _few(scope: Scope, n: int) -> dict[str, Any]:
    status = f"too few models: {n} had all of its treatments, {scope.minimum_models} are needed"
    return {"n": n, "scale": "", "status": status, "verdict": "not estimable"}


def _null(others: list[str], null: str) -> str:
    return null if len(others) > 1 else ""


def _response(scope: Scope, key: str, arm: str, others: list[str]) -> list[dict[str, Any]]:
    """Return difference and odds ratio of response; several parts respond if any of them does."""
    p = scope.programme
    columns = [p.column(name) for name in (arm, *others)]
    use = matched(p.responded, columns)
    n, null = int(use.sum()), _null(others, "independent_action")
    gap = scope.row("response_rate_difference", "response", "fraction of models",
                    "programme.mcnemar/1") | {"null_model": null}  # fmt: skip
    odds = scope.row("response_odds_ratio", "response", "ratio", "programme.mcnemar/1") | {
        "null_model": null
    }
    if n < scope.minimum_models:
        return [gap | _few(scope, n)]
    first = p.responded[use, columns[0]] > 0
    second = (p.responded[use][:, columns[1:]] > 0).any(axis=1)
    b, c = int(np.sum(first & ~second)), int(np.sum(~first & second))
    got, ratio = paired_difference(b, c, n, scope.level), paired_odds_ratio(b, c, scope.level)
    words = "observed minus best of the parts in each model; plus is synergy" if null else (
        "arm minus comparator, same models; plus is benefit"
    )  # fmt: skip
    gap |= {
        "value": got.value, "low": got.low, "high": got.high, "n": n, "p": got.p, "scale": words,
        "verdict": verdict(key, -got.high, -got.low, None),
    }  # fmt: skip
    odds |= {
        "value": ratio.value, "low": ratio.low, "high": ratio.high, "n": n, "p": ratio.p,
        "scale": f"models with only the arm responding / only the other ({b} / {c}); above 1 is "
        + ("synergy" if null else "benefit"),
        "status": "ok" if b + c else "no odds: all models alike",
        "verdict": odds_verdict(key, ratio),
    }  # fmt: skip
    return [gap, odds]


def _growth(scope: Scope, question: Question, others: list[str]) -> list[dict[str, Any]]:
    p = scope.programme
    rows = []
    if len(others) < 2:
        return _shift_rows(scope, question.key, p.rate, {question.arm: 1.0, others[0]: -1.0}, "")
    if question.null_model == "bliss":
        rows += _shift_rows(scope, question.key, p.rate, dict(question.weights), "bliss")
    columns = [p.column(name) for name in others]
    best = np.min(p.rate[:, columns], axis=1)
    table = np.column_stack([p.rate[:, p.column(question.arm)], best])
    narrow = replace(scope, programme=replace(p, arms=(question.arm, "best"), rate=table))
    weights = {question.arm: 1.0, "best": -1.0}
    return rows + _shift_rows(narrow, question.key, table, weights, "independent_action")


def _shift_rows(
    scope: Scope, key: str, values: Floats, weights: dict[str, float], null: str
) -> list[dict[str, Any]]:
    """Return mean and Hodges-Lehmann shift of a contrast of growth rates within models."""
    columns = [scope.programme.column(arm) for arm in weights]
    use = matched(values, columns)
    n = int(use.sum())
    mean = scope.row("growth_rate_difference", "growth_rate", PER_DAY, "programme.paired-t/1")
    middle = scope.row("growth_rate_shift", "growth_rate", PER_DAY, "programme.signed-rank/1")
    if n < scope.minimum_models:
        return [mean | {"null_model": null} | _few(scope, n)]
    gaps = values[use][:, columns] @ np.array(list(weights.values()))
    words = (
        "observed minus expected, same models; negative is synergy"
        if null
        else "arm minus comparator, same models; negative is benefit"
    )
    shared = {"null_model": null, "n": n, "scale": words}
    return [
        base | shared | _numbers(key, got)
        for base, got in (
            (mean, mean_shift(gaps, scope.level)),
            (middle, median_shift(gaps, scope.level)),
        )
    ]


def _numbers(key: str, got: Shift, sign: float = 1.0) -> dict[str, Any]:
    low, high = sorted((sign * got.low, sign * got.high))
    return {"value": got.value, "low": got.low, "high": got.high, "se": got.se, "df": got.df,
            "p": got.p, "verdict": verdict(key, low, high, None)}  # fmt: skip


def _doubling(scope: Scope, key: str, arm: str, others: list[str]) -> list[dict[str, Any]]:
    """Return the difference in restricted mean time to double; of several parts, the longest."""
    p = scope.programme
    columns = [p.column(name) for name in (arm, *others)]
    use = matched(p.time, columns)
    n, null = int(use.sum()), _null(others, "independent_action")
    row = scope.row("restricted_mean_difference", "time_to_double", "day",
                    "programme.pseudo-values/1") | {"null_model": null}  # fmt: skip
    if n < scope.minimum_models:
        return [row | _few(scope, n)]
    time, event = p.time[use][:, columns], p.doubled[use][:, columns] > 0
    first = (time[:, 0], event[:, 0])
    second = _longest(time[:, 1:], event[:, 1:])
    horizon = _horizon(first, second) if scope.horizon is None else scope.horizon
    gaps = restricted_mean_pseudo_values(*first, horizon) - restricted_mean_pseudo_values(
        *second, horizon
    )
    got = mean_shift(gaps, scope.level)
    words = "observed minus best of the parts in each model" if null else "arm minus comparator"
    good = "synergy" if null else "benefit"
    scale = f"{words}, days up to {horizon:g}; plus is {good}"
    return [row | {"n": n, "scale": scale} | _numbers(key, got, -1.0)]


def _longest(time: Floats, event: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Return the longest time to double over treatments; censored where any of them is."""
    return np.asarray(time.max(axis=1)), np.asarray(event.all(axis=1))


def _horizon(*curves: tuple[Floats, np.ndarray]) -> float:
    """Return the longest time up to which every curve is known."""
    ends = [
        float(time.max()) if not event[time == time.max()].all() else np.inf
        for time, event in curves
    ]
    longest = max(float(time.max()) for time, _ in curves)
    return longest if np.isinf(min(ends)) else min(ends)
