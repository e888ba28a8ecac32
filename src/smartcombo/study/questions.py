"""The four questions as contrasts of arms: which arms, with which weights, against which null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from smartcombo.study.model import Combination, Study

NullModel = Literal["", "hsa", "bliss", "response_additivity", "pairs"]
Kind = Literal["linear", "best-single", "additive-response"]

NULL_NAMES: dict[str, str] = {
    "hsa": "HSA",
    "bliss": "Bliss",
    "response_additivity": "response additivity",
    "independent_action": "independent action",
    "log_additive": "additive on the log scale",
    "additive_hazards": "additive hazards",
    "pairs": "pairs",
}


@dataclass(frozen=True)
class Question:
    """One question about an arm: its contrast of log volumes, or why it cannot be asked.

    Attributes
    ----------
    key
        ``Q1`` to ``Q4``, ``single`` (single agent v vehicle), or ``part`` (a triple v its parts).
    arm
        The arm asked about.
    weights
        Arm id -> weight on log volume, observed minus comparator (or expected). Sums to zero.
    parts
        For the highest single agent: the arms the combination must all beat.
    missing
        Why the question cannot be asked; empty where it can.
    """

    key: str
    arm: str
    label: str
    null_model: NullModel
    kind: Kind
    weights: Mapping[str, float]
    parts: tuple[str, ...] = ()
    missing: str = ""

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the ids of every arm involved."""
        return tuple(dict.fromkeys([*self.weights, *self.parts]))


def study_questions(
    study: Study, combinations: tuple[Combination, ...], present: tuple[str, ...]
) -> tuple[Question, ...]:
    """Return every question of a study, combinations first, then single agents v vehicle.

    Parameters
    ----------
    present
        Arms with animals in the tumour model at hand; a question that needs another is missing.
    """
    questions = [q for c in combinations for q in _combination_questions(study, c)]
    questions += _single_questions(study)
    return tuple(_mark_absent(study, question, present) for question in questions)


def _combination_questions(study: Study, c: Combination) -> list[Question]:
    versus = [
        ("Q1", c.vehicle, "the vehicle arm"),
        ("Q2", c.ici, "an arm of the checkpoint inhibitor alone"),
        ("Q3", c.molecule, "an arm of the molecule alone"),
    ]
    questions = [_versus(study, key, c.arm, other, needs) for key, other, needs in versus]
    asked = {other for _, other, _ in versus}
    parts = [*c.singles.values(), *c.pairs.values()]
    questions += [
        _versus(study, "part", c.arm, part, "") for part in parts if part and part not in asked
    ]
    return [*questions, *_interaction_questions(study, c)]


def _versus(study: Study, key: str, arm: str, other: str | None, needs: str) -> Question:
    if other is None:
        label = f"{study.label(arm)} v {needs}"
        return Question(key, arm, label, "", "linear", {}, missing=f"the study has no {needs[3:]}")
    label = f"{study.label(arm)} v {study.label(other)}"
    return Question(key, arm, label, "", "linear", {arm: 1.0, other: -1.0})


def _interaction_questions(study: Study, c: Combination) -> list[Question]:
    lacking = [agent for agent, arm in c.singles.items() if arm is None]
    singles = [arm for arm in c.singles.values() if arm is not None]
    no_single = f"the study has no arm of {', '.join(lacking)} alone" if lacking else ""
    no_vehicle = "" if c.vehicle else "the study has no vehicle arm"
    beaten = tuple(dict.fromkeys([*singles, *(arm for arm in c.pairs.values() if arm)]))
    hsa = Question(
        "Q4", c.arm, f"{study.label(c.arm)} v best of {_join(study, beaten)}", "hsa",
        "best-single", {c.arm: 1.0}, beaten, no_single,
    )  # fmt: skip
    weights = {c.arm: 1.0} | dict.fromkeys(singles, -1.0)
    if c.vehicle:
        weights[c.vehicle] = float(len(singles) - 1)
    label = f"{study.label(c.arm)} v expected from {_join(study, tuple(singles))}"
    missing = no_single or no_vehicle
    additive = [
        Question("Q4", c.arm, label, "bliss", "linear", weights, (), missing),
        Question(
            "Q4", c.arm, label, "response_additivity", "additive-response", weights, (), missing
        ),
    ]
    return [hsa, *additive, *_pair_interactions(study, c), *_third_order(study, c)]


def _pair_interactions(study: Study, c: Combination) -> list[Question]:
    """Return, for three agents, Bliss of each pair with the remaining agent."""
    questions = []
    for pair, arm in c.pairs.items():
        rest = [single for agent, single in c.singles.items() if agent not in pair]
        if arm is None or None in rest or c.vehicle is None or len(rest) != 1:
            continue
        single = str(rest[0])
        label = f"{study.label(c.arm)} v expected from {study.label(arm)} and {study.label(single)}"
        weights = {c.arm: 1.0, arm: -1.0, single: -1.0, c.vehicle: 1.0}
        questions.append(Question("Q4", c.arm, label, "bliss", "linear", weights))
    return questions


def _third_order(study: Study, c: Combination) -> list[Question]:
    """Return, for three agents, whether the triple exceeds what its pairs predict.

    With every pair's interaction kept, the triple is expected at the sum of the pairs less that of
    the single agents plus vehicle: the third-order interaction of a 2 x 2 x 2 design.
    """
    if len(c.singles) != 3:
        return []
    singles, pairs = list(c.singles.values()), list(c.pairs.values())
    lacking = [" and ".join(pair) for pair, arm in c.pairs.items() if arm is None]
    lacking += [f"{agent} alone" for agent, arm in c.singles.items() if arm is None]
    lacking += [] if c.vehicle else ["vehicle"]
    if lacking:
        label = f"{study.label(c.arm)} v expected from its pairs"
        missing = f"the study has no arm of {', '.join(lacking)}"
        return [Question("Q4", c.arm, label, "pairs", "linear", {}, (), missing)]
    weights = {c.arm: 1.0}
    weights |= {str(arm): -1.0 for arm in pairs} | {str(arm): 1.0 for arm in singles}
    weights |= {str(c.vehicle): -1.0}
    label = f"{study.label(c.arm)} v expected from {_join(study, tuple(map(str, pairs)))}"
    return [Question("Q4", c.arm, label, "pairs", "linear", weights)]


def _single_questions(study: Study) -> list[Question]:
    vehicle = next((arm for arm in study.arms if arm.role == "vehicle"), None)
    if vehicle is None:
        return []
    return [
        _versus(study, "single", arm.id, vehicle.id, "")
        for arm in study.arms
        if arm.role in ("ici-alone", "molecule-alone")
    ]


def _mark_absent(study: Study, question: Question, present: tuple[str, ...]) -> Question:
    absent = [study.label(arm) for arm in question.arms if arm not in present]
    if question.missing or not absent:
        return question
    missing = f"no animal was measured in {', '.join(absent)}"
    return Question(
        question.key, question.arm, question.label, question.null_model, question.kind,
        question.weights, question.parts, missing,
    )  # fmt: skip


def _join(study: Study, arms: tuple[str, ...]) -> str:
    labels = [study.label(arm) for arm in arms]
    return (
        " and ".join(labels) if len(labels) < 3 else ", ".join(labels[:-1]) + f" and {labels[-1]}"
    )


def first_of_each(questions: Iterable[Question]) -> list[Question]:
    """Return one Bliss question a combination (all single agents), and every comparison."""
    kept: dict[tuple[str, ...], Question] = {}
    for question in questions:
        whole = (question.key, question.arm, "" if question.null_model else question.label)
        kept.setdefault(whole, question)
    return list(kept.values())
