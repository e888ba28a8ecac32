"""Time to progression: when tumours reach a multiple of their baseline, arm by arm."""

from __future__ import annotations

from dataclasses import dataclass
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
from smartcombo.stats.cox import cox
from smartcombo.stats.design import Floats
from smartcombo.stats.time_to_event import (
    KaplanMeier,
    Summary,
    kaplan_meier,
    logrank,
    median_time,
    restricted_mean,
    restricted_mean_difference,
)
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study

DRAWS = 1999
"""Bootstrap draws of mice for independent action."""
PROGRESSED = ("size-limit",)
"""Fates that are progression although the target was not reached; others are censored."""


@dataclass(frozen=True, slots=True)
class ProgressionOptions:
    """Options of :func:`smartcombo.efficacy.progression`.

    Attributes
    ----------
    multiple
        Progression is this multiple of the animal's volume at baseline.
    volume
        Or this volume, in the unit of the read-out; then ``multiple`` is not used.
    horizon
        Days since baseline up to which mean times are taken; default the longest that every arm
        was followed.
    level
        Confidence level; default that of plan.toml (0.95).
    """

    multiple: float = 4.0
    volume: float | None = None
    horizon: float | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        if self.multiple <= 1:
            raise ValueError(f"multiple={self.multiple!r}: expected a number above 1, such as 4")
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")


def progression(study: Study, options: ProgressionOptions | None = None) -> Result:
    """Answer how long tumours need to progress, and the four questions about it.

    Use it beside growth and response: it needs no model of the curve, and an animal that never
    progresses counts for as long as it was seen. Progression is interpolated on the log scale
    between the visits that enclose it; an animal that leaves for another reason is censored.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        What progression is, the horizon, and the level.

    Returns
    -------
    Result
        ``estimates``: median and restricted mean time of each arm (days since baseline);
        differences in restricted mean, arm minus comparator: **plus is benefit**; hazard ratios
        with Firth's penalty: **below 1 is benefit**; Q4 observed minus expected restricted mean
        under independent drug action: **plus is synergy**. ``tables``: ``times`` of each animal
        with the visits that enclose them, ``survival`` curves, ``logrank`` over all arms.

    References
    ----------
    Palmer and Sorger 2017, 10.1016/j.cell.2017.11.009 (independent drug action); Royston and Parmar
    2013, 10.1186/1471-2288-13-152; Heinze and Schemper 2001, 10.1111/j.0006-341X.2001.00114.x.
    """
    options = options or ProgressionOptions()
    parts = [_one_model(study, model.id, options) for model in study.models]
    stacked = {
        name: pd.concat([part.tables[name] for part in parts], ignore_index=True)
        for name in parts[0].tables
    }
    return Result(
        study=study.id,
        analysis="progression",
        estimates=adjusted_estimates([row for part in parts for row in part.rows]),
        checks=cluster_checks(study, "progression"),
        findings=tuple(finding for part in parts for finding in part.findings),
        tables=stacked,
        methods=("progression.kaplan-meier/1", "progression.cox-firth/1",
                 "progression.independent-action/1"),
        options={"multiple": options.multiple, "volume": options.volume,
                 "horizon": {part.model: part.horizon for part in parts}},
    )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    model: str
    horizon: float
    rows: list[dict[str, Any]]
    findings: tuple[Finding, ...]
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class _Reading:
    """The times of one tumour model, and what its rows share."""

    study: Study
    model: str
    times: pd.DataFrame
    horizon: float
    level: float
    baseline_day: float

    def of(self, arm: str) -> tuple[Floats, np.ndarray]:
        """Return times and events of an arm."""
        own = self.times[self.times["arm"] == arm]
        return own["time"].to_numpy(float), own["event"].to_numpy(bool)

    def curve(self, arm: str) -> KaplanMeier:
        """Return the survival curve of an arm."""
        return kaplan_meier(*self.of(arm), self.level)

    def mean(self, arm: str) -> Summary:
        """Return the restricted mean of an arm."""
        return restricted_mean(self.curve(arm), self.horizon, self.level)


def _one_model(study: Study, model: str, options: ProgressionOptions) -> _Part:
    frame, _ = select_growth(study, model)
    times = progression_times(study, frame, options)
    level = study.plan.level if options.level is None else options.level
    horizon = _horizon(times) if options.horizon is None else options.horizon
    reading = _Reading(study, model, times, horizon, level, frame.baseline_day)
    tables = {"times": times, "survival": _curves(reading), "logrank": _logrank(reading)}
    rows = _arm_rows(reading) + _question_rows(reading)
    return _Part(model, horizon, rows, _censored_finding(model, times), tables)


