"""Q4: does the combination last longer than if each animal had only its better agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.result import stacked
from smartcombo.efficacy.events.comparisons import missing_row
from smartcombo.efficacy.events.reading import Reading, longer_is_better, numbers
from smartcombo.stats.design import Floats
from smartcombo.stats.independent_action import (
    MOST_AGENTS,
    expected_survival,
    frechet_bounds,
    log_survival_excess,
)
from smartcombo.stats.resampled_curves import curves_of_draws, spread_interval
from smartcombo.stats.restricted_mean import independent_action
from smartcombo.stats.time_to_event import median_time
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Combination, Study
from smartcombo.study.questions import Question


@dataclass(frozen=True)
class _Curves:
    """Curves of a combination and its parts on common steps; the first row is the data.

    ``observed`` has shape ``(1 + DRAWS, k)``, ``alone`` ``(agents, 1 + DRAWS, k)``.
    """

    edges: Floats
    observed: Floats
    alone: Floats

    def excess(self, expected: Floats) -> Floats:
        """Return observed minus expected restricted mean, shape ``(1 + DRAWS,)``."""
        return (self.observed - expected) @ np.diff(self.edges)


def independence(
    reading: Reading,
) -> tuple[list[dict[str, Any]], pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows of Q4, the expected curves, and a check of what the correlation changes."""
    rows: list[dict[str, Any]] = []
    tables = [pd.DataFrame(columns=["model", "endpoint", "arm", "time"])]
    checks: list[dict[str, Any]] = []
    if not reading.endpoint.compared:
        return rows, tables[0], checks
    for combination in combinations_of(reading.study):
        question = _question(reading.study, combination, reading.arms)
        if question.missing:
            rows.append(missing_row(reading, question, "independent_action"))
            continue
        found, table = _one_combination(reading, question)
        rows += found
        tables.append(table)
        checks.append(_correlation_check(reading, question, found))
        rows += _additive_hazards(reading, question, combination.vehicle)
    return rows, stacked(tables), checks


def _question(study: Study, c: Combination, present: tuple[str, ...]) -> Question:
    """Return Q4 of a combination: it needs every agent alone, and no vehicle."""
    lacking = [agent for agent, arm in c.singles.items() if arm is None]
    singles = [arm for arm in c.singles.values() if arm is not None]
    absent = [study.label(arm) for arm in (c.arm, *singles) if arm not in present]
    missing = f"the study has no arm of {', '.join(lacking)} alone" if lacking else ""
    if absent and not missing:
        missing = f"no animal was measured in {', '.join(absent)}"
    names = " and ".join(study.label(arm) for arm in singles)
    label = f"{study.label(c.arm)} v expected from {names}"
    weights = {c.arm: 1.0} | dict.fromkeys(singles, -1.0)
    return Question("Q4", c.arm, label, "bliss", "linear", weights, (), missing)


