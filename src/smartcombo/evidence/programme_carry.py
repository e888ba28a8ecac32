"""How far the evidence may carry over to patients: moves up and down from a mouse's grade C."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from smartcombo.study.arms import plain_name
from smartcombo.study.model import Study, TumourModel
from smartcombo.study.programme import Programme

FAVOURITES = ("ct26", "mc38")
"""The two most immunogenic, most used models: Zhong 2020, 10.1186/s12864-019-6344-3."""
COLD = ("cold", "desert", "excluded", "immune-desert")
ACTIVE = 2
"""Activity grade in patients from which the partner counts as active alone (0 to 3)."""


@dataclass(frozen=True, slots=True)
class Move:
    """One reason that moves a grade up (+1), down (-1), or leaves it (0)."""

    item: str
    answer: str
    move: int
    reason: str


def carry_moves(
    programme: Programme, combination: str, context: str, claims: pd.DataFrame
) -> tuple[Move, ...]:
    """Return every move of one candidate.

    Parameters
    ----------
    claims
        Those of the combination in every context.
    """
    models = models_of(programme, combination)
    own = claims[claims["context"] == context]
    return (
        _species(programme, combination),
        _breadth(models),
        _favourites(models),
        _repeated(programme, combination, context),
        _from_claims(own, "necessity", "necessity shown by depletion or neutralisation", up=True),
        _from_claims(own, "human", "same direction in human samples", up=True),
        _from_claims(own, "class precedent", "class failure on record", up=False),
        _active_alone(programme, combination, context),
        _exposure(programme, combination),
    )


def models_of(programme: Programme, combination: str) -> list[TumourModel]:
    """Return the tumour models in which animals were given a combination, each once."""
    found: dict[str, TumourModel] = {}
    for one in programme.studied:
        if one.combination != combination:
            continue
        study = programme.study(one.study)
        there = set(study.animals.loc[study.animals["arm"] == one.parts.arm, "model"])
        there |= set(study.samples.loc[study.samples["arm"] == one.parts.arm, "model"])
        for model in study.models:
            if model.id in there:
                kept = found.get(plain_name(model.id))
                found[plain_name(model.id)] = kept if kept and kept.cold else model
    return list(found.values())


def comparator(programme: Programme, combination: str) -> str:
    """Return what Q2 compares a combination with, in words."""
    if any(a.kind == "checkpoint-inhibitor" for a in programme.agents_of(combination)):
        return "the checkpoint inhibitor alone"
    return "the agent named first alone"


def _species(programme: Programme, combination: str) -> Move:
    target = programme.facts.target_species
    molecules = programme.molecules_of(combination)
    silent = [a.id for a in molecules if not a.species]
    wrong = [a.id for a in molecules if a.species and target not in a.species]
    if wrong:
        return Move("species", "no", -1, f"{', '.join(wrong)} does not act on the {target} target")
    if silent:
        return Move("species", "unclear", 0, f"species of {', '.join(silent)} not stated")
    return Move("species", "yes", 0, f"acts on the {target} target")


def _breadth(models: list[TumourModel]) -> Move:
    names = ", ".join(model.id for model in models)
    if len(models) < 2:
        return Move("second model", "no", -1, f"one model only: {names or 'none'}")
    cold = [model.id for model in models if plain_name(model.cold) in map(plain_name, COLD)]
    if not cold:
        return Move("second model", "yes", 0, f"{names}; none is stated to be cold")
    return Move("second model", "yes", 1, f"{names}; cold: {', '.join(cold)}")


def _favourites(models: list[TumourModel]) -> Move:
    other = [m.id for m in models if plain_name(m.id) not in FAVOURITES]
    if models and not other:
        return Move("beyond CT26 and MC38", "no", -1, "only the most responsive models")
    return Move("beyond CT26 and MC38", "yes", 0, ", ".join(other))


def _repeated(programme: Programme, combination: str, context: str) -> Move:
    studies = studies_of(programme, combination, context)
    if len(studies) < 2:
        return Move("repeated", "no", 0, f"one study: {', '.join(s.id for s in studies)}")
    return Move("repeated", "yes", 1, f"{len(studies)} studies")


def studies_of(programme: Programme, combination: str, context: str) -> list[Study]:
    """Return the studies in which animals of a context were given a combination."""
    found: dict[str, Study] = {}
    for one in programme.studied:
        study = programme.study(one.study)
        given = set(study.animals.loc[study.animals["arm"] == one.parts.arm, "model"])
        given |= set(study.samples.loc[study.samples["arm"] == one.parts.arm, "model"])
        if one.combination == combination and context in map(programme.context_of, given):
            found[study.id] = study
    return list(found.values())


def _from_claims(claims: pd.DataFrame, topic: str, item: str, *, up: bool) -> Move:
    rows = claims[claims["topic"] == topic]
    wanted = rows[rows["direction"] == ("for" if up else "against")]
    if wanted.empty:
        return Move(item, "no", 0, "no claim in the programme")
    cited = "; ".join(dict.fromkeys(wanted["citation"]))
    return Move(item, "yes", 1 if up else -1, cited)


def _active_alone(programme: Programme, combination: str, context: str) -> Move:
    best = activity_in_patients(programme, combination, context)
    if best is None:
        return Move("partner active alone in patients", "unclear", 0, "not stated")
    grade, source = best
    active = grade >= ACTIVE
    return Move("partner active alone in patients", "yes" if active else "no", int(active),
                f"grade {grade} of 3 ({source})")  # fmt: skip


def activity_in_patients(
    programme: Programme, combination: str, context: str
) -> tuple[int, str] | None:
    """Return the best activity of the molecules alone in the indication, with its source."""
    wanted = {plain_name(context), plain_name(programme.indications.get(context, context))}
    stated = [
        (one.grade, one.source)
        for agent in programme.molecules_of(combination)
        for one in agent.activity
        if plain_name(one.indication) in wanted
    ]
    return max(stated) if stated else None


def _exposure(programme: Programme, combination: str) -> Move:
    molecules = programme.molecules_of(combination)
    above = [a.id for a in molecules if a.exposure_above_human]
    if above:
        return Move("exposure", "no", -1, f"{', '.join(above)} above what patients reach")
    if any(a.exposure_above_human is None for a in molecules):
        return Move("exposure", "unclear", 0, "not compared with patients")
    return Move("exposure", "yes", 0, "within what patients reach")
