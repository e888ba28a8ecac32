"""Do the endpoints agree: the word of every endpoint on each of the four questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from smartcombo.core.result import Result, stacked
from smartcombo.efficacy.endpoints import ENDPOINTS, Endpoint
from smartcombo.report.words import QUESTIONS
from smartcombo.study.model import Study

BESIDE = ("programme", "leaving")
"""Analyses that ask the questions of another analysis again, or of another unit."""
COSTS = {
    "body weight": ("body_weight", "weight_log_ratio"),
    "body weight net of the tumour": ("body_weight_net", "weight_log_ratio"),
    "clinical scores": ("clinical_score", "worse_score_probability"),
    "treatment-related deaths": ("treatment_deaths", "treatment_death_rate_difference"),
}
"""Tolerability in words -> endpoint and estimand; a cost beside a benefit is no disagreement."""
GOOD, BAD = ("benefit", "synergy"), ("harm", "antagonism")


@dataclass(frozen=True)
class Agreement:
    """One combination in one tumour model: words by endpoint and question, and their sum."""

    model: str
    combination: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    sentence: str
    costs: tuple[tuple[str, tuple[str, ...]], ...] = ()


def agreements(study: Study, results: Sequence[Result]) -> list[Agreement]:
    """Return the table of endpoints and questions of each combination and tumour model."""
    table = stacked([result.estimates for result in results])
    beside = table["analysis"].isin(BESIDE)
    table = table[~beside & table["question"].isin(list(QUESTIONS))]
    found = []
    for (model, arm), own in table.groupby(["model", "arm"], sort=False):
        rows = tuple(
            (endpoint.words, tuple(_word(own, endpoint, question) for question in QUESTIONS))
            for endpoint in ENDPOINTS
            if _asked(own, endpoint)
        )
        if len(rows) > 1:
            costs = _costs(own)
            said = f"{sentence(rows)}{cost_sentence(costs)}"
            found.append(Agreement(str(model), study.label(str(arm)), rows, said, costs))
    return found


def _asked(rows: pd.DataFrame, endpoint: Endpoint) -> bool:
    """Tell whether any question was asked of an endpoint."""
    same = (rows["endpoint"] == endpoint.endpoint) & (rows["estimand"] == endpoint.estimand)
    return bool((same & (rows["analysis"] == endpoint.analysis)).any())


def _word(rows: pd.DataFrame, endpoint: Endpoint, question: str) -> str:
    found = endpoint.rows(rows, question)
    return str(found["verdict"].iloc[0]) if len(found) else ""


def _costs(own: pd.DataFrame) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the words on tolerability; a line of which nothing is known is left out."""
    lines = (
        (name, tuple(_cost(own[own["endpoint"] == endpoint], estimand, q) for q in QUESTIONS))
        for name, (endpoint, estimand) in COSTS.items()
    )
    return tuple((name, words) for name, words in lines if set(words) - {"", "missing"})


def _cost(rows: pd.DataFrame, estimand: str, question: str) -> str:
    own = rows[rows["question"] == question]
    asked = own[own["estimand"] == estimand]
    if len(asked):
        return str(asked["verdict"].iloc[0])
    return "missing" if (own["verdict"] == "missing").any() else ""


def cost_sentence(costs: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Return what the benefit costs, as a sentence to add; empty where nothing is known."""
    if not costs:
        return ""
    harms = []
    for name, words in costs:
        where = [q for q, word in zip(QUESTIONS, words, strict=True) if word == "harm"]
        if where:
            harms.append(f"{name} on {_join(where)}")
    return f" It has a cost: harm by {'; '.join(harms)}." if harms else " No harm is shown."


def sentence(rows: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Return one sentence that names every disagreement, or says that there is none."""
    clashes, decided = [], []
    for k, question in enumerate(QUESTIONS):
        good = [name for name, words in rows if words[k] in GOOD]
        bad = [name for name, words in rows if words[k] in BAD]
        word = next((words[k] for _, words in rows if words[k] in GOOD + BAD), "")
        if good and bad:
            clashes.append(f"on {question} {_join(good)} against {_join(bad)}")
        elif word:
            open_ones = len(rows) - len(good) - len(bad)
            rest = f" ({open_ones} of {len(rows)} undecided)" if open_ones else ""
            decided.append(f"{question} {word} by {_join(good or bad)}{rest}")
    if clashes:
        return f"The endpoints disagree: {'; '.join(clashes)}. Do not decide on one of them alone."
    if not decided:
        return "No endpoint decides any of the four questions."
    return f"No endpoint contradicts another: {'; '.join(decided)}."


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
