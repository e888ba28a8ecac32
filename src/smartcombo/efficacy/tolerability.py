"""Tolerability: body weight, clinical scores, treatment-related deaths, exposure, arm by arm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.result import Result, adjusted_estimates
from smartcombo.efficacy.frame import MINIMUM_ANIMALS
from smartcombo.efficacy.score_rows import either_limit_rows, score_rates, score_rows
from smartcombo.efficacy.scorings import Scorings, select_scores
from smartcombo.efficacy.tolerability_checks import limit_checks
from smartcombo.efficacy.tolerability_rows import (
    death_rows,
    exposure_rows,
    model_rows,
    summary_rows,
)
from smartcombo.efficacy.tolerability_shared import Reading
from smartcombo.efficacy.tolerability_words import combination_sentences
from smartcombo.efficacy.weighings import GRAMS, Weighings, courses_table, select_weights
from smartcombo.efficacy.weight_model import FittedWeights, fit_weights
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import first_of_each, study_questions

ALWAYS = ("tolerability.weight-model/1", "tolerability.nadir/1", "tolerability.deaths/1")
OF_SCORES = ("tolerability.worst-score/1", "tolerability.score-limit/1")


@dataclass(frozen=True, slots=True)
class TolerabilityOptions:
    """Options of :func:`smartcombo.efficacy.tolerability`.

    Attributes
    ----------
    net_of_tumour
        Whether the animals' own summaries and the primary model take the tumour's mass off, at 1
        g/cm3. The other model is always given beside it, where volumes are in mm3 or cm3.
    day
        Day of comparison on the study's axis; default that of plan.toml, else the last up to which
        every arm has half of its animals weighed (for scores: scored).
    level
        Confidence level; default that of plan.toml (0.95).
    """

    net_of_tumour: bool = False
    day: float | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")


def tolerability(study: Study, options: TolerabilityOptions | None = None) -> Result:
    """Answer whether each arm is tolerated, and what the combination costs beyond its parts.

    Use it beside every efficacy analysis. A study without weights, without stated fates, or with a
    limit of the clinical score and no scores gets the answer *missing*, never zero. Do not read
    body weight alone where tumours are heavy: a mouse whose tumour shrinks weighs less, so weights
    net of the tumour stand beside those as measured.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        Net of the tumour or not, day, level.

    Returns
    -------
    Result
        ``estimates``: change of weight at the declared day, nadir, average loss, animals past the
        protocol's limit, treatment-related deaths and days followed of each arm; log ratios of mean
        weight, arm / comparator: **minus is harm**; Q4 is observed minus log-additive expectation:
        **minus is more loss than the two agents explain**. Of clinical scores the median worst one,
        animals at the protocol's limit, and the probability that an animal of the arm scores worse
        than one of the comparator: **above 0.5 is harm**; Q4 compares it with the worse of two, one
        of each agent alone. ``checks`` flag arms by the protocol's limits. ``tables``: ``courses``
        of each animal, ``weights``, ``weight_curves`` of the model, ``weighings`` counted,
        ``scores``, ``score_courses``, ``score_rates``, ``scorings`` counted, ``tolerance`` (a
        sentence for each combination).

    Raises
    ------
    AnalysisRefused
        If weights net of the tumour are asked where the read-out is not a volume.

    References
    ----------
    Liu et al. 2009, 10.1002/sim.3639 (constrained longitudinal analysis);
    Clopper and Pearson 1934, 10.1093/biomet/26.4.404;
    Miettinen and Nurminen 1985, 10.1002/sim.4780040211; Brunner and Munzel 2000,
    10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U.
    """
    options = options or TolerabilityOptions()
    if options.net_of_tumour and study.readout.unit not in GRAMS:
        raise AnalysisRefused(
            f"tolerability net of the tumour: the read-out is {study.readout.name} in "
            f"{study.readout.unit}; its mass needs a volume in mm3 or cm3. Leave net_of_tumour out."
        )
    parts = [_one_model(study, model.id, options) for model in study.models]
    names = parts[0].tables
    return Result(
        study=study.id,
        analysis="tolerability",
        estimates=adjusted_estimates([row for part in parts for row in part.rows]),
        checks=_stack([part.checks for part in parts]),
        findings=tuple(finding for part in parts for finding in part.findings),
        tables={name: _stack([part.tables[name] for part in parts]) for name in names},
        methods=(*ALWAYS, *(OF_SCORES if len(study.scores) else ())),
        options={
            "net_of_tumour": options.net_of_tumour,
            "weight_loss_fraction": study.limits.weight_loss_fraction,
            "clinical_score": study.limits.clinical_score,
            "declared_day": {part.model: part.day for part in parts},
            "level": _level(study, options),
        },
    )


@dataclass(frozen=True)
class _Part:
    model: str
    day: float
    rows: list[dict[str, Any]]
    checks: pd.DataFrame
    findings: tuple[Finding, ...]
    tables: dict[str, pd.DataFrame]


def _one_model(study: Study, model: str, options: TolerabilityOptions) -> _Part:
    reading = _reading(study, model, options)
    primary = _fitted(study, model, options, net=options.net_of_tumour)
    rows: list[dict[str, Any]] = []
    findings: tuple[Finding, ...] = ()
    tables = _no_tables()
    if primary is not None:
        weighings, fitted = primary
        reading = replace(reading, day=weighings.day)
        courses = courses_table(study, weighings)
        rows += model_rows(reading, fitted, net=options.net_of_tumour)
        rows += summary_rows(reading, courses)
        tables = _tables(study, weighings, fitted, courses)
        findings = weighings.findings
        rows += exposure_rows(reading, courses)
        if study.readout.unit in GRAMS:
            rows += _beside(study, model, reading, net=not options.net_of_tumour)
    else:
        rows += model_rows(reading, None, net=options.net_of_tumour)
    rows += death_rows(reading)
    scored = select_scores(study, model, day=options.day)
    rows += score_rows(reading, scored)
    rows += either_limit_rows(reading, tables["courses"], scored)
    tables |= _score_tables(reading, scored)
    sentences = combination_sentences(study, model, rows, tables)
    checks = limit_checks(study, model, rows, tables)
    return _Part(model, reading.day, rows, checks, findings, tables | {"tolerance": sentences})


def _reading(study: Study, model: str, options: TolerabilityOptions) -> Reading:
    """Return what the rows share, with the questions that the arms of this model allow."""
    animals = study.animals[study.animals["model"] == model]
    present = tuple(arm.id for arm in study.arms if (animals["arm"] == arm.id).any())
    asked = study_questions(study, combinations_of(study), present)
    kept = first_of_each([q for q in asked if q.null_model in ("", "bliss")])
    return Reading(study, model, float("nan"), _level(study, options), tuple(kept))


def _level(study: Study, options: TolerabilityOptions) -> float:
    return study.plan.level if options.level is None else options.level


def _beside(study: Study, model: str, reading: Reading, *, net: bool) -> list[dict[str, Any]]:
    """Return the rows of the model of the other weight, at the same day."""
    again = TolerabilityOptions(day=reading.day, level=reading.level)
    other = _fitted(study, model, again, net=net)
    return [] if other is None else model_rows(reading, other[1], net=net)


def _fitted(
    study: Study, model: str, options: TolerabilityOptions, *, net: bool
) -> tuple[Weighings, FittedWeights | None] | None:
    """Return the weighings and their model; no model where an arm has a single animal."""
    weighings = select_weights(study, model, net=net, day=options.day)
    if weighings is None:
        return None
    frame, level = weighings.frame, _level(study, options)
    counts = [frame.count(arm) for arm in frame.arms]
    later = set(frame.rows.loc[frame.rows["time"] > 0, "arm"])
    if len(counts) < 2 or min(counts) < MINIMUM_ANIMALS or len(later) < len(counts):
        return weighings, None
    return weighings, fit_weights(frame, level)


def _tables(
    study: Study,
    weighings: Weighings,
    fitted: FittedWeights | None,
    courses: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    frame = weighings.frame
    baseline = courses.set_index("animal")["baseline_g"]
    weights = frame.rows[["arm", "animal", "day", "value"]].rename(columns={"value": "weight_g"})
    weights = weights.assign(change=weights["weight_g"] / weights["animal"].map(baseline) - 1)
    return {
        "courses": courses,
        "weights": weights.assign(model=frame.model),
        "weight_curves": _curves(fitted),
        "weighings": weighings.counts,
    }


def _score_tables(reading: Reading, scored: Scorings | None) -> dict[str, pd.DataFrame]:
    if scored is None:
        names = ("scores", "score_courses", "score_rates", "scorings")
        return {name: pd.DataFrame() for name in names}
    return {
        "scores": scored.rows,
        "score_courses": scored.courses,
        "score_rates": score_rates(reading, scored),
        "scorings": scored.counts,
    }


def _no_tables() -> dict[str, pd.DataFrame]:
    names = ("courses", "weights", "weight_curves", "weighings")
    return {name: pd.DataFrame() for name in names}


def _curves(fitted: FittedWeights | None) -> pd.DataFrame:
    """Return mean change from baseline of each arm while half of its animals are weighed."""
    if fitted is None or fitted.status in ("singular", "not_converged"):
        return pd.DataFrame()
    frame, rows = fitted.frame, []
    last = frame.rows.groupby(["arm", "animal"], sort=False)["time"].max()
    for arm in frame.arms:
        until = float(last.loc[arm].median())
        own = fitted.curve.knots[frame.arms.index(arm)]
        times = np.r_[0.0, [t for t in own if t < until], until]
        tests = fitted.tests(np.array([fitted.curve.growth(arm, t) for t in times[1:]]))
        rows.append((frame.model, arm, frame.baseline_day, 0.0, 0.0, 0.0))
        rows += [
            (frame.model, arm, t + frame.baseline_day, *np.expm1([c.value, c.low, c.high]))
            for t, c in zip(times[1:], tests, strict=True)
        ]
    return pd.DataFrame(rows, columns=["model", "arm", "day", "value", "low", "high"])


def _stack(tables: list[pd.DataFrame]) -> pd.DataFrame:
    full = [table for table in tables if not table.empty]
    return pd.concat(full, ignore_index=True) if full else tables[0]
