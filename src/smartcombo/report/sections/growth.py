"""Sections of the growth analysis: curves, questions, robustness, diagnostics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.mixed_arms import Lead, mixed_lead, mixture_caution
from smartcombo.report.sections.rows import pick, question_row, signed, stack, text_of
from smartcombo.report.words import (
    NULL_MODELS,
    QUESTIONS,
    SHAPES,
    number,
    p_value,
)
from smartcombo.study.model import Study


@dataclass(frozen=True)
class Card:
    """One question about one combination: the word, and the numbers behind it.

    ``caution`` says why the growth rate does not lead, where an arm is a mixture.
    """

    question: str
    asks: str
    verdict: str
    lines: tuple[str, ...]
    small: str
    caution: str = ""


@dataclass(frozen=True)
class Answer:
    """One combination in one tumour model: its four cards."""

    model: str
    combination: str
    cards: tuple[Card, ...]

    @property
    def cautions(self) -> tuple[str, ...]:
        """Return what to be careful about, each sentence once."""
        return tuple(dict.fromkeys(card.caution for card in self.cards if card.caution))


def _growth(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.analysis == "growth"]


def answers(study: Study, results: Sequence[Result]) -> list[Answer]:
    """Return the four questions of each combination and tumour model, in the study's order."""
    found = []
    for result in _growth(results):
        table = result.estimates
        asked = table[table["question"].isin(list(QUESTIONS))]
        for (model, arm), rows in asked.groupby(["model", "arm"], sort=False):
            cards = tuple(
                _led(
                    _card(rows, question),
                    mixed_lead(study, results, str(model), str(arm), question),
                    mixture_caution(results, str(model)),
                )
                for question in QUESTIONS
            )
            found.append(Answer(str(model), study.label(str(arm)), cards))
    return found


def _card(rows: pd.DataFrame, question: str) -> Card:
    own = rows[rows["question"] == question]
    return _interaction_card(own) if question == "Q4" else _effect_card(own, question)


def _led(card: Card, lead: Lead | None, caution: str) -> Card:
    """Return the card led by volumes counted at the limit where a growth rate must not lead."""
    if card.verdict == "missing":
        return card
    if lead is None:
        return replace(card, caution=caution)
    rate = f"{lead.small}; the model of one kind says: {card.verdict}, {card.lines[0]}"
    return Card(card.question, card.asks, lead.verdict, lead.lines, rate, lead.caution)


def _effect_card(rows: pd.DataFrame, question: str) -> Card:
    rate = pick(rows, "growth_rate_difference")
    if rate is None or rate["verdict"] == "missing":
        return Card(question, QUESTIONS[question], "missing", (_reason(rate),), "")
    ratio = pick(rows, "ratio")
    lines = [f"growth rate {signed(rate)} per day"]
    if ratio is not None:
        lines.append(
            f"on day {ratio['day']:g}: {ratio['value']:.2f} times the volume "
            f"({ratio['low']:.2f} to {ratio['high']:.2f})"
        )
    small = f"{rate['contrast']}; p = {p_value(rate['p'])}, {rate['n']:.0f} animals"
    return Card(question, QUESTIONS[question], str(rate["verdict"]), tuple(lines), _p_sign(small))


def _interaction_card(rows: pd.DataFrame) -> Card:
    """Return Q4 by its primary null model, Bliss, with the other null models as lines."""
    bliss = pick(rows, "log_ratio", "bliss")
    lead = bliss if bliss is not None and bliss["verdict"] != "missing" else None
    lines = []
    for null in _shown_nulls(rows):
        row = pick(rows, "log_ratio", null)
        if row is None or row["verdict"] == "missing":
            lines.append(f"{NULL_MODELS[null]}: {_reason(row)}")
            continue
        low, high = math.exp(row["low"]), math.exp(row["high"])
        lines.append(
            f"{NULL_MODELS[null]}: {row['verdict']}, expected {math.exp(row['value']):.2f} times "
            f"the observed volume ({low:.2f} to {high:.2f})"
        )
    small = "" if lead is None else f"Bliss p = {p_value(lead['p'])}, {lead['n']:.0f} animals"
    verdict = "missing" if lead is None else str(lead["verdict"])
    return Card("Q4", QUESTIONS["Q4"], verdict, tuple(lines), _p_sign(small))


