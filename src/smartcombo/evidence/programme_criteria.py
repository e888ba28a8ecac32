"""The values a ranking draws from, and one word a candidate before any ranking."""

from __future__ import annotations

from typing import Any

import pandas as pd

from smartcombo.evidence.programme_carry import activity_in_patients, comparator, models_of
from smartcombo.evidence.programme_claims import candidate_id
from smartcombo.evidence.programme_evidence import CRITERIA_COLUMNS, VERDICT_COLUMNS
from smartcombo.evidence.programme_measures import MEASURES, agreed, measured
from smartcombo.study.programme import Programme

EXACT = {
    "breadth": "share of its models",
    "rigour": "SYRCLE score, 0 to 10",
    "carry_over": "grade, D = 0 to A = 3",
    "activity_in_patients": "grade, 0 to 3",
}
"""Measures that are not estimates, with their unit."""
NAN = float("nan")
ANSWER = ["study", "model", "question", "topic", "citation"]
"""Claims that share these are one answer: volume and growth rate of the same mice count once."""


def anchors_of(programme: Programme) -> tuple[dict[str, Any], ...]:
    """Return the criteria as stated, with the keys of ``anchors`` of `Evidence`."""
    order = {name: place for place, name in enumerate(programme.weights.order, start=1)}
    return tuple(
        {
            "id": one.id,
            "title": one.title or one.id,
            "unit": EXACT.get(one.measure) or MEASURES[one.measure].unit,
            "worst": one.worst,
            "best": one.best,
            "weight": one.weight,
            "order": order.get(one.id) if programme.weights.kind == "ordered" else None,
            "no_effect": 0.0 if one.measure in MEASURES else None,
            "arms": 4 if one.measure == "interaction" else 2,
        }
        for one in programme.criteria
    )


def criteria_table(
    programme: Programme,
    candidates: list[tuple[str, str, str]],
    claims: pd.DataFrame,
    pooled: pd.DataFrame,
    grades: pd.DataFrame,
) -> pd.DataFrame:
    """Return every criterion of every candidate with ``CRITERIA_COLUMNS``."""
    rows = []
    for candidate, combination, context in candidates:
        own = pooled[pooled["candidate"] == candidate].set_index("measure")
        letters = grades[grades["candidate"] == candidate].set_index("grade")
        for one in programme.criteria:
            row = {"candidate": candidate, "combination": combination, "context": context,
                   "criterion": one.id}  # fmt: skip
            if one.measure in MEASURES:
                names = ["value", "se", "n", "unit", "status", "source", "low", "high"]
                found = {name: own.at[one.measure, name] for name in names}
                mine = claims[claims["candidate"] == candidate]
                several = own.at[one.measure, "studies"] > 1
                found["agreed"] = agreed(mine, MEASURES[one.measure]) if several else ""
            else:
                found = _exact(programme, combination, context, one.measure, claims, letters)
            rows.append(row | found)
    return pd.DataFrame(rows, columns=list(CRITERIA_COLUMNS)).astype(
        dict.fromkeys(("value", "se", "low", "high"), float)
    )


def _exact(
    programme: Programme,
    combination: str,
    context: str,
    measure: str,
    claims: pd.DataFrame,
    grades: pd.DataFrame,
) -> dict[str, Any]:
    """Return a measure that is counted or graded, not estimated."""
    base = {"unit": EXACT[measure], "se": NAN, "status": "ok", "source": "", "low": NAN,
            "high": NAN, "agreed": ""}  # fmt: skip
    if measure == "breadth":
        return base | _breadth(programme, combination, claims)
    if measure == "activity_in_patients":
        found = activity_in_patients(programme, combination, context)
        if found is None:
            return base | {"value": NAN, "n": 0, "status": "missing"}
        return base | {"value": float(found[0]), "n": 1, "source": found[1]}
    candidate = candidate_id(combination, context)
    studies = claims.loc[
        (claims["candidate"] == candidate) & (claims["kind"] == "data"), "study"
    ].unique()
    return base | {"value": float(grades.at[measure, "score"]), "n": len(studies),
                   "source": "; ".join(studies)}  # fmt: skip


