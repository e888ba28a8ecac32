"""Assemble: shares, growth of the growing, and floored means as rows with interval and word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.kinds import FAILED, Kinds
from smartcombo.stats.design import ContrastTest
from smartcombo.stats.floored_mean import floored_contrast, with_hidden_cures
from smartcombo.stats.mixture import share_interval
from smartcombo.stats.proportions import (
    Proportion,
    difference,
    excess_over_independent_action,
    jeffreys,
)
from smartcombo.stats.restricted_mean import WelchTest
from smartcombo.study.model import Study
from smartcombo.study.questions import Question

Row = dict[str, Any]


@dataclass(frozen=True)
class ClassReading:
    """What a row needs: the study, the kinds of one tumour model, day and level."""

    study: Study
    kinds: Kinds
    day: float
    level: float
    hidden_cures: bool = False

    def base(self, endpoint: str, estimand: str, method: str) -> Row:
        """Return what every row shares."""
        return {
            "study": self.study.id, "model": self.kinds.frame.model, "analysis": "classes",
            "endpoint": endpoint, "estimand": estimand, "question": "", "null_model": "",
            "contrast": "", "day": self.day, "level": self.level, "method": f"classes.{method}/1",
            "status": "ok", "verdict": "",
        }  # fmt: skip

    def floored(self, weights: dict[str, float]) -> WelchTest:
        """Return a contrast of floored mean log volumes."""
        k = self.kinds
        w = np.array([weights.get(arm, 0.0) for arm in k.frame.arms])
        test = floored_contrast(k.means, w, k.controlled, k.floor, self.level)
        if not self.hidden_cures:
            return test
        return with_hidden_cures(test, k.means, w, k.controlled, k.floor, self.level)

    def rate(self, weights: dict[str, float]) -> ContrastTest | None:
        """Return a contrast of growth rates of the growing; None where an arm has none."""
        fitted, time = self.kinds.growing, self.day - self.kinds.frame.baseline_day
        if fitted is None or not set(weights) <= set(fitted.curve.arms):
            return None
        c = sum(w * fitted.curve.growth(arm, time) / time for arm, w in weights.items())
        return fitted.tests(np.array([c]))[0]

    def growing(self, arms: list[str]) -> int:
        """Return the number of growing animals of some arms."""
        return sum(n - k for k, n in map(self.kinds.counts, arms))


def arm_rows(reading: ClassReading) -> list[Row]:
    """Return share controlled, growth rate of the growing, and floored mean of each arm."""
    kinds = reading.kinds
    two = kinds.mixture.chosen.classes == 2
    limits = (
        share_interval(kinds.mixture.chosen, kinds.frame.arm_of, reading.level) if two else None
    )
    rows = []
    for g, arm in enumerate(kinds.frame.arms):
        k, n = kinds.counts(arm)
        if limits is None:
            share = _proportion(jeffreys(k, n, reading.level))
        else:
            low, high = limits[g]
            share = {"value": kinds.mixture.chosen.share[g], "low": low, "high": high}
        rows.append(reading.base("kind of animal", "controlled_share", "share")
                    | {"arm": arm, "n": n, "unit": "fraction of animals",
                       "scale": "animals of the arm"} | share)  # fmt: skip
        rows.append(_rate(reading, {arm: 1.0}, "growing_rate", "natural log of volume per day")
                    | {"arm": arm})  # fmt: skip
        rows.append(_floored_mean(reading, arm))
    return rows


def _floored_mean(reading: ClassReading, arm: str) -> Row:
    test = reading.floored({arm: 1.0})
    return reading.base("volume", "floored_geometric_mean", "floored-mean") | {
        "arm": arm,
        "n": reading.kinds.frame.count(arm),
        "value": float(np.exp(test.value)),
        "low": float(np.exp(test.low)),
        "high": float(np.exp(test.high)),
        "df": test.df,
        "unit": reading.study.readout.unit,
        "scale": "geometric mean at the declared day, values below the limit at the limit",
        "status": test.status,
    }


def question_rows(reading: ClassReading, question: Question) -> list[Row]:
    """Return one question about shares, growth rates of the growing, and floored means."""
    named = {
        "arm": question.arm,
        "question": question.key,
        "contrast": question.label,
        "n": sum(reading.kinds.frame.count(arm) for arm in question.arms if not question.missing),
    }
    if question.missing:
        gone = {"n": 0, "scale": "", "status": f"missing: {question.missing}", "verdict": "missing"}
        null = {"null_model": question.null_model}
        row = reading.base("volume", "floored_log_ratio", "floored-mean") | {"unit": "log ratio"}
        return [row | named | gone | null]
    rate = _rate(reading, dict(question.weights), "growing_rate_difference", _scale(question))
    rows = [_share_difference(reading, question), rate, *_floored(reading, question)]
    null = {"null_model": question.null_model}
    return [named | null | row | {k: named[k] for k in ("arm", "question", "contrast")}
            | ({} if row["null_model"] else null) for row in _worded(rows, question)]  # fmt: skip


def _worded(rows: list[Row], question: Question) -> list[Row]:
    """Return rows with the word of each: a rate's by its own sign."""
    rate = rows[1]
    word = verdict(question.key, rate.get("low", np.nan), rate.get("high", np.nan), None)
    return [rows[0], rate | {"verdict": word}, *rows[2:]]


