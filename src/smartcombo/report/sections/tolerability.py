"""Section of the tolerability analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import question_row, stack
from smartcombo.report.words import number
from smartcombo.study.model import Study

SHOWN = {
    "weight_log_ratio": "mean weight",
    "weight_nadir_difference": "nadir",
    "past_weight_limit_rate_difference": "past the limit",
    "treatment_death_rate_difference": "treatment-related deaths",
}
"""Estimand -> what the table of questions calls it."""
NOT_KNOWN = "not known"


def tolerability_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return change, nadir, limit, deaths and days of each arm as text, with its flag."""
    rows = []
    for result in results:
        if result.analysis != "tolerability" or not _answered(result):
            continue
        alone = result.estimates[result.estimates["question"] == ""]
        for (model, arm), own in alone.groupby(["model", "arm"], sort=False):
            flags = result.checks[(result.checks["model"] == model)
                                  & (result.checks["subject"] == arm)]  # fmt: skip
            rows.append(
                {
                    "model": model,
                    "label": study.label(str(arm)),
                    "n": _animals(own),
                    "change": _percent(own, "weight_change", "body_weight"),
                    "net": _percent(own, "weight_change", "body_weight_net"),
                    "nadir": _percent(own, "weight_nadir", "body_weight"),
                    "limit": _count(own, "past_weight_limit_rate"),
                    "deaths": _count(own, "treatment_death_rate"),
                    "days": _days(own),
                    "flag": _worst(flags["status"]),
                }
            )
    return rows


def _answered(result: Result) -> bool:
    """Return whether anything about tolerability is known."""
    return bool(result.estimates["value"].notna().any())


def _animals(own: pd.DataFrame) -> str:
    return f"{own['n'].max():.0f}"


def _row(own: pd.DataFrame, estimand: str, endpoint: str = "") -> Any:
    rows = own[own["estimand"] == estimand]
    if endpoint:
        rows = rows[rows["endpoint"] == endpoint]
    return None if rows.empty or pd.isna(rows["value"].iloc[0]) else rows.iloc[0]


def _percent(own: pd.DataFrame, estimand: str, endpoint: str) -> str:
    row = _row(own, estimand, endpoint)
    if row is None:
        return NOT_KNOWN
    value, low, high = (_signed(100 * row[name]) for name in ("value", "low", "high"))
    return f"{value}% ({low} to {high}%)"


def _signed(x: float) -> str:
    text = number(x, 1)
    return f"+{text}" if x > 0 and text != "0.0" else text


def _count(own: pd.DataFrame, estimand: str) -> str:
    row = _row(own, estimand)
    if row is None:
        return NOT_KNOWN
    count = round(row["value"] * row["n"])
    return f"{count} of {row['n']:.0f} ({100 * row['low']:.0f} to {100 * row['high']:.0f}%)"


def _days(own: pd.DataFrame) -> str:
    row = _row(own, "days_followed")
    return NOT_KNOWN if row is None else f"{row['value']:.3g}"


def _worst(statuses: pd.Series) -> str:
    present = set(statuses)
    return next((word for word in ("stop", "caution", "ok") if word in present), "not flagged")


def tolerability_questions(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the questions about weight, nadir, limit and deaths as text."""
    rows = []
    for result in results:
        if result.analysis != "tolerability" or not _answered(result):
            continue
        asked = result.estimates[result.estimates["question"] != ""]
        for row in asked[asked["estimand"].isin(list(SHOWN))].to_dict("records"):
            net = ", net of the tumour" if row["endpoint"] == "body_weight_net" else ""
            rows.append(question_row(row) | {"outcome": SHOWN[row["estimand"]] + net})
    return rows


def _sentences(results: Sequence[Result]) -> list[dict[str, Any]]:
    known = [result for result in results if result.analysis == "tolerability"]
    return stack([result for result in known if _answered(result)], "tolerance")


def _without(study: Study, results: Sequence[Result]) -> str:
    """Return what a study that knows nothing of tolerability is told; empty where it knows."""
    asked = [result for result in results if result.analysis == "tolerability"]
    if not asked or any(_answered(result) for result in asked):
        return ""
    return (
        "Not known: this study has no body weights after baseline, and does not state how its "
        "animals left. Missing is not zero: nothing can be said about what the arms cost."
    )


def _limit(study: Study) -> str:
    limit, reference = study.limits.weight_loss_fraction, study.limits.reference
    if limit is None:
        return "No limit of weight loss is stated for this study: no arm is flagged for weight."
    source = f" ({reference})" if reference else ""
    return (
        f"Flags follow the protocol's limit of {limit:.0%}{source}: stop where the mean of an arm "
        "reaches it, caution where one animal or the interval of the mean does, or an animal died."
    )


SECTIONS = (
    Section(
        "tolerability",
        "Is it tolerated?",
        "Tolerability",
        lambda study, results: {
            "arms": tolerability_rows(study, results),
            "questions": tolerability_questions(results),
            "sentences": _sentences(results),
            "unknown": _without(study, results),
            "limit": _limit(study) if any(r.analysis == "tolerability" for r in results) else "",
        },
    ),
)
