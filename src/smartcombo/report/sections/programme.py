"""Section of a programme of single mice: treatments across models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.efficacy.single_mouse.options import ALL_MODELS
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.response import rule_of
from smartcombo.report.sections.rows import question_row, stack, text_of
from smartcombo.report.words import QUESTIONS
from smartcombo.stats.response import CATEGORIES
from smartcombo.study.model import Study

COLUMNS = {
    "response_rate_difference": "response",
    "response_odds_ratio": "odds",
    "growth_rate_difference": "growth",
    "restricted_mean_difference": "doubling",
}
"""Estimand -> its column in the table of the questions."""


def _whole(results: Sequence[Result]) -> pd.DataFrame:
    """Return the estimates over all models; an empty table where there is no programme."""
    tables = [result.estimates for result in results if result.analysis == "programme"]
    if not tables:
        return pd.DataFrame()
    return tables[0][tables[0]["model"] == ALL_MODELS]


def treatment_table(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return counts of categories, response and growth rate of each treatment as text."""
    table = _whole(results)
    if table.empty:
        return []
    alone = table[table["question"] == ""]
    by_arm = dict(iter(alone.groupby("arm")))
    return [
        {key: row[key] for key in ("label", "models", "mice", *CATEGORIES)}
        | {
            "response": text_of(by_arm[row["arm"]], "response_rate", percent=True),
            "growth": text_of(by_arm[row["arm"]], "growth_rate"),
        }
        for row in stack(results, "treatments")
    ]


def question_table(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the four questions of each combination, one row a question, all endpoints beside."""
    table = _whole(results)
    if table.empty:
        return []
    asked = table[table["question"].isin(list(QUESTIONS)) & (table["null_model"] != "bliss")]
    rows = []
    for (arm, question), own in asked.groupby(["arm", "question"], sort=False):
        cells = {
            column: question_row(own[own["estimand"] == estimand].iloc[0].to_dict())
            for estimand, column in COLUMNS.items()
            if (own["estimand"] == estimand).any()
        }
        first = next(iter(cells.values()))
        rows.append(
            {"label": study.label(str(arm)), "question": question, "cells": cells}
            | {name: first[name] for name in ("contrast", "n", "status", "verdict", "holm")}
        )
    return rows


SECTIONS = (
    Section(
        "programme",
        "Treatments across models, the model as the unit",
        "Programme",
        lambda study, results: {
            "questions": question_table(study, results),
            "treatments": treatment_table(results),
            "rule": rule_of(results, "programme"),
        },
    ),
)
