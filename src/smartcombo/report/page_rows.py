"""What the page's tables and cards show: estimates as text, by section."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.core.finding import findings_table
from smartcombo.core.result import Result
from smartcombo.report.words import (
    NULL_MODELS,
    QUESTIONS,
    degrees,
    number,
    p_value,
    unit_text,
    with_interval,
)
from smartcombo.stats.response import CATEGORIES
from smartcombo.study.model import Study

ROLES = {
    "vehicle": "vehicle",
    "ici-alone": "checkpoint inhibitor alone",
    "molecule-alone": "molecule alone",
    "combination": "combination",
}


@dataclass(frozen=True)
class Card:
    """One question about one combination: the word, and the numbers behind it."""

    question: str
    asks: str
    verdict: str
    lines: tuple[str, ...]
    small: str


@dataclass(frozen=True)
class Answer:
    """One combination in one tumour model: its four cards."""

    model: str
    combination: str
    cards: tuple[Card, ...]


def stack(results: Sequence[Result], name: str) -> list[dict[str, Any]]:
    """Return the rows of a table over all results that have it."""
    return [
        row
        for result in results
        if name in result.tables
        for row in result.tables[name].to_dict("records")
    ]


def _growth(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.analysis == "growth"]


def answers(study: Study, results: Sequence[Result]) -> list[Answer]:
    """Return the four questions of each combination and tumour model, in the study's order."""
    found = []
    for result in _growth(results):
        table = result.estimates
        asked = table[table["question"].isin(list(QUESTIONS))]
        for (model, arm), rows in asked.groupby(["model", "arm"], sort=False):
            cards = tuple(_card(rows, question) for question in QUESTIONS)
            found.append(Answer(str(model), study.label(str(arm)), cards))
    return found


def _card(rows: pd.DataFrame, question: str) -> Card:
    own = rows[rows["question"] == question]
    return _interaction_card(own) if question == "Q4" else _effect_card(own, question)


def _pick(rows: pd.DataFrame, estimand: str, null: str = "") -> dict[str, Any] | None:
    chosen = rows[(rows["estimand"] == estimand) & (rows["null_model"] == null)]
    return None if chosen.empty else {str(k): v for k, v in chosen.iloc[0].items()}


def _effect_card(rows: pd.DataFrame, question: str) -> Card:
    rate = _pick(rows, "growth_rate_difference")
    if rate is None or rate["verdict"] == "missing":
        return Card(question, QUESTIONS[question], "missing", (_reason(rate),), "")
    ratio = _pick(rows, "ratio")
    lines = [f"growth rate {_signed(rate)} per day"]
    if ratio is not None:
        lines.append(
            f"on day {ratio['day']:g}: {ratio['value']:.2f} times the volume "
            f"({ratio['low']:.2f} to {ratio['high']:.2f})"
        )
    small = f"{rate['contrast']}; p = {p_value(rate['p'])}, {rate['n']:.0f} animals"
    return Card(question, QUESTIONS[question], str(rate["verdict"]), tuple(lines), _p_sign(small))


def _interaction_card(rows: pd.DataFrame) -> Card:
    """Return Q4 by its primary null model, Bliss, with the other null models as lines."""
    bliss = _pick(rows, "log_ratio", "bliss")
    lead = bliss if bliss is not None and bliss["verdict"] != "missing" else None
    lines = []
    for null in ("bliss", "hsa"):
        row = _pick(rows, "log_ratio", null)
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


def _p_sign(text: str) -> str:
    return text.replace("p = <", "p < ").replace("p = >", "p > ")


def _reason(row: dict[str, Any] | None) -> str:
    return "not asked" if row is None else str(row["status"]).removeprefix("missing: ")


def _signed(row: dict[str, Any]) -> str:
    text = with_interval(row["value"], row["low"], row["high"])
    return text if row["value"] < 0 else f"+{text}"


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
                    "rate": _text(alone, "growth_rate"),
                    "doubling": _text(alone, "doubling_time"),
                    "volume": _text(alone, "geometric_mean"),
                    "ratio": _text(against, "ratio"),
                    "tgi": _text(against, "tgi", percent=True),
                    "day": f"{alone['day'].iloc[0]:g}",
                }
            )
    return rows


def _text(rows: pd.DataFrame, estimand: str, *, percent: bool = False) -> str:
    row = _pick(rows, estimand)
    if row is None or row["verdict"] == "missing":
        return ""
    factor = 100.0 if percent else 1.0
    value, low, high = (factor * float(row[name]) for name in ("value", "low", "high"))
    if percent:
        return f"{number(value, 0)}% ({number(low, 0)} to {number(high, 0)}%)"
    return with_interval(value, low, high)


