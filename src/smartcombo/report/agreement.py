"""Do the endpoints agree: the word of every endpoint on each of the four questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from smartcombo.core.result import Result, stacked
from smartcombo.report.words import QUESTIONS
from smartcombo.study.model import Study

ENDPOINTS = {
    "growth rate": "growth_rate_difference",
    "volume at the declared day": "log_ratio",
    "response rate": "response_rate_difference",
    "tumour-free": "tumour_free_rate_difference",
    "time to progression": "restricted_mean_difference",
}
"""Endpoint in words -> the estimand that answers the questions about it."""
INTERACTION = ("", "bliss", "independent_action")
"""Null models that stand for Q4 in the table: log-additive, or independent action."""
GOOD, BAD = ("benefit", "synergy"), ("harm", "antagonism")


@dataclass(frozen=True)
class Agreement:
    """One combination in one tumour model: words by endpoint and question, and their sum."""

    model: str
    combination: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    sentence: str


def agreements(study: Study, results: Sequence[Result]) -> list[Agreement]:
    """Return the table of endpoints and questions of each combination and tumour model."""
    table = stacked(result.estimates for result in results)
    table = table[table["question"].isin(list(QUESTIONS)) & table["null_model"].isin(INTERACTION)]
    found = []
    for (model, arm), own in table.groupby(["model", "arm"], sort=False):
        rows = tuple(
            (name, tuple(_word(own, estimand, question) for question in QUESTIONS))
            for name, estimand in ENDPOINTS.items()
            if (own["estimand"] == estimand).any()
        )
        if len(rows) > 1:
            found.append(Agreement(str(model), study.label(str(arm)), rows, sentence(rows)))
    return found


def _word(rows: pd.DataFrame, estimand: str, question: str) -> str:
    own = rows[rows["question"] == question]
    asked = own[own["estimand"] == estimand]
    if len(asked):
        return str(asked["verdict"].iloc[0])
    return "missing" if (own["verdict"] == "missing").any() else ""


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
