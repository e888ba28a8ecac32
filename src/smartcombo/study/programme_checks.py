"""What is wrong or noteworthy in a programme: every problem, each as a finding."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable

from smartcombo.core.finding import Finding, Severity
from smartcombo.study.arms import plain_name
from smartcombo.study.programme import FILE, Programme, agent_names, is_given
from smartcombo.study.programme_config import ProgrammeFile


def check_decisions(facts: ProgrammeFile) -> list[Finding]:
    """Return every problem of ``programme.toml`` that can be seen without the studies."""
    return [
        *_duplicates(facts),
        *_unknown_agents(facts),
        *_same_combinations(facts),
        *_anchors(facts),
        *_weights(facts),
        *_literature(facts),
        *_species(facts),
    ]


def check_studies(programme: Programme) -> list[Finding]:
    """Return every problem of how the studies meet what the programme states."""
    return [
        *_study_ids(programme),
        *_ambiguous(programme),
        *_not_studied(programme),
        *_left_over(programme),
        *_models(programme),
        *_mixed(programme),
    ]


def _finding(
    code: str,
    severity: Severity,
    column: str,
    found: str,
    expected: str,
    action: str,
    subject: str = "",
) -> Finding:
    return Finding(code, severity, found, expected, action, FILE, None, column, subject)


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _duplicates(facts: ProgrammeFile) -> list[Finding]:
    blocks: dict[str, list[str]] = {
        "agent": [one.id for one in facts.agent],
        "combination": [one.id for one in facts.combination],
        "indication": [one.id for one in facts.indication],
        "criterion": [one.id for one in facts.criterion],
        "gate": [one.id for one in facts.gate],
    }
    return [
        _finding("duplicate-id", "error", f"{block}.id", f"several [[{block}]] with id {name!r}",
                 "each id once", "rename or delete all but one", name)
        for block, ids in blocks.items()
        for name in _twice(ids)
    ]  # fmt: skip


def _unknown_agents(facts: ProgrammeFile) -> list[Finding]:
    lookup, ids = agent_names(facts.agent), [agent.id for agent in facts.agent]
    findings = []
    for one in facts.combination:
        for treatment in one.agents:
            if plain_name(treatment.agent) in lookup:
                continue
            near = difflib.get_close_matches(treatment.agent, ids, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            findings.append(
                _finding("unknown-agent", "error", "combination.agents",
                         f"agent {treatment.agent!r}", f"one of {', '.join(ids)}",
                         f"{hint}add an [[agent]] or one of its names", one.id)
            )  # fmt: skip
        if len({plain_name(t.agent) for t in one.agents}) < 2:
            findings.append(
                _finding("one-agent-combination", "error", "combination.agents",
                         f"{len(one.agents)} agent(s)", "two agents or more",
                         "state every agent; single agents are found in the studies", one.id)
            )  # fmt: skip
    return findings


def _same_combinations(facts: ProgrammeFile) -> list[Finding]:
    lookup = agent_names(facts.agent)
    seen: dict[frozenset[tuple[object, ...]], str] = {}
    findings = []
    for one in facts.combination:
        given = frozenset(
            (lookup.get(plain_name(t.agent), t.agent), t.dose, t.unit, t.route, t.schedule)
            for t in one.agents
        )
        first = seen.setdefault(given, one.id)
        if first != one.id:
            findings.append(
                _finding("same-combination", "error", "combination.agents",
                         f"{first!r} and {one.id!r} with the same agents, doses and schedules",
                         "combinations that differ in what is given",
                         "delete one, or state the dose or schedule", one.id)
            )  # fmt: skip
    return findings


def _anchors(facts: ProgrammeFile) -> list[Finding]:
    findings = [
        _finding("anchors-equal", "error", "criterion.worst", f"worst = best = {one.worst:g}",
                 "two values: the one that scores 0 and the one that scores 1",
                 "state both before looking at the data", one.id)
        for one in facts.criterion
        if one.worst == one.best
    ]  # fmt: skip
    if not facts.criterion:
        findings.append(
            _finding("no-criterion", "warning", "criterion", "no [[criterion]]",
                     "the measures that decide, each with its anchors",
                     "claims, grades and gates are gathered; nothing can be ranked")
        )  # fmt: skip
    return findings


def _weights(facts: ProgrammeFile) -> list[Finding]:
    ids = [one.id for one in facts.criterion]
    weights = facts.weights
    bare = [one.id for one in facts.criterion if one.weight is None]
    findings = []
    if weights.kind == "fixed" and bare:
        findings.append(
            _finding("weight-missing", "error", "criterion.weight",
                     f"no weight of {', '.join(bare)}", 'a weight of each, as kind = "fixed"',
                     'state them, or set kind = "ordered" or "unknown"')
        )  # fmt: skip
    if weights.kind == "ordered" and sorted(weights.order) != sorted(ids):
        findings.append(
            _finding("weight-order", "error", "weights.order",
                     f"order = {list(weights.order)}", f"each of {', '.join(ids)} once",
                     "write them from the most to the least important")
        )  # fmt: skip
    return findings


def _literature(facts: ProgrammeFile) -> list[Finding]:
    combinations = {one.id for one in facts.combination}
    lookup = agent_names(facts.agent)
    findings = []
    for number, claim in enumerate(facts.literature, start=1):
        known = claim.combination in combinations or plain_name(claim.agent) in lookup
        if bool(claim.combination) == bool(claim.agent) or not known:
            findings.append(
                _finding("claim-without-subject", "error", "literature",
                         f"combination = {claim.combination!r}, agent = {claim.agent!r}",
                         "the id of one combination, or of one agent",
                         "say what the claim is about", f"claim {number}")
            )  # fmt: skip
    findings += [
        _finding("claim-without-subject", "error", "published.combination",
                 f"combination = {one.combination!r}", f"one of {', '.join(sorted(combinations))}",
                 "say which combination the counts are of", one.study)
        for one in facts.published
        if one.combination not in combinations
    ]  # fmt: skip
    return findings


def _species(facts: ProgrammeFile) -> list[Finding]:
    return [
        _finding("species-not-stated", "warning", "agent.species", "no species",
                 "the species whose target it acts on, with human where it does",
                 "its gate stays unanswered, which is not a pass", agent.id)
        for agent in facts.agent
        if not agent.species and agent.kind != "checkpoint-inhibitor"
    ]  # fmt: skip


def _study_ids(programme: Programme) -> list[Finding]:
    return [
        _finding("duplicate-study", "error", "programme.studies", f"two studies with id {name!r}",
                 "each study once", "correct [study] id, or name the folder once", name)
        for name in _twice(study.id for study in programme.studies)
    ]  # fmt: skip


def _ambiguous(programme: Programme) -> list[Finding]:
    arms: dict[tuple[str, str], list[str]] = {}
    for one in programme.studied:
        arms.setdefault((one.combination, one.study), []).append(one.parts.arm)
    return [
        _finding("ambiguous-arm", "error", "combination.agents",
                 f"arms {', '.join(found)} of {study} all give it", "one arm a study",
                 "state the dose or schedule, one combination for each", combination)
        for (combination, study), found in arms.items()
        if len(found) > 1
    ]  # fmt: skip


def _not_studied(programme: Programme) -> list[Finding]:
    studied = {one.combination for one in programme.studied}
    return [
        _finding("combination-not-studied", "warning", "combination.agents",
                 "no arm of any study gives it", "an arm with these agents, doses and schedules",
                 "it is left out; check names of agents, doses and units", one.id)
        for one in programme.combinations
        if one.id not in studied
    ]  # fmt: skip


def _left_over(programme: Programme) -> list[Finding]:
    lookup = agent_names(programme.agents)
    return [
        _finding("arm-left-out", "note", "combination",
                 f"arm {arm.id!r} of {study.id} is no combination of the programme",
                 "a [[combination]] for each arm to be ranked",
                 "add one, or leave it out knowingly", arm.id)
        for study in programme.studies
        for arm in study.arms
        if arm.role == "combination"
        and not any(is_given(one, study, arm, lookup) for one in programme.combinations)
    ]  # fmt: skip


def _models(programme: Programme) -> list[Finding]:
    known = {plain_name(model.id) for study in programme.studies for model in study.models}
    stated = {claim.context for claim in programme.literature if claim.context}
    stated |= {one.context for one in programme.published}
    contexts = known | {plain_name(name) for name in programme.indications.values()}
    return [
        _finding("unknown-context", "warning", "literature.context", f"context {name!r}",
                 "a tumour model or indication of the studies", "correct it, or leave it empty: "
                 "the claim then stands beside every tumour", name)
        for name in sorted(stated)
        if plain_name(name) not in contexts
    ]  # fmt: skip


def _mixed(programme: Programme) -> list[Finding]:
    made = [study.id for study in programme.studies if study.synthetic]
    if not made or len(made) == len(programme.studies):
        return []
    return [
        _finding("made-and-real", "warning", "programme.studies",
                 f"{', '.join(made)} SYNTHETIC, the others real", "one or the other",
                 "everything of this programme is marked SYNTHETIC")
    ]  # fmt: skip
