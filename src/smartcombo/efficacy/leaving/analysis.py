"""Leaving: select -> reference -> panel -> words -> assemble, for each tumour model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.result import CHECK_COLUMNS, Result, estimates_frame
from smartcombo.efficacy.estimates import Reading
from smartcombo.efficacy.fitting import fit_growth
from smartcombo.efficacy.frame import GrowthFrame, declared_day, select_growth
from smartcombo.efficacy.leaving.delta import (
    CURVE_COLUMNS,
    STRESS,
    TIPPING_COLUMNS,
    Imputed,
    delta_curves,
    disagreement_finding,
    impute,
    tipping_points,
    tipping_rows,
)
from smartcombo.efficacy.leaving.leavers import (
    by_arm_table,
    leavers_table,
    leaving_rows,
    leaving_tests,
    unknown_finding,
)
from smartcombo.efficacy.leaving.options import LeavingOptions
from smartcombo.efficacy.leaving.panel import (
    COMPLETE,
    DELTA,
    JOINT,
    LAST_DAY,
    LOCF,
    MAR,
    Case,
    asked,
    carried_forward,
    complete_cases,
    last_day_means,
    method_rows,
)
from smartcombo.efficacy.leaving.shared import association_row, joint_model
from smartcombo.efficacy.leaving.words import WORD_COLUMNS, answer_sentences, overall, summary
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import study_questions

NOT_RECOMMENDED = {
    LOCF: "last observation carried forward; not recommended: a tumour does not stop growing when "
    "its mouse leaves",
    COMPLETE: "complete cases; not recommended: those still there are the slow growers",
    LAST_DAY: "means of those present at the last visit; not recommended: controls with large "
    "tumours are missing, which hides the drug's effect",
}


def leaving(study: Study, options: LeavingOptions | None = None) -> Result:
    """Answer who left the study, and how far the four questions could be off because of it.

    The growth analysis takes leaving as explained by the measured volumes (missing at random),
    which holds for animals culled at the size limit. For animals that left for another or an
    unknown reason this analysis asks what would change the answers: other growth after leaving
    than predicted, and leaving that depends on growth not yet measured.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        Growth model, day, level, number of imputations and shifts.

    Returns
    -------
    Result
        ``estimates``: share that left by arm and its differences; the answers of the growth
        analysis under each method, ``method`` telling which (differences arm minus comparator:
        negative is benefit; Q4 log ratio: positive is synergy); tipping points per day.
        ``tables``: ``leavers``, ``leaving_by_arm``, ``leaving_tests``, ``delta_curves``,
        ``tipping_points``, ``leaving_words``.

    Raises
    ------
    AnalysisRefused
        If a tumour model has fewer than two arms with animals, or the declared day is not after
        the baseline.

    Notes
    -----
    Delta-adjusted multiple imputation: volumes after leaving are drawn from the growth model and
    shifted by delta a day on the log scale; pooled by Rubin's rules. Joint model: the hazard of
    leaving for a stated other reason depends on the animal's random slope.

    References
    ----------
    Little 1993, 10.1080/01621459.1993.10594302 (pattern mixture); Rubin 1987,
    10.1002/9780470316696; Henderson, Diggle and Dobson 2000, 10.1093/biostatistics/1.4.465;
    Martin et al. 2016, 10.1007/s00280-016-3059-x (dropout in mouse studies).
    """
    options = options or LeavingOptions()
    parts = [_one_model(study, model.id, options) for model in study.models]
    used = [method for part in parts for method in part.methods]
    return Result(
        study=study.id,
        analysis="leaving",
        estimates=estimates_frame([row for part in parts for row in part.rows]),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        findings=tuple(finding for part in parts for finding in part.findings),
        tables={name: _stacked([part.tables[name] for part in parts]) for name in parts[0].tables},
        methods=tuple(dict.fromkeys(used)),
        options={
            "declared_day": {part.model: part.day for part in parts},
            "imputations": options.imputations,
            "shifts": options.shifts,
        },
    )


@dataclass(frozen=True)
class _Part:
    model: str
    day: float
    rows: list[dict[str, Any]]
    findings: tuple[Finding, ...]
    methods: tuple[str, ...]
    tables: dict[str, pd.DataFrame]


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    full = [table for table in tables if not table.empty]
    return pd.concat(full, ignore_index=True) if full else tables[0]


@dataclass(frozen=True)
class _Panel:
    """The sensitivity panel of one tumour model; empty where nobody left early."""

    rows: list[dict[str, Any]]
    words: list[tuple[str, str]]
    curves: pd.DataFrame
    tips: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    methods: tuple[str, ...] = ()


def _one_model(study: Study, model: str, options: LeavingOptions) -> _Part:
    case = _case(study, model, options)
    leavers, tests = case.leavers, leaving_tests(case.frame, case.leavers)
    panel = _panel(case, options)
    words = [("summary", summary(case, tests)), *panel.words]
    present = [question for question in case.questions if not question.missing]
    tables = {
        "leavers": leavers,
        "leaving_by_arm": by_arm_table(study, leavers),
        "leaving_tests": tests,
        "delta_curves": panel.curves,
        "tipping_points": panel.tips,
        "leaving_words": pd.DataFrame(
            [(model, key, text) for key, text in words if text], columns=WORD_COLUMNS
        ),
    }
    return _Part(
        model=model,
        day=case.reading.day,
        rows=[*leaving_rows(leavers, present, case.reading), *panel.rows],
        findings=(*unknown_finding(leavers), *panel.findings),
        methods=("leaving.who/1", *panel.methods),
        tables=tables,
    )


def _panel(case: Case, options: LeavingOptions) -> _Panel:
    """Return every answer under every assumption, and what would change it."""
    tips, curves = pd.DataFrame(columns=TIPPING_COLUMNS), pd.DataFrame(columns=CURVE_COLUMNS)
    if not case.leavers["before"].any():
        return _Panel([], [], curves, tips)
    findings: tuple[Finding, ...] = ()
    imputed, joint = impute(case, options.imputations), joint_model(case)
    answers = method_rows(case, case.reference, MAR) + _contrasting(case)
    answers += _stressed(case, imputed)
    answers += method_rows(case, joint.fitted, JOINT, "joint model", joint.why_not)
    if imputed is not None:
        curves = delta_curves(imputed, options.shifts)
        tips = tipping_points(imputed, curves)
        findings = disagreement_finding(case, curves)
    words = [*answer_sentences(case, answers, tips), ("overall", overall(case, tips, answers))]
    rows = [*answers, *tipping_rows(case, tips), association_row(case, joint)]
    methods = (MAR, LOCF, COMPLETE, LAST_DAY, DELTA, JOINT)
    return _Panel(rows, words, curves, tips, findings, methods)


def _case(study: Study, model: str, options: LeavingOptions) -> Case:
    frame, _ = select_growth(study, model, study.plan.covariates)
    reading = _reading(study, frame, options)
    questions = study_questions(study, combinations_of(study), frame.arms)
    reference = fit_growth(frame, options.specification, reading.level)
    return Case(reference, asked(questions), reading, leavers_table(study, frame, reading.day))


def _reading(study: Study, frame: GrowthFrame, options: LeavingOptions) -> Reading:
    day = declared_day(study, frame) if options.day is None else options.day
    if day <= frame.baseline_day:
        raise AnalysisRefused(
            f"leaving of {frame.model}: the declared day {day:g} is not after the baseline day "
            f"{frame.baseline_day:g}; set [primary] day in plan.toml to a later visit."
        )
    level = study.plan.level if options.level is None else options.level
    return Reading(study, day, level, study.plan.margin_log_ratio, study.plan.margin_rate)


def _contrasting(case: Case) -> list[dict[str, Any]]:
    """Return the answers of the rules that are common and wrong, labelled so."""
    fits = {
        LOCF: carried_forward(case),
        COMPLETE: complete_cases(case),
        LAST_DAY: last_day_means(case),
    }
    return [
        row
        for method, fitted in fits.items()
        for row in method_rows(case, fitted, method, NOT_RECOMMENDED[method])
    ]


def _stressed(case: Case, imputed: Imputed | None) -> list[dict[str, Any]]:
    """Return the answers had the combination's leavers grown faster by a stated shift."""
    if imputed is None:
        why = "no animal left early for a reason other than size or plan"
        return method_rows(case, None, DELTA, "shifted imputation", why)
    delta = STRESS * imputed.fastest
    rows = []
    for question in case.questions:
        arms = (question.arm,)
        one = Case(case.reference, (question,), case.reading, case.leavers)
        words = f"leavers of the combination imputed growing {delta:.3g} per day faster"
        rows += method_rows(one, imputed.shifted(delta, arms), DELTA, words)
    return rows
