"""Section of the mouse cards: one animal's curve, dosing, fate, calls and exclusion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import stack
from smartcombo.report.theme import arm_colours
from smartcombo.report.words import number, plain, unit_text
from smartcombo.study.model import Study, Treatment

WIDTH, HEIGHT, EDGE = 210.0, 74.0, 5.0
"""Size of a card's curve, px, and the margin that keeps marks inside."""
MOST_CARDS = 300
"""Beyond this many animals the page would be too large to open; the tables hold them all."""
CALL_WORDS = {"CR": "complete response", "PR": "partial response", "SD": "stable disease",
              "PD": "progressive disease"}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One measurement on a card: place in px, and the value in words."""

    x: float
    y: float
    below: bool
    words: str


@dataclass(frozen=True)
class MouseCard:
    """One animal: its curve as points, and what is known about it as name and words."""

    animal: str
    colour: str
    marks: tuple[Mark, ...]
    facts: tuple[tuple[str, str], ...]
    excluded: bool

    @property
    def line(self) -> str:
        """Return the points of the curve as an SVG polyline wants them."""
        return " ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in self.marks)


@dataclass(frozen=True)
class ArmCards:
    """The cards of one arm in one tumour model, and what the arm was given."""

    model: str
    label: str
    given: str
    cards: tuple[MouseCard, ...]


def mice_content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the cards by tumour model and arm; only their number where they are too many."""
    observed = pd.DataFrame(stack(results, "observed"))
    sampled = set(study.samples["animal"])
    count = len(sampled | set(observed["animal"] if len(observed) else ()))
    if count > MOST_CARDS:
        return {"too_many": count, "arms": []}
    taken = _sampled_arms(study, results)
    if observed.empty:
        return {"arms": [], "sampled": taken}
    known = _known(results)
    colours = arm_colours(study.arms)
    arms = [
        ArmCards(
            str(model),
            arm.label,
            _given(arm.treatments),
            _cards(study, own, known, colours[arm.id]),
        )
        for model, rows in observed.groupby("model", sort=False)
        for arm in study.arms
        for own in [_scaled(rows, arm.id)]
        if not own.empty
    ]
    return {"arms": arms, "sampled": taken, "width": WIDTH, "height": HEIGHT}


def _sampled_arms(study: Study, results: Sequence[Result]) -> list[ArmCards]:
    """Return the cards of animals that samples were taken of, by tumour model and arm."""
    places: dict[str, list[dict[str, Any]]] = {}
    for row in stack(results, "places"):
        places.setdefault(str(row["animal"]), []).append(row)
    colours = arm_colours(study.arms)
    found = []
    for (model, arm_id), own in study.samples.groupby(["model", "arm"], sort=False):
        arm = next((one for one in study.arms if one.id == arm_id), None)
        if arm is None:
            continue
        cards = tuple(
            MouseCard(str(animal), colours[arm.id], (), _taken(rows, places.get(str(animal), [])),
                      False)
            for animal, rows in own.groupby("animal", sort=False)
        )  # fmt: skip
        found.append(ArmCards(str(model), arm.label, _given(arm.treatments), cards))
    return found


def _taken(
    samples: pd.DataFrame, places: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, str], ...]:
    """Return when samples were taken, and where each assay puts the tumour."""
    days = sorted({float(day) for day in samples["day"].dropna()})
    said = [("taken", "day " + " and ".join(f"{day:g}" for day in days))] if days else []
    for row in places:
        axes = [
            f"{axis} {number(row[axis], 1)}"
            for axis in ("infiltration", "inflammation", "exclusion")
            if math.isfinite(row[axis])
        ]
        words = f"{', '.join(axes)} SDs from its controls" if axes else "no axis"
        said.append((str(row["assay"]), f"{words}; {row['phenotype']}"))
    return tuple(said)


