"""Growth analysis: select -> design -> fit -> check -> assemble, for each tumour model."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.parallel import mapped
from smartcombo.core.random import DEFAULT_SEED, stream
from smartcombo.core.result import Result, adjusted_estimates, stacked
from smartcombo.efficacy.accounting import accounting
from smartcombo.efficacy.case_bootstrap import METHOD, bootstrap_table
from smartcombo.efficacy.cluster_answers import cluster_findings, clusters_table
from smartcombo.efficacy.course import course_table, curves_table
from smartcombo.efficacy.describe import design_table, observed_table
from smartcombo.efficacy.diagnostics import (
    CURVATURE_LEVEL,
    checks_table,
    curvature_test,
    influence_table,
    residual_tables,
)
from smartcombo.efficacy.estimates import Reading, arm_rows, question_rows
from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.frame import (
    MINIMUM_ANIMALS,
    GrowthFrame,
    declared_day,
    require_animals,
    select_growth,
)
from smartcombo.efficacy.mean_curve import CURVED
from smartcombo.efficacy.options import GrowthOptions, Shape, Specification
from smartcombo.efficacy.robustness import robustness_table, stability_sentence
from smartcombo.efficacy.scales import scales_table
from smartcombo.efficacy.shapes import SHAPE_WORDS, fitted_shapes, shape_sentence, shapes_table
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import Question, study_questions


def growth(study: Study, options: GrowthOptions | None = None, *, workers: int = 1) -> Result:
    """Answer how fast the tumours of each arm grow, and the four questions of each combination.

    A linear mixed model of log volume with a random intercept and slope for each animal, fitted by
    REML; every question is a contrast of one model with one covariance matrix. Use it for any
    read-out that grows roughly exponentially. Do not lead with a growth rate where an arm is a
    mixture of cured and progressing animals: it then describes no animal.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        Primary specification, day, level, bootstrap; default is the constrained longitudinal model
        with Kenward-Roger inference, and the plan's day and level.
    workers
        Processes that fit the tumour models of the study side by side, and threads that share out
        the refits of a bootstrap; changes no number.

    Returns
    -------
    Result
        ``estimates`` (growth rates in 1/day, doubling times in days, log ratios at the declared
        day), ``checks``, ``findings``, and the ``tables`` behind the figures. Differences are arm
        minus comparator: negative is benefit. Q4 at a day is log(expected / observed): positive is
        synergy.

    Raises
    ------
    AnalysisRefused
        If a tumour model has fewer than two arms with animals, an arm of one animal, or no visit
        after baseline; with ``bootstrap``, an arm of fewer than five animals.

    Notes
    -----
    Randomisation makes the arms equal at baseline; the constrained model uses that, so a noisy
    first measurement does not contaminate each later day. Animals that leave because their tumour
    is large are missing at random given their measured volumes, which the likelihood respects.

    References
    ----------
    Liu et al. 2009, 10.1002/sim.3639 (constrained longitudinal analysis);
    Kenward and Roger 1997, 10.2307/2533558.

    Examples
    --------
    >>> import smartcombo as sc
    >>> study = sc.read_study("b16-combo/")  # doctest: +SKIP
    >>> sc.efficacy.growth(study).select(question="Q2")  # doctest: +SKIP
    """
    options = _planned(study, options or GrowthOptions())
    _refuse_programme(study)
    threads = max(1, workers // len(study.models))
    jobs = [(study, model.id, options, threads) for model in study.models]
    parts = mapped(_one_model, jobs, workers=workers)
    estimates = adjusted_estimates([row for part in parts for row in part.rows])
    estimates["scale"] = estimates["scale"].map(study.readout.words)
    tables = _stack([part.tables for part in parts])
    return Result(
        study=study.id,
        analysis="growth",
        estimates=estimates,
        checks=stacked([part.checks for part in parts]),
        findings=tuple(finding for part in parts for finding in part.findings),
        tables=tables,
        methods=_methods(
            options,
            [part.censored for part in parts],
            not tables["clusters"].empty,
            bool((estimates["null_model"] == "pairs").any()),
        ),
        options=_resolved(study, options, {part.model: part.day for part in parts}),
    )


def _planned(study: Study, options: GrowthOptions) -> GrowthOptions:
    """Return the options with the plan's shape where no model is stated."""
    if options.specification is not None:
        return options
    shape = cast(Shape, study.plan.shape)
    planned = Specification(shape=shape, bend_day=study.plan.bend_day)
    try:
        return replace(options, specification=planned)
    except ValueError as fault:
        raise AnalysisRefused(f"growth of {study.id}, with the plan's shape: {fault}") from fault


