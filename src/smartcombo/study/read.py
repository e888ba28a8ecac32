"""Read a study folder: facts, tables, checks; every problem at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from smartcombo.core.finding import Finding, StudyError
from smartcombo.study.animals import read_animals
from smartcombo.study.checks import check_measurements
from smartcombo.study.config import PlanFile, StudyFile, load_config, sha256
from smartcombo.study.declared import check_declared, declared_arms
from smartcombo.study.model import (
    Agent,
    HistoricalControl,
    InputFile,
    Limits,
    Plan,
    Readout,
    Study,
    TumourModel,
)
from smartcombo.study.volumes import detection_limit, read_volumes, sort_volumes


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
    arms = declared_arms(facts)
    read, findings = read_volumes(folder, facts, arms)
    if read is None:
        return None, findings
    animals, animal_input, animal_findings = read_animals(
        folder, facts, arms, read.table, plan.covariates
    )
    findings += animal_findings
    limit, stated, limit_findings = detection_limit(facts.tables.volumes, read.table)
    table = read.table.assign(at_limit=read.table["value"] <= limit)
    toml = folder / "study.toml"
    inputs = [InputFile("study.toml", sha256(toml.read_bytes()), 0), read.input]
    if plan.confirmatory:
        inputs.append(InputFile("plan.toml", plan.sha256, 0))
    given = facts.study
    first_day = float(table["day"].min())
    study = Study(
        id=given.id,
        title=given.title or given.id,
        folder=folder,
        arms=arms,
        agents=tuple(
            Agent(a.id, a.kind, a.names, a.target, a.code, a.species) for a in facts.agent
        ),
        models=_models(facts),
        readout=Readout(
            facts.tables.volumes.readout, facts.tables.volumes.unit, limit, stated, read.derivation
        ),
        volumes=sort_volumes(table, arms, _models(facts)),
        animals=animals,
        baseline_day=first_day if given.baseline_day is None else given.baseline_day,
        day_axis=given.day_axis,
        limits=Limits(**facts.limits.model_dump()),
        plan=plan,
        findings=(),
        inputs=(*inputs, *([animal_input] if animal_input else [])),
        synthetic=given.synthetic,
        facts=_other_facts(facts),
        history=tuple(HistoricalControl(**h.model_dump()) for h in facts.history),
    )
    findings += limit_findings + check_measurements(study, facts)
    return study, findings


def _models(facts: StudyFile) -> tuple[TumourModel, ...]:
    declared = tuple(
        TumourModel(m.id, m.line, m.strain, m.site, m.indication, m.cold, m.cellosaurus)
        for m in facts.model
    )
    return declared or (TumourModel("tumour"),)


def _other_facts(facts: StudyFile) -> dict[str, object]:
    shown = ("species", "contact", "licence", "randomised", "randomisation_method", "blinded")
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
    return Plan(confirmatory=True, sha256=sha256(path.read_bytes()), **stated), findings


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
