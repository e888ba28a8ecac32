"""Arms are sets of agents: names resolved, roles derived, combinations matched to their parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

from smartcombo.study.model import Agent, AgentKind, Arm, Combination, Role, Study, Treatment


def plain_name(name: str) -> str:
    """Return a name without case, spaces and punctuation; anti-PD-1, aPD1 and α-PD-1 are one."""
    text = name.strip().lower().replace("α", "a").replace("β", "b").replace("γ", "g")
    text = re.sub(r"[^a-z0-9+&/]", "", text)
    text = re.sub(r"(^|[+&/])anti", r"\1a", text)
    return re.sub(r"[&/]|and(?=a)", "+", text)


def arm_names(arms: Iterable[Arm], names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return plain name -> arm id, from ids, labels, stated names and agents in any order."""
    lookup: dict[str, str] = {}
    for arm in arms:
        for name in (arm.id, arm.label, *names.get(arm.id, ())):
            lookup.setdefault(_sorted_parts(name), arm.id)
    return lookup


def resolve_arm(name: str, lookup: Mapping[str, str]) -> str | None:
    """Return the id of the arm a table's name means, or ``None``."""
    return lookup.get(_sorted_parts(name))


def _sorted_parts(name: str) -> str:
    return "+".join(sorted(part for part in plain_name(name).split("+") if part))


def role_of(agents: Iterable[str], kinds: Mapping[str, AgentKind]) -> Role:
    """Return the role that follows from a set of agents.

    A single agent is ``ici-alone`` where it is a checkpoint inhibitor, else ``molecule-alone``.
    """
    given = frozenset(agents)
    if not given:
        return "vehicle"
    if len(given) > 1:
        return "combination"
    kind = kinds.get(next(iter(given)))
    return "ici-alone" if kind == "checkpoint-inhibitor" else "molecule-alone"


def combinations_of(study: Study) -> tuple[Combination, ...]:
    """Return every combination arm with the arms its questions compare it with.

    A part is an arm of the same agent at the same dose and schedule; where none is, the arm of that
    agent if there is only one; else it is missing.
    """
    vehicle = next((arm.id for arm in study.arms if arm.role == "vehicle"), None)
    return tuple(
        _combination(study, arm, vehicle) for arm in study.arms if arm.role == "combination"
    )


def _combination(study: Study, arm: Arm, vehicle: str | None) -> Combination:
    agents = sorted(arm.agents, key=_agent_order(study.agents))
    pairs = combinations(agents, 2) if len(agents) > 2 else ()
    inhibitors = {a.id for a in study.agents if a.kind == "checkpoint-inhibitor"}
    ici = frozenset(agents) & inhibitors
    if not ici:
        ici = frozenset(agents[:1])
    return Combination(
        arm=arm.id,
        vehicle=vehicle,
        singles={agent: _part(study, arm, frozenset([agent])) for agent in agents},
        pairs={pair: _part(study, arm, frozenset(pair)) for pair in pairs},
        ici=_part(study, arm, ici),
        molecule=_part(study, arm, frozenset(agents) - ici),
    )


def _agent_order(agents: tuple[Agent, ...]) -> Callable[[str], int]:
    order = {agent.id: number for number, agent in enumerate(agents)}
    return lambda agent: order.get(agent, len(order))


def _part(study: Study, arm: Arm, agents: frozenset[str]) -> str | None:
    """Return the arm that is the given part of a combination arm, or ``None``."""
    if not agents or agents == arm.agents:
        return None
    wanted = frozenset(t for t in arm.treatments if t.agent in agents)
    same = [other for other in study.arms if other.agents == agents]
    exact = [other for other in same if other.treatments == wanted]
    by_dose = [other for other in same if _doses(other.treatments) == _doses(wanted)]
    for found in (exact, by_dose):
        if found:
            return found[0].id
    return same[0].id if len(same) == 1 else None


def _doses(treatments: frozenset[Treatment]) -> frozenset[tuple[str, float | None, str]]:
    return frozenset((t.agent, t.dose, t.unit) for t in treatments)
