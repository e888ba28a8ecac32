"""Section of the response analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import questions_of, stack
from smartcombo.stats.response import CATEGORIES
from smartcombo.study.model import Study


def response_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return counts of categories and rates of each arm as text."""
    own_results = [result for result in results if result.analysis == "response"]
    rates = {(r["model"], r["arm"], r["estimand"]): r for r in stack(own_results, "rates")}
    calls = pd.DataFrame(stack(own_results, "calls"))
    if calls.empty:
        return []
    rows = []
    for (model, arm), own in calls.groupby(["model", "arm"], sort=False):
        counts = own["category"].value_counts()
        rows.append(
            {"model": model, "label": study.label(str(arm)), "n": len(own)}
            | {name: int(counts.get(name, 0)) for name in CATEGORIES}
            | {key: _percent(rates.get((model, arm, key))) for key in RESPONSE_RATES}
        )
    return rows


RESPONSE_RATES = ("response_rate", "tumour_free_rate", "cure_rate")


def _percent(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    value, low, high = (100 * row[k] for k in ("value", "jeffreys_low", "jeffreys_high"))
    return f"{value:.0f}% ({low:.0f} to {high:.0f}%)"


def response_questions(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the questions about each outcome, with the odds ratio beside the difference."""
    rows = questions_of(results, "response")
    keys = ("model", "question", "contrast")
    odds = {
        (*(row[key] for key in keys), row["outcome"].removesuffix(" odds ratio")): row
        for row in rows
        if row["outcome"].endswith(" odds ratio")
    }
    found = []
    for row in rows:
        if row["outcome"].endswith(" odds ratio"):
            continue
        other = odds.get((*(row[key] for key in keys), row["outcome"]))
        found.append(row | {"odds": other["ratio"] if other and not row["null"] else ""})
    return found


def rule_of(results: Sequence[Result], analysis: str) -> str:
    """Return the rule of the calls with every parameter, as a sentence."""
    found = [r.options["rule_in_words"] for r in results if r.analysis == analysis]
    return str(found[0]) if found else ""


def cure_of(results: Sequence[Result]) -> str:
    """Return the day of cure as text; empty where none is stated."""
    days = [r.options["cure_day"] for r in results if r.analysis == "response"]
    return f"{days[0]:g}" if days and days[0] is not None else ""


SECTIONS = (
    Section(
        "response",
        "How many animals respond",
        "Response",
        lambda study, results: {
            "arms": response_rows(study, results),
            "questions": response_questions(results),
            "rule": rule_of(results, "response"),
            "cure_day": cure_of(results),
        },
    ),
)
