"""Facts before weights: which candidates a gate stops or cautions, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.evidence.programme_carry import comparator, models_of
from smartcombo.evidence.programme_evidence import GATE_COLUMNS
from smartcombo.evidence.programme_grades import studied_in
from smartcombo.evidence.programme_measures import MEASURES, agreed
from smartcombo.evidence.programme_rigour import smallest_arm
from smartcombo.study.arms import plain_name
from smartcombo.study.programme import Programme
from smartcombo.study.programme_config import GATE_NAMES, GateName, Severity

SEVERITIES: dict[GateName, Severity] = {
    "species": "stop",
    "model_species": "caution",
    "antagonism": "stop",
    "less_than_expected": "caution",
    "toxicity": "stop",
    "arms": "stop",
    "animals": "caution",
    "one_model": "caution",
    "one_study": "caution",
    "randomised": "caution",
}
SHARE_PAST_LIMIT = 0.1
"""Default share of animals past the protocol's limit of weight or of the clinical score, or dead of
treatment, beyond which a dose is not tolerated: more than one in ten, the usual definition of a
maximum tolerated dose."""
COSTS = {
    "past_weight_limit_rate": "past the protocol's weight limit",
    "past_score_limit_rate": "at or past the protocol's clinical score",
    "past_either_limit_rate": "past either of these limits",
    "treatment_death_rate": "dead of treatment",
}
"""Rate of the tolerability analysis -> what its animals are called."""


@dataclass(frozen=True)
class Case:
    """One candidate and everything a gate may ask of it."""

    programme: Programme
    candidate: str
    combination: str
    context: str
    claims: pd.DataFrame
    pooled: pd.DataFrame
    results: tuple[Result, ...]
    limit: float = SHARE_PAST_LIMIT


Fact = tuple[bool | None, str]


def gates_table(cases: list[Case]) -> pd.DataFrame:
    """Return every gate of every candidate with ``GATE_COLUMNS``; what is unknown is ``None``."""
    rows = [row for case in cases for row in _gates(case)]
    table = pd.DataFrame(rows, columns=list(GATE_COLUMNS))
    return table.astype({"passed": object})


def _gates(case: Case) -> list[dict[str, Any]]:
    stated = {gate.id: gate for gate in case.programme.gates}
    rows = []
    for name in stated or GATE_NAMES:
        gate = stated.get(name)
        asked = case
        if gate is not None and gate.limit is not None:
            asked = Case(**(vars(case) | {"limit": gate.limit}))
        passed, reason = FACTS[name](asked)
        rows.append(
            {"candidate": case.candidate, "gate": name, "passed": passed, "reason": reason,
             "severity": (gate.severity if gate else None) or SEVERITIES[name]}
        )  # fmt: skip
    return rows


def _species(case: Case) -> Fact:
    return _acts_on(case, {case.programme.facts.target_species})


def _model_species(case: Case) -> Fact:
    studies = {one.study for one, _ in studied_in(case.programme, case.combination, case.context)}
    hosts = {str(case.programme.study(name).facts.get("species", "")) for name in studies}
    return _acts_on(case, hosts - {""})


def _acts_on(case: Case, wanted: set[str]) -> Fact:
    molecules = case.programme.molecules_of(case.combination)
    target = " and ".join(sorted(wanted)) or "unknown species"
    wrong = [a.id for a in molecules if a.species and not wanted <= set(a.species)]
    if wrong:
        return False, f"{', '.join(wrong)} does not act on the {target} target"
    silent = [a.id for a in molecules if not a.species]
    if silent or not wanted:
        return None, f"not stated whether {', '.join(silent)} acts on the {target} target"
    return True, f"acts on the {target} target"


def _measure(case: Case, name: str) -> dict[str, Any]:
    row = case.pooled[case.pooled["measure"] == name].iloc[0]
    return {str(key): value for key, value in row.items()}


def _interval(row: dict[str, Any]) -> str:
    studies = f"{row['studies']:.0f} {'study' if row['studies'] == 1 else 'studies'}"
    return (
        f"{row['value']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f}) {row['unit']}, "
        f"{row['n']:.0f} animals, {studies}"
    )


def _antagonism(case: Case) -> Fact:
    """Stop where the combination is worse than the ICI alone, or than its best part.

    Over several studies: pooled, or in each of them.
    """
    gain, other = _measure(case, "gain_over_ici"), comparator(case.programme, case.combination)
    if gain["status"] != "ok":
        return None, f"gain over {other} {gain['status']}"
    if gain["high"] < 0 or agreed(case.claims, MEASURES["gain_over_ici"]) == "against":
        return False, f"worse than {other}: {_interval(gain)}"
    best = case.claims[
        (case.claims["null_model"] == "hsa") & (case.claims["estimand"] == "log_ratio")
    ]
    worse = best[best["direction"] == "against"]
    if len(worse) and len(worse) == len(best):
        return False, f"worse than its best part in {', '.join(worse['study'])}"
    if gain["low"] > 0:
        return True, f"better than {other}: {_interval(gain)}"
    return True, f"not shown to be worse than {other}: {_interval(gain)}"


def _less_than_expected(case: Case) -> Fact:
    row = _measure(case, "interaction")
    if row["status"] != "ok":
        return None, f"interaction {row['status']}"
    if row["high"] < 0 or agreed(case.claims, MEASURES["interaction"]) == "against":
        return False, f"less than expected from the two agents alone (Bliss): {_interval(row)}"
    return True, f"not shown to be less than expected (Bliss): {_interval(row)}"


def _toxicity(case: Case) -> Fact:
    told: list[str] = []
    passed: list[bool] = []
    for one, model in studied_in(case.programme, case.combination, case.context):
        for rate, words in COSTS.items():
            row = _rate(case, one.study, model, one.parts.arm, rate)
            if row is None:
                continue
            count = round(row["value"] * row["n"])
            told.append(
                f"{count} of {row['n']:.0f} animals {words} ({row['low']:.0%} to {row['high']:.0%})"
                f" in {one.study}, {model}"
            )
            passed.append(bool(row["value"] <= case.limit))
    known = "; ".join(told)
    if False in passed:
        return False, f"{known}; at most {case.limit:.0%} allowed"
    if not any(COSTS["past_weight_limit_rate"] in text for text in told):
        known = f"{known}{'; ' if known else ''}no body weights against a stated limit"
        if not any(COSTS["past_score_limit_rate"] in text for text in told):
            return None, known
    return True, known


def _rate(case: Case, study: str, model: str, arm: str, estimand: str) -> dict[str, Any] | None:
    for result in case.results:
        if result.study != study or result.analysis != "tolerability":
            continue
        table = result.estimates
        own = table[(table["model"] == model) & (table["arm"] == arm)
                    & (table["estimand"] == estimand) & table["value"].notna()]  # fmt: skip
        if len(own):
            return {str(key): value for key, value in own.iloc[0].items()}
    return None


def _arms(case: Case) -> Fact:
    whole: list[str] = []
    lacking: list[str] = []
    for one, model in studied_in(case.programme, case.combination, case.context):
        study = case.programme.study(one.study)
        there = set(study.animals.loc[study.animals["model"] == model, "arm"])
        other = comparator(case.programme, case.combination)
        needed = {other: one.parts.ici, "the molecule alone": one.parts.molecule}
        absent = [name for name, arm in needed.items() if arm is None or arm not in there]
        (lacking if absent else whole).append(f"{one.study}: {' and '.join(absent)}")
    if whole:
        return True, f"every agent alone in {len(whole)} of {len(whole + lacking)} experiments"
    return False, f"no arm of {'; '.join(lacking)}"


def _animals(case: Case) -> Fact:
    stated = case.programme.facts.fewest_animals
    sizes = [
        smallest_arm(case.programme.study(one.study), one, model)
        for one, model in studied_in(case.programme, case.combination, case.context)
    ]
    counted = " + ".join(str(size) for size in sizes)
    return sum(sizes) >= stated, f"smallest arm {counted} animals, {stated} stated"


def _one_model(case: Case) -> Fact:
    names = {plain_name(m.id): m.id for m in models_of(case.programme, case.combination)}
    return len(names) > 1, f"studied in {', '.join(names.values())}"


def _one_study(case: Case) -> Fact:
    found = studied_in(case.programme, case.combination, case.context)
    studies = list(dict.fromkeys(one.study for one, _ in found))
    return len(studies) > 1, f"{case.context}: {', '.join(studies)}"


def _randomised(case: Case) -> Fact:
    found = studied_in(case.programme, case.combination, case.context)
    answers = {one.study: case.programme.study(one.study).facts.get("randomised")
               for one, _ in found}  # fmt: skip
    silent = [name for name, told in answers.items() if told is None]
    denied = [name for name, told in answers.items() if told is False]
    if denied:
        return False, f"not randomised: {', '.join(denied)}"
    if silent:
        return None, f"not stated: {', '.join(silent)}"
    return True, f"randomised: {', '.join(answers)}"


FACTS: dict[GateName, Callable[[Case], Fact]] = {
    "species": _species,
    "model_species": _model_species,
    "antagonism": _antagonism,
    "less_than_expected": _less_than_expected,
    "toxicity": _toxicity,
    "arms": _arms,
    "animals": _animals,
    "one_model": _one_model,
    "one_study": _one_study,
    "randomised": _randomised,
}
