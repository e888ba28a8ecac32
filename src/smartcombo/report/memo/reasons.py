"""What stands for a candidate and what against it, side by side, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from smartcombo.ranking.dossier import Dossier
from smartcombo.report.memo.key_numbers import inconclusive, plain_value, shown_effects
from smartcombo.report.memo.lengths import LINE, REASONS, UNKNOWN, capped, cut
from smartcombo.report.memo.names import agents_of, open_gates, stopping_gates

ANSWER = ["study", "model", "question", "topic", "citation"]
"""Claims that share these are one answer, as in the verdicts."""
RANKED = "the ranked candidates' mean"
LITERATURE = 2
"""Claims from the literature shown a side; what was read weighs less than what was measured."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Reasons in words; the two sides are never merged."""

    supporting: tuple[str, ...]
    opposing: tuple[str, ...]
    unknown: tuple[str, ...]


def sides_of(dossier: Dossier, candidate: str) -> Sides:
    """Return the reasons of the ranking, of the literature, and a count of all answers."""
    own = dossier.ranking.reasons
    own = own[own["candidate"] == candidate]
    gaps = [*inconclusive(dossier, candidate), *own.loc[own["side"] == "unknown", "words"]]
    return Sides(
        _side(dossier, candidate, own, "for"),
        _side(dossier, candidate, own, "against"),
        capped(gaps, UNKNOWN),
    )


def _side(dossier: Dossier, candidate: str, reasons: pd.DataFrame, side: str) -> tuple[str, ...]:
    """Return the reasons of one side, the weightiest first, the count of answers last."""
    mine = reasons[(reasons["side"] == side) & (reasons["criterion"] != "gate")]
    words = [_reason(dossier, candidate, row.criterion, row.words) for row in mine.itertuples()]
    shown = shown_effects(dossier, candidate, side)
    words += [text for name, text in shown.items() if name not in set(mine["criterion"])]
    if side == "against":
        words = [*_open_gates(dossier, candidate), *words, *_liabilities(dossier, candidate)]
    told = capped([*words, *_claims(dossier, candidate, side)], REASONS)
    return (*told, *_count(dossier, candidate, side)) or ("Nothing on record.",)


def _reason(dossier: Dossier, candidate: str, criterion: str, words: str) -> str:
    """Return a reason with its value in words, with the interval that the verdict goes by."""
    title, _, rest = words.partition(": ")
    value = plain_value(dossier, candidate, criterion)
    if not value:
        return words
    compared = rest.rpartition("; ")[2]
    if compared.startswith(("better", "worse")):
        return f"{title}: {value}; {compared.replace(RANKED, 'the mean of the ranked')}"
    return f"{title}: {value}, {rest.rpartition(', ')[2]}"


def _liabilities(dossier: Dossier, candidate: str) -> list[str]:
    """Return what is known to go wrong with the agents of a candidate."""
    agents = dossier.agents[dossier.agents["agent"].isin(agents_of(dossier, candidate))]
    return [f"Known of {row.agent}: {row.liabilities}" for row in agents.itertuples()
            if row.liabilities]  # fmt: skip


def _open_gates(dossier: Dossier, candidate: str) -> list[str]:
    """Return a line against it where a gate stops the candidate or a caution is open."""
    told = (("A gate stops it", stopping_gates(dossier, candidate)),
            ("Open cautions", open_gates(dossier, candidate)))  # fmt: skip
    return [f"{title}: {names}" for title, names in told if names]


def _claims(dossier: Dossier, candidate: str, side: str) -> list[str]:
    """Return what the literature says on one side, each with its citation."""
    claims = dossier.evidence.claims
    own = claims[
        (claims["candidate"] == candidate)
        & (claims["kind"] == "literature")
        & (claims["direction"] == side)
    ]
    return [f"{row.statement} ({row.citation})" for row in own.itertuples()][:LITERATURE]


def _count(dossier: Dossier, candidate: str, side: str) -> tuple[str, ...]:
    """Return how many of all answers stand on one side, and on what."""
    claims = dossier.evidence.claims
    own = claims[
        (claims["candidate"] == candidate)
        & ((claims["subject"] == "combination") | (claims["kind"] != "data"))
    ].drop_duplicates([*ANSWER, "direction"])
    told = own[own["direction"].isin(["for", "against"])]
    mine = told[told["direction"] == side]
    if not len(told):
        return ()
    topics = _topics(mine["topic"])
    return (cut(f"{len(mine)} of the {len(told)} answers that take a side{topics}", LINE),)


def _topics(topics: Iterable[str]) -> str:
    counts = pd.Series(list(topics), dtype=object).value_counts(sort=False)
    if counts.empty:
        return ""
    ordered = counts.sort_index().sort_values(ascending=False, kind="stable")
    return ": " + ", ".join(f"{name} {n}" for name, n in ordered.head(5).items())
