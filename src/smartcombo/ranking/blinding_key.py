"""Who may see what of a programme: the codes, the names they stand for, and what is absent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from smartcombo.core.finding import AnalysisRefused, Finding, StudyError
from smartcombo.evidence.programme_claims import candidate_id, candidates_of
from smartcombo.ranking.blinding_terms import Matcher, Term, bare, distinct, target_parts
from smartcombo.study.arms import plain_name
from smartcombo.study.model import Agent, Arm
from smartcombo.study.programme import FILE, Programme, agent_names
from smartcombo.study.programme_config import CombinationFacts, ProgrammeAgentFacts

STOPPING = ("name", "code", "partner")
"""Kinds of terms that nothing shown may hold; a target that something shown has is let go."""


class UnknownPartner(ValueError):  # noqa: N818 - what was typed, not a fault
    """No agent has this partner; the message lists the partners there are."""


@dataclass(frozen=True)
class BlindingKey:
    """What one reader sees of a programme. It names what is hidden: never write it out.

    Attributes
    ----------
    partner
        Whose molecules are shown; ``None``: everyone's, by codes alone.
    labels
        Agent id -> what it is called, of every agent shown: its code, or its id where it has no
        partner.
    coded
        Ids of the agents that are called by their code.
    combinations
        Combination id -> what it is called, of every combination shown.
    candidates
        Ids of the candidates shown, as the ranking knows them.
    studies
        Study id -> neutral name, of every study in which a combination shown was given.
    forbidden
        What no byte may hold.
    unsought
        Terms that are too ordinary to look for, or that something shown is called too.
    """

    partner: str | None
    labels: Mapping[str, str]
    coded: frozenset[str]
    combinations: Mapping[str, str]
    candidates: tuple[str, ...]
    studies: Mapping[str, str]
    forbidden: Matcher
    unsought: tuple[Term, ...]

    @property
    def words(self) -> str:
        """Return for whom it is, as a title says it."""
        return f"blinded for {self.partner}" if self.partner else "codes only"

    @cached_property
    def names(self) -> Matcher:
        """Return the names that a code takes the place of."""
        own = (t for t in self.forbidden.terms if t.kind == "name" and t.agent in self.coded)
        return Matcher(tuple(own))


def blinding_key(
    programme: Programme, partner: str | None, *, allow: Sequence[str] = ()
) -> BlindingKey:
    """Return what a partner, or with ``None`` everyone, may see of a programme.

    Parameters
    ----------
    partner
        As ``partner`` of an ``[[agent]]`` states it. ``None``: all molecules, codes only.
    allow
        Terms that may be written all the same, such as a name that is an ordinary word too.

    Raises
    ------
    UnknownPartner
        If no agent has this partner.
    StudyError
        If a molecule has no code, two have one, or something shown holds what is hidden.
    AnalysisRefused
        If no combination of the partner was given to animals.
    """
    partner = None if partner is None else known_partner(programme, partner)
    labels, coded = _labels(programme, partner)
    combinations = _combination_labels(programme, labels, coded)
    shown = [pair for pair in candidates_of(programme) if pair[0] in combinations]
    if not shown:
        raise AnalysisRefused(
            f"blinding: no study of {programme.id} gives a combination that "
            f"{partner or 'a reader'} may see; it would be an empty page"
        )
    labels = _of_combinations(programme, labels, combinations)
    terms, unsought = _sought(_terms(programme, labels, coded, partner), allow)
    seen = [*_shown_texts(programme, labels, coded, shown), *([partner] if partner else [])]
    forbidden, clashing = _without_clashes(terms, seen)
    names = [s.id for s in programme.studies if s.id in _given(programme, combinations)]
    return BlindingKey(
        partner=partner,
        labels=labels,
        coded=frozenset(coded) & set(labels),
        combinations=combinations,
        candidates=tuple(candidate_id(*pair) for pair in shown),
        studies={name: f"study-{number}" for number, name in enumerate(names, start=1)},
        forbidden=Matcher(forbidden),
        unsought=(*unsought, *clashing),
    )


def known_partner(programme: Programme, partner: str) -> str:
    """Return a partner as the programme spells it.

    Raises
    ------
    UnknownPartner
        If there is none of this name; the message lists those there are.
    """
    names = list(dict.fromkeys(agent.partner for agent in programme.agents if agent.partner))
    spelt = {plain_name(name): name for name in names}
    if plain_name(partner) in spelt:
        return spelt[plain_name(partner)]
    close = get_close_matches(partner, names, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(names) or "none: no [[agent]] states a partner"
    raise UnknownPartner(f"no partner {partner!r}.{meant} This programme has: {listed}")


def hidden_arms(programme: Programme, study_id: str, labels: Mapping[str, str]) -> list[Arm]:
    """Return the arms of a study that give an agent which is not shown."""
    study, lookup = programme.study(study_id), agent_names(programme.agents)
    known = {agent.id: programme_agent(agent, lookup) for agent in study.agents}
    return [arm for arm in study.arms if not {known.get(a, a) for a in arm.agents} <= set(labels)]


def programme_agent(agent: Agent, lookup: Mapping[str, str]) -> str:
    """Return the programme's id of an agent of a study; its own where the programme has none."""
    names = (plain_name(name) for name in (agent.id, *agent.names, agent.code) if name)
    return next((lookup[name] for name in names if name in lookup), agent.id)


