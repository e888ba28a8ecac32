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
    "worse_score_probability": "chance of the worse clinical score",
    "past_score_limit_rate_difference": "at the clinical score of the protocol",
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
    """Return the questions about weight, nadir, limits, scores and deaths as text."""
    rows = []
    for result in results:
        if result.analysis != "tolerability" or not _answered(result):
            continue
        asked = result.estimates[result.estimates["question"] != ""]
        for row in asked[asked["estimand"].isin(list(SHOWN))].to_dict("records"):
            net = ", net of the tumour" if row["endpoint"] == "body_weight_net" else ""
            rows.append(question_row(row) | {"outcome": SHOWN[row["estimand"]] + net})
    return rows


def score_arms(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return worst scores and animals at the limit of each arm as text; none without scores."""
    rows = []
    for result in results:
        courses = result.tables.get("score_courses")
        if result.analysis != "tolerability" or courses is None or courses.empty:
            continue
        alone = result.estimates[result.estimates["endpoint"] == "clinical_score"]
        for (model, arm), animals in courses.groupby(["model", "arm"], sort=False):
            own = alone[(alone["model"] == model) & (alone["arm"] == arm)]
            rows.append(
                {
                    "model": model,
                    "label": study.label(str(arm)),
                    "n": f"{len(animals)}",
                    "worst": f"{animals['worst'].max():g}",
                    "limit": _count(own, "past_score_limit_rate"),
                    "jeffreys": _jeffreys(result.tables["score_rates"], str(model), str(arm)),
                }
                | _median_and_days(own)
            )
    return rows


def _median_and_days(own: pd.DataFrame) -> dict[str, str]:
    median, time = _row(own, "worst_score"), _row(own, "time_to_score_limit")
    days = NOT_KNOWN if time is None else _with_ends(time)
    if median is None:
        return {"median": NOT_KNOWN, "days": days}
    limits = "" if pd.isna(median["low"]) else f" ({median['low']:g} to {median['high']:g})"
    return {"median": f"{median['value']:g}{limits}", "days": days}


def _with_ends(time: Any) -> str:
    """Return a median time with its limits; in words where it was not reached."""
    if time["value"] == float("inf"):
        return "not reached"
    low, high = ("∞" if x == float("inf") else f"{x:.3g}" for x in (time["low"], time["high"]))
    return f"{time['value']:.3g} ({low} to {high})"


def _jeffreys(rates: pd.DataFrame, model: str, arm: str) -> str:
    own = rates[(rates["model"] == model) & (rates["arm"] == arm)] if len(rates) else rates
    if own.empty:
        return NOT_KNOWN
    low, high = (100 * float(own[f"jeffreys_{end}"].iloc[0]) for end in ("low", "high"))
    return f"{low:.0f} to {high:.0f}%"


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


def _score_limit(study: Study) -> str:
    limit = study.limits.clinical_score
    if limit is None:
        return "No limit of the clinical score is stated for this study: no arm is flagged for it."
    return (
        f"Clinical scores are flagged at the protocol's {limit:g}: stop where half of an arm's "
        "animals reach it, caution where one does."
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
            "scored": score_arms(study, results),
            "score_limit": _score_limit(study),
        },
    ),
)