def _scale(question: Question) -> str:
    return (
        "observed minus expected, growing animals; negative is synergy"
        if question.key == "Q4"
        else "arm minus comparator, growing animals; negative is benefit"
    )


def _rate(reading: ClassReading, weights: dict[str, float], estimand: str, scale: str) -> Row:
    base = reading.base("growth of the growing", estimand, "growing-rate") | {
        "unit": "1/day", "scale": scale, "n": reading.growing(list(weights)),
    }  # fmt: skip
    test = reading.rate(weights)
    if test is None:
        return base | {"status": "no growing animal in an arm"}
    fitted = reading.kinds.growing
    if fitted is not None and fitted.status in FAILED:
        return base | {"status": fitted.status}
    numbers = {name: getattr(test, name) for name in ("value", "low", "high", "se", "df", "p")}
    return base | numbers | {"status": "ok" if fitted is None else fitted.status}


def _share_difference(reading: ClassReading, question: Question) -> Row:
    own = reading.kinds.counts(question.arm)
    others = [reading.kinds.counts(arm) for arm, w in question.weights.items() if w < 0]
    base = reading.base("kind of animal", "controlled_share_difference", "share")
    if question.null_model:
        got = excess_over_independent_action(own, tuple(others), reading.level)
        words = {"null_model": "independent_action",
                 "scale": "observed minus expected; plus is synergy"}  # fmt: skip
    else:
        got = difference(*own, *others[0], reading.level)
        words = {"scale": "arm minus comparator; plus is benefit"}
    n = own[1] + sum(other[1] for other in others)
    word = verdict(question.key, -got.high, -got.low, None)
    return base | words | _proportion(got) | {"n": n, "unit": "fraction of animals",
                                              "verdict": word}  # fmt: skip


def _proportion(got: Proportion) -> dict[str, float]:
    return {"value": got.value, "low": got.low, "high": got.high, "p": got.p}


def _floored(reading: ClassReading, question: Question) -> list[Row]:
    """Return the ratio of floored means: of arm to comparator, or of expected to observed."""
    test = reading.floored(dict(question.weights))
    margin = reading.study.plan.margin_log_ratio
    shared = {
        "df": test.df, "p": test.p, "status": test.status,
        "verdict": verdict(question.key, test.low, test.high, margin),
    }  # fmt: skip
    log_row = reading.base("volume", "floored_log_ratio", "floored-mean") | shared | {
        "se": test.se, "unit": "log ratio",
    }  # fmt: skip
    if question.key == "Q4":
        scale = "natural log of expected / observed mean volume, floored; positive is synergy"
        return [log_row | {"value": -test.value, "low": -test.high, "high": -test.low,
                           "scale": scale}]  # fmt: skip
    low, value, high = (float(np.exp(x)) for x in (test.low, test.value, test.high))
    ratio = reading.base("volume", "floored_ratio", "floored-mean") | shared
    return [
        log_row | {"value": test.value, "low": test.low, "high": test.high,
                   "scale": "natural log of arm / comparator mean volume, floored; negative is "
                   "benefit"},
        ratio | {"value": value, "low": low, "high": high, "unit": "ratio",
                 "scale": "arm / comparator of geometric means, floored; below 1 is benefit"},
    ]  # fmt: skip
