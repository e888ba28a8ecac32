"""Read a study folder: facts, tables, checks; every problem at once."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding, StudyError
from smartcombo.study.animals import read_animals
from smartcombo.study.assays.read import with_samples
from smartcombo.study.checks import check_measurements
from smartcombo.study.checks_weights import check_weights
from smartcombo.study.config import PlanFile, StudyFile, load_config, sha256
from smartcombo.study.declared import check_declared, declared_arms
from smartcombo.study.model import (
    ANIMAL_COLUMNS,
    VOLUME_COLUMNS,
    Agent,
    HistoricalControl,
    InputFile,
    Limits,
    Plan,
    PlannedTest,
    Readout,
    Study,
    TumourModel,
)
from smartcombo.study.volumes import detection_limit, read_volumes, sort_volumes
from smartcombo.study.weights import read_weights


def read_study(folder: str | Path) -> Study:
    """Return the checked study in a folder.

    Parameters
    ----------
    folder
        Holds ``study.toml`` and the tables it names; ``plan.toml`` is optional.

    Returns
    -------
    Study
        Frozen; warnings and notes are in its ``findings``.

    Raises
    ------
    StudyError
        If anything is wrong enough to stop; it carries every finding, not just the first.
    """
    study, findings = _read(Path(folder))
    if study is None or any(finding.severity == "error" for finding in findings):
        raise StudyError(findings)
    return study


def check_study(folder: str | Path) -> tuple[Finding, ...]:
    """Return every finding about a study folder; bad data never raises here."""
    return tuple(_read(Path(folder))[1])


def _read(folder: Path) -> tuple[Study | None, list[Finding]]:
    path = folder / "study.toml"
    if not path.is_file():
        return None, [_no_study(folder)]
    facts, findings = load_config(path, StudyFile)
    plan, plan_findings = _plan(folder)
    findings += plan_findings
    if facts is None:
        return None, findings
    findings += check_declared(facts)
    if any(finding.severity == "error" for finding in findings):
        arms_sound = not any(f.code in ("unknown-agent", "duplicate-arm") for f in findings)
        if not arms_sound:
            return None, findings
    study, table_findings = _assemble(folder, facts, plan)
    findings += table_findings
    return study and replace(study, findings=tuple(findings)), findings


def _assemble(folder: Path, facts: StudyFile, plan: Plan) -> tuple[Study | None, list[Finding]]:
    """Return the study: measurements over time first, then what was measured in samples."""
    if facts.tables.volumes is None and facts.tables.samples is None:
        return None, [_no_table()]
    study = _without_tables(folder, facts, plan)
    findings: list[Finding] = []
    if facts.tables.volumes is not None:
        measured, findings = _with_volumes(study, facts)
        if measured is None:
            _, sampled = with_samples(study, facts)
            return None, findings + sampled
        study = measured
    study, sampled = with_samples(study, facts)
    taken = set(study.samples["animal"])
    findings = [f for f in findings if f.code != "animal-never-measured" or f.subject not in taken]
    return study, findings + sampled


def _without_tables(folder: Path, facts: StudyFile, plan: Plan) -> Study:
    """Return the study as ``study.toml`` states it, before any table is read."""
    given = facts.study
    toml = folder / "study.toml"
    inputs = [InputFile("study.toml", sha256(toml.read_bytes()), 0)]
    if plan.confirmatory:
        inputs.append(InputFile("plan.toml", plan.sha256, 0))
    return Study(
        id=given.id,
        title=given.title or given.id,
        folder=folder,
        arms=declared_arms(facts),
        agents=tuple(
            Agent(a.id, a.kind, a.names, a.target, a.code, a.species) for a in facts.agent
        ),
        models=_models(facts),
        readout=Readout("tumour volume", "mm3", math.nan, limit_stated=False),
        volumes=pd.DataFrame(columns=list(VOLUME_COLUMNS)),
        animals=pd.DataFrame(columns=list(ANIMAL_COLUMNS)),
        baseline_day=given.baseline_day or 0.0,
        day_axis=given.day_axis,
        limits=Limits(**facts.limits.model_dump()),
        plan=plan,
        findings=(),
        inputs=tuple(inputs),
        synthetic=given.synthetic,
        facts=_other_facts(facts),
        history=tuple(HistoricalControl(**h.model_dump()) for h in facts.history),
    )


def _with_volumes(study: Study, facts: StudyFile) -> tuple[Study | None, list[Finding]]:
    """Return the study with its measurements over time and its animals."""
    given = facts.tables.volumes
    read, findings = read_volumes(study.folder, facts, study.arms)
    if read is None or given is None:
        return None, findings
    animals, animal_input, animal_findings = read_animals(
        study.folder, facts, study.arms, read.table, study.plan.covariates
    )
    weights, weight_findings = read_weights(study.folder, facts, study.arms, study.models, animals)
    limit, stated, limit_findings = detection_limit(given, read.table)
    table = read.table.assign(at_limit=read.table["value"] <= limit)
    stated_day = facts.study.baseline_day
    toml, *plan = study.inputs
    study = replace(
        study,
        readout=Readout(given.readout, given.unit, limit, stated, read.derivation),
        volumes=sort_volumes(table, study.arms, study.models),
        animals=animals,
        baseline_day=float(table["day"].min()) if stated_day is None else stated_day,
        inputs=_distinct([toml, read.input, *plan, animal_input, weights.input]),
        weights=weights.table,
    )
    findings += animal_findings + weight_findings + limit_findings
    findings += check_measurements(study, facts)
    return study, findings + check_weights(study, weights.input.name if weights.input else "")


def _distinct(inputs: list[InputFile | None]) -> tuple[InputFile, ...]:
    """Return each input once: weights may stand in the file of the volumes."""
    return tuple(dict.fromkeys(one for one in inputs if one is not None))


def _models(facts: StudyFile) -> tuple[TumourModel, ...]:
    declared = tuple(
        TumourModel(m.id, m.line, m.strain, m.site, m.indication, m.cold, m.cellosaurus)
        for m in facts.model
    )
    return declared or (TumourModel("tumour"),)


def _other_facts(facts: StudyFile) -> dict[str, object]:
    shown = ("species", "contact", "licence", "randomised", "randomisation_method", "blinded",
             "allocation_concealed", "caregivers_blinded", "assessed_in_random_order")  # fmt: skip
    given = facts.study.model_dump()
    return {name: given[name] for name in shown if given[name] not in ("", None)}


def _plan(folder: Path) -> tuple[Plan, list[Finding]]:
    path = folder / "plan.toml"
    if not path.is_file():
        return Plan(), [_no_plan()]
    read, findings = load_config(path, PlanFile)
    if read is None:
        return Plan(), findings
    stated = read.plan.model_dump()
    stated["secondary"] = tuple(PlannedTest(**test) for test in stated["secondary"])
    stated["response"] = {} if read.response is None else read.response.stated()
    return Plan(confirmatory=True, sha256=sha256(path.read_bytes()), **stated), findings


def _no_table() -> Finding:
    return Finding(
        code="no-table",
        severity="error",
        file="study.toml",
        column="tables",
        found="neither [tables.volumes] nor [tables.samples]",
        expected="measurements over time, or samples with what was measured in them",
        action="state one of them; `smartcombo init` writes a commented template",
    )


def _no_plan() -> Finding:
    return Finding(
        code="no-plan",
        severity="note",
        file="plan.toml",
        found="no plan.toml",
        expected="primary endpoint, question, level and day stated before looking",
        action="the run is marked exploratory; write plan.toml before the next study",
    )


def _no_study(folder: Path) -> Finding:
    there = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    held = ", ".join(there[:12]) or "nothing"
    return Finding(
        code="missing-file",
        severity="error",
        file="study.toml",
        found=f"the folder {folder} holds {held}" if folder.is_dir() else f"no folder {folder}",
        expected="a study folder with study.toml",
        action=f"smartcombo init {folder} writes a commented template",
    )
