"""Section of the analysis of kinds of animals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import questions_of, stack, text_of
from smartcombo.study.model import Study


def arm_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return kinds, share controlled, growth of the growing and floored mean by arm as text."""
    kinds = {(r["model"], r["arm"]): r for r in stack(results, "arm_kinds")}
    rows = []
    for result in _own(results):
        alone = result.estimates[result.estimates["question"] == ""]
        for (model, arm), own in alone.groupby(["model", "arm"], sort=False):
            found = kinds[model, arm]
            rows.append(
                {
                    "model": model,
                    "label": study.label(str(arm)),
                    "kinds": found["kinds"],
                    "controlled": f"{found['controlled']} of {found['animals']}",
                    "share": text_of(own, "controlled_share", percent=True),
                    "rate": text_of(own, "growing_rate"),
                    "volume": text_of(own, "floored_geometric_mean"),
                    "day": f"{own['day'].iloc[0]:g}",
                }
            )
    return rows


def uncertain_animals(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the animals of both kinds' arms, controlled ones first, with their probability."""
    rows = pd.DataFrame(stack(results, "kinds"))
    if rows.empty:
        return []
    several = rows.groupby(["model", "arm"], sort=False)["kind"].transform("nunique") > 1
    shown = rows[several].sort_values(
        ["model", "arm", "probability_controlled"], ascending=[True, True, False], kind="stable"
    )
    return [
        row
        | {
            "label": study.label(row["arm"]),
            "probability": _probability(row["probability_controlled"]),
            "value": _volume(row["value_at_day"]),
        }
        for row in shown.to_dict("records")
    ]


def _volume(value: float) -> str:
    return f"{value:,.3g}" if math.isfinite(value) else "–"


OUTCOMES = {
    "controlled share difference": "share controlled",
    "growing": "growth rate of the growing",
    "floored ratio": "volume, ratio",
    "floored log ratio": "volume, log ratio",
}
"""Outcome as the shared rows name it -> as this section does."""


def question_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the questions as text; a ratio of volumes once, as a log only where it must be."""
    rows = questions_of(results, "classes")
    ratios = {(r["model"], r["contrast"]) for r in rows if r["outcome"] == "floored ratio"}
    return [
        row | {"outcome": OUTCOMES.get(row["outcome"], row["outcome"])}
        for row in rows
        if row["outcome"] != "floored log ratio" or (row["model"], row["contrast"]) not in ratios
    ]


def _probability(p: float) -> str:
    return "<0.001" if p < 0.001 else ">0.999" if p > 0.999 else f"{p:.3f}"


def _own(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.analysis == "classes"]


def _content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    sentences = [r["sentence"] for r in stack(results, "words") if r["key"] == "classes"]
    return {
        "arms": arm_rows(study, results),
        "animals": uncertain_animals(study, results),
        "questions": question_rows(results),
        "words": sentences,
    }


SECTIONS = (Section("classes", "Cured and growing animals", "Cured and growing", _content),)
