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


SECTIONS = (
    Section(
        "response",
        "How many animals respond",
        "Response",
        lambda study, results: {
            "arms": response_rows(study, results),
            "questions": questions_of(results, "response"),
        },
    ),
)
