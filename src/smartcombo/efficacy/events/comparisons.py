"""Arms described and compared: restricted means, medians, hazard ratios, log-rank tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.events.reading import (
    Reading,
    batches,
    longer_is_better,
    numbers,
    within,
)
from smartcombo.stats import restricted_mean
from smartcombo.stats.cox import cox
from smartcombo.stats.time_to_event import logrank_hazard_ratio, median_time
from smartcombo.study.arms import combinations_of
from smartcombo.study.questions import Question, first_of_each, study_questions

APART = "no event while animals of both arms were at risk (in one batch)"
"""Why a hazard ratio or a log-rank test cannot be made."""


def comparisons(reading: Reading) -> list[Question]:
    """Return the questions that compare two arms; none where arms are not to be compared."""
    if not reading.endpoint.compared:
        return []
    asked = study_questions(reading.study, combinations_of(reading.study), reading.arms)
    return first_of_each(q for q in asked if not q.null_model)


def other_arm(question: Question) -> str:
    """Return the arm that a comparison compares with."""
    return next(arm for arm, weight in question.weights.items() if weight < 0)


def arm_rows(reading: Reading) -> list[dict[str, Any]]:
    """Return restricted mean and median time of each arm."""
    rows = []
    since = "days since " + ("the first visit without tumour" if reading.endpoint.id == "relapse"
                             else "baseline")  # fmt: skip
    for arm in reading.arms:
        shared = {"arm": arm, "n": len(reading.rows(arm))}
        mean, median = reading.mean(arm), median_time(reading.curve(arm))
        scale = f"{since}, up to {reading.horizon:.4g}"
        rows.append(reading.base("restricted_mean", "day") | shared | {"scale": scale}
                    | numbers(mean))  # fmt: skip
        status = "ok" if np.isfinite(median.value) else "not reached"
        rows.append(reading.base("median_time", "day") | shared | numbers(median)
                    | {"scale": since, "status": status})  # fmt: skip
    return rows


def question_rows(reading: Reading) -> list[dict[str, Any]]:
    """Return every comparison of two arms, or why it cannot be made."""
    rows = []
    for q in comparisons(reading):
        named = {"arm": q.arm, "question": q.key, "contrast": q.label}
        if q.missing:
            rows.append(missing_row(reading, q))
        else:
            rows += [row | named for row in _comparison(reading, q)]
    return rows


def missing_row(reading: Reading, question: Question, null_model: str = "") -> dict[str, Any]:
    """Return the row of a question that the study cannot answer."""
    return reading.base("restricted_mean_difference", "day") | {
        "arm": question.arm,
        "question": question.key,
        "contrast": question.label,
        "null_model": null_model,
        "n": 0,
        "scale": "",
        "status": f"missing: {question.missing}",
        "verdict": "missing",
    }


def mean_difference(reading: Reading, question: Question) -> dict[str, Any]:
    """Return the difference of two restricted means with its interval: plus is benefit."""
    arms = question.arm, other_arm(question)
    gap = restricted_mean.difference(
        reading.of(arms[0]), reading.of(arms[1]), reading.horizon, reading.level
    )
    return reading.base("restricted_mean_difference", "day") | numbers(gap) | {
        "df": gap.df,
        "status": gap.status,
        "n": sum(len(reading.rows(arm)) for arm in arms),
        "scale": f"arm minus comparator, up to {reading.horizon:.4g} days; plus is benefit",
        "verdict": longer_is_better(question.key, gap.low, gap.high),
    }  # fmt: skip


def _comparison(reading: Reading, question: Question) -> list[dict[str, Any]]:
    rows = [mean_difference(reading, question)]
    return [*rows, _hazard_ratio(reading, question), _logrank_ratio(reading, question)]


def _hazard_ratio(reading: Reading, question: Question) -> dict[str, Any]:
    """Return the ratio of hazards of two arms, each batch with its own baseline hazard."""
    own = pd.concat([reading.rows(question.arm), reading.rows(other_arm(question))])
    events, strata = own["event"].to_numpy(bool), batches(own)
    row = reading.base("hazard_ratio", "ratio") | {
        "n": len(own),
        "scale": f"arm / comparator{within(int(strata.max()) + 1)}; below 1 is benefit",
        "method": "progression.cox-firth/1",
    }
    if not events.any():
        return row | {"status": "no animal had the event", "verdict": "not estimable"}
    column = (own["arm"] == question.arm).to_numpy(float)[:, None]
    fit = cox(
        own["time"].to_numpy(float), events, column, stratum=strata, firth=True, level=reading.level
    )
    if fit.status == "singular":
        return row | {"status": APART, "verdict": "not estimable"}
    value, low, high = (float(np.exp(np.clip(x[0], -700, 700)))
                        for x in (fit.beta, fit.low, fit.high))  # fmt: skip
    word = verdict(question.key, float(np.log(max(low, 1e-300))), float(np.log(high)), None)
    found = {"value": value, "low": low, "high": high, "p": float(fit.p[0]), "status": fit.status}
    return row | found | {"verdict": word}


def _logrank_ratio(reading: Reading, question: Question) -> dict[str, Any]:
    """Return the log-rank test of two arms within batches, with the hazard ratio it implies."""
    arms = question.arm, other_arm(question)
    row = reading.base("logrank_hazard_ratio", "ratio") | {
        "n": sum(len(reading.rows(arm)) for arm in arms),
        "method": "progression.logrank/1",
    }
    tested = reading.logrank(arms)
    if tested is None:
        return row | {"scale": "arm / comparator", "status": "no animal had the event",
                      "verdict": "not estimable"}  # fmt: skip
    test, strata = tested
    row |= {"scale": f"arm / comparator{within(strata)}; below 1 is benefit"}
    got = logrank_hazard_ratio(test, reading.level)
    if not np.isfinite(got.value):
        return row | {"status": APART, "verdict": "not estimable"}
    word = verdict(question.key, float(np.log(got.low)), float(np.log(got.high)), None)
    return row | numbers(got) | {"verdict": word}


def curves_table(reading: Reading) -> pd.DataFrame:
    """Return the survival curve of each arm with its pointwise interval and animals at risk."""
    tables = []
    for arm in reading.arms:
        c = reading.curve(arm)
        ones, zero = np.ones(1), np.zeros(1)
        tables.append(
            pd.DataFrame(
                {
                    "model": reading.frame.model,
                    "endpoint": reading.endpoint.id,
                    "arm": arm,
                    "time": np.r_[zero, c.time],
                    "survival": np.r_[ones, c.survival],
                    "low": np.r_[ones, c.low],
                    "high": np.r_[ones, c.high],
                    "at_risk": np.r_[c.at_risk[:1], c.at_risk],
                    "events": np.r_[zero, c.events],
                }
            )
        )
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def logrank_table(reading: Reading) -> pd.DataFrame:
    """Return the log-rank test over all arms, within batches where there are several."""
    columns = ["model", "endpoint", "chi2", "df", "p", "animals", "strata"]
    tested = reading.logrank(reading.arms) if reading.endpoint.compared else None
    if tested is None or not tested[0].variance.any():
        return pd.DataFrame(columns=columns)
    test, strata = tested
    row = (reading.frame.model, reading.endpoint.id, test.chi2, test.df, test.p,
           len(reading.times), strata)  # fmt: skip
    return pd.DataFrame([row], columns=columns)