def _one_combination(
    reading: Reading, question: Question
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    curves = _curves(reading, question)
    animals = [len(reading.rows(arm)) for arm in question.weights]
    named = {
        "arm": question.arm,
        "question": "Q4",
        "contrast": question.label,
        "null_model": "independent_action",
        "n": sum(animals),
        "method": "progression.independent-action/1",
    }
    rho = reading.options.rho
    main = _main_row(reading, question, curves, animals)
    rows = [reading.base("restricted_mean_difference", "day") | named | main
            | {"scale": f"observed minus expected at rank correlation {rho:g}, days; "
               "plus is synergy"}]  # fmt: skip
    beside = _beside(reading, curves)
    for words, expected in beside.items():
        row = _excess_row(reading, curves.excess(expected), animals) | {"p": float("nan")}
        scale = {"scale": f"observed minus expected {words}, days; plus is synergy"}
        rows.append(reading.base("excess_at_correlation", "day") | named | row | scale)
    return rows, _expected_table(reading, question, curves, beside)


def _main_row(
    reading: Reading, question: Question, curves: _Curves, animals: list[int]
) -> dict[str, Any]:
    """Return the excess at the stated correlation; at none by the jackknife of few animals."""
    rho = reading.options.rho
    if rho != 0:
        return _excess_row(reading, curves.excess(expected_survival(curves.alone, rho)), animals)
    combination, *parts = (reading.of(arm) for arm in question.weights)
    got = independent_action(combination, parts, reading.horizon, reading.level)
    word = longer_is_better("Q4", got.low, got.high)
    return numbers(got) | {"df": got.df, "status": got.status, "verdict": word}


def _curves(reading: Reading, question: Question) -> _Curves:
    arms = tuple(question.weights)
    times = [reading.of(arm)[0] for arm in arms]
    inside = [t[t < reading.horizon] for t in times]
    edges = np.unique(np.concatenate([[0.0, reading.horizon], *inside]))
    got = []
    for arm in arms:
        time, event = reading.of(arm)
        weights = np.vstack([np.ones(len(time)), reading.weights[arm]])
        got.append(curves_of_draws(time, event, weights, edges[:-1]))
    return _Curves(edges, got[0], np.array(got[1:]))


def _beside(reading: Reading, curves: _Curves) -> dict[str, Floats]:
    """Return the expected curves at other correlations, and at the extremes of any dependence."""
    least, most = frechet_bounds(curves.alone)
    beside = {}
    if len(curves.alone) <= MOST_AGENTS:
        for rho in reading.options.rho_band:
            if len(curves.alone) == MOST_AGENTS and rho < -0.48:
                continue
            beside[f"at rank correlation {rho:g}"] = expected_survival(curves.alone, rho)
    return beside | {"if the better agent decides (least)": least,
                     "if no animal answers to two agents (most)": most}  # fmt: skip


def _excess_row(reading: Reading, drawn: Floats, animals: list[int]) -> dict[str, Any]:
    """Return observed minus expected with its interval, of draws whose first one is the data."""
    got = spread_interval(drawn, animals, reading.level)
    if np.isnan(got.se):
        status = "no animal of these arms had the event, or an arm has one animal"
        return {"value": got.value, "verdict": "not estimable", "status": status}
    word = longer_is_better("Q4", got.low, got.high)
    return numbers(got) | {"df": sum(animals) - len(animals), "verdict": word}


def _expected_table(
    reading: Reading, question: Question, curves: _Curves, beside: dict[str, Floats]
) -> pd.DataFrame:
    """Return the expected curve with its band, its range over correlations, and the extremes."""
    main = expected_survival(curves.alone, reading.options.rho)
    tail = (1 - reading.level) / 2
    low, high = np.quantile(main[1:], [tail, 1 - tail], axis=0)
    shown = np.array([main[0], *(expected[0] for expected in list(beside.values())[:-2])])
    least, most = (expected[0] for expected in list(beside.values())[-2:])
    columns = {
        "survival": main[0], "low": low, "high": high, "rho_low": shown.min(axis=0),
        "rho_high": shown.max(axis=0), "least": least, "most": most,
    }  # fmt: skip
    closed = {name: np.r_[values, values[-1]] for name, values in columns.items()}
    return pd.DataFrame(
        {"model": reading.frame.model, "endpoint": reading.endpoint.id, "arm": question.arm,
         "time": curves.edges} | closed
    )  # fmt: skip


def _correlation_check(
    reading: Reading, question: Question, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return whether the word of Q4 is the same at every correlation of the band."""
    within = [r for r in rows if "rank correlation" in r["scale"]]
    words = list(dict.fromkeys(r["verdict"] for r in within))
    values = [r["value"] for r in within]
    low, high = reading.options.rho_band
    said = (
        f"{words[0]} at every rank correlation from {low:g} to {high:g}"
        if len(words) == 1
        else "the word depends on the correlation of responses: "
        + ", ".join(f"{r['verdict']} {r['scale'].split(' expected ')[1].split(',')[0]}"
                    for r in within)
    )  # fmt: skip
    return {
        "study": reading.study.id,
        "model": reading.frame.model,
        "analysis": "progression",
        "check": "correlation of responses",
        "subject": f"{reading.endpoint.id}: {question.label}",
        "value": max(values) - min(values),
        "threshold": float("nan"),
        "unit": "day",
        "status": "ok" if len(words) == 1 else "caution",
        "message": said,
    }


def _additive_hazards(
    reading: Reading, question: Question, vehicle: str | None
) -> list[dict[str, Any]]:
    """Return the log survival excess of two agents at the vehicle's median, as a second null.

    Half way to the horizon where the vehicle's median was not reached: later, curves are at zero
    and have no logarithm.
    """
    if vehicle is None or vehicle not in reading.arms or len(question.weights) != 3:
        return []
    median = median_time(reading.curve(vehicle)).value
    at = float(min(median, reading.horizon)) if np.isfinite(median) else reading.horizon / 2
    arms = [question.arm, vehicle, *(a for a, w in question.weights.items() if w < 0)]
    survival, variance = [], []
    for arm in arms:
        curve = reading.curve(arm)
        k = int(np.searchsorted(curve.time, at, side="right"))
        survival.append(curve.at(at))
        variance.append(0.0 if k == 0 else float(curve.greenwood[k - 1]))
    value, se = log_survival_excess(np.array(survival), np.array(variance))
    row = reading.base("log_survival_excess", "log ratio") | {
        "arm": question.arm, "question": "Q4", "contrast": question.label,
        "null_model": "additive_hazards", "day": at + reading.frame.baseline_day,
        "n": sum(len(reading.rows(arm)) for arm in arms),
        "scale": "log of observed / expected share without event; plus is synergy",
        "method": "progression.additive-hazards/1",
    }  # fmt: skip
    return [row | _normal(value, se, reading.level)]


def _normal(value: float, se: float, level: float) -> dict[str, Any]:
    from scipy import stats

    if not np.isfinite(value) or se == 0:
        return {"status": "a curve is at zero, or none has an event yet",
                "verdict": "not estimable"}  # fmt: skip
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    p = float(2 * stats.norm.sf(abs(value) / se))
    low, high = value - half, value + half
    return {"value": value, "low": low, "high": high, "se": se, "p": p,
            "verdict": longer_is_better("Q4", low, high)}  # fmt: skip