def _primary(options: GrowthOptions) -> Specification:
    return options.specification or Specification()


@dataclass(frozen=True)
class _ModelPart:
    model: str
    day: float
    rows: list[dict[str, Any]]
    checks: pd.DataFrame
    findings: tuple[Finding, ...]
    censored: bool
    tables: dict[str, pd.DataFrame]


def _one_model(job: tuple[Study, str, GrowthOptions, int]) -> _ModelPart:
    study, model, options, threads = job
    frame, findings = select_growth(study, model, covariates_of(study, options))
    require_animals(study, frame, "growth")
    reading = _reading(study, frame, options)
    _require_bend(frame, _primary(options))
    questions = study_questions(study, combinations_of(study), frame.arms)
    fitted = fit_growth(frame, _primary(options), reading.level)
    checks, tables = _examined(study, fitted, questions, reading, options)
    if options.bootstrap:
        tables["bootstrap"] = bootstrap_table(
            fitted, questions, reading, draws=options.bootstrap, workers=threads
        )
    return _ModelPart(
        model=model,
        day=reading.day,
        rows=arm_rows(fitted, reading) + question_rows(fitted, questions, reading),
        checks=checks,
        findings=(
            *findings,
            *_lost_findings(fitted),
            *cluster_findings(study, tables["clusters"]),
        ),
        censored=fitted.censored > 0,
        tables=tables,
    )


