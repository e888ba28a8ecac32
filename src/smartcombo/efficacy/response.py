"""Response of each animal, response rates of each arm, and the four questions about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.core.random import DEFAULT_SEED, stream
from smartcombo.core.result import Result
from smartcombo.efficacy.cluster_answers import cluster_checks
from smartcombo.efficacy.estimates import adjusted_estimates
from smartcombo.efficacy.frame import GrowthFrame, select_growth
from smartcombo.efficacy.questions import Question, first_of_each, study_questions
from smartcombo.efficacy.verdicts import verdict
from smartcombo.stats.proportions import (
    Proportion,
    clopper_pearson,
    difference,
    independent_action,
    jeffreys,
)
from smartcombo.stats.response import MRECIST, ResponseRule, categorise, curve_responses
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study

RESPONDERS = ("CR", "PR")
OUTCOMES = {"response_rate": "responded", "tumour_free_rate": "tumour_free"}
"""Estimand -> the column of the calls that it counts."""


@dataclass(frozen=True, slots=True)
class ResponseOptions:
    """Options of :func:`smartcombo.efficacy.response`.

    Attributes
    ----------
    rule
        First day that counts and thresholds; default mRECIST of Gao 2015.
    level
        Confidence level; default that of plan.toml (0.95).
    """

    rule: ResponseRule = field(default=MRECIST)
    level: float | None = None

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")


def response(study: Study, options: ResponseOptions | None = None) -> Result:
    """Answer how many animals of each arm respond, and the four questions about it.

    Use it beside the growth analysis wherever some animals are cured and others progress: a
    response rate stays defined whatever the mixture. Every animal with a baseline counts; one that
    left before the first day that counts is *not evaluable* and counts as no response.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        Rule and level.

    Returns
    -------
    Result
        ``estimates``: rates of response (CR or PR) and of animals tumour-free at their last visit,
        with Jeffreys intervals; differences, arm minus comparator: **plus is benefit**; Q4 observed
        minus expected under independent action: **plus is synergy**. ``tables["calls"]``: one row
        an animal; ``tables["rates"]``: exact intervals beside them.

    References
    ----------
    Gao 2015, 10.1038/nm.3954; Miettinen and Nurminen 1985, 10.1002/sim.4780040211; Bliss 1939,
    10.1111/j.1744-7348.1939.tb06990.x.
    """
    options = options or ResponseOptions()
    level = study.plan.level if options.level is None else options.level
    calls, rows, findings = [], [], []
    for model in study.models:
        frame, _ = select_growth(study, model.id)
        table = calls_table(study, frame, options.rule)
        calls.append(table)
        rows += _rate_rows(study, table, level) + _question_rows(study, frame, table, level)
        findings += _not_evaluable(model.id, table, options.rule)
    whole = pd.concat(calls, ignore_index=True)
    return Result(
        study=study.id,
        analysis="response",
        estimates=adjusted_estimates(rows),
        checks=cluster_checks(study, "response"),
        findings=(*findings, *_not_volumes(study)),
        tables={"calls": whole, "rates": _exact(whole, level)},
        methods=("response.mrecist/1", "response.rate/1", "response.independent-action/1"),
        options={"rule": asdict(options.rule), "level": level},
    )


def calls_table(study: Study, frame: GrowthFrame, rule: ResponseRule) -> pd.DataFrame:
    """Return best response, category, tumour-free and time to double of each animal.

    A volume at or below the detection limit is no measurable tumour: a change of -100%.
    """
    rows = frame.rows
    at_baseline = rows.loc[rows["time"] == 0, "animal"]
    rows = rows[rows["animal"].isin(at_baseline)]
    ids = rows["animal"].to_numpy()
    start = np.r_[np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]), len(ids)].astype(np.int64)
    gone = rows["at_limit"].to_numpy(bool) & (rows["time"].to_numpy(float) > 0)
    volume = np.where(gone, 0.0, rows["shown_value"].to_numpy(float))
    found = curve_responses(volume, rows["time"].to_numpy(float), start, rule.first_day)
    first, last = rows.iloc[start[:-1]], rows.iloc[start[1:] - 1]
    table = pd.DataFrame(
        {
            "model": frame.model,
            "arm": first["arm"].to_numpy(),
            "animal": first["animal"].to_numpy(),
            "category": categorise(found.best, found.best_average, rule),
            "best_percent": found.best,
            "best_day": found.best_day + frame.baseline_day,
            "best_average_percent": found.best_average,
            "time_to_double": found.time_to_double,
            "doubled": found.doubled,
            "tumour_free": last["at_limit"].to_numpy(bool),
            "last_day": last["day"].to_numpy(),
        }
    )
    fates = study.animals.set_index("animal")["fate"]
    table["tumour_free"] |= table["animal"].map(fates).eq("tumour-free")
    return table.assign(responded=table["category"].isin(RESPONDERS))


def _counts(table: pd.DataFrame, arm: str, outcome: str) -> tuple[int, int]:
    own = table[table["arm"] == arm]
    return int(own[outcome].sum()), len(own)


def _base(study: Study, table: pd.DataFrame, estimand: str, level: float) -> dict[str, Any]:
    return {
        "study": study.id,
        "model": str(table["model"].iloc[0]),
        "analysis": "response",
        "endpoint": "response",
        "estimand": estimand,
        "question": "",
        "null_model": "",
        "contrast": "",
        "day": float(table["last_day"].max()),
        "level": level,
        "unit": "fraction of animals",
        "method": "response.rate/1",
        "status": "ok",
        "verdict": "",
    }


def _interval(got: Proportion) -> dict[str, float]:
    return {"value": got.value, "low": got.low, "high": got.high, "p": got.p}


def _rate_rows(study: Study, table: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    return [
        _base(study, table, estimand, level)
        | {"arm": arm, "n": n, "scale": "animals of the arm"}
        | _interval(jeffreys(k, n, level))
        for arm in dict.fromkeys(table["arm"])
        for estimand, outcome in OUTCOMES.items()
        for k, n in [_counts(table, arm, outcome)]
    ]


def _question_rows(
    study: Study, frame: GrowthFrame, table: pd.DataFrame, level: float
) -> list[dict[str, Any]]:
    present = tuple(dict.fromkeys(table["arm"]))
    asked = [q for q in study_questions(study, combinations_of(study), present)
             if q.null_model in ("", "bliss")]  # fmt: skip
    rows = []
    for question in first_of_each(asked):
        for estimand, outcome in OUTCOMES.items():
            base = _base(study, table, f"{estimand}_difference", level) | {
                "arm": question.arm,
                "question": question.key,
                "contrast": question.label,
            }
            rows.append(base | _answered(study, frame, question, table, outcome, level))
    return rows


def _answered(
    study: Study,
    frame: GrowthFrame,
    question: Question,
    table: pd.DataFrame,
    outcome: str,
    level: float,
) -> dict[str, Any]:
    null = "independent_action" if question.null_model else ""
    if question.missing:
        return {"null_model": null, "n": 0, "scale": "", "status": f"missing: {question.missing}",
                "verdict": "missing"}  # fmt: skip
    own = _counts(table, question.arm, outcome)
    others = [_counts(table, arm, outcome) for arm, w in question.weights.items() if w < 0]
    if null:
        seed = DEFAULT_SEED if study.plan.seed is None else study.plan.seed
        rng = stream(seed, "independent action", frame.model, question.arm, outcome)
        got = independent_action(own, tuple(others), rng, level)
        method, scale = "response.independent-action/1", "observed minus expected; plus is synergy"
    else:
        got = difference(*own, *others[0], level)
        method, scale = "response.rate/1", "arm minus comparator; plus is benefit"
    word = verdict(question.key, -got.high, -got.low, None)
    n = own[1] + sum(other[1] for other in others)
    return {"null_model": null, "n": n, "scale": scale, "method": method, "verdict": word,
            **_interval(got)}  # fmt: skip


def _exact(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return counts and rates of each arm with exact and Jeffreys intervals."""
    rows = []
    for (model, arm), own in table.groupby(["model", "arm"], sort=False):
        for estimand, outcome in OUTCOMES.items():
            k, n = int(own[outcome].sum()), len(own)
            exact, bayes = clopper_pearson(k, n, level), jeffreys(k, n, level)
            rows.append((model, arm, estimand, k, n, exact.value, exact.low, exact.high,
                         bayes.low, bayes.high))  # fmt: skip
    columns = ["model", "arm", "estimand", "k", "n", "value", "exact_low", "exact_high",
               "jeffreys_low", "jeffreys_high"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _not_volumes(study: Study) -> list[Finding]:
    """Return a finding where thresholds that were set for volumes are applied to another signal."""
    if study.readout.is_volume:
        return []
    return [
        Finding(
            code="response-not-volume",
            severity="warning",
            subject=study.id,
            found=f"responses called from {study.readout.name} in {study.readout.unit}",
            expected="a read-out in mm3, for which the thresholds of mRECIST were set",
            action="read them as changes of the signal; lead with the growth rate",
        )
    ]


def _not_evaluable(model: str, table: pd.DataFrame, rule: ResponseRule) -> list[Finding]:
    left = table.loc[table["category"] == "not evaluable", "animal"]
    if left.empty:
        return []
    return [
        Finding(
            code="not-evaluable",
            severity="note",
            subject=model,
            found=f"{len(left)} animals without a visit from day {rule.first_day:g} after baseline "
            f"on: {', '.join(left[:6])}{' ...' if len(left) > 6 else ''}",
            expected="a visit on which a response can be called",
            action="they count as no response",
        )
    ]
