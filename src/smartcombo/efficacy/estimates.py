"""Assemble: every number of the growth analysis as a row with interval, n, unit and word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.answers import Answer, answer
from smartcombo.efficacy.fitting import FittedGrowth
from smartcombo.stats.design import ContrastTest
from smartcombo.study.model import Study
from smartcombo.study.questions import Question

METHOD_OF_NULL = {
    "": "growth.lmm/1",
    "hsa": "growth.hsa/1",
    "bliss": "growth.bliss/1",
    "response_additivity": "growth.response-additivity/1",
    "pairs": "growth.third-order/1",
}


@dataclass(frozen=True)
class Reading:
    """What an estimate row needs beside the fit: the study, the declared day and the margins."""

    study: Study
    day: float
    level: float
    margin_log_ratio: float | None
    margin_rate: float | None


def arm_rows(fitted: FittedGrowth, reading: Reading) -> list[dict[str, Any]]:
    """Return growth rate, doubling time and geometric mean volume at the declared day, by arm."""
    return [row for arm in fitted.curve.arms for row in _arm(fitted, reading, arm)]


def question_rows(
    fitted: FittedGrowth, questions: Sequence[Question], reading: Reading
) -> list[dict[str, Any]]:
    """Return every question at the growth-rate level and at the declared day."""
    return [row for question in questions for row in _question(fitted, question, reading)]


def _base(fitted: FittedGrowth, reading: Reading) -> dict[str, Any]:
    return {
        "study": reading.study.id,
        "model": fitted.frame.model,
        "analysis": "growth",
        "question": "",
        "null_model": "",
        "contrast": "",
        "day": reading.day,
        "level": reading.level,
        "method": METHOD_OF_NULL[""],
        "status": fitted.status,
        "verdict": "",
    }


def _interval(test: ContrastTest, factor: float = 1.0) -> dict[str, float]:
    return {
        "value": test.value * factor,
        "low": test.low * factor,
        "high": test.high * factor,
        "se": test.se * factor,
        "df": test.df,
        "p": test.p,
    }


def _arm(fitted: FittedGrowth, reading: Reading, arm: str) -> list[dict[str, Any]]:
    time = reading.day - fitted.frame.baseline_day
    growth = fitted.curve.growth(arm, time)
    level = fitted.curve.level(arm, time)
    rate, volume = fitted.tests(np.array([growth / time, level]))
    base = _base(fitted, reading) | {"arm": arm, "n": fitted.frame.count(arm)}
    return [
        base
        | _interval(rate)
        | {
            "endpoint": "growth_rate",
            "estimand": "growth_rate",
            "unit": "1/day",
            "scale": "natural log of volume per day from baseline to the declared day",
        },
        base | _doubling_time(rate),
        base
        | {
            "endpoint": "volume",
            "estimand": "geometric_mean",
            "value": float(np.exp(volume.value)),
            "low": float(np.exp(volume.low)),
            "high": float(np.exp(volume.high)),
            "df": volume.df,
            **_volume_unit(fitted, reading),
        },
    ]


def _volume_unit(fitted: FittedGrowth, reading: Reading) -> dict[str, str]:
    if fitted.specification.baseline == "relative":
        return {"unit": "ratio", "scale": "geometric mean of volume relative to baseline"}
    return {"unit": reading.study.readout.unit, "scale": "geometric mean at the declared day"}


def _doubling_time(rate: ContrastTest) -> dict[str, Any]:
    """Return ln 2 / rate; where the rate's interval reaches zero the upper limit is infinite.

    A shrinking arm has no doubling time: value and limits are missing and the status says so.
    """
    row: dict[str, Any] = {
        "endpoint": "growth_rate",
        "estimand": "doubling_time",
        "unit": "day",
        "scale": "ln 2 / growth rate",
    }
    if rate.value <= 0:
        return row | {"status": "no doubling: the arm does not grow"}
    return row | {
        "value": np.log(2) / rate.value,
        "low": np.log(2) / rate.high,
        "high": np.log(2) / rate.low if rate.low > 0 else np.inf,
        "df": rate.df,
    }


def _question(fitted: FittedGrowth, question: Question, reading: Reading) -> list[dict[str, Any]]:
    base = _base(fitted, reading) | {
        "question": question.key,
        "null_model": question.null_model,
        "contrast": question.label,
        "arm": question.arm,
        "method": METHOD_OF_NULL[question.null_model],
    }
    if question.missing:
        return [base | _missing(question)]
    base["n"] = sum(fitted.frame.count(arm) for arm in question.arms)
    time = reading.day - fitted.frame.baseline_day
    got = answer(fitted, question, time)
    if question.kind == "additive-response":
        return [_withhold(fitted, base | _excess_inhibition(got))]
    rows = [_rate_row(question, got, time, reading), *_volume_rows(question, got, reading)]
    return [_withhold(fitted, base | row) for row in rows]


def _missing(question: Question) -> dict[str, Any]:
    return {
        "endpoint": "growth_rate",
        "estimand": "growth_rate_difference",
        "unit": "1/day",
        "scale": "",
        "n": 0,
        "status": f"missing: {question.missing}",
        "verdict": "missing",
    }


def _withhold(fitted: FittedGrowth, row: dict[str, Any]) -> dict[str, Any]:
    return row | {"verdict": "withheld"} if fitted.status in ("not_converged", "singular") else row


def _rate_row(question: Question, got: Answer, time: float, reading: Reading) -> dict[str, Any]:
    words = (
        "observed minus expected; negative is synergy"
        if question.key == "Q4"
        else "arm minus comparator; negative is benefit"
    )
    return {
        "endpoint": "growth_rate",
        "estimand": "growth_rate_difference",
        "value": got.value / time,
        "low": got.low / time,
        "high": got.high / time,
        "se": got.se / time,
        "df": got.df,
        "p": got.p,
        "unit": "1/day",
        "scale": words,
        "verdict": verdict(question.key, got.low / time, got.high / time, reading.margin_rate),
    }


def _volume_rows(question: Question, got: Answer, reading: Reading) -> list[dict[str, Any]]:
    word = verdict(question.key, got.low, got.high, reading.margin_log_ratio)
    shared = {"endpoint": "volume", "df": got.df, "p": got.p, "verdict": word}
    if question.key == "Q4":
        expected = {
            "estimand": "log_ratio",
            "value": -got.value,
            "low": -got.high,
            "high": -got.low,
            "se": got.se,
            "unit": "log ratio",
            "scale": "natural log of expected / observed mean volume; positive is synergy",
        }
        return [shared | expected]
    low, value, high = np.exp([got.low, got.value, got.high])
    return [
        shared
        | {
            "estimand": "log_ratio",
            "value": got.value,
            "low": got.low,
            "high": got.high,
            "se": got.se,
            "unit": "log ratio",
            "scale": "natural log of arm / comparator mean volume; negative is benefit",
        },
        shared
        | {
            "estimand": "ratio",
            "value": value,
            "low": low,
            "high": high,
            "unit": "ratio",
            "scale": "T/C: ratio of geometric mean volumes; below 1 is benefit",
        },
        shared
        | {
            "estimand": "tgi",
            "value": 1 - value,
            "low": 1 - high,
            "high": 1 - low,
            "unit": "fraction",
            "scale": "growth inhibition = 1 - T/C of geometric mean volumes; positive is benefit",
        },
    ]


def _excess_inhibition(got: Answer) -> dict[str, Any]:
    return {
        "endpoint": "volume",
        "estimand": "excess_inhibition",
        "value": -got.value,
        "low": -got.high,
        "high": -got.low,
        "se": got.se,
        "df": got.df,
        "p": got.p,
        "unit": "fraction",
        "scale": "inhibition beyond the single agents' sum, as a fraction of vehicle volume; "
        "positive is synergy",
        "verdict": verdict("Q4", got.low, got.high, None),
    }