def _labels(programme: Programme, partner: str | None) -> tuple[dict[str, str], set[str]]:
    """Return what agents are called that may be shown, and which of them by code."""
    mine = [a for a in programme.agents if a.partner and partner in (None, a.partner)]
    _require_codes(mine)
    free = {agent.id: agent.id for agent in programme.agents if not agent.partner}
    return free | {agent.id: agent.code for agent in mine}, {agent.id for agent in mine}


def _require_codes(agents: Sequence[ProgrammeAgentFacts]) -> None:
    findings = [
        _finding("code-missing", agent.id, f"no code of {agent.id}", "a code that says nothing",
                 'add code = "..." to its [[agent]]')
        for agent in agents if not agent.code
    ]  # fmt: skip
    twice = [code for code, n in Counter(bare(a.code) for a in agents if a.code).items() if n > 1]
    findings += [
        _finding("code-twice", agent.id, f"code {agent.code!r} of {agent.id} and of another",
                 "each code once", "change all but one")
        for agent in agents if bare(agent.code) in twice and agent.code
    ]  # fmt: skip
    if findings:
        raise StudyError(findings)


def _combination_labels(
    programme: Programme, labels: Mapping[str, str], coded: set[str]
) -> dict[str, str]:
    """Return what each combination is called that holds a coded agent and nothing hidden."""
    lookup = agent_names(programme.agents)
    found: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for one in programme.combinations:
        agents = [lookup[plain_name(given.agent)] for given in one.agents]
        if set(agents) <= set(labels) and set(agents) & coded:
            name = " + ".join(labels[agent] for agent in agents)
            name = name if _alone(programme, one, agents) else f"{name}{_doses(one)}"
            taken[name] += 1
            found[one.id] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return found


def _alone(programme: Programme, one: CombinationFacts, agents: Sequence[str]) -> bool:
    """Tell whether no other combination has the same agents."""
    lookup = agent_names(programme.agents)
    same = [
        other.id
        for other in programme.combinations
        if {lookup[plain_name(given.agent)] for given in other.agents} == set(agents)
    ]
    return same == [one.id]


def _doses(one: CombinationFacts) -> str:
    told = [f"{t.dose:g} {t.unit}".strip() for t in one.agents if t.dose is not None]
    return f", {' and '.join(told)}" if told else ""


def _of_combinations(
    programme: Programme, labels: Mapping[str, str], combinations: Mapping[str, str]
) -> dict[str, str]:
    """Return the labels of those agents alone that a shown combination holds."""
    held = {agent.id for name in combinations for agent in programme.agents_of(name)}
    return {name: label for name, label in labels.items() if name in held}


