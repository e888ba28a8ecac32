"""How well each experiment was made: SYRCLE's and ARRIVE's items, answered from the study files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from smartcombo.study.model import Study
from smartcombo.study.programme import Programme, StudiedArm

Answer = Literal["yes", "unclear", "no"]
SCORES: dict[Answer, float] = {"yes": 1.0, "unclear": 0.5, "no": 0.0}
SUSPECT = ("impossible-growth", "above-size-limit", "animal-in-two-arms", "values-repeated",
           "imputation-disagrees")  # fmt: skip
"""Findings that cast doubt on the measurements themselves."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item answered of one study: ``yes`` is low risk of bias, or stated."""

    name: str
    answer: Answer
    reason: str


def syrcle(study: Study) -> tuple[Item, ...]:
    """Return SYRCLE's ten items as the files of a study answer them; silence is *unclear*.

    References
    ----------
    Hooijmans et al. 2014, 10.1186/1471-2288-14-43.
    """
    codes = {finding.code for finding in study.findings}
    return (
        _sequence(study),
        _by_finding(codes, ("baseline-imbalance",), "baseline characteristics alike"),
        _told(study, "allocation concealed", "allocation_concealed"),
        _housing(study),
        _told(study, "caregivers blinded", "caregivers_blinded"),
        _told(study, "outcome assessed in random order", "assessed_in_random_order"),
        _told(study, "assessor blinded", "blinded"),
        _complete(study, codes),
        _reporting(study),
        _by_finding(codes, SUSPECT, "measurements free of doubt"),
    )


def _told(study: Study, name: str, key: str) -> Item:
    """Return an item that ``[study]`` answers by yes or no; silence is *unclear*."""
    value = study.facts.get(key)
    if value is None:
        return Item(name, "unclear", f"{key} is not stated")
    return Item(name, "yes" if value else "no", f"{key} = {str(bool(value)).lower()}")


def _sequence(study: Study) -> Item:
    name = "random sequence"
    method = str(study.facts.get("randomisation_method", ""))
    if not study.facts.get("randomised"):
        return _told(study, name, "randomised")
    if not method:
        return Item(name, "unclear", "randomised, but randomisation_method is not stated")
    return Item(name, "yes", f"randomised: {method}")


def _by_finding(codes: set[str], doubts: tuple[str, ...], name: str) -> Item:
    found = [code for code in doubts if code in codes]
    if found:
        return Item(name, "no", f"finding {', '.join(found)}")
    return Item(name, "yes", "no finding against it")


def _housing(study: Study) -> Item:
    name = "cages mixed"
    animals = study.animals[study.animals["cage"].notna() & (study.animals["cage"] != "")]
    if animals.empty:
        return Item(name, "unclear", "no cages in the animals table")
    arms = animals.groupby("cage")["arm"].nunique()
    if (arms == 1).all():
        return Item(name, "no", "each cage holds one arm, so cage and treatment are one")
    return Item(name, "yes", f"{int((arms > 1).sum())} of {len(arms)} cages hold several arms")


def _complete(study: Study, codes: set[str]) -> Item:
    name = "outcome data complete"
    if "unequal-loss" in codes:
        return Item(name, "no", "arms lost animals unequally")
    if codes & {"fate-derived", "left-without-reason", "exclusion-without-reason"}:
        return Item(name, "unclear", "why animals left or were excluded is not stated")
    return Item(name, "yes", "fates stated, arms lose animals alike")


def _reporting(study: Study) -> Item:
    if study.plan.confirmatory:
        return Item("reported as planned", "yes", f"plan.toml {study.plan.sha256[:12]}")
    return Item("reported as planned", "unclear", "no plan.toml stated before looking")


def arrive(study: Study, fewest: int) -> tuple[Item, ...]:
    """Return ARRIVE's Essential 10 as the files of a study state them; a gap is *no*.

    References
    ----------
    Percie du Sert et al. 2020, 10.1371/journal.pbio.3000410.
    """
    facts = study.facts
    models = all(model.strain for model in study.models)
    doses = [t for arm in study.arms for t in arm.treatments]
    stated = {
        "study design": (bool(study.arms), "arms and their treatments"),
        "sample size": (study.plan.confirmatory, f"how n was decided (a plan); {fewest} asked"),
        "inclusion and exclusion": ("exclusion_reason" in study.animals and not any(
            f.code in ("fate-derived", "left-without-reason") for f in study.findings),
            "who was left out and why animals left"),
        "randomisation": (facts.get("randomised") is not None, "randomised"),
        "blinding": (facts.get("blinded") is not None, "blinded"),
        "outcome measures": (study.readout.limit_stated or not study.has_volumes,
                             "read-out with its detection limit"),
        "statistical methods": (study.plan.confirmatory, "plan.toml"),
        "animals": (bool(facts.get("species")) and models, "species and strain"),
        "procedures": (all(t.dose is not None and t.schedule for t in doses),
                       "dose and schedule of every agent"),
        "results": (study.has_volumes or bool(study.assays.present()), "animal by animal"),
    }  # fmt: skip
    return tuple(
        Item(name, "yes" if told else "no", what if told else f"not stated: {what}")
        for name, (told, what) in stated.items()
    )


def smallest_arm(study: Study, one: StudiedArm, model: str) -> int:
    """Return the number of animals in the smallest arm that the four questions need."""
    parts = (one.parts.vehicle, one.parts.ici, one.parts.molecule, one.parts.arm)
    kept = study.animals[
        ~study.animals["excluded"].astype(bool) & (study.animals["model"] == model)
    ]
    return min(int((kept["arm"] == arm).sum()) for arm in parts if arm is not None)


def rigour_moves(
    programme: Programme, studied: list[tuple[StudiedArm, str]], studies: int
) -> list[dict[str, object]]:
    """Return the moves of the letter: from A down for what is missing, up for an own repeat."""
    fewest = programme.facts.fewest_animals
    rows: list[dict[str, object]] = []
    for one, model in studied:
        study = programme.study(one.study)
        items = {item.name: item for item in syrcle(study)}
        smallest = smallest_arm(study, one, model)
        asked = {
            "randomised": (study.facts.get("randomised") is True, items["random sequence"].reason),
            "blinded": (study.facts.get("blinded") is True, items["assessor blinded"].reason),
            "complete": (items["outcome data complete"].answer == "yes",
                         items["outcome data complete"].reason),
            "size": (smallest >= fewest,
                     f"smallest arm {smallest} animals in {model}, {fewest} stated"),
        }  # fmt: skip
        rows += [
            {"study": study.id, "item": name, "answer": "yes" if good else "no",
             "move": 0 if good else -1, "reason": reason}
            for name, (good, reason) in asked.items()
        ]  # fmt: skip
    repeated: dict[str, object] = {
        "study": "",
        "item": "repeated",
        "answer": "yes" if studies > 1 else "no",
        "move": 1 if studies > 1 else 0,
        "reason": f"{studies} independent studies",
    }
    return [*rows, repeated]