def question_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return every question as text, at the growth-rate level and at the declared day."""
    shown = ("growth_rate_difference", "log_ratio", "excess_inhibition")
    rows = []
    for result in results:
        table = result.estimates
        asked = table[(table["question"] != "") & table["estimand"].isin(shown)]
        rows += [_question_row(row) for row in asked.to_dict("records")]
    return rows


def _question_row(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "model": row["model"],
        "question": {"single": "agent alone", "part": "part"}.get(row["question"], row["question"]),
        "contrast": row["contrast"],
        "null": NULL_MODELS.get(row["null_model"], ""),
        "scale": row["scale"],
        "estimate": with_interval(row["value"], row["low"], row["high"]),
        "unit": unit_text(row["unit"]),
        "p": p_value(row["p"]),
        "holm": p_value(row["p_holm"]),
        "bh": p_value(row["p_bh"]),
        "df": degrees(row["df"]),
        "n": f"{row['n']:.0f}",
        "verdict": row["verdict"],
        "status": row["status"],
        "outcome": str(row["estimand"]).removesuffix("_rate_difference").replace("_", " "),
        "level": "rate" if row["estimand"] == "growth_rate_difference" else "day",
        "day": row["day"],
    }


def response_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return counts of categories and rates of each arm as text."""
    rates = {(r["model"], r["arm"], r["estimand"]): r for r in stack(results, "rates")}
    calls = pd.DataFrame(stack(results, "calls"))
    if calls.empty:
        return []
    rows = []
    for (model, arm), own in calls.groupby(["model", "arm"], sort=False):
        counts = own["category"].value_counts()
        rows.append(
            {"model": model, "label": study.label(str(arm)), "n": len(own)}
            | {name: int(counts.get(name, 0)) for name in CATEGORIES}
            | {key: _percent(rates[model, arm, key]) for key in RESPONSE_RATES}
        )
    return rows


RESPONSE_RATES = ("response_rate", "tumour_free_rate")


def _percent(row: dict[str, Any]) -> str:
    value, low, high = (100 * row[k] for k in ("value", "jeffreys_low", "jeffreys_high"))
    return f"{value:.0f}% ({low:.0f} to {high:.0f}%)"


def progression_arms(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return median and restricted mean time of each arm as text."""
    rows = []
    for result in results:
        if result.analysis != "progression":
            continue
        alone = result.estimates[result.estimates["question"] == ""]
        for (model, arm), own in alone.groupby(["model", "arm"], sort=False):
            rows.append(
                {
                    "model": model,
                    "label": study.label(str(arm)),
                    "n": f"{own['n'].iloc[0]:.0f}",
                    "median": _median(own),
                    "mean": _text(own, "restricted_mean"),
                }
            )
    return rows


def _median(rows: pd.DataFrame) -> str:
    row = _pick(rows, "median_time")
    if row is None or not math.isfinite(row["value"]):
        return "not reached"
    ends = [f"{x:.3g}" if math.isfinite(x) else "not reached" for x in (row["low"], row["high"])]
    return f"{row['value']:.3g} ({ends[0]} to {ends[1]})"


def questions_of(results: Sequence[Result], analysis: str) -> list[dict[str, Any]]:
    """Return the four questions of an analysis as text."""
    rows = []
    for result in results:
        if result.analysis == analysis:
            asked = result.estimates[result.estimates["question"] != ""]
            rows += [_question_row(row) for row in asked.to_dict("records")]
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


def finding_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the findings of the study and its analyses, worst first, many of a kind folded."""
    found = [*study.findings, *(f for result in results for f in result.findings)]
    table = findings_table(dict.fromkeys(found))
    rows = []
    for _, group in table.groupby(["severity", "code"], sort=False):
        records = group.to_dict("records")
        rows += [_finding_row(row) for row in records[:MOST_OF_A_KIND]]
        left = len(records) - MOST_OF_A_KIND
        if left > 0:
            rows.append(
                {"more": left, "severity": records[0]["severity"], "code": records[0]["code"]}
            )
    return rows


MOST_OF_A_KIND = 6
"""Findings of one code that the page shows; ``findings.csv`` has them all."""


def _finding_row(row: dict[Any, Any]) -> dict[str, Any]:
    line = "" if pd.isna(row["row"]) else f", row {row['row']}"
    return {**row, "where": f"{row['file']}{line}".lstrip(", "), "more": 0}


def design_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the design table with roles and fates as a reader says them."""
    return [
        row
        | {
            "role": ROLES.get(row["role"], row["role"]),
            "fates": str(row["fates"]).replace("-", " "),
        }
        for row in stack(results, "design")
    ]