def _shown_nulls(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the null models of a card: those of two agents, and the pairs of three."""
    return ("bliss", "hsa", "pairs") if (rows["null_model"] == "pairs").any() else ("bliss", "hsa")


def _p_sign(text: str) -> str:
    return text.replace("p = <", "p < ").replace("p = >", "p > ")


def _reason(row: dict[str, Any] | None) -> str:
    return "not asked" if row is None else str(row["status"]).removeprefix("missing: ")


def arm_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return growth rate, doubling time, volume, T/C and TGI of each arm as text."""
    rows = []
    for result in _growth(results):
        for (model, arm), own in result.estimates.groupby(["model", "arm"], sort=False):
            alone = own[own["question"] == ""]
            if alone.empty:
                continue
            against = own[own["question"].isin(["single", "Q1"])]
            rows.append(
                {
                    "model": model,
                    "label": study.label(str(arm)),
                    "n": f"{alone['n'].iloc[0]:.0f}",
                    "rate": text_of(alone, "growth_rate"),
                    "doubling": text_of(alone, "doubling_time"),
                    "volume": text_of(alone, "geometric_mean"),
                    "ratio": text_of(against, "ratio"),
                    "tgi": text_of(against, "tgi", percent=True),
                    "day": f"{alone['day'].iloc[0]:g}",
                }
            )
    return rows


def question_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return every question as text, at the growth-rate level and at the declared day."""
    shown = ("growth_rate_difference", "log_ratio", "excess_inhibition")
    rows = []
    for result in _growth(results):
        table = result.estimates
        asked = table[(table["question"] != "") & table["estimand"].isin(shown)]
        rows += [question_row(row) for row in asked.to_dict("records")]
    return rows


def robustness_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return how often each word is given over the specifications."""
    rows = []
    for result in results:
        table = result.tables.get("robustness")
        if table is None or table.empty:
            continue
        keys = ["model", "question", "null_model", "contrast"]
        for (model, question, null, contrast), group in table.groupby(keys, sort=False):
            counts = group["verdict"].value_counts(sort=False)
            rows.append(
                {
                    "model": model,
                    "question": question,
                    "null": NULL_MODELS.get(str(null), ""),
                    "contrast": contrast,
                    "low": number(float(group["value"].min()), 2),
                    "high": number(float(group["value"].max()), 2),
                    "counts": [(word, int(count)) for word, count in counts.items()],
                    "total": len(group),
                }
            )
    return rows


def shape_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return each shape of growth as text: how well it fits, and its four words."""
    return [
        {
            "model": row["model"],
            "shape": SHAPES[row["shape"]],
            "primary": bool(row["is_primary"]),
            "parameters": f"{row['parameters']:.0f}",
            "aic": _above(row["aic_above_best"]),
            "bic": _above(row["bic_above_best"]),
            "words": [[one for one in row[q].split(" / ") if one] for q in QUESTIONS],
            "detail": row["detail"] or ("" if row["status"] == "ok" else row["status"]),
        }
        for row in stack(results, "shapes")
    ]


def _above(value: float) -> str:
    return "not fitted" if math.isnan(value) else f"{value:.1f}"


def model_content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the arms, and what the model says about the curves."""
    return {"arms": arm_rows(study, results), "words": _words(results, "curvature")}


def _words(results: Sequence[Result], key: str) -> list[dict[str, Any]]:
    """Return the sentences of one kind."""
    return [row for row in stack(results, "words") if row["key"].split(":")[0] == key]


SECTIONS = (
    Section("every-mouse", "Every mouse", "Every mouse"),
    Section("model-curves", "What the model says", "Model", model_content),
    Section(
        "four-questions",
        "The four questions",
        "Four questions",
        lambda study, results: {"questions": question_rows(results)},
    ),
    Section("course", "Over time", "Over time"),
)
TRUST = (
    Section(
        "robustness",
        "Would another model say otherwise?",
        "Robustness",
        lambda study, results: {
            "rows": robustness_rows(results),
            "words": _words(results, "stability"),
            "shapes": shape_rows(results),
            "shape_words": _words(results, "shape"),
        },
    ),
    Section(
        "scales",
        "Raw and relative volumes",
        "Raw v relative",
        lambda study, results: {"words": _words(results, "scales")},
    ),
    Section(
        "diagnostics",
        "Can the model be trusted?",
        "Diagnostics",
        lambda study, results: {
            "checks": [row for result in results for row in result.checks.to_dict("records")]
        },
    ),
)
"""Whether the growth model can be trusted: after the answers."""
