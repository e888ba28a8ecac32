"""Does it matter that events are only known to lie between two visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.events.comparisons import comparisons, mean_difference, other_arm
from smartcombo.efficacy.events.reading import Reading, longer_is_better
from smartcombo.stats.design import Floats
from smartcombo.stats.interval_censored import Turnbull, Where, turnbull
from smartcombo.stats.resampled_curves import percentiles
from smartcombo.study.questions import Question

DRAWS = 499
"""Of the draws of mice, so many are fitted again: their intervals are a sensitivity."""
MATTERS = 0.25
"""Visits matter where a difference moves by more than this share of its standard error."""
WHERE: tuple[Where, ...] = ("earliest", "even", "latest")
METHOD = "progression.turnbull/1"


def visit_rows(reading: Reading) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return means and medians that know only the visits, and the checks that say if it matters.

    Nothing for endpoints whose day is known.
    """
    if not reading.endpoint.at_visits or reading.times.empty:
        return [], []
    curves = {arm: _curve(reading, arm) for arm in reading.arms}
    rows = [row for arm in reading.arms for row in _arm(reading, arm, curves[arm])]
    checks = []
    for question in comparisons(reading):
        if not question.missing:
            row, check = _difference(reading, question, curves)
            rows.append(row)
            checks.append(check)
    return rows, checks


def visit_table(reading: Reading) -> pd.DataFrame:
    """Return by arm how far apart the visits around an event were."""
    columns = ["model", "endpoint", "arm", "events", "between_visits", "widest_days"]
    rows = []
    for arm in reading.arms if reading.endpoint.at_visits else ():
        own = reading.rows(arm)
        width = (own["by"] - own["after"])[own["event"]]
        widest = float(width.max()) if len(width) else 0.0
        apart = int((width > 0).sum())
        rows.append((reading.frame.model, reading.endpoint.id, arm, len(width), apart, widest))
    return pd.DataFrame(rows, columns=columns)


def _curve(reading: Reading, arm: str) -> Turnbull:
    """Return the curve of an arm: the data first, then the draws."""
    own = reading.rows(arm)
    event = own["event"].to_numpy(bool)
    left = np.where(event, own["after"], own["time"]).astype(float)
    right = np.where(event, own["by"], np.inf).astype(float)
    weights = np.vstack([np.ones(len(own)), reading.weights[arm][:DRAWS]])
    return turnbull(left, right, weights)


def _arm(reading: Reading, arm: str, curve: Turnbull) -> list[dict[str, Any]]:
    shared = {"arm": arm, "n": len(reading.rows(arm)), "method": METHOD}
    mean, median = curve.restricted_mean(reading.horizon), curve.median()
    reached = {} if np.isfinite(median[0]) else {"status": "not reached"}
    until = f"events between their visits, up to {reading.horizon:.4g} days"
    return [
        reading.base("interval_censored_mean", "day") | shared | _interval(reading, mean)
        | {"scale": until},
        reading.base("interval_censored_median", "day") | shared | _interval(reading, median)
        | reached | {"scale": "events between their visits, days since baseline"},
    ]  # fmt: skip


def _interval(reading: Reading, drawn: Floats) -> dict[str, Any]:
    """Return value and percentile interval; none where every draw is the same."""
    value = float(drawn[0])
    if (drawn == drawn[0]).all():
        return {"value": value, "status": "no interval: every draw of animals is the same"}
    low, high = percentiles(drawn[1:], reading.level)
    return {"value": value, "low": low, "high": high}


def _difference(
    reading: Reading, question: Question, curves: Mapping[str, Turnbull]
) -> tuple[dict[str, Any], dict[str, Any]]:
    arm, other = curves[question.arm], curves[other_arm(question)]
    gaps = {w: arm.restricted_mean(reading.horizon, w) - other.restricted_mean(reading.horizon, w)
            for w in WHERE}  # fmt: skip
    found = _interval(reading, gaps["even"])
    ends = (found.get(end, float("nan")) for end in ("low", "high"))
    word = longer_is_better(question.key, *ends)
    primary = mean_difference(reading, question)
    moved = max((float(gap[0]) - primary["value"] for gap in gaps.values()), key=abs)
    row = reading.base("interval_censored_mean_difference", "day") | found | {
        "arm": question.arm, "question": question.key, "contrast": question.label,
        "n": primary["n"], "method": METHOD, "verdict": word,
        "scale": "arm minus comparator with events only known to lie between visits, up to "
        f"{reading.horizon:.4g} days; plus is benefit",
    }  # fmt: skip
    return row, _check(reading, question, moved, primary, word)


def _check(
    reading: Reading, question: Question, moved: float, primary: dict[str, Any], word: str
) -> dict[str, Any]:
    kept = "stays" if word == primary["verdict"] else "becomes"
    share = abs(moved) / primary["se"] if primary["se"] > 0 else float(moved != 0) * np.inf
    matters = share > MATTERS
    said = (
        f"the visits are too far apart not to matter: the difference of {primary['value']:.3g} "
        f"days moves by {moved:+.2g} with the place of events between visits; "
        f"its word {kept} {word}"
        if matters
        else f"the visits are close enough: the difference of {primary['value']:.3g} days moves "
        f"by at most {abs(moved):.2g}; its word {kept} {word}"
    )
    return {
        "study": reading.study.id,
        "model": reading.frame.model,
        "analysis": "progression",
        "check": "events between visits",
        "subject": f"{reading.endpoint.id}: {question.label}",
        "value": float(min(share, 99.0)),
        "threshold": MATTERS,
        "unit": "standard errors",
        "status": "caution" if matters else "ok",
        "message": said,
    }