def _examined(
    study: Study,
    fitted: FittedGrowth,
    questions: tuple[Question, ...],
    reading: Reading,
    options: GrowthOptions,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    frame, primary, limit = fitted.selected, fitted.specification, study.readout.limit
    rng = stream(_seed(study), "growth", frame.model)
    time = reading.day - frame.baseline_day
    residuals, effects = residual_tables(fitted)
    curvature = curvature_test(frame, primary, reading.level)
    influence = influence_table(fitted, questions, time, reading.margin_log_ratio)
    shown = fitted
    if curvature[0] < CURVATURE_LEVEL and primary.shape == "exponential":
        shown = fit_growth(frame, replace(primary, shape="spline"), reading.level)
    tables = {
        "observed": observed_table(study, frame.model),
        "design": design_table(study, frame),
        "accounting": accounting(study, "growth", needs_baseline=False, model=frame.model),
        "curves": curves_table(shown, rng, limit),
        "course": course_table(shown, questions, rng, limit),
        "residuals": residuals,
        "random_effects": effects,
        "influence": influence,
        "scales": scales_table(study, frame, reading.day, reading.level),
        "clusters": clusters_table(study, fitted, questions, time, reading.margin_log_ratio),
    }
    words = [("curvature", _curvature_words(frame.model, curvature[0], fitted, shown))]
    if options.robustness:
        shapes = fitted_shapes(fitted)
        tables["robustness"] = _robustness(fitted, questions, reading, shapes)
        words += _stability(study, tables["robustness"])
        tables["shapes"] = shapes_table(shapes, questions, reading, primary.shape)
        words += [("shape", shape_sentence(tables["shapes"], frame.model))]
    words += _scale_words(tables["scales"])
    tables["words"] = pd.DataFrame(
        [(frame.model, key, text) for key, text in words], columns=["model", "key", "sentence"]
    )
    checks = checks_table(fitted, study, residuals, effects, curvature, influence)
    return checks, tables


def _robustness(
    fitted: FittedGrowth,
    questions: tuple[Question, ...],
    reading: Reading,
    shapes: dict[str, FittedGrowth],
) -> pd.DataFrame:
    return robustness_table(
        fitted.selected,
        questions,
        primary=fitted.specification,
        day=reading.day,
        level=reading.level,
        margin=reading.margin_log_ratio,
        known={one.specification: one for one in shapes.values()},
    )


def _stability(study: Study, table: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        (f"stability:{arm}", stability_sentence(rows, study.label(str(arm))))
        for arm, rows in table.groupby("combination", sort=False)
    ]


def _scale_words(scales: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        (f"scales:{arm}", str(rows["sentence"].iloc[0]))
        for arm, rows in scales.groupby("arm", sort=False)
    ]


def _curvature_words(model: str, p: float, primary: FittedGrowth, shown: FittedGrowth) -> str:
    shape = primary.specification.shape
    if shape != "exponential":
        return (
            f"{model}: the primary model is {SHAPE_WORDS[shape]}; a growth rate is the average "
            "rate from baseline to the declared day, and curves and course over time are of the "
            "same model."
        )
    if math.isnan(p):
        return (
            f"{model}: exponential growth is assumed; these visits cannot tell whether arms bend."
        )
    if shown.specification.shape == "spline":
        return (
            f"{model}: at least one arm bends on the log scale (p = {p:.2g}, Holm-adjusted), so "
            "curves and course over time come from a natural spline in time. The estimates keep "
            "the exponential model stated beforehand; a growth rate is then the average rate of "
            "the period."
        )
    return (
        f"{model}: exponential growth serves; no arm bends clearly on the log scale (p = {p:.2g})."
    )


def covariates_of(study: Study, options: GrowthOptions) -> tuple[str, ...]:
    """Return the baseline covariates: those of the options, else those of the plan."""
    return study.plan.covariates if options.covariates is None else options.covariates


def _reading(study: Study, frame: GrowthFrame, options: GrowthOptions) -> Reading:
    day = options.day if options.day is not None else declared_day(study, frame)
    if day <= frame.baseline_day:
        raise AnalysisRefused(
            f"growth of {frame.model}: the declared day {day:g} is not after the baseline day "
            f"{frame.baseline_day:g}; set [primary] day in plan.toml to a later visit."
        )
    level = options.level if options.level is not None else study.plan.level
    return Reading(study, day, level, study.plan.margin_log_ratio, study.plan.margin_rate)


def _require_bend(frame: GrowthFrame, primary: Specification) -> None:
    bend, last = primary.bend_day, float(frame.rows["day"].max())
    if bend is not None and not frame.baseline_day < bend < last:
        raise AnalysisRefused(
            f"growth of {frame.model}: bend_day = {bend:g} is not between the baseline day "
            f"{frame.baseline_day:g} and the last visit on day {last:g}; state a day between them, "
            "or leave bend_day out of plan.toml and it is estimated."
        )


def _refuse_programme(study: Study) -> None:
    if study.single_mouse:
        raise AnalysisRefused(
            f"growth of {study.id}: most arms of its {len(study.models)} models have one animal; "
            f"an arm needs at least {MINIMUM_ANIMALS} for a difference within a model to have an "
            "interval. `single_mouse` takes each model as the unit and compares the arms across "
            "models."
        )


def _lost_findings(fitted: FittedGrowth) -> tuple[Finding, ...]:
    if not fitted.lost:
        return ()
    return (
        Finding(
            code="no-baseline",
            severity="warning",
            subject=fitted.frame.model,
            found=f"no measurement on the baseline day for {', '.join(fitted.lost)}",
            expected="a baseline for every animal, as relative volume divides by it",
            action='use baseline="constrained", which keeps them',
        ),
    )


def _seed(study: Study) -> int:
    return DEFAULT_SEED if study.plan.seed is None else study.plan.seed


def _stack(parts: list[dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    return {name: stacked([part[name] for part in parts]) for name in parts[0]}


def _methods(
    options: GrowthOptions, censored: list[bool], clustered: bool, triple: bool
) -> tuple[str, ...]:
    """Return the methods used; censored fits bring their own degrees of freedom."""
    fits = ["growth.censored/1"] if any(censored) else []
    if not all(censored) or options.robustness:
        fits.append(f"growth.{_primary(options).inference}/1")
    if clustered:
        fits.append("growth.clusters/1")
    if options.bootstrap:
        fits.append(METHOD)
    if options.robustness:
        fits += ["growth.cr2/1", "growth.robustness/1"]
    fits += [
        f"growth.{shape}/1"
        for shape in CURVED
        if options.robustness or _primary(options).shape == shape
    ]
    questions = ["growth.bliss/1", "growth.hsa/1", "growth.response-additivity/1"]
    questions += ["growth.third-order/1"] if triple else []
    return tuple(dict.fromkeys(["growth.lmm/1", *fits, *questions, "growth.bands/1"]))


def _resolved(study: Study, options: GrowthOptions, days: dict[str, float]) -> dict[str, Any]:
    return {
        **asdict(_primary(options)),
        "declared_day": days,
        "level": options.level if options.level is not None else study.plan.level,
        "margin_log_ratio": study.plan.margin_log_ratio,
        "margin_rate": study.plan.margin_rate,
        "robustness": options.robustness,
        "bootstrap": options.bootstrap,
        "covariates": list(covariates_of(study, options)),
        "seed": _seed(study),
        "synthetic": study.synthetic,
    }
