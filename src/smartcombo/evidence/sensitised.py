"""Sensitised: does the inhibitor do more with the molecule than without it, by tumour growth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.efficacy.endpoints import ENDPOINTS, Endpoint
from smartcombo.evidence.arms import arm_there, model_there
from smartcombo.evidence.immune_claims import KEPT
from smartcombo.evidence.words import brief
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study

PREFERRED = ("growth_rate", "progression", "response_rate")
"""Endpoints by which the claim is judged: the first one that answers."""
MIXED = "one kind of animal an arm"
"""Check of growth that finds cured and progressing animals in one arm: then the mean growth rate
describes neither, and the share of tumour-free animals comes first."""
Source = tuple[Study, Sequence[Result]]


def sensitised_rows(
    study: Study, sources: Sequence[Source], model: str, arm: str
) -> list[dict[str, Any]]:
    """Return Q4, Q2 and the molecule alone of every combination that an arm belongs to.

    By the endpoint that the plan names first; without a plan by growth rate, or by the share of
    tumour-free animals where the combination's arm holds cured and progressing ones.

    Parameters
    ----------
    study, model, arm
        The arm whose claim is judged: a combination, or one of its parts.
    sources
        Studies and their results; the first whose growth answers is used.
    """
    for other, results in sources:
        there, differs = (arm, "") if other is study else arm_there(study, arm, other)
        model_id = model_there(model, other)
        if not there or not model_id:
            continue
        rows = [
            row
            for one in combinations_of(other)
            if there in (one.arm, one.molecule, one.ici)
            for row in _rows(other, results, model_id, one.arm, one.molecule)
        ]
        if rows:
            joined = _note(study, other, model, differs)
            return [row | {"note": f"{row['note']}; {joined}"} for row in rows]
    return []


def _rows(
    study: Study, results: Sequence[Result], model: str, arm: str, molecule: str | None
) -> list[dict[str, Any]]:
    tables = [r.estimates[r.estimates["model"] == model] for r in results]
    first, why = _first_endpoint(study, results, model, arm)
    order = dict.fromkeys([*first, *PREFERRED])
    for endpoint in (one for name in order for one in ENDPOINTS if one.id == name):
        for table in tables:
            asked = [(arm, "Q4"), (arm, "Q2"), (molecule, "single")]
            found = [_asked(table, endpoint, a, q) for a, q in asked]
            note = f"by {endpoint.words}{why if endpoint.id in first else ''}"
            rows = [row | {"study": study.id, "note": note} for row in found if row is not None]
            if any(row["question"] in ("Q4", "Q2") for row in rows):
                return rows
    return []


def _first_endpoint(
    study: Study, results: Sequence[Result], model: str, arm: str
) -> tuple[tuple[str, ...], str]:
    """Return the endpoint that comes first and why: as planned, or where an arm is a mixture."""
    if study.plan.confirmatory:
        return (study.plan.primary_endpoint,), ", as planned"
    for result in results:
        checks = result.checks
        own = (checks["check"] == MIXED) & (checks["model"] == model)
        if (own & (checks["subject"] == study.label(arm)) & (checks["status"] != "ok")).any():
            return ("tumour_free",), ", because some animals of the arm are cured and some progress"
    return (), ""


def _asked(
    table: pd.DataFrame, endpoint: Endpoint, arm: str | None, question: str
) -> dict[str, Any] | None:
    own = endpoint.rows(table[table["arm"] == arm], question)
    own = own[own["verdict"] != "missing"]
    return None if own.empty else {name: own.iloc[0][name] for name in KEPT}


def _note(study: Study, other: Study, model: str, differs: str) -> str:
    """Return how the animals followed and the animals sampled hang together."""
    if other is not study:
        return f"study {other.id}, joined by arm{f' ({differs})' if differs else ''}"
    sampled = set(study.samples.loc[study.samples["model"] == model, "animal"])
    both = len(sampled & set(study.volumes["animal"])) if study.has_volumes else 0
    if both == 0:
        return "joined by arm: the animals sampled are not those whose growth was followed"
    return f"joined by arm: {both} of the {len(sampled)} animals sampled were followed too"


def sensitised_word(rows: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Return the word of the claim and its reason.

    Q4 decides: synergy shows it, antagonism speaks against it. Where Q4 is missing or inconclusive
    a benefit over the inhibitor alone (Q2) shows it only where the molecule alone has no benefit
    shown: otherwise its own effect may be all there is.
    """
    if not rows:
        return "no evidence", "no growth of these arms with and without the inhibitor"
    arms = list(dict.fromkeys(row["contrast"] for row in rows if row["question"] == "Q2"))
    words = [_one(_of(rows, k)) for k in range(max(len(arms), 1))]
    rank = {"shown": 0, "against": 1, "not shown": 2}
    return min(words, key=lambda pair: rank[pair[0]])


def _of(rows: Sequence[dict[str, Any]], k: int) -> dict[str, dict[str, Any]]:
    """Return the rows of the k-th combination by question."""
    counts: dict[str, int] = {}
    own = {}
    for row in rows:
        number = counts.get(row["question"], 0)
        counts[row["question"]] = number + 1
        if number == k:
            own[row["question"]] = row
    return own


def _one(own: dict[str, dict[str, Any]]) -> tuple[str, str]:
    q4, q2, alone = own.get("Q4"), own.get("Q2"), own.get("single")
    note = f" ({next(iter(own.values()))['note']})" if own else ""
    if q4 and q4["verdict"] == "synergy":
        return "shown", f"the two do more than each alone explains, {brief(q4)}{note}"
    if q4 and q4["verdict"] == "antagonism":
        return "against", f"the two do less than each alone explains, {brief(q4)}{note}"
    beyond = f"beyond the agents alone: {brief(q4)}, {q4['verdict']}" if q4 else "Q4 not answered"
    if q2 and q2["verdict"] == "benefit":
        if alone and alone["verdict"] == "benefit":
            return "not shown", (
                f"better than the inhibitor alone, {brief(q2)}, but the molecule works alone and "
                f"the interaction is not shown; {beyond}{note}"
            )
        return "shown", (
            f"better than the inhibitor alone, {brief(q2)}, and the molecule alone shows no "
            f"benefit; {beyond}{note}"
        )
    if q2 and q2["verdict"] == "harm":
        return "against", f"worse than the inhibitor alone, {brief(q2)}; {beyond}{note}"
    against = f"against the inhibitor alone: {brief(q2)}, {q2['verdict']}; " if q2 else ""
    return "not shown", f"{against}{beyond}{note}"
