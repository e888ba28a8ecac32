"""Assemble: every number of tolerability as a row with interval, n, unit and word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.tolerability_shared import (
    Reading,
    asked,
    base_row,
    comparator,
    counts_of,
    difference_rows,
    harm_word,
    missing,
    numbers,
    rate_rows,
)
from smartcombo.efficacy.weighings import TOXIC
from smartcombo.efficacy.weight_model import FittedWeights
from smartcombo.stats.design import Floats
from smartcombo.stats.time_to_event import kaplan_meier, median_time
from smartcombo.stats.weight_loss import mean_interval, welch
from smartcombo.study.questions import Question

MODEL, NADIR, DEATHS = (f"tolerability.{name}/1" for name in ("weight-model", "nadir", "deaths"))
NO_WEIGHTS = "missing: the study has no body weights after baseline"
TOO_FEW = "missing: an arm with one animal weighed, or none after baseline"
MINUS_IS_HARM = "minus is harm"


def model_rows(
    reading: Reading, fitted: FittedWeights | None, *, net: bool
) -> list[dict[str, Any]]:
    """Return change of mean weight by arm, and every question as a log ratio of mean weights."""
    endpoint = "body_weight_net" if net else "body_weight"
    base = base_row(reading, endpoint, "weight_log_ratio", "log ratio", MODEL)
    rows = [] if fitted is None else _arm_rows(reading, fitted, endpoint)
    for question in reading.questions:
        row = base | asked(question)
        absent = _absent(reading, question, fitted)
        if absent or fitted is None:
            rows.append(row | missing(absent))
        else:
            rows.append(row | _contrast(reading, fitted, question))
    return rows


def _absent(reading: Reading, question: Question, fitted: FittedWeights | None) -> str:
    """Return why a question about weight cannot be answered; empty where it can."""
    if question.missing:
        return f"missing: {question.missing}"
    if fitted is None:
        return NO_WEIGHTS if np.isnan(reading.day) else TOO_FEW
    unweighed = [arm for arm in question.arms if arm not in fitted.curve.arms]
    named = ", ".join(reading.study.label(arm) for arm in unweighed)
    return f"missing: no animal was weighed in {named}" if unweighed else ""


def _arm_rows(reading: Reading, fitted: FittedWeights, endpoint: str) -> list[dict[str, Any]]:
    time = reading.day - fitted.frame.baseline_day
    tests = fitted.tests(np.array([fitted.curve.growth(a, time) for a in fitted.curve.arms]))
    rows = []
    for arm, test in zip(fitted.curve.arms, tests, strict=True):
        value, low, high = np.expm1([test.value, test.low, test.high])
        rows.append(
            base_row(reading, endpoint, "weight_change", "fraction", MODEL)
            | {"arm": arm, "n": fitted.frame.count(arm), "status": fitted.status, "df": test.df,
               "value": value, "low": low, "high": high,
               "scale": "geometric mean weight at the declared day against baseline; minus is loss"}
        )  # fmt: skip
    return rows


def _contrast(reading: Reading, fitted: FittedWeights, question: Question) -> dict[str, Any]:
    time = reading.day - fitted.frame.baseline_day
    terms = [weight * fitted.curve.growth(arm, time) for arm, weight in question.weights.items()]
    test = fitted.tests(np.sum(terms, axis=0)[None, :])[0]
    compared = (
        "observed minus expected" if question.null_model else "natural log of arm / comparator"
    )
    more = "minus is more loss than the agents explain" if question.null_model else MINUS_IS_HARM
    word = harm_word(test.low, test.high, more_is_better=True)
    if fitted.status in ("not_converged", "singular"):
        word = "withheld"
    return numbers(test) | {
        "n": sum(fitted.frame.count(arm) for arm in question.arms),
        "scale": f"{compared} of mean weight; {more}",
        "status": fitted.status,
        "verdict": word,
    }


def summary_rows(reading: Reading, courses: pd.DataFrame) -> list[dict[str, Any]]:
    """Return nadir, average loss and animals past the protocol's limit, by arm and question."""
    rows = []
    for estimand, column, scale in SUMMARIES:
        base = base_row(reading, "body_weight", estimand, "fraction", NADIR)
        for arm in reading.arms:
            x = _of(courses, arm, column)
            row = base | {"arm": arm, "n": len(x), "scale": scale}
            rows.append(row | numbers(mean_interval(x, reading.level)))
    rows += [_nadir_difference(reading, courses, question) for question in reading.compared]
    return rows + _limit_rows(reading, courses)


SUMMARIES = (
    ("weight_nadir", "nadir_common",
     "mean of each animal's lowest weight against baseline, up to the declared day; minus is loss"),
    ("weight_average_loss", "average_loss",
     "mean of each animal's loss below baseline averaged over time, up to the declared day; plus "
     "is loss"),
)  # fmt: skip