def _breadth(programme: Programme, combination: str, claims: pd.DataFrame) -> dict[str, Any]:
    """Return the share of models in which the combination is shown to gain over the ICI alone."""
    rows = measured(claims[claims["combination"] == combination], MEASURES["gain_over_ici"])
    answered = rows[rows["direction"] != "unanswered"]
    models = models_of(programme, combination)
    if answered.empty:
        return {"value": NAN, "n": len(models), "status": "missing"}
    best = answered.groupby("model")["low"].max()
    return {"value": float((best > 0).sum()) / len(models), "n": len(models),
            "source": "; ".join(answered["claim"])}  # fmt: skip


def verdicts_table(
    programme: Programme,
    candidates: list[tuple[str, str, str]],
    claims: pd.DataFrame,
    pooled: pd.DataFrame,
    gates: pd.DataFrame,
) -> pd.DataFrame:
    """Return one word a candidate with ``VERDICT_COLUMNS``, and what stands beside it.

    ``stopped`` by a gate; else ``promising`` where the gain over the ICI alone lies wholly on the
    good side (pooled, or in each study), ``promising, with cautions`` where a caution is open;
    ``hotter, not sensitised`` where the molecule alone shifts the landscape and no gain is shown;
    else ``not decided``.
    """
    rows = []
    for candidate, combination, context in candidates:
        own = gates[gates["candidate"] == candidate]
        stops = own[(own["severity"] == "stop") & (own["passed"] == False)]  # noqa: E712
        open_stops = own[(own["severity"] == "stop") & own["passed"].isna()]
        cautions = own[(own["severity"] == "caution") & (own["passed"] != True)]  # noqa: E712
        careful = [*open_stops["gate"], *cautions["gate"]]
        measures = pooled[pooled["candidate"] == candidate].set_index("measure")
        mine = claims[claims["candidate"] == candidate]
        over = comparator(programme, combination)
        gains = agreed(mine, MEASURES["gain_over_ici"]) == "for"
        word, reason = _word(measures, list(stops["reason"]), careful, over, gains)
        told = mine[(mine["subject"] == "combination") | (mine["kind"] != "data")]
        counts = told.drop_duplicates([*ANSWER, "direction"])["direction"].value_counts()
        rows.append(
            {"candidate": candidate, "combination": combination, "context": context, "word": word,
             "answers_for": int(counts.get("for", 0)),
             "answers_against": int(counts.get("against", 0)),
             "stops": "; ".join(stops["gate"]), "cautions": "; ".join(careful), "reason": reason}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS))


def _word(
    measures: pd.DataFrame, stops: list[str], cautions: list[str], over: str, gains: bool
) -> tuple[str, str]:
    gain = measures.loc["gain_over_ici"]
    if stops:
        return "stopped", "; ".join(stops)
    if gain["status"] == "ok" and (gains or gain["low"] > 0):
        said = f"gain over {over}: {_told(gain)}"
        if cautions:
            return "promising, with cautions", f"{said}; open: {', '.join(cautions)}"
        return "promising", said
    axes = measures.loc[["inflamed_by_molecule", "infiltrated_by_molecule"]]
    hot = axes[(axes["status"] == "ok") & (axes["low"].astype(float) > 0)]
    if len(hot) and gain["status"] == "ok":
        which = ", ".join(name.partition("_")[0] for name in hot.index)
        return "hotter, not sensitised", f"{which} by the molecule; no gain over {over} is shown"
    return "not decided", f"gain over {over}: {_told(gain)}"


def _told(gain: pd.Series) -> str:
    if gain["status"] != "ok":
        return str(gain["status"])
    return f"{gain['value']:+.2f} ({gain['low']:+.2f} to {gain['high']:+.2f}) {gain['unit']}"
