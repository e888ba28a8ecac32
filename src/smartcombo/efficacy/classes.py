"""Kinds of animals: cured and growing, how many of each, and what each kind's tumours do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.result import CHECK_COLUMNS, Result, adjusted_estimates
from smartcombo.efficacy.class_rows import ClassReading, arm_rows, question_rows
from smartcombo.efficacy.describe import observed_table
from smartcombo.efficacy.frame import GrowthFrame, declared_day, require_animals, select_growth
from smartcombo.efficacy.kinds import Kinds, animals_table, kinds_of
from smartcombo.stats.proportions import jeffreys
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import first_of_each, study_questions


@dataclass(frozen=True, slots=True)
class ClassesOptions:
    """Options of :func:`smartcombo.efficacy.classes`.

    Attributes
    ----------
    day
        Declared day of comparison on the study's day axis. Default: that of plan.toml, else the
        last visit at which every arm still has half of its animals.
    level
        Confidence level; default that of plan.toml (0.95).
    hidden_cures
        Widen the intervals of floored volumes for cures that an arm could hide although none was
        seen (default no: with ten animals up to 17% could be, and intervals become very wide).
    """

    day: float | None = None
    level: float | None = None
    hidden_cures: bool = False

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")


def classes(study: Study, options: ClassesOptions | None = None) -> Result:
    """Answer how many kinds of animals there are, and the four questions whatever is cured.

    Use it wherever a checkpoint inhibitor cures some animals and not others. One or two classes of
    curves are fitted, growing and controlled, and their number is chosen by BIC. The share
    controlled, the growth rate of the growing, and the ratio of geometric mean volumes with values
    below the limit counted at the limit, stay defined in every mixture; a mean growth rate over
    both kinds describes no animal.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        Day and level.

    Returns
    -------
    Result
        ``estimates``: by arm ``controlled_share``, ``growing_rate``, ``floored_geometric_mean``;
        by question their differences and ratios: a share is **benefit when plus**, a rate **when
        minus**, ``floored_ratio`` **below 1**; Q4 ``floored_log_ratio`` is log(expected /
        observed), **plus is synergy**. ``tables``: ``kinds`` (one row an animal), ``arm_kinds``,
        ``class_number``.

    Raises
    ------
    AnalysisRefused
        If an arm has one animal, fewer than two arms have animals, or no visit follows baseline.

    References
    ----------
    Muthen and Shedden 1999, 10.1111/j.0006-341X.1999.00463.x; Robinson 1991, 10.1214/ss/1177011926.
    """
    options = options or ClassesOptions()
    parts = [_one_model(study, model.id, options) for model in study.models]
    tables = {
        name: pd.concat([part.tables[name] for part in parts], ignore_index=True)
        for name in parts[0].tables
    }
    return Result(
        study=study.id,
        analysis="classes",
        estimates=adjusted_estimates([row for part in parts for row in part.rows]),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        findings=tuple(finding for part in parts for finding in part.findings),
        tables=tables,
        methods=("classes.mixture/1", "classes.share/1", "classes.growing-rate/1",
                 "classes.floored-mean/1"),
        options={"declared_day": {part.model: part.day for part in parts},
                 "hidden_cures": options.hidden_cures,
                 "level": study.plan.level if options.level is None else options.level},
    )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    model: str
    day: float
    rows: list[dict[str, Any]]
    findings: tuple[Finding, ...]
    tables: dict[str, pd.DataFrame]


def _one_model(study: Study, model: str, options: ClassesOptions) -> _Part:
    frame, _ = select_growth(study, model)
    require_animals(study, frame, "kinds of animals")
    level = study.plan.level if options.level is None else options.level
    day = _day(study, frame, options)
    kinds = kinds_of(frame, study.readout.limit, day - frame.baseline_day, level)
    reading = ClassReading(study, kinds, day, level, options.hidden_cures)
    asked = [q for q in study_questions(study, combinations_of(study), frame.arms)
             if q.null_model in ("", "bliss")]  # fmt: skip
    rows = arm_rows(reading) + [
        row for q in first_of_each(asked) for row in question_rows(reading, q)
    ]
    observed = observed_table(study, model)
    animals = animals_table(kinds)
    kind = animals.set_index("animal")["kind"]
    tables = {
        "kinds": animals,
        "arm_kinds": _arm_kinds(study, kinds),
        "class_number": _class_number(kinds),
        "kind_curves": observed[observed["animal"].isin(kind.index)].assign(
            kind=lambda t: t["animal"].map(kind)
        ),
        "words": pd.DataFrame(
            [(model, "classes", _words(study, kinds, level))], columns=["model", "key", "sentence"]
        ),
    }
    return _Part(model, day, rows, _findings(study, kinds, day), tables)


def _day(study: Study, frame: GrowthFrame, options: ClassesOptions) -> float:
    day = declared_day(study, frame) if options.day is None else options.day
    if day <= frame.baseline_day:
        raise AnalysisRefused(
            f"kinds of animals of {frame.model}: the declared day {day:g} is not after the "
            f"baseline day {frame.baseline_day:g}; set [primary] day in plan.toml to a later visit."
        )
    return day


def _arm_kinds(study: Study, kinds: Kinds) -> pd.DataFrame:
    rows = []
    for arm in kinds.frame.arms:
        k, n = kinds.counts(arm)
        rows.append((kinds.frame.model, arm, 1 + (0 < k < n), n, k, n - k))
    columns = ["model", "arm", "kinds", "animals", "controlled", "growing"]
    return pd.DataFrame(rows, columns=columns)


def _class_number(kinds: Kinds) -> pd.DataFrame:
    mixture = kinds.mixture
    two = mixture.two
    row = {
        "model": kinds.frame.model,
        "classes": mixture.chosen.classes,
        "status": mixture.status,
        "loglik_one": mixture.one.loglik,
        "loglik_two": np.nan if two is None else two.loglik,
        "bic_one": mixture.one.bic,
        "bic_two": np.nan if two is None else two.bic,
        "regression_rate": mixture.chosen.regression,
    }
    return pd.DataFrame([row])


def _words(study: Study, kinds: Kinds, level: float) -> str:
    """Return what the number of classes means, and when the growth rate must not lead."""
    model, mixture = kinds.frame.model, kinds.mixture
    if mixture.chosen.classes == 1:
        return f"{model}: one kind of animal. {_why_one(mixture.status)} {_unseen(kinds, level)}"
    mixed = [arm for arm in kinds.frame.arms if kinds.mixed(arm)]
    gain = mixture.one.bic - mixture.chosen.bic
    start = (
        f"{model}: two kinds of animals, growing and controlled (the tumour vanishes, shrinks or "
        f"stands); BIC is lower by {gain:.0f} than with one kind. "
    )
    if not mixed:
        return start + "Every arm holds one kind: growth rates describe its animals."
    named = "; ".join(f"{study.label(arm)}, {k} of {n} controlled" for arm in mixed
                      for k, n in [kinds.counts(arm)])  # fmt: skip
    return (
        f"{start}Mixed arms: {named}. The growth rate of such an arm is an average over cured and "
        "growing animals and describes neither, so it does not lead: read the share controlled, "
        "the growth rate of the others, and the volumes counted at the limit."
    )


def _why_one(status: str) -> str:
    reasons = {
        "no candidate": "No tumour shrank to half of its baseline.",
        "not_converged": "The search for a second kind did not converge.",
    }
    return reasons.get(status, "A second kind does not improve the fit enough (BIC).")


def _unseen(kinds: Kinds, level: float) -> str:
    sizes = [kinds.frame.count(arm) for arm in kinds.frame.arms]
    most = jeffreys(0, min(sizes), 2 * level - 1).high
    return (
        f"Intervals speak of the kinds of animals seen: in an arm of {min(sizes)}, up to "
        f"{100 * most:.0f}% could be of another kind without one being seen (limit at "
        f"{100 * level:g}%)."
    )


def _findings(study: Study, kinds: Kinds, day: float) -> tuple[Finding, ...]:
    found = []
    mixed = [arm for arm in kinds.frame.arms if kinds.mixed(arm)]
    if mixed:
        counts = ", ".join(f"{study.label(arm)} {k} of {n}" for arm in mixed
                           for k, n in [kinds.counts(arm)])  # fmt: skip
        found.append(
            Finding(
                code="two-kinds-of-animals",
                severity="warning",
                subject=kinds.frame.model,
                found=f"controlled and growing animals in one arm ({counts})",
                expected="one kind of animal, where a mean growth rate is to describe the arm",
                action="lead with the share controlled and the volumes counted at the limit, not "
                "with the growth rate",
            )
        )
    count = sum(how == "its own line" for how in kinds.how)
    if count:
        found.append(
            Finding(
                code="predicted-at-day",
                severity="note",
                subject=kinds.frame.model,
                found=f"{count} growing animals left before day {day:g}",
                expected="a measurement of every animal at the declared day",
                action="their volumes at that day come from their own lines, and the intervals "
                "hold the error of these",
            )
        )
    return tuple(found)