def _known(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Return what the analyses say of each animal: its call, its worst score, its progression."""
    known: dict[str, dict[str, Any]] = {}
    for name in ("calls", "score_courses", "times"):
        for row in stack(results, name):
            if row.get("endpoint", "progression") != "progression":
                continue
            known.setdefault(str(row["animal"]), {}).setdefault(name, row)
    return known


def _given(treatments: frozenset[Treatment]) -> str:
    """Return what an arm was given, with dose, route and schedule where stated."""
    if not treatments:
        return "no agent (vehicle)"
    parts = []
    for one in sorted(treatments, key=lambda treatment: treatment.agent):
        dose = "" if one.dose is None else f"{one.dose:g} {one.unit}".strip()
        details = ", ".join(word for word in (dose, one.route, one.schedule) if word)
        parts.append(f"{one.agent} ({details})" if details else one.agent)
    return " + ".join(parts)


def _scaled(rows: pd.DataFrame, arm: str) -> pd.DataFrame:
    """Return the rows of an arm with their place in px, on axes all cards of the model share."""
    log = np.log(rows["shown_value"].to_numpy(float))
    day = rows["day"].to_numpy(float)

    def placed(values: np.ndarray, size: float) -> np.ndarray:
        """Return values as px from the edge."""
        reach = float(values.max() - values.min()) or 1.0
        return EDGE + (values - values.min()) / reach * (size - 2 * EDGE)

    table = rows.assign(x=placed(day, WIDTH), y=HEIGHT - placed(log, HEIGHT))
    return table[table["arm"] == arm]


def _cards(
    study: Study, rows: pd.DataFrame, known: Mapping[str, Mapping[str, Any]], colour: str
) -> tuple[MouseCard, ...]:
    animals = study.animals.set_index("animal")
    unit = unit_text(study.readout.unit)
    cards = []
    for animal, own in rows.groupby("animal", sort=False):
        facts = animals.loc[animal]
        said = _facts(facts, known.get(str(animal), {}), study)
        marks = tuple(_mark(row, unit) for row in own.sort_values("day").itertuples())
        cards.append(MouseCard(str(animal), colour, marks, said, bool(facts["excluded"])))
    return tuple(cards)


def _mark(row: Any, unit: str) -> Mark:
    value = "below detection" if row.at_limit else f"{row.value:.4g} {unit}"
    return Mark(float(row.x), float(row.y), bool(row.at_limit), f"day {row.day:g}: {value}")


def _facts(
    animal: pd.Series, known: Mapping[str, Any], study: Study
) -> tuple[tuple[str, str], ...]:
    """Return what is known about an animal, name and words; nothing is said of what is not."""
    said = [(name, str(animal[name])) for name in ("cage", "sex", "batch") if animal[name]]
    fate = str(animal["fate"]).replace("-", " ")
    left = "reason not stated" if fate == "unknown" else fate
    derived = ", derived from its last visit" if animal["fate_derived"] else ""
    said.append(("left", f"day {plain(animal['fate_day'])}: {left}{derived}"))
    if animal["excluded"]:
        said.append(("excluded", str(animal["exclusion_reason"])))
    if "calls" in known:
        said += _call(known["calls"])
    if "score_courses" in known:
        said.append(("clinical score", _worst(known["score_courses"], study)))
    if "times" in known:
        said.append(_progression(known["times"]))
    return tuple(said)


def _call(call: Mapping[str, Any]) -> list[tuple[str, str]]:
    words = CALL_WORDS.get(call["category"], str(call["category"]))
    if math.isfinite(call["best_percent"]):
        words += f", best change {number(call['best_percent'], 0)}% on day {call['best_day']:g}"
    said = [("response", words)]
    if call["tumour_free"]:
        said.append(("tumour-free", f"at its last visit, day {call['last_day']:g}"))
    return said


def _worst(course: Mapping[str, Any], study: Study) -> str:
    """Return the worst clinical score of an animal, and whether it reached the protocol's."""
    words = f"worst {course['worst']:g}"
    if course["worst"] > 0:
        words += f" on day {course['worst_day']:g}"
    limit = study.limits.clinical_score
    if not course["past_limit"] or limit is None:
        return words
    reached = course["time_to_limit"] + study.baseline_day
    return f"{words}; at the protocol's limit ({limit:g}) on day {reached:g}"


def _progression(time: Mapping[str, Any]) -> tuple[str, str]:
    if time["event"]:
        return "progression", f"{time['time']:.3g} days after baseline ({time['reason']})"
    return "progression", f"none in {time['time']:.3g} days after baseline"


SECTIONS = (Section("mice", "One card a mouse", "Mice", mice_content),)
