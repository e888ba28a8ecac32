"""Section on the bootstrap of animals: the questions with the animals resampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import stack
from smartcombo.report.words import NULL_MODELS, p_value, with_interval
from smartcombo.study.model import Study

ESTIMANDS = ("log_ratio", "excess_inhibition")
"""One row a question: on the scale of the declared day."""


def bootstrap_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return every question with its bootstrap interval beside that of the model, as text."""
    model = {_key(row): row for result in results for row in result.estimates.to_dict("records")}
    return [
        {
            "model": row["model"],
            "question": "agent alone" if row["question"] == "single" else row["question"],
            "contrast": row["contrast"],
            "null": NULL_MODELS.get(row["null_model"], ""),
            "estimate": with_interval(row["value"], row["low"], row["high"]),
            "of_model": with_interval(
                *(model[_key(row)][name] for name in ("value", "low", "high"))
            ),
            "p": p_value(row["p"]),
            "verdict": row["verdict"],
            "model_verdict": model[_key(row)]["verdict"],
            "refits": f"{row['settled']} of {row['draws']}",
        }
        for row in stack(results, "bootstrap")
        if row["estimand"] in ESTIMANDS
    ]


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("analysis", "model", "endpoint", "estimand", "question", "null_model", "contrast")
    return tuple(str(row[name]) for name in names)


def _content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    return {"rows": bootstrap_rows(study, results)}


SECTIONS = (
    Section("bootstrap", "Do the answers stand with other mice?", "Resampled mice", _content),
)
