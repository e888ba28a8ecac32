"""Estimates as text: what the tables of every section share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.words import (
    NULL_MODELS,
    degrees,
    number,
    p_value,
    unit_text,
    with_interval,
)


def stack(results: Sequence[Result], name: str) -> list[dict[str, Any]]:
    """Return the rows of a table over all results that have it."""
    return [
        row
        for result in results
        if name in result.tables
        for row in result.tables[name].to_dict("records")
    ]


def pick(rows: pd.DataFrame, estimand: str, null: str = "") -> dict[str, Any] | None:
    """Return the first row of an estimand under a null model, or ``None``."""
    chosen = rows[(rows["estimand"] == estimand) & (rows["null_model"] == null)]
    return None if chosen.empty else {str(k): v for k, v in chosen.iloc[0].items()}


def signed(row: dict[str, Any]) -> str:
    """Return a difference with its interval and its sign, plus too."""
    text = with_interval(row["value"], row["low"], row["high"])
    return text if row["value"] < 0 else f"+{text}"


def text_of(rows: pd.DataFrame, estimand: str, *, percent: bool = False) -> str:
    """Return an estimand with its interval as text; empty where it is missing."""
    row = pick(rows, estimand)
    if row is None or row["verdict"] == "missing":
        return ""
    factor = 100.0 if percent else 1.0
    value, low, high = (factor * float(row[name]) for name in ("value", "low", "high"))
    if percent:
        return f"{number(value, 0)}% ({number(low, 0)} to {number(high, 0)}%)"
    return with_interval(value, low, high)


def ratio_text(value: float, low: float, high: float) -> str:
    """Return a ratio with its interval, each to two digits; ``∞`` where it has no end."""
    if value != value:
        return "–"
    return f"{_digits(value)} ({_digits(low)} to {_digits(high)})"


def _digits(value: float) -> str:
    return "∞" if value == float("inf") else f"{value:.2g}" if value < 100 else f"{value:.0f}"


def question_row(row: dict[Any, Any]) -> dict[str, Any]:
    """Return one row of the estimates that answers a question, as text."""
    return {
        "model": row["model"],
        "question": {"single": "agent alone", "part": "part"}.get(row["question"], row["question"]),
        "contrast": row["contrast"],
        "null": NULL_MODELS.get(row["null_model"], ""),
        "scale": row["scale"],
        "estimate": with_interval(row["value"], row["low"], row["high"]),
        "ratio": ratio_text(row["value"], row["low"], row["high"]),
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


def questions_of(results: Sequence[Result], analysis: str) -> list[dict[str, Any]]:
    """Return the four questions of an analysis as text."""
    rows = []
    for result in results:
        if result.analysis == analysis:
            asked = result.estimates[result.estimates["question"] != ""]
            rows += [question_row(row) for row in asked.to_dict("records")]
    return rows