def _of(courses: pd.DataFrame, arm: str, column: str) -> Floats:
    x = courses.loc[courses["arm"] == arm, column].to_numpy(float)
    return np.asarray(x[np.isfinite(x)])


def _nadir_difference(
    reading: Reading, courses: pd.DataFrame, question: Question
) -> dict[str, Any]:
    row = base_row(reading, "body_weight", "weight_nadir_difference", "fraction", NADIR)
    row |= asked(question)
    if question.missing:
        return row | missing(f"missing: {question.missing}")
    x, y = (_of(courses, arm, "nadir_common") for arm in (question.arm, comparator(question)))
    if min(len(x), len(y)) < 2:
        return row | missing("missing: fewer than two animals with a baseline weight in an arm")
    got = welch(x, y, reading.level)
    return row | numbers(got) | {
        "n": len(x) + len(y),
        "scale": f"arm minus comparator, up to the declared day; {MINUS_IS_HARM}",
        "verdict": harm_word(got.low, got.high, more_is_better=True),
    }  # fmt: skip


def _limit_rows(reading: Reading, courses: pd.DataFrame) -> list[dict[str, Any]]:
    limit = reading.study.limits.weight_loss_fraction
    base = base_row(reading, "body_weight", "past_weight_limit_rate", "fraction of animals", NADIR)
    if limit is None:
        status = "missing: the protocol's limit of weight loss is not stated"
        return [base | {"arm": arm} | missing(status) for arm in reading.arms]
    counted = courses[courses["has_baseline"] | courses["past_limit"]]
    counts = {arm: counts_of(counted, arm, "past_limit") for arm in reading.arms}
    rows = rate_rows(
        reading, base, counts, f"animals that lose {limit:.0%} or leave for their weight"
    )
    rows += difference_rows(reading, base, counts, "nobody was weighed")
    return rows + [
        _time_row(reading, counted, arm, limit) for arm in reading.arms if counts[arm][1]
    ]


def _time_row(reading: Reading, counted: pd.DataFrame, arm: str, limit: float) -> dict[str, Any]:
    own = counted[counted["arm"] == arm]
    event = own["past_limit"].to_numpy(bool)
    time = np.where(event, own["time_to_limit"], own["days_followed"]).astype(float)
    got = median_time(kaplan_meier(time, event, reading.level))
    return base_row(reading, "body_weight", "time_to_weight_limit", "day", NADIR) | {
        "arm": arm,
        "n": len(own),
        "value": got.value,
        "low": got.low,
        "high": got.high,
        "scale": f"median days since baseline to a loss of {limit:.0%}, interpolated",
        "status": "ok" if np.isfinite(got.value) else "not reached",
    }


def death_rows(reading: Reading) -> list[dict[str, Any]]:
    """Return treatment-related deaths by arm and question; missing where fates are not stated."""
    base = base_row(
        reading, "treatment_deaths", "treatment_death_rate", "fraction of animals", DEATHS
    )
    animals = reading.animals
    animals = animals.assign(died=animals["fate"].isin(TOXIC))
    unknown = {arm: int((animals.loc[animals["arm"] == arm, "fate"] == "unknown").sum())
               for arm in reading.arms}  # fmt: skip
    counts = {arm: counts_of(animals, arm, "died") for arm in reading.arms if not unknown[arm]}
    rows = rate_rows(
        reading, base, counts, "animals found dead, or taken for weight or clinical score"
    )
    for arm, number in unknown.items():
        if number:
            _, n = counts_of(animals, arm, "died")
            status = f"missing: {number} of {n} animals left for a reason that is not stated"
            rows.append(base | {"arm": arm} | missing(status))
    return rows + difference_rows(reading, base, counts, "fates are not stated")


def exposure_rows(reading: Reading, courses: pd.DataFrame) -> list[dict[str, Any]]:
    """Return days followed by arm, and how much longer an arm was followed than another."""
    base = base_row(reading, "exposure", "days_followed", "day", NADIR)
    rows = []
    for arm in reading.arms:
        x = _of(courses, arm, "days_followed")
        shared = {"arm": arm, "n": len(x), "scale": "mean days from baseline to leaving"}
        rows.append(base | shared | numbers(mean_interval(x, reading.level)))
    for question in reading.compared:
        if question.missing:
            continue
        x, y = (_of(courses, a, "days_followed") for a in (question.arm, comparator(question)))
        row = base | asked(question) | {"estimand": "days_followed_difference"}
        found = {"n": len(x) + len(y), "scale": "arm minus comparator; plus is longer exposed"}
        rows.append(row | found | numbers(welch(x, y, reading.level)))
    return rows
