"""Doubling times of animals, and by how many days a treatment delays growth (T - C)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.events.comparisons import comparisons, other_arm
from smartcombo.efficacy.events.reading import Reading, longer_is_better
from smartcombo.stats.design import Floats
from smartcombo.stats.growth_delay import doubling_time
from smartcombo.stats.resampled_curves import medians_of_draws, percentiles, weighted_medians
from smartcombo.study.questions import Question

METHOD = "progression.growth-delay/1"


def doubling_times(reading: Reading) -> pd.DataFrame:
    """Return the doubling time of each timed animal, from its visits above the limit."""
    rows = []
    timed = dict(zip(reading.times["animal"], reading.times["arm"], strict=True))
    above = reading.frame.rows[~reading.frame.rows["at_limit"]]
    seen = dict(iter(above.groupby("animal", sort=False)))
    for animal, arm in timed.items():
        own = seen.get(animal, above.iloc[:0])
        days = doubling_time(own["time"].to_numpy(float), own["y"].to_numpy(float))
        rows.append((reading.frame.model, arm, animal, days, len(own)))
    return pd.DataFrame(rows, columns=["model", "arm", "animal", "doubling_time", "visits"])


def delay_rows(reading: Reading, doubling: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the median doubling time of each arm, and the growth delay of each comparison.

    Only for progression: the delay is the difference of median times to the same target.
    """
    if reading.endpoint.id != "progression":
        return []
    drawn = {arm: _doubling(reading, arm, doubling) for arm in reading.arms}
    rows = [_doubling_row(reading, arm, draws) for arm, draws in drawn.items()]
    for question in comparisons(reading):
        if not question.missing:
            rows += _delays(reading, question, drawn[other_arm(question)])
    return rows


def _doubling(reading: Reading, arm: str, doubling: pd.DataFrame) -> Floats:
    """Return the median doubling time of an arm: the data first, then the draws.

    An animal with fewer than two visits above the limit never doubled: infinite.
    """
    values = doubling.loc[doubling["arm"] == arm, "doubling_time"].fillna(np.inf).to_numpy(float)
    weights = np.vstack([np.ones(len(values)), reading.weights[arm]])
    return weighted_medians(values, weights)


def _doubling_row(reading: Reading, arm: str, drawn: Floats) -> dict[str, Any]:
    low, high = percentiles(drawn[1:], reading.level)
    return reading.base("animal_doubling_time", "day") | {
        "arm": arm,
        "value": float(drawn[0]),
        "low": low,
        "high": high,
        "n": len(reading.rows(arm)),
        "scale": "median over animals of ln 2 / slope of log volume",
        "method": METHOD,
        "status": "ok" if np.isfinite(drawn[0]) else "no doubling: half of the animals do not grow",
    }


def _delays(reading: Reading, question: Question, doubling: Floats) -> list[dict[str, Any]]:
    medians = [_medians(reading, arm) for arm in (question.arm, other_arm(question))]
    with np.errstate(invalid="ignore"):
        days = medians[0] - medians[1]
        specific = np.where(np.isfinite(doubling), days / doubling, np.nan)
    shared = {
        "arm": question.arm,
        "question": question.key,
        "contrast": question.label,
        "n": sum(len(reading.rows(arm)) for arm in (question.arm, other_arm(question))),
        "method": METHOD,
    }
    scale = {"scale": "T - C: difference of median times to the target; plus is benefit"}
    base = reading.base("growth_delay", "day") | shared | scale
    rows = [base | _row(reading, question, days)]
    if question.key in ("Q1", "single"):
        rows.append(
            reading.base("specific_growth_delay", "doublings") | shared
            | _row(reading, question, specific)
            | {"scale": "(T - C) / doubling time of the control; plus is benefit"}
        )  # fmt: skip
    return rows


def _medians(reading: Reading, arm: str) -> Floats:
    time, event = reading.of(arm)
    return medians_of_draws(time, event, np.vstack([np.ones(len(time)), reading.weights[arm]]))


def _row(reading: Reading, question: Question, drawn: Floats) -> dict[str, Any]:
    """Return value, percentile interval and word; a median not reached leaves no upper end."""
    value = float(drawn[0])
    low, high = percentiles(drawn[1:], reading.level)
    if np.isnan(value):
        return {"status": "no median: neither arm reached it, or the control does not double",
                "verdict": "not estimable"}  # fmt: skip
    word = longer_is_better(question.key, low, high)
    if np.isinf(value):
        who = "the arm" if value > 0 else "the comparator"
        status = f"not reached: the median of {who} lies beyond the follow-up"
        return {"value": value, "low": low, "high": high, "verdict": word, "status": status}
    return {"value": value, "low": low, "high": high, "verdict": word}