def progression_times(
    study: Study, frame: GrowthFrame, options: ProgressionOptions
) -> pd.DataFrame:
    """Return time, event and the visits that enclose it, days since baseline, by animal."""
    fates = study.animals.set_index("animal")["fate"]
    rows = []
    for animal, own in frame.rows.groupby("animal", sort=False):
        if own["time"].iloc[0] > 0:
            continue
        volume, time = own["shown_value"].to_numpy(float), own["time"].to_numpy(float)
        target = options.multiple * volume[0] if options.volume is None else options.volume
        when, left, right = _crossing(volume, time, target)
        event = np.isfinite(when)
        reason = "reached the target" if event else str(fates.get(animal, "unknown"))
        if not event:
            when = left = right = float(time[-1])
            event = reason in PROGRESSED
        rows.append((frame.model, own["arm"].iloc[0], animal, when, event, left, right, reason))
    columns = ["model", "arm", "animal", "time", "event", "after", "by", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _crossing(volume: Floats, time: Floats, target: float) -> tuple[float, float, float]:
    """Return when a curve first reaches the target, and the visits before and at."""
    reached = np.flatnonzero(volume >= target)
    if not len(reached):
        return float("nan"), float("nan"), float("nan")
    k = int(reached[0])
    if k == 0:
        return 0.0, 0.0, 0.0
    share = np.log(target / volume[k - 1]) / np.log(volume[k] / volume[k - 1])
    when = time[k - 1] + share * (time[k] - time[k - 1])
    return float(when), float(time[k - 1]), float(time[k])


def _horizon(times: pd.DataFrame) -> float:
    """Return the longest time up to which every arm's curve is known."""
    ends = []
    for _, own in times.groupby("arm", sort=False):
        last = own.sort_values(["time", "event"]).iloc[-1]
        ends.append(np.inf if last["event"] else float(last["time"]))
    known = min(ends)
    return float(times["time"].max()) if np.isinf(known) else float(known)


def _curves(reading: _Reading) -> pd.DataFrame:
    tables = []
    for arm in dict.fromkeys(reading.times["arm"]):
        c = reading.curve(arm)
        ones, zero = np.ones(1), np.zeros(1)
        tables.append(
            pd.DataFrame(
                {
                    "model": reading.model,
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
    return pd.concat(tables, ignore_index=True)


def _logrank(reading: _Reading) -> pd.DataFrame:
    codes, arms = pd.factorize(reading.times["arm"])
    event = reading.times["event"].to_numpy(bool)
    if len(arms) < 2 or not event.any():
        return pd.DataFrame(columns=["model", "chi2", "df", "p", "animals"])
    test = logrank(reading.times["time"].to_numpy(float), event, codes.astype(np.int64))
    row = (reading.model, test.chi2, test.df, test.p, len(reading.times))
    return pd.DataFrame([row], columns=["model", "chi2", "df", "p", "animals"])


def _base(reading: _Reading, estimand: str, unit: str) -> dict[str, Any]:
    return {
        "study": reading.study.id,
        "model": reading.model,
        "analysis": "progression",
        "endpoint": "progression",
        "estimand": estimand,
        "question": "",
        "null_model": "",
        "contrast": "",
        "day": reading.horizon + reading.baseline_day,
        "level": reading.level,
        "unit": unit,
        "method": "progression.kaplan-meier/1",
        "status": "ok",
        "verdict": "",
    }


def _numbers(got: Summary) -> dict[str, float]:
    return {"value": got.value, "low": got.low, "high": got.high, "se": got.se, "p": got.p}


def _arm_rows(reading: _Reading) -> list[dict[str, Any]]:
    rows = []
    for arm in dict.fromkeys(reading.times["arm"]):
        shared = {"arm": arm, "n": len(reading.of(arm)[0])}
        mean, median = reading.mean(arm), median_time(reading.curve(arm))
        scale = f"days since baseline, up to {reading.horizon:.4g}"
        rows.append(_base(reading, "restricted_mean", "day") | shared | {"scale": scale}
                    | _numbers(mean))  # fmt: skip
        status = "ok" if np.isfinite(median.value) else "not reached"
        rows.append(_base(reading, "median_time", "day") | shared | _numbers(median)
                    | {"scale": "days since baseline", "status": status})  # fmt: skip
    return rows


def _question_rows(reading: _Reading) -> list[dict[str, Any]]:
    study = reading.study
    present = tuple(dict.fromkeys(reading.times["arm"]))
    questions = study_questions(study, combinations_of(study), present)
    rows = []
    for q in first_of_each([q for q in questions if q.null_model in ("", "bliss")]):
        named = {"arm": q.arm, "question": q.key, "contrast": q.label}
        if q.missing:
            missing = {"n": 0, "scale": "", "status": f"missing: {q.missing}", "verdict": "missing",
                       "null_model": "independent_action" if q.null_model else ""}  # fmt: skip
            rows.append(_base(reading, "restricted_mean_difference", "day") | named | missing)
        elif q.null_model:
            rows.append(_independent_action(reading, q) | named)
        else:
            rows += [row | named for row in _comparison(reading, q)]
    return rows


def _comparison(reading: _Reading, question: Question) -> list[dict[str, Any]]:
    other = next(arm for arm, weight in question.weights.items() if weight < 0)
    gap = restricted_mean_difference(reading.mean(question.arm), reading.mean(other), reading.level)
    (t1, e1), (t2, e2) = reading.of(question.arm), reading.of(other)
    shared = {"n": len(t1) + len(t2)}
    mean = _base(reading, "restricted_mean_difference", "day") | shared | _numbers(gap) | {
        "scale": f"arm minus comparator, up to {reading.horizon:.4g} days; plus is benefit",
        "verdict": verdict(question.key, -gap.high, -gap.low, None),
    }  # fmt: skip
    hazard = _base(reading, "hazard_ratio", "ratio") | shared | {
        "scale": "arm / comparator; below 1 is benefit",
        "method": "progression.cox-firth/1",
    }  # fmt: skip
    events = np.r_[e1, e2]
    if not events.any():
        return [mean, hazard | {"status": "no animal progressed", "verdict": "not estimable"}]
    column = np.r_[np.ones(len(t1)), np.zeros(len(t2))][:, None]
    fit = cox(np.r_[t1, t2], events, column, firth=True, level=reading.level)
    value, low, high = (float(np.exp(np.clip(x[0], -700, 700)))
                        for x in (fit.beta, fit.low, fit.high))  # fmt: skip
    word = verdict(question.key, float(np.log(max(low, 1e-300))), float(np.log(high)), None)
    found = {"value": value, "low": low, "high": high, "p": float(fit.p[0]), "status": fit.status}
    return [mean, hazard | found | {"verdict": word}]


def _independent_action(reading: _Reading, question: Question) -> dict[str, Any]:
    """Return observed minus expected restricted mean, mice drawn with replacement in each arm."""
    study = reading.study
    arms = [question.arm, *(arm for arm, weight in question.weights.items() if weight < 0)]
    data = [reading.of(arm) for arm in arms]
    seed = DEFAULT_SEED if study.plan.seed is None else study.plan.seed
    rng = stream(seed, "independent drug action", reading.model, question.arm)
    drawn = np.empty(DRAWS)
    for k in range(DRAWS):
        picks = [rng.integers(0, len(t), len(t)) for t, _ in data]
        again = [(t[i], e[i]) for (t, e), i in zip(data, picks, strict=True)]
        drawn[k] = _excess(again, reading.horizon)
    tail = (1 - reading.level) / 2
    low, high = (float(x) for x in np.quantile(drawn, [tail, 1 - tail]))
    above = float(np.mean(drawn > 0)) + 0.5 * float(np.mean(drawn == 0))
    return _base(reading, "restricted_mean_difference", "day") | {
        "null_model": "independent_action",
        "value": _excess(data, reading.horizon),
        "low": low,
        "high": high,
        "se": float(drawn.std(ddof=1)),
        "p": max(2 * min(above, 1 - above), 1 / DRAWS),
        "n": sum(len(t) for t, _ in data),
        "scale": "observed minus expected, days; plus is synergy",
        "method": "progression.independent-action/1",
        "verdict": verdict("Q4", -high, -low, None),
    }


def _excess(data: list[tuple[Floats, np.ndarray]], horizon: float) -> float:
    """Return the restricted mean of the first arm minus that of independent action of the rest."""
    edges = np.unique(np.concatenate([[0.0, horizon], *(t[t < horizon] for t, _ in data)]))
    observed, *alone = (_steps(t, e, edges[:-1]) for t, e in data)
    expected = 1 - np.prod([1 - s for s in alone], axis=0)
    return float(np.sum(np.diff(edges) * (observed - expected)))


def _steps(time: Floats, event: np.ndarray, at: Floats) -> Floats:
    """Return the Kaplan-Meier curve just after given times."""
    order = np.argsort(time, kind="stable")
    t, e = time[order], event[order]
    times, first = np.unique(t, return_index=True)
    died = np.add.reduceat(e.astype(float), first)
    curve = np.cumprod(1 - died / (len(t) - first))
    return np.r_[1.0, curve][np.searchsorted(times, at, side="right")]


def _censored_finding(model: str, times: pd.DataFrame) -> tuple[Finding, ...]:
    ended = ("alive-at-end", "tumour-free", "planned-cull")
    left = times[~times["event"] & ~times["reason"].isin(ended)]
    if left.empty:
        return ()
    reasons = ", ".join(f"{n} {why}" for why, n in left["reason"].value_counts().items())
    return (
        Finding(
            code="left-before-progression",
            severity="warning",
            subject=model,
            found=f"{len(left)} animals left before progression and before the end ({reasons})",
            expected="leaving that has nothing to do with the tumour",
            action="they are censored when last seen; if they were about to progress, times are "
            "too long",
        ),
    )