def _given(programme: Programme, combinations: Iterable[str]) -> set[str]:
    return {one.study for one in programme.studied if one.combination in set(combinations)}


def _terms(
    programme: Programme, labels: Mapping[str, str], coded: set[str], partner: str | None
) -> tuple[Term, ...]:
    """Return everything that names what is hidden, and the names behind the codes shown."""
    found: list[Term] = []
    for agent in programme.agents:
        if agent.id in labels and agent.id not in coded:
            continue
        if agent.partner or agent.kind != "checkpoint-inhibitor":
            found += _of_agent(agent, shown=labels.get(agent.id), partner=partner)
    lookup = agent_names(programme.agents)
    for one in (agent for study in programme.studies for agent in study.agents):
        owner = programme_agent(one, lookup)
        if owner in coded or (owner not in labels and one.kind != "checkpoint-inhibitor"):
            names = (one.id, *one.names, *([] if owner in labels else [one.code]))
            shown = bare(labels.get(owner, ""))
            found += [Term(name, "name", owner) for name in names if bare(name) != shown]
            found += [Term(part, "target", owner) for part in target_parts(one.target)]
    return distinct(found)


def _of_agent(
    agent: ProgrammeAgentFacts, *, shown: str | None, partner: str | None
) -> Iterable[Term]:
    """Return the terms of one agent; its code is none where the code is what is shown."""
    for name in (agent.id, *agent.names):
        if bare(name) != bare(shown or ""):
            yield Term(name, "name", agent.id)
    if shown is None:
        yield Term(agent.code, "code", agent.id)
    if agent.partner and agent.partner != partner:
        yield Term(agent.partner, "partner", agent.id)
    if agent.partner:
        yield from (Term(part, "target", agent.id) for part in target_parts(agent.target))
        yield Term(agent.mechanism, "mechanism", agent.id)


def _sought(
    terms: Iterable[Term], allow: Sequence[str]
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Return the terms to look for, and those that nobody can or that may be written."""
    free = {bare(text) for text in allow}
    let = [term for term in terms if term.ordinary or bare(term.text) in free]
    return tuple(term for term in terms if term not in let), tuple(let)


def _shown_texts(
    programme: Programme,
    labels: Mapping[str, str],
    coded: set[str],
    shown: Sequence[tuple[str, str]],
) -> list[str]:
    """Return what a reader sees by design: codes, free agents, tumour models, indications."""
    free = [a for a in programme.agents if a.id in labels and a.id not in coded]
    texts = [labels[agent] for agent in labels if agent in coded]
    texts += [text for a in free for text in (a.id, *a.names, a.code, a.target, a.mechanism)]
    contexts = [context for _, context in shown]
    models = [m for m, tumour in programme.indications.items() if {m, tumour} & set(contexts)]
    return [text for text in dict.fromkeys([*texts, *contexts, *models]) if text]


def _without_clashes(
    terms: Sequence[Term], seen: Sequence[str]
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """Return the terms, and those targets apart that something shown is called too.

    Raises
    ------
    StudyError
        If something shown holds a name, code or partner that is hidden.
    """
    clashes = {term: text for term in terms for text in seen if Matcher((term,)).find(text)}
    findings = [
        _finding("blinding-conflict", term.agent, f"{text!r}, which is shown, holds the hidden "
                 f"{term.kind} {term.text!r}", "names of which none holds another",
                 f"rename one of them, or let it be written with --allow {term.text!r}")
        for term, text in clashes.items() if term.kind in STOPPING
    ]  # fmt: skip
    if findings:
        raise StudyError(findings)
    return tuple(term for term in terms if term not in clashes), tuple(clashes)


def _finding(code: str, subject: str, found: str, expected: str, action: str) -> Finding:
    return Finding(code, "error", found, expected, action, FILE, None, "agent", subject)
