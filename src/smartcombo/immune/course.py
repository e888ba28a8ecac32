"""Does the switch grow with the dose, and does it last: steps between doses and between days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.verdicts import holm
from smartcombo.immune.agreement import axis_markers
from smartcombo.immune.markers import COMPOSITES
from smartcombo.immune.matching import MatchedGroup
from smartcombo.immune.shifts import arm_contrast
from smartcombo.study.model import Arm, Study

COURSE_COLUMNS = (
    "model", "tissue", "assay", "marker", "kind", "series", "from", "to", "value", "low", "high",
    "p", "p_holm", "n", "unit", "verdict", "turns",
)  # fmt: skip


@dataclass(frozen=True)
class Ladder:
    """Arms that differ in the dose of one agent only, rising; the first may have none.

    Attributes
    ----------
    agent
        The agent whose dose rises.
    arms
        Ids, by rising dose.
    steps
        Dose of each arm as text.
    """

    agent: str
    arms: tuple[str, ...]
    steps: tuple[str, ...]


def dose_ladders(study: Study) -> list[Ladder]:
    """Return every series of two or more doses of an agent with all else the same."""
    found: dict[tuple[str, frozenset[Any]], list[tuple[float, Arm]]] = {}
    for arm in study.arms:
        for own in arm.treatments:
            if own.dose is not None:
                rest = frozenset((t.agent, t.dose) for t in arm.treatments if t.agent != own.agent)
                found.setdefault((own.agent, rest), []).append((float(own.dose), arm))
    ladders = []
    for (agent, rest), rungs in found.items():
        if len({dose for dose, _ in rungs}) < 2 or len({d for d, _ in rungs}) < len(rungs):
            continue
        without = [
            a for a in study.arms if frozenset((t.agent, t.dose) for t in a.treatments) == rest
        ]
        ordered = [(0.0, without[0])] if without else []
        ordered += sorted(rungs, key=lambda rung: rung[0])
        steps = tuple(f"{agent} {dose:g}" for dose, _ in ordered)
        ladders.append(Ladder(agent, tuple(arm.id for _, arm in ordered), steps))
    return ladders


def _doses(arm: Arm) -> frozenset[Any]:
    return frozenset((t.agent, t.dose) for t in arm.treatments)


def course_table(study: Study, groups: Sequence[MatchedGroup], level: float) -> pd.DataFrame:
    """Return the steps between neighbouring doses and neighbouring days of each axis.

    Intervals hold for all steps of a series together (Bonferroni). ``turns`` is true where one step
    of a series rises and another falls beyond chance: a dose too high, or a switch that fades. The
    step between days is the change of the shift against each day's own controls.
    """
    series = [
        *(one for group in groups for one in _dose_series(study, group)),
        *_day_series(study, groups),
    ]
    rows = [row for one in series for row in _steps(one, level)]
    return pd.DataFrame(rows, columns=list(COURSE_COLUMNS))


@dataclass(frozen=True)
class _Series:
    """Steps of one marker: values of each arm and day, and the contrast of each step."""

    facts: dict[str, Any]
    names: tuple[str, ...]
    values: dict[str, np.ndarray]
    contrasts: tuple[dict[str, float], ...]


def _dose_series(study: Study, group: MatchedGroup) -> list[_Series]:
    out = []
    for ladder in dose_ladders(study):
        arms = [arm for arm in ladder.arms if arm in group.arms]
        if len(arms) < 3:
            continue
        names = tuple(ladder.steps[ladder.arms.index(arm)] for arm in arms)
        contrasts = tuple({b: 1.0, a: -1.0} for a, b in pairwise(arms))
        day = f", day {group.day:g}" if np.isfinite(group.day) else ""
        for marker in _axis_markers(group):
            facts = _facts(group, marker, "dose", f"{ladder.agent}{day}")
            out.append(_Series(facts, names, {a: group.of(a, marker) for a in arms}, contrasts))
    return out


def _axis_markers(group: MatchedGroup) -> list[str]:
    return [marker for axis in COMPOSITES for marker in axis_markers(group, axis)]


def _facts(group: MatchedGroup, marker: str, kind: str, series: str) -> dict[str, Any]:
    return {
        "model": group.model,
        "tissue": group.tissue,
        "assay": group.assay,
        "marker": marker,
        "kind": kind,
        "series": series,
        "unit": group.markers.loc[marker, "unit"],
    }


def _day_series(study: Study, groups: Sequence[MatchedGroup]) -> list[_Series]:
    """Return each treated arm's shifts over days that have their own controls."""
    places: dict[tuple[str, str, str], list[MatchedGroup]] = {}
    for group in groups:
        if group.control and np.isfinite(group.day):
            places.setdefault((group.model, group.tissue, group.assay), []).append(group)
    out = []
    for own in places.values():
        days = sorted(own, key=lambda group: group.day)
        arms = [a for a in days[0].arms if a != days[0].control]
        for arm in arms:
            with_arm = [group for group in days if arm in group.arms]
            animals = [set(group.values.index) for group in with_arm]
            again = any(a & b for k, a in enumerate(animals) for b in animals[k + 1 :])
            if len(with_arm) > 1 and not again:
                out += [_days_of(study, with_arm, arm, m) for m in _shared_markers(with_arm)]
    return out


def _shared_markers(groups: list[MatchedGroup]) -> list[str]:
    return [m for m in _axis_markers(groups[0]) if all(m in g.markers.index for g in groups)]


def _days_of(study: Study, groups: list[MatchedGroup], arm: str, marker: str) -> _Series:
    values: dict[str, np.ndarray] = {}
    shifts = []
    for k, group in enumerate(groups):
        values[f"arm {k}"] = group.of(arm, marker)
        values[f"control {k}"] = group.of(group.control, marker)
        shifts.append({f"arm {k}": 1.0, f"control {k}": -1.0})
    contrasts = tuple(
        {**later, **{name: -weight for name, weight in earlier.items()}}
        for earlier, later in pairwise(shifts)
    )
    names = tuple(f"day {group.day:g}" for group in groups)
    return _Series(_facts(groups[0], marker, "day", study.label(arm)), names, values, contrasts)


def _steps(series: _Series, level: float) -> list[dict[str, Any]]:
    """Return the steps of a series, their intervals and p for all of them together."""
    if any(not len(series.values[arm]) for contrast in series.contrasts for arm in contrast):
        return []
    joint = 1 - (1 - level) / len(series.contrasts)
    got = [arm_contrast(series.values, contrast, joint) for contrast in series.contrasts]
    p = np.array([one.p for one in got])
    adjusted = np.full(len(p), np.nan)
    adjusted[np.isfinite(p)] = holm(p[np.isfinite(p)])
    turns = any(one.low > 0 for one in got) and any(one.high < 0 for one in got)
    words = ["rises" if g.low > 0 else "falls" if g.high < 0 else "inconclusive" for g in got]
    return [
        series.facts
        | {
            "from": series.names[k],
            "to": series.names[k + 1],
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "p": one.p,
            "p_holm": adjusted[k],
            "n": one.n,
            "verdict": words[k],
            "turns": turns,
        }
        for k, one in enumerate(got)
    ]
