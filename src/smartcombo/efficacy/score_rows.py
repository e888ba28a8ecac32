"""Assemble: worst clinical scores, animals at the protocol's limit, who is worse than whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.scorings import Scorings
from smartcombo.efficacy.tolerability_shared import (
    Reading,
    asked,
    base_row,
    counts_of,
    difference_rows,
    harm_word,
    missing,
    rate_rows,
)
from smartcombo.stats.design import Floats
from smartcombo.stats.ordinal import median_interval, worse_probability
from smartcombo.stats.proportions import clopper_pearson, jeffreys
from smartcombo.stats.time_to_event import kaplan_meier, median_time
from smartcombo.study.questions import Question

WORST, LIMIT = "tolerability.worst-score/1", "tolerability.score-limit/1"
ENDPOINT = "clinical_score"
NO_SCORES = "missing: the study has no clinical scores after baseline"
NO_LIMIT = "missing: the protocol's limit of the clinical score is not stated"
TOO_FEW = "missing: fewer than two animals scored in an arm"
UNKNOWN_SCORES = "nobody was scored"


def score_rows(reading: Reading, scored: Scorings | None) -> list[dict[str, Any]]:
    """Return every row about clinical scores; none in a study that has neither scores nor limit."""
    if scored is None:
        known = len(reading.study.scores) or reading.study.limits.clinical_score is not None
        return [_no_scores(reading, question) for question in reading.questions] if known else []
    rows = [_median(reading, scored, arm) for arm in reading.arms]
    rows += [_worse(reading, scored, question) for question in reading.questions]
    return rows + _limit_rows(reading, scored.courses)


def _effect(reading: Reading, question: Question) -> dict[str, Any]:
    row = base_row(reading, ENDPOINT, "worse_score_probability", "probability", WORST)
    null = "independent_action" if question.null_model else ""
    return row | asked(question) | {"null_model": null}


def _no_scores(reading: Reading, question: Question) -> dict[str, Any]:
    reason = f"missing: {question.missing}" if question.missing else NO_SCORES
    return _effect(reading, question) | missing(reason)


def _median(reading: Reading, scored: Scorings, arm: str) -> dict[str, Any]:
    x = _of(scored.courses, arm, "worst_common")
    got = median_interval(x, reading.level)
    narrow = "too few animals for an interval" if np.isnan(got.low) else "ok"
    return base_row(reading, ENDPOINT, "worst_score", "score", WORST) | {
        "arm": arm,
        "day": scored.day,
        "n": len(x),
        "value": got.value,
        "low": got.low,
        "high": got.high,
        "scale": "median over animals of the worst score after baseline, up to the declared day; 0 "
        "is normal, plus is worse",
        "status": narrow if len(x) else UNKNOWN_SCORES,
    }


def _of(courses: pd.DataFrame, arm: str, column: str) -> Floats:
    x = courses.loc[courses["arm"] == arm, column].to_numpy(float)
    return np.asarray(x[~np.isnan(x)])


def _worse(reading: Reading, scored: Scorings, question: Question) -> dict[str, Any]:
    """Return the probability that an animal of the arm has the worse score: above 1/2 is harm."""
    row = _effect(reading, question) | {"day": scored.day}
    if question.missing:
        return row | missing(f"missing: {question.missing}")
    others = [_of(scored.courses, arm, "rank") for arm, w in question.weights.items() if w < 0]
    own = _of(scored.courses, question.arm, "rank")
    if min(len(own), *map(len, others)) < 2:
        return row | missing(TOO_FEW)
    got = worse_probability(own, *others, level=reading.level)
    against = (
        "than the worse of two, one of each agent alone" if question.null_model else
        "than one of the comparator"
    )  # fmt: skip
    return row | {
        "value": got.value,
        "low": got.low,
        "high": got.high,
        "se": got.se,
        "p": got.p,
        "n": len(own) + sum(map(len, others)),
        "scale": f"chance that an animal of the arm scores worse {against}, ties half, up to the "
        "declared day; above 0.5 is harm; an animal found dead ranks worst",
        "status": "ok" if got.interval == "logit" else "no spread: score interval",
        "verdict": harm_word(got.low - 0.5, got.high - 0.5, more_is_better=False),
    }


def _limit_rows(reading: Reading, courses: pd.DataFrame) -> list[dict[str, Any]]:
    limit = reading.study.limits.clinical_score
    base = base_row(reading, ENDPOINT, "past_score_limit_rate", "fraction of animals", LIMIT)
    if limit is None:
        return [base | {"arm": arm} | missing(NO_LIMIT) for arm in reading.arms]
    counts = {arm: counts_of(courses, arm, "past_limit") for arm in reading.arms}
    scale = f"animals that score {limit:g} or more after baseline, or leave for their score"
    rows = rate_rows(reading, base, counts, scale)
    rows += difference_rows(reading, base, counts, UNKNOWN_SCORES)
    return rows + [_time(reading, courses, arm, limit) for arm in reading.arms if counts[arm][1]]


def _time(reading: Reading, courses: pd.DataFrame, arm: str, limit: float) -> dict[str, Any]:
    own = courses[courses["arm"] == arm]
    event = own["past_limit"].to_numpy(bool)
    time = np.where(event, own["time_to_limit"], own["days_followed"]).astype(float)
    got = median_time(kaplan_meier(time, event, reading.level))
    return base_row(reading, ENDPOINT, "time_to_score_limit", "day", LIMIT) | {
        "arm": arm,
        "n": len(own),
        "value": got.value,
        "low": got.low,
        "high": got.high,
        "scale": f"median days since baseline to the first visit with a score of {limit:g} or more",
        "status": "ok" if np.isfinite(got.value) else "not reached",
    }


def either_limit_rows(
    reading: Reading, courses: pd.DataFrame, scored: Scorings | None
) -> list[dict[str, Any]]:
    """Return animals past the limit of weight or of the score; none unless both are known.

    Counted are animals whose weight and score are known, and those past either.
    """
    limits = reading.study.limits
    if scored is None or limits.weight_loss_fraction is None or limits.clinical_score is None:
        return []
    weighed = courses[courses["has_baseline"] | courses["past_limit"]] if len(courses) else courses
    if weighed.empty:
        return []
    columns = ["arm", "animal", "past_limit"]
    both = weighed[columns].merge(
        scored.courses[columns], on=["arm", "animal"], how="outer", suffixes=("", "_score")
    )
    past = both["past_limit"].eq(True) | both["past_limit_score"].eq(True)
    known = both["past_limit"].notna() & both["past_limit_score"].notna()
    counted = both.assign(past=past)[known | past]
    base = base_row(reading, "humane_limit", "past_either_limit_rate", "fraction of animals", LIMIT)
    counts = {arm: counts_of(counted, arm, "past") for arm in reading.arms}
    scale = "animals past the protocol's limit of weight loss or of the clinical score"
    return rate_rows(reading, base, counts, scale)


def score_rates(reading: Reading, scored: Scorings) -> pd.DataFrame:
    """Return animals at or past the limit by arm with exact and Jeffreys intervals."""
    columns = ["model", "arm", "k", "n", "value", "exact_low", "exact_high", "jeffreys_low",
               "jeffreys_high"]  # fmt: skip
    rows = []
    for arm in reading.arms if reading.study.limits.clinical_score is not None else []:
        k, n = counts_of(scored.courses, arm, "past_limit")
        if n:
            exact, bayes = (f(k, n, reading.level) for f in (clopper_pearson, jeffreys))
            rows.append((reading.model, arm, k, n, exact.value, exact.low, exact.high, bayes.low,
                         bayes.high))  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
