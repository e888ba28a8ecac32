"""What study.toml declares about agents and arms, and whether it holds together."""

from __future__ import annotations

import difflib
from collections import Counter

from smartcombo.core.finding import Finding
from smartcombo.study.arms import plain_name, role_of
from smartcombo.study.config import HistoryFacts, StudyFile
from smartcombo.study.model import AgentKind, Arm, Treatment


def agent_lookup(facts: StudyFile) -> dict[str, str]:
    """Return plain name -> agent id, from ids, names and codes."""
    lookup: dict[str, str] = {}
    for agent in facts.agent:
        for name in (agent.id, *agent.names, agent.code):
            if name:
                lookup.setdefault(plain_name(name), agent.id)
    return lookup


def declared_arms(facts: StudyFile) -> tuple[Arm, ...]:
    """Return the arms with agents resolved and roles derived; unknown agents keep their name."""
    lookup = agent_lookup(facts)
    kinds: dict[str, AgentKind] = {agent.id: agent.kind for agent in facts.agent}
    arms = []
    for arm in facts.arm:
        treatments = frozenset(
            Treatment(lookup.get(plain_name(t.agent), t.agent), t.dose, t.unit, t.route, t.schedule)
            for t in arm.agents
        )
        role = role_of((t.agent for t in treatments), kinds)
        arms.append(Arm(arm.id, arm.label or arm.id, treatments, role))
    return tuple(arms)


def check_declared(facts: StudyFile) -> list[Finding]:
    """Return every problem of the declarations, before any table is read."""
    return [
        *_duplicates("duplicate-agent", "agent", [agent.id for agent in facts.agent]),
        *_duplicates("duplicate-arm", "arm", [arm.id for arm in facts.arm]),
        *_duplicates("duplicate-model", "model", [model.id for model in facts.model]),
        *_no_arms(facts),
        *_unknown_agents(facts),
        *_same_treatments(facts),
        *_roles(facts),
        *_randomisation(facts),
        *_history(facts),
    ]


def _no_arms(facts: StudyFile) -> list[Finding]:
    """Find a study of growth without arms; samples alone may be described without."""
    if facts.arm or facts.tables.volumes is None:
        return []
    return [
        Finding(
            code="missing-key",
            severity="error",
            file="study.toml",
            column="arm",
            found="no [[arm]]",
            expected="one [[arm]] for each treatment group",
            action="add them; `smartcombo init` writes a commented template",
        )
    ]


def _duplicates(code: str, what: str, ids: list[str]) -> list[Finding]:
    return [
        Finding(
            code=code,
            severity="error",
            file="study.toml",
            column=f"{what}.id",
            subject=name,
            found=f"{count} entries [[{what}]] with id {name!r}",
            expected="each id once",
            action="rename or delete all but one",
        )
        for name, count in Counter(ids).items()
        if count > 1
    ]


def _unknown_agents(facts: StudyFile) -> list[Finding]:
    lookup = agent_lookup(facts)
    findings = []
    for arm in facts.arm:
        for treatment in arm.agents:
            if plain_name(treatment.agent) in lookup:
                continue
            near = difflib.get_close_matches(treatment.agent, [a.id for a in facts.agent], n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            findings.append(
                Finding(
                    code="unknown-agent",
                    severity="error",
                    file="study.toml",
                    column="arm.agents",
                    subject=arm.id,
                    found=f"agent {treatment.agent!r}",
                    expected=f"one of {', '.join(a.id for a in facts.agent) or 'no agents yet'}",
                    action=f"{hint}add an [[agent]] or one of its names",
                )
            )
    return findings


def _same_treatments(facts: StudyFile) -> list[Finding]:
    seen: dict[frozenset[Treatment], str] = {}
    findings = []
    for arm in declared_arms(facts):
        first = seen.setdefault(arm.treatments, arm.id)
        if first != arm.id:
            findings.append(
                Finding(
                    code="same-treatment",
                    severity="error",
                    file="study.toml",
                    column="arm.agents",
                    subject=arm.id,
                    found=f"arms {first!r} and {arm.id!r} with the same agents, doses and schedule",
                    expected="arms that differ in what was given",
                    action="merge them under one id with `names`, or state the dose or schedule",
                )
            )
    return findings


def _roles(facts: StudyFile) -> list[Finding]:
    if not facts.arm:
        return [_nothing_compared()]
    roles = {arm.role for arm in declared_arms(facts)}
    findings = []
    if "vehicle" not in roles:
        findings.append(
            Finding(
                code="no-vehicle-arm",
                severity="warning",
                file="study.toml",
                found="no arm with agents = []",
                expected="a vehicle arm",
                action="Q1 and the Bliss expectation stay missing; they are not guessed",
            )
        )
    if "combination" not in roles:
        findings.append(
            Finding(
                code="no-combination-arm",
                severity="warning",
                file="study.toml",
                found="no arm with two agents or more",
                expected="a combination",
                action="only single agents v vehicle are answered",
            )
        )
    return findings + _missing_singles(facts)


def _nothing_compared() -> Finding:
    return Finding(
        code="no-arms",
        severity="note",
        file="study.toml",
        found="no [[arm]]",
        expected="arms, where treatments are to be compared",
        action="samples are described one by one; nothing is compared",
    )


def _missing_singles(facts: StudyFile) -> list[Finding]:
    arms = declared_arms(facts)
    alone = {next(iter(arm.agents)) for arm in arms if len(arm.agents) == 1}
    combined = {agent for arm in arms if arm.role == "combination" for agent in arm.agents}
    return [
        Finding(
            code="missing-single-arm",
            severity="warning",
            file="study.toml",
            subject=agent,
            found=f"{agent} is given in combination and never alone",
            expected="an arm of each agent alone",
            action="the questions that need it are reported as missing, never as zero",
        )
        for agent in sorted(combined - alone)
    ]


def _randomisation(facts: StudyFile) -> list[Finding]:
    if facts.study.randomised or not facts.arm:
        return []
    found = "not stated" if facts.study.randomised is None else "not randomised"
    return [
        Finding(
            code="randomisation-not-stated",
            severity="warning",
            file="study.toml",
            column="study.randomised",
            found=found,
            expected="randomised = true and the method",
            action="the common mean at baseline rests on randomisation: compare the by-arm "
            "baseline rows of the robustness table",
        )
    ]


def _history(facts: StudyFile) -> list[Finding]:
    return [
        Finding(
            code="history-incomplete",
            severity="error",
            file="study.toml",
            column="history",
            subject=entry.label,
            found=f"a [[history]] entry with {_stated(entry)}",
            expected="a folder, or growth_rate with se",
            action="complete or delete it; nothing is borrowed by guess",
        )
        for entry in facts.history
        if bool(entry.folder) == (entry.growth_rate is not None and entry.se is not None)
    ]


def _stated(entry: HistoryFacts) -> str:
    given = [name for name, value in entry.model_dump().items() if value not in ("", None)]
    return ", ".join(given) or "nothing"
