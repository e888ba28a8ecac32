"""Historical controls: earlier vehicle arms of the same tumour model, borrowed on request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.finding import Finding, StudyError
from smartcombo.core.result import CHECK_COLUMNS, Result, adjusted_estimates
from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.frame import declared_day, one_arm_frame, select_growth
from smartcombo.efficacy.options import Specification
from smartcombo.stats.borrowing import NormalMixture, conflict, map_prior, robust, updated
from smartcombo.stats.design import ContrastTest, Floats
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import HistoricalControl, Study
from smartcombo.study.questions import Question, study_questions
from smartcombo.study.read import read_study

CONFLICT_LEVEL = 0.1
"""Conflict has few studies to show itself: reported below one in ten."""
CONTROL_COLUMNS = ("model", "label", "n", "value", "se", "low", "high", "current")


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """Options of :func:`smartcombo.efficacy.history`.

    Attributes
    ----------
    vague_share
        Prior probability (0 to 1) that earlier controls say nothing about this study; 0.5 by
        default: as likely as not.
    tau_fraction
        Scale of the half-normal prior of the SD between studies, as a fraction of the SD between
        animals; 0.5 is large heterogeneity.
    level
        Level of intervals; default that of plan.toml (0.95).
    """

    vague_share: float = 0.5
    tau_fraction: float = 0.5
    level: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.vague_share <= 1:
            raise ValueError(f"vague_share={self.vague_share!r}: expected a fraction from 0 to 1")
        if self.tau_fraction <= 0:
            raise ValueError(f"tau_fraction={self.tau_fraction!r}: expected a number above 0")


def history(study: Study, options: HistoryOptions | None = None) -> Result:
    """Answer what earlier vehicle arms of the same tumour model add, beside the answer without.

    Only for studies that name earlier controls under ``[[history]]``; any other gives an empty
    result. The vehicle's growth rate gets a robust meta-analytic-predictive prior: where earlier
    controls conflict with today's, their weight falls by itself. Never read the borrowed answer
    alone.

    Returns
    -------
    Result
        ``estimates``: the vehicle's growth rate and its comparisons, without
        (``growth_rate_without_history``) and with borrowing (``growth_rate_borrowed``); differences
        arm minus vehicle, **minus is benefit**; ``animals_borrowed``, the vehicle animals that
        borrowing amounts to. ``checks``: conflict, as prior-predictive p. ``tables["controls"]``:
        every control.

    Raises
    ------
    AnalysisRefused
        If the growth model cannot be made of this study.

    Notes
    -----
    Normal approximations with standard errors widened to the t interval. Given the vehicle's rate,
    the other arms' prior is flat: the posterior of a difference follows from the joint covariance.

    References
    ----------
    Neuenschwander et al. 2010, 10.1177/1740774509356002; Schmidli et al. 2014, 10.1111/biom.12242.
    """
    options = options or HistoryOptions()
    parts = [_one_model(study, model.id, options) for model in study.models if study.history]
    kept = [part for part in parts if part is not None]
    return Result(
        study=study.id,
        analysis="history",
        estimates=adjusted_estimates([row for part in kept for row in part.rows]),
        checks=pd.DataFrame([p.check for p in kept], columns=list(CHECK_COLUMNS)),
        findings=tuple(finding for part in kept for finding in part.findings),
        tables={"controls": pd.DataFrame([r for p in kept for r in p.controls],
                                         columns=list(CONTROL_COLUMNS))},
        methods=("history.robust-map/1",) if kept else (),
        options={"vague_share": options.vague_share, "tau_fraction": options.tau_fraction},
    )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    rows: list[dict[str, Any]]
    check: dict[str, Any]
    findings: tuple[Finding, ...]
    controls: list[tuple[Any, ...]]


@dataclass(frozen=True)
class _Control:
    label: str
    n: int
    value: float
    error: float


@dataclass(frozen=True)
class _Today:
    """The fit of today's study: vehicle's contrast ``(p,)``, its estimate and widened error."""

    study: Study
    fitted: FittedGrowth
    vehicle: str
    row: Floats
    value: float
    error: float
    day: float
    level: float
    time: float


def _one_model(study: Study, model: str, options: HistoryOptions) -> _Part | None:
    vehicle = next((arm.id for arm in study.arms if arm.role == "vehicle"), None)
    entries = [entry for entry in study.history if entry.model in ("", model)]
    if vehicle is None or not entries:
        return None
    today = _today(study, model, vehicle, options)
    controls, findings = _controls(entries, model, today)
    if not controls:
        return _Part([], _conflict_check(today, float("nan")), findings, [])
    sd = today.error * np.sqrt(today.fitted.frame.count(vehicle))
    prior = map_prior(
        np.array([c.value for c in controls]),
        np.array([c.error for c in controls]),
        options.tau_fraction * sd,
    )
    p = conflict(prior, today.value, today.error)
    mixed = robust(prior, options.vague_share, prior.mean, prior.variance + sd**2)
    posterior = updated(mixed, today.value, today.error)
    rows = _rows(today, posterior)
    return _Part(rows, _conflict_check(today, p), findings, _control_rows(today, controls))


def _today(study: Study, model: str, vehicle: str, options: HistoryOptions) -> _Today:
    frame, _ = select_growth(study, model, study.plan.covariates)
    level = study.plan.level if options.level is None else options.level
    fitted = fit_growth(frame, Specification(), level)
    day = declared_day(study, frame)
    time = day - frame.baseline_day
    row = fitted.curve.growth(vehicle, time) / time
    test = fitted.tests(row)[0]
    return _Today(study, fitted, vehicle, row, test.value, _error(test), day, level, time)


def _error(test: ContrastTest) -> float:
    """Return the standard error whose normal interval is the t interval."""
    return (test.high - test.low) / 2 / float(stats.norm.ppf(0.5 + test.level / 2))


def _controls(
    entries: list[HistoricalControl], model: str, today: _Today
) -> tuple[list[_Control], tuple[Finding, ...]]:
    controls, findings = [], []
    for entry in entries:
        if entry.growth_rate is not None and entry.se is not None:
            controls.append(_Control(entry.label, entry.n or 0, entry.growth_rate, entry.se))
            continue
        try:
            controls.append(_from_folder(entry, model, today))
        except (StudyError, LookupError) as problem:
            findings.append(_unusable(entry, model, problem))
    return controls, tuple(findings)


def _from_folder(entry: HistoricalControl, model: str, today: _Today) -> _Control:
    """Return the vehicle's growth rate of an earlier study, over as many days as today's."""
    earlier = read_study(today.study.folder / entry.folder)
    arm = entry.arm or next((a.id for a in earlier.arms if a.role == "vehicle"), "")
    frame = one_arm_frame(earlier, model, earlier.arm(arm).id, today.time)
    fitted = fit_growth(frame, replace(Specification(), baseline="by-arm"), today.level)
    test = fitted.tests(fitted.curve.growth(arm, 1.0))[0]
    if not np.isfinite(_error(test)):
        raise LookupError(f"the growth rate of {arm!r} has no interval ({fitted.status})")
    return _Control(entry.label or earlier.id, frame.count(arm), test.value, _error(test))


def _unusable(entry: HistoricalControl, model: str, problem: Exception) -> Finding:
    return Finding(
        code="history-unusable",
        severity="warning",
        file="study.toml",
        subject=entry.label or entry.folder,
        found=f"no control of {model} from {entry.folder}: {problem}",
        expected="a study folder with a vehicle arm of this tumour model, two animals or more",
        action="correct the folder, or name arm and model; nothing is borrowed from it",
    )


def _conflict_check(today: _Today, p: float) -> dict[str, Any]:
    clash = p < CONFLICT_LEVEL
    message = (
        "No earlier control could be used." if np.isnan(p) else
        "Today's vehicle does not grow as earlier ones predict: their weight falls; read the "
        "answer without them." if clash else
        "Today's vehicle grows as earlier ones predict."
    )  # fmt: skip
    return {
        "study": today.study.id,
        "model": today.fitted.frame.model,
        "analysis": "history",
        "check": "history in conflict",
        "subject": today.study.label(today.vehicle),
        "value": p,
        "threshold": CONFLICT_LEVEL,
        "unit": "prior-predictive p",
        "status": "caution" if clash or np.isnan(p) else "ok",
        "message": message,
    }


def _rows(today: _Today, posterior: NormalMixture) -> list[dict[str, Any]]:
    n = today.fitted.frame.count(today.vehicle)
    rate = {"estimand": "growth_rate_borrowed", "question": "", "arm": today.vehicle,
            "contrast": "", "n": n,
            "scale": "natural log of volume per day; earlier controls borrowed"}  # fmt: skip
    without = rate | {"estimand": "growth_rate_without_history",
                      "scale": "natural log of volume per day; today's animals alone"}  # fmt: skip
    test = today.fitted.tests(today.row)[0]
    rows = [
        _base(today) | without | _from_test(test),
        _base(today) | rate | _from(today, posterior),
    ]
    rows.append(_borrowed(today, posterior, n))
    present = tuple(today.fitted.frame.arms)
    asked = study_questions(today.study, combinations_of(today.study), present)
    for question in asked:
        if question.key in ("Q1", "single") and not question.missing:
            rows += _difference(today, posterior, question)
    return rows


def _difference(
    today: _Today, posterior: NormalMixture, question: Question
) -> list[dict[str, Any]]:
    """Return a comparison with the vehicle, without and with borrowing."""
    curve, time = today.fitted.curve, today.time
    row = (
        np.sum([w * curve.growth(arm, time) for arm, w in question.weights.items()], axis=0) / time
    )
    test = today.fitted.tests(row)[0]
    covariance = today.fitted.inference.covariance
    base_variance = float(today.row @ covariance @ today.row)
    slope = float(row @ covariance @ today.row) / base_variance
    widened = (_error(test) / test.se) ** 2
    rest = max(float(row @ covariance @ row) - slope**2 * base_variance, 0.0) * widened
    with_history = posterior.shifted(test.value - slope * today.value, slope, rest)
    shared = _base(today) | {
        "question": question.key,
        "contrast": question.label,
        "arm": question.arm,
        "n": sum(today.fitted.frame.count(arm) for arm in question.arms),
        "scale": "arm minus vehicle; negative is benefit",
    }
    alone = {"verdict": verdict(question.key, test.low, test.high, None)}
    joint = _from(today, with_history)
    word = {"verdict": verdict(question.key, joint["low"], joint["high"], None)}
    return [
        shared | {"estimand": "difference_without_history"} | _from_test(test) | alone,
        shared | {"estimand": "difference_borrowed"} | joint | word,
    ]


def _borrowed(today: _Today, posterior: NormalMixture, n: int) -> dict[str, Any]:
    """Return the vehicle animals that the gain in precision amounts to; none under conflict."""
    gained = max(0.0, n * (today.error**2 / posterior.variance - 1))
    return _base(today) | {
        "estimand": "animals_borrowed",
        "question": "",
        "contrast": "",
        "arm": today.vehicle,
        "value": gained,
        "unit": "animals",
        "scale": "animals that would narrow the vehicle's rate as much",
        "n": n,
    }


def _base(today: _Today) -> dict[str, Any]:
    return {
        "study": today.study.id,
        "model": today.fitted.frame.model,
        "analysis": "history",
        "endpoint": "growth_rate",
        "null_model": "",
        "day": today.day,
        "level": today.level,
        "unit": "1/day",
        "method": "history.robust-map/1",
        "status": today.fitted.status,
        "verdict": "",
    }


def _from_test(test: ContrastTest) -> dict[str, Any]:
    return {"value": test.value, "low": test.low, "high": test.high, "se": test.se, "df": test.df,
            "p": test.p}  # fmt: skip


def _from(today: _Today, posterior: NormalMixture) -> dict[str, Any]:
    tail = (1 - today.level) / 2
    below = posterior.cdf(0.0)
    return {
        "value": posterior.mean,
        "low": posterior.quantile(tail),
        "high": posterior.quantile(1 - tail),
        "se": float(np.sqrt(posterior.variance)),
        "p": max(0.0, 2 * min(below, 1 - below)),
    }


def _control_rows(today: _Today, controls: list[_Control]) -> list[tuple[Any, ...]]:
    z = float(stats.norm.ppf(0.5 + today.level / 2))
    n = today.fitted.frame.count(today.vehicle)
    every = [*controls, _Control(today.study.id, n, today.value, today.error)]
    return [
        (today.fitted.frame.model, c.label, c.n, c.value, c.error, c.value - z * c.error,
         c.value + z * c.error, k == len(controls))
        for k, c in enumerate(every)
    ]  # fmt: skip
