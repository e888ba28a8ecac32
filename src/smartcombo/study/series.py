"""Dose and schedule series: arms that differ in the dose, or the schedule, of one agent only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from smartcombo.study.model import Arm, Study, Treatment


@dataclass(frozen=True)
class Series:
    """Arms of one agent at several doses, lowest first, with the same partners.

    Attributes
    ----------
    agent
        The agent whose dose (or schedule) differs.
    partners
        Ids of the agents given with it in every arm; empty where it is given alone.
    arms
        Arm ids; the first is the arm of the partners alone (or vehicle) where there is one.
    levels
        What each arm got of the agent, for people: ``0``, ``10 mg/kg``, or a schedule.
    doses
        Dose of each arm; NaN where only the schedule differs.
    kind
        ``dose``, ordered; or ``schedule``, whose order means nothing.
    """

    agent: str
    partners: tuple[str, ...]
    arms: tuple[str, ...]
    levels: tuple[str, ...]
    doses: tuple[float, ...]
    kind: str

    @property
    def has_zero(self) -> bool:
        """Return whether the first arm got none of the agent."""
        return self.levels[0] == "0"


def series_of(study: Study, present: tuple[str, ...]) -> tuple[Series, ...]:
    """Return every series of at least two non-zero levels among the arms with animals."""
    groups: dict[tuple[str, frozenset[Treatment]], list[tuple[Treatment, Arm]]] = defaultdict(list)
    arms = [arm for arm in study.arms if arm.id in present]
    for arm in arms:
        for treatment in sorted(arm.treatments, key=lambda t: t.agent):
            groups[treatment.agent, arm.treatments - {treatment}].append((treatment, arm))
    found = [_series(arms, agent, rest, members) for (agent, rest), members in groups.items()]
    return tuple(one for one in found if one is not None)


def _series(
    arms: list[Arm], agent: str, rest: frozenset[Treatment], members: list[tuple[Treatment, Arm]]
) -> Series | None:
    if len(members) < 2:
        return None
    doses = [treatment.dose for treatment, _ in members]
    by_dose = None not in doses and len(set(doses)) == len(doses)
    same_unit = len({treatment.unit for treatment, _ in members}) == 1
    if not by_dose and len({treatment.schedule for treatment, _ in members}) < len(members):
        return None
    kind = "dose" if by_dose and same_unit else "schedule"
    ordered = sorted(members, key=lambda m: m[0].dose or 0.0) if kind == "dose" else members
    zero = next((arm for arm in arms if arm.treatments == rest), None)
    start = [] if zero is None else [(Treatment(agent, 0.0), zero)]
    every = [*start, *ordered]
    return Series(
        agent=agent,
        partners=tuple(sorted(treatment.agent for treatment in rest)),
        arms=tuple(arm.id for _, arm in every),
        levels=tuple(_level(t, kind, zero is not None and arm is zero) for t, arm in every),
        doses=tuple(float("nan") if t.dose is None else float(t.dose) for t, _ in every),
        kind=kind,
    )


def _level(treatment: Treatment, kind: str, zero: bool) -> str:
    if zero:
        return "0"
    if kind == "dose":
        return f"{treatment.dose:g} {treatment.unit}".strip()
    return treatment.schedule or "schedule not stated"
