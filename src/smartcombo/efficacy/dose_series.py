"""Dose series: is more dose more benefit, or does the benefit turn into its opposite."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.random import stream
from smartcombo.core.result import CHECK_COLUMNS, Result, estimates_frame
from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.frame import GrowthFrame, declared_day, select_growth
from smartcombo.efficacy.options import Specification
from smartcombo.stats.bands import simultaneous_p
from smartcombo.stats.design import ContrastTest, Floats
from smartcombo.stats.trend import step_contrasts, step_pairs, trend_contrasts
from smartcombo.study.model import Study
from smartcombo.study.series import Series, series_of

DOSE_COLUMNS = (
    "model", "series", "agent", "partners", "kind", "arm", "level", "dose", "order", "n", "value",
    "low", "high", "p", "verdict", "reference",
)  # fmt: skip
WORD_COLUMNS = ("model", "series", "sentence", "turns")


@dataclass(frozen=True, slots=True)
class DoseSeriesOptions:
    """Options of :func:`smartcombo.efficacy.dose_series`.

    Attributes
    ----------
    specification
        The growth model; default that of :func:`smartcombo.efficacy.growth`.
    day
        Day up to which growth rates are taken; default that of plan.toml, else that of the growth
        analysis.
    level
        Confidence level of each family of contrasts together; default that of plan.toml (0.95).
    """

    specification: Specification = field(default_factory=Specification)
    day: float | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")


def dose_series(study: Study, options: DoseSeriesOptions | None = None) -> Result:
    """Answer whether more dose is more benefit, and whether it turns: more dose, less benefit.

    Use it where arms differ only in the dose, or the schedule, of one agent, alone or with the same
    partners. Immune effects need not be monotone: PI3K inhibitors help a checkpoint inhibitor at
    one dose and hinder it at a higher one.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`. A study without a series gives an
        empty result.
    options
        Growth model, day and level.

    Returns
    -------
    Result
        ``estimates``: ``dose_trend``, the strongest of Williams' contrasts, and ``dose_step`` for
        each pair of doses, higher minus lower, in growth rate per day: **minus is benefit of more
        dose, plus is harm** (more dose, less benefit). Intervals and p-values hold for all of a
        family together. ``tables``: ``doses`` (each dose against none) and ``words``.

    Raises
    ------
    AnalysisRefused
        If the growth model cannot be made of the study.

    References
    ----------
    Williams 1971, 10.2307/2528930; Bretz 2006, 10.1016/j.csda.2005.01.004; Hothorn et al. 2008,
    10.1002/bimj.200810425.
    """
    options = options or DoseSeriesOptions()
    parts = [part for model in study.models for part in _one_model(study, model.id, options)]
    rows = [row for part in parts for row in part.rows]
    return Result(
        study=study.id,
        analysis="dose_series",
        estimates=estimates_frame(rows),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        tables={
            "doses": pd.DataFrame([r for p in parts for r in p.doses], columns=list(DOSE_COLUMNS)),
            "dose_words": pd.DataFrame([p.words for p in parts], columns=list(WORD_COLUMNS)),
        },
        methods=("dose-series.trend/1", "dose-series.turn/1") if parts else (),
        options={"day": options.day, "level": _level(study, options)},
    )


@dataclass(frozen=True)
class _Part:
    rows: list[dict[str, Any]]
    doses: list[dict[str, Any]]
    words: tuple[str, str, str, bool]


@dataclass(frozen=True)
class _Fitted:
    """One series in one fitted tumour model: ``G`` gives each dose's growth rate, ``(k, p)``."""

    study: Study
    series: Series
    name: str
    fitted: FittedGrowth
    G: Floats
    n: Floats
    day: float
    seed: int


def _level(study: Study, options: DoseSeriesOptions) -> float:
    return study.plan.level if options.level is None else options.level


def _one_model(study: Study, model: str, options: DoseSeriesOptions) -> list[_Part]:
    measured = set(study.volumes.loc[study.volumes["model"] == model, "arm"])
    present = tuple(arm.id for arm in study.arms if arm.id in measured)
    if not series_of(study, present):
        return []
    frame, _ = select_growth(study, model, study.plan.covariates)
    found = series_of(study, frame.arms)
    fitted = fit_growth(frame, options.specification, _level(study, options))
    day = declared_day(study, frame) if options.day is None else options.day
    return [_part(_prepared(study, one, frame, fitted, day)) for one in found]


def _prepared(
    study: Study, series: Series, frame: GrowthFrame, fitted: FittedGrowth, day: float
) -> _Fitted:
    time = day - frame.baseline_day
    G = np.array([fitted.curve.growth(arm, time) / time for arm in series.arms])
    n = np.array([frame.count(arm) for arm in series.arms], dtype=float)
    partners = f" with {' and '.join(series.partners)}" if series.partners else " alone"
    return _Fitted(study, series, series.agent + partners, fitted, G, n, day, frame.seed)


def _part(own: _Fitted) -> _Part:
    steps = _steps(own)
    trend = _trend(own) if own.series.kind == "dose" else []
    doses = _doses(own)
    return _Part([*trend, *steps], doses, _words(own, trend, steps, doses))


def _family(own: _Fitted, C: Floats, name: str) -> list[tuple[ContrastTest, float, float, float]]:
    """Return for each contrast of doses its test, simultaneous limits and adjusted p."""
    rows = C @ own.G
    tests = own.fitted.tests(rows)
    label = (own.fitted.frame.model, own.name, name)
    critical = own.fitted.inference.critical(
        rows, own.fitted.level, stream(own.seed, "dose series", *label)
    )
    p = simultaneous_p(
        np.array([test.statistic for test in tests]),
        rows,
        own.fitted.inference.covariance,
        min(test.df for test in tests),
        stream(own.seed, "dose series", *label),
    )
    return [
        (test, test.value - critical * test.se, test.value + critical * test.se, float(each))
        for test, each in zip(tests, p, strict=True)
    ]


def _row(own: _Fitted, estimand: str, contrast: str, arms: list[int], scale: str) -> dict[str, Any]:
    return {
        "study": own.study.id,
        "model": own.fitted.frame.model,
        "analysis": "dose_series",
        "endpoint": "growth_rate",
        "question": "",
        "estimand": estimand,
        "contrast": contrast,
        "null_model": "",
        "arm": own.series.arms[arms[-1]],
        "day": own.day,
        "level": own.fitted.level,
        "unit": "1/day",
        "scale": scale,
        "n": int(sum(own.n[k] for k in arms)),
        "status": own.fitted.status,
    }


def _numbers(got: tuple[ContrastTest, float, float, float]) -> dict[str, Any]:
    test, low, high, p = got
    return {
        "value": test.value,
        "low": low,
        "high": high,
        "se": test.se,
        "df": test.df,
        "p": p,
        "verdict": verdict("single", low, high, None),
    }


def _trend(own: _Fitted) -> list[dict[str, Any]]:
    """Return the strongest of Williams' contrasts, with the p-value of all of them together."""
    got = _family(own, trend_contrasts(own.n), "trend")
    best = max(range(len(got)), key=lambda k: abs(got[k][0].statistic))
    k = len(own.n)
    upper = own.series.levels[k - best - 1 :]
    over = upper[0] if len(upper) == 1 else f"mean of {', '.join(upper)}"
    contrast = f"{own.name}: {over} v {own.series.levels[0]}"
    scale = "higher doses minus lowest; negative is benefit of dose"
    row = _row(own, "dose_trend", contrast, list(range(k)), scale)
    return [row | _numbers(got[best]) | {"method": "dose-series.trend/1"}]


def _steps(own: _Fitted) -> list[dict[str, Any]]:
    """Return every pair of non-zero doses, higher minus lower."""
    first = 1 if own.series.has_zero else 0
    k = len(own.n) - first
    C = np.zeros((len(step_pairs(k)), len(own.n)))
    C[:, first:] = step_contrasts(k)
    rows = []
    for (lower, higher), got in zip(step_pairs(k), _family(own, C, "steps"), strict=True):
        low, high = own.series.levels[first + lower], own.series.levels[first + higher]
        scale = (
            "higher minus lower dose; negative is benefit, positive is more dose, less benefit"
            if own.series.kind == "dose"
            else "schedule minus comparator; negative is benefit"
        )
        arms = [first + lower, first + higher]
        row = _row(own, "dose_step", f"{own.name}: {high} v {low}", arms, scale)
        rows.append(row | _numbers(got) | {"method": "dose-series.turn/1"})
    return rows


def _doses(own: _Fitted) -> list[dict[str, Any]]:
    """Return each dose against the first of its series (none of the agent, where there is one)."""
    k = len(own.n)
    C = np.c_[-np.ones(k - 1), np.eye(k - 1)]
    tests = [None, *_family(own, C, "doses")]
    rows = []
    for j, got in enumerate(tests):
        numbers = {"value": 0.0, "low": np.nan, "high": np.nan, "p": np.nan, "verdict": ""}
        if got is not None:
            numbers = {key: _numbers(got)[key] for key in numbers}
        rows.append(
            {
                "model": own.fitted.frame.model,
                "series": own.name,
                "agent": own.series.agent,
                "partners": " + ".join(own.series.partners),
                "kind": own.series.kind,
                "arm": own.series.arms[j],
                "level": own.series.levels[j],
                "dose": own.series.doses[j],
                "order": j,
                "n": int(own.n[j]),
                "reference": own.study.label(own.series.arms[0]),
            }
            | numbers
        )
    return rows


def _words(
    own: _Fitted,
    trend: list[dict[str, Any]],
    steps: list[dict[str, Any]],
    doses: list[dict[str, Any]],
) -> tuple[str, str, str, bool]:
    model = own.fitted.frame.model
    turns = [row for row in steps if row["verdict"] == "harm" and own.series.kind == "dose"]
    told = trend and not turns
    said = [f"{own.name}: {_trend_words(trend[0])}"] if told else [f"{own.name}:"]
    if own.series.kind == "schedule":
        differ = [row for row in steps if row["verdict"] in ("benefit", "harm")]
        said.append(
            f"{len(differ)} of {len(steps)} comparisons of schedules leave zero."
            if differ
            else "no two schedules can be told apart."
        )
        return model, own.name, " ".join(said), False
    if not turns:
        said.append("No higher dose does clearly less than a lower one; that is not proof of none.")
        return model, own.name, " ".join(said), False
    worst = max(turns, key=lambda row: float(row["value"]))
    pair = str(worst["contrast"]).split(": ", 1)[1]
    said.append(
        f"more dose, less benefit: {pair} grows {worst['value']:.3f} a day faster "
        f"({worst['low']:.3f} to {worst['high']:.3f}, p {_p_words(worst['p'])}"
        f"{f', corrected for {len(steps)} pairs' if len(steps) > 1 else ''})."
    )
    return model, own.name, " ".join([*said, _reversal(own, worst, doses)]).strip(), True


def _p_words(p: float) -> str:
    return "< 0.0001" if p < 1e-4 else f"= {p:.2g}"


def _trend_words(row: dict[str, Any]) -> str:
    word = {
        "benefit": "tumours grow slower with dose",
        "harm": "tumours grow faster with dose",
    }.get(str(row["verdict"]), "no clear trend with dose")
    return f"{word} ({row['value']:+.3f} a day, {row['low']:.3f} to {row['high']:.3f})."


def _reversal(own: _Fitted, worst: dict[str, Any], doses: list[dict[str, Any]]) -> str:
    """Return what the lower and higher dose of the worst pair do against none of the agent."""
    if not own.series.has_zero:
        return ""
    top = next(row for row in doses if row["arm"] == worst["arm"])
    if top["verdict"] == "harm":
        return f"{top['level']} is worse than none: the sign changes."
    lower = str(worst["contrast"]).rsplit(" v ", 1)[1]
    low = next(row for row in doses if row["level"] == lower)
    if low["verdict"] == "benefit" and top["verdict"] != "benefit":
        return f"{lower} helps; of {top['level']} that cannot be said."
    return ""
