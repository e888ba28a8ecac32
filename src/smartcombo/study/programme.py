"""A programme: several studies, the combinations they share, and what was decided beforehand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smartcombo.core.finding import Finding, StudyError
from smartcombo.study.arms import combinations_of, plain_name
from smartcombo.study.config import load_config
from smartcombo.study.model import Agent, Arm, Combination, Study, Treatment
from smartcombo.study.programme_config import (
    CombinationFacts,
    CriterionFacts,
    GateFacts,
    LiteratureFacts,
    ProgrammeAgentFacts,
    ProgrammeFacts,
    ProgrammeFile,
    PublishedFacts,
    WeightFacts,
)
from smartcombo.study.read import read_study

FILE = "programme.toml"


@dataclass(frozen=True, slots=True)
class StudiedArm:
    """A combination of the programme as one study gives it.

    Attributes
    ----------
    combination
        Id of the combination in ``programme.toml``.
    study
        Id of the study.
    parts
        Its arm and the arms it is compared with, by the ids of that study.
    """

    combination: str
    study: str
    parts: Combination


@dataclass(frozen=True)
class Programme:
    """A checked programme.

    Attributes
    ----------
    facts
        ``[programme]`` as stated.
    studies
        The studies, in the order stated.
    studied
        Where each combination was given: one entry a study and arm, found through agents, doses
        and schedules.
    indications
        Tumour model -> indication it stands for.
    findings
        Of the programme; those of a study are in the study.
    """

    facts: ProgrammeFacts
    folder: Path
    agents: tuple[ProgrammeAgentFacts, ...]
    combinations: tuple[CombinationFacts, ...]
    criteria: tuple[CriterionFacts, ...]
    gates: tuple[GateFacts, ...]
    weights: WeightFacts
    literature: tuple[LiteratureFacts, ...]
    published: tuple[PublishedFacts, ...]
    studies: tuple[Study, ...]
    studied: tuple[StudiedArm, ...]
    indications: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        """Return the id of the programme."""
        return self.facts.id

    @property
    def synthetic(self) -> bool:
        """Return whether any study is made up."""
        return any(study.synthetic for study in self.studies)

    def study(self, study_id: str) -> Study:
        """Return the study with this id.

        Raises
        ------
        KeyError
            If there is none; the message lists those there are.
        """
        for study in self.studies:
            if study.id == study_id:
                return study
        raise KeyError(f"no study {study_id!r}; this programme has {[s.id for s in self.studies]}")

    def without(self, study_id: str) -> Programme:
        """Return the programme as it would be without one study."""
        return replace(
            self,
            studies=tuple(study for study in self.studies if study.id != study_id),
            studied=tuple(one for one in self.studied if one.study != study_id),
        )

    def agents_of(self, combination: str) -> tuple[ProgrammeAgentFacts, ...]:
        """Return the agents of a combination, as ``programme.toml`` describes them."""
        lookup = agent_names(self.agents)
        one = next(one for one in self.combinations if one.id == combination)
        wanted = {lookup[plain_name(t.agent)] for t in one.agents}
        return tuple(agent for agent in self.agents if agent.id in wanted)

    def molecules_of(self, combination: str) -> tuple[ProgrammeAgentFacts, ...]:
        """Return the agents of a combination that are not checkpoint inhibitors."""
        return tuple(a for a in self.agents_of(combination) if a.kind != "checkpoint-inhibitor")

    def context_of(self, model: str) -> str:
        """Return what a tumour model is ranked as: itself, or the indication it stands for."""
        return self.indications[model] if self.facts.context == "indication" else model


def read_programme(folder: str | Path) -> Programme:
    """Return the checked programme in a folder, with all its studies.

    Parameters
    ----------
    folder
        Holds ``programme.toml``; the study folders it names are taken from there.

    Returns
    -------
    Programme
        Frozen; warnings and notes are in its ``findings``.

    Raises
    ------
    StudyError
        If anything is wrong enough to stop; it carries every finding, those of the studies too.
    """
    programme, findings = _read(Path(folder))
    if programme is None or any(finding.severity == "error" for finding in findings):
        raise StudyError(findings)
    return programme


def check_programme(folder: str | Path) -> tuple[Finding, ...]:
    """Return every finding about a programme; bad data never raises here."""
    return tuple(_read(Path(folder))[1])


def agent_names(agents: tuple[ProgrammeAgentFacts, ...]) -> dict[str, str]:
    """Return plain name -> agent id, from ids, names and codes."""
    lookup: dict[str, str] = {}
    for agent in agents:
        for name in (agent.id, *agent.names, agent.code):
            if name:
                lookup.setdefault(plain_name(name), agent.id)
    return lookup


def _read(folder: Path) -> tuple[Programme | None, list[Finding]]:
    from smartcombo.study.programme_checks import check_decisions, check_studies

    path = folder / FILE
    if not path.is_file():
        return None, [no_programme(folder)]
    facts, findings = load_config(path, ProgrammeFile)
    if facts is None:
        return None, findings
    findings += check_decisions(facts)
    studies, study_findings = _studies(folder, facts.programme.studies)
    findings += study_findings
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    programme = _assembled(folder, facts, studies)
    findings += check_studies(programme)
    return replace(programme, findings=tuple(findings)), findings


def _assembled(folder: Path, facts: ProgrammeFile, studies: list[Study]) -> Programme:
    return Programme(
        facts=facts.programme,
        folder=folder,
        agents=facts.agent,
        combinations=facts.combination,
        criteria=facts.criterion,
        gates=facts.gate,
        weights=facts.weights,
        literature=facts.literature,
        published=facts.published,
        studies=tuple(studies),
        studied=tuple(studied_arms(facts, studies)),
        indications=_indications(facts, studies),
    )


def _studies(folder: Path, names: tuple[str, ...]) -> tuple[list[Study], list[Finding]]:
    """Return the studies that can be used, and what keeps the others from it."""
    studies, findings = [], []
    for name in names:
        try:
            studies.append(read_study(folder / os.path.expandvars(name)))
        except StudyError as refused:
            findings.append(_unusable(name, [f for f in refused.findings if f.severity == "error"]))
    return studies, findings


def _unusable(name: str, errors: list[Finding]) -> Finding:
    told = "; ".join(f"[{e.code}] {e.where}: {e.found}" for e in errors[:3])
    more = f" and {len(errors) - 3} more" if len(errors) > 3 else ""
    return Finding(
        code="study-unusable",
        severity="error",
        file=FILE,
        column="programme.studies",
        subject=name,
        found=f"{told}{more}",
        expected="a study folder without errors, its path taken from the programme's folder",
        action=f"`smartcombo check {name}` names every problem of it",
    )


def no_programme(folder: Path) -> Finding:
    """Return the finding about a folder without ``programme.toml``."""
    return Finding(
        code="missing-file",
        severity="error",
        file=FILE,
        found=f"no {FILE} in {folder.name or folder}",
        expected=f"a folder with {FILE}",
        action="`smartcombo init --programme` writes a commented template",
    )


def studied_arms(facts: ProgrammeFile, studies: list[Study]) -> list[StudiedArm]:
    """Return where each combination was given, found through agents, doses and schedules."""
    lookup = agent_names(facts.agent)
    return [
        StudiedArm(one.id, study.id, parts)
        for one in facts.combination
        for study in studies
        for parts in combinations_of(study)
        if is_given(one, study, study.arm(parts.arm), lookup)
    ]


def is_given(one: CombinationFacts, study: Study, arm: Arm, lookup: Mapping[str, str]) -> bool:
    """Return whether an arm gives a combination: its agents, and what it states of each.

    A dose or schedule that the combination states must be that of the arm; what it leaves open may
    be anything.
    """
    known = {agent.id: agent for agent in study.agents}
    given = {_agent_id(known.get(t.agent), t.agent, lookup): t for t in arm.treatments}
    wanted = {lookup.get(plain_name(t.agent), t.agent): t for t in one.agents}
    return set(given) == set(wanted) and all(_agrees(wanted[a], given[a]) for a in wanted)


def _agent_id(agent: Agent | None, name: str, lookup: Mapping[str, str]) -> str:
    names = (name,) if agent is None else (agent.id, *agent.names, agent.code)
    found = (lookup[plain_name(n)] for n in names if n and plain_name(n) in lookup)
    return next(found, name)


def _agrees(stated: Any, given: Treatment) -> bool:
    dose = stated.dose is None or (stated.dose, stated.unit) == (given.dose, given.unit)
    route = not stated.route or stated.route == given.route
    return dose and route and (not stated.schedule or stated.schedule == given.schedule)


def _indications(facts: ProgrammeFile, studies: list[Study]) -> dict[str, str]:
    """Return model -> indication: as the programme states it, else as a study does."""
    stated = {plain_name(m): one.id for one in facts.indication for m in one.models}
    found: dict[str, str] = {}
    for study in studies:
        for model in study.models:
            named = stated.get(plain_name(model.id)) or model.indication
            if named or model.id not in found:
                found[model.id] = named or found.get(model.id) or model.id
    return found
