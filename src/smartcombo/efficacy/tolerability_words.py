"""A sentence for each combination: what it weighs on the animals, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.result import estimates_frame
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Combination, Study

AGAINST = {"Q1": "vehicle", "Q2": "the checkpoint inhibitor alone", "Q3": "the molecule alone"}
VERBS = {
    "harm": "it weighs less than",
    "benefit": "it weighs more than",
    "inconclusive": "no clear difference from",
}
SCORE_VERBS = {
    "harm": "it scores worse than",
    "benefit": "it scores better than",
    "inconclusive": "no clear difference in scores from",
}
LONGER_DAYS = 1.0
"""Days of mean follow-up beyond which the page says that an arm was exposed longer."""

Rows = Sequence[Mapping[str, Any]]


def combination_sentences(
    study: Study, model: str, rows: Rows, tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return one row a combination with its sentence and the word that heads it."""
    table = estimates_frame([dict(row) for row in rows])
    found = []
    for combination in combinations_of(study):
        own = table[table["arm"] == combination.arm]
        if own.empty:
            continue
        said = [_weight(study, own, tables["courses"]), _limit(study, own),
                _score(own, tables["score_courses"]), _score_limit(study, own),
                _deaths(own), _against(own), _worse(own), _net(own),
                _exposure(study, table, combination)]  # fmt: skip
        text = f"{study.label(combination.arm)}: {'; '.join(part for part in said if part)}."
        found.append((model, combination.arm, _head(own), text))
    return pd.DataFrame(found, columns=["model", "arm", "verdict", "sentence"])


def _pick(rows: pd.DataFrame, estimand: str, question: str = "") -> Mapping[str, Any] | None:
    chosen = rows[(rows["estimand"] == estimand) & (rows["question"] == question)]
    return None if chosen.empty else {str(k): v for k, v in chosen.iloc[0].items()}


def _judged(own: pd.DataFrame) -> pd.DataFrame:
    """Return the weight rows that judge: net of the tumour where that can be had."""
    rows = own[own["estimand"] == "weight_log_ratio"]
    net = rows[(rows["endpoint"] == "body_weight_net") & (rows["verdict"] != "missing")]
    return rows if net.empty else net


def _head(own: pd.DataFrame) -> str:
    """Return *harm* where weight, scores or deaths say so in any question, else the word on Q1."""
    others = own[own["estimand"].isin(["treatment_death_rate_difference",
                                       "worse_score_probability"])]  # fmt: skip
    judged = _judged(own)
    asked = pd.concat([judged, others])
    if (asked.loc[asked["question"].isin(["Q1", "Q2", "Q3", "Q4"]), "verdict"] == "harm").any():
        return "harm"
    first = [_pick(own, "worse_score_probability", "Q1"), _pick(judged, "weight_log_ratio", "Q1")]
    words = [str(row["verdict"]) for row in first if row is not None]
    return next((word for word in reversed(words) if word != "missing"), "missing")


def _percent(x: float) -> str:
    return f"{round(100 * x, 1) + 0.0:+.1f}%".replace("-", "\u2212")


def _weight(study: Study, own: pd.DataFrame, courses: pd.DataFrame) -> str:
    row = _pick(own, "weight_change")
    if row is None:
        return "body weight is not known"
    weight = "weight net of the tumour" if row["endpoint"] == "body_weight_net" else "body weight"
    said = (
        f"mean {weight} {_percent(row['value'])} ({_percent(row['low'])} to "
        f"{_percent(row['high'])}) on day {row['day']:.4g}"
    )
    mine = courses[(courses["arm"] == row["arm"]) & courses["nadir"].notna()]
    if mine.empty:
        return said
    worst = mine.loc[mine["nadir"].idxmin()]
    return f"{said}, worst animal {_percent(worst['nadir'])} on day {worst['nadir_day']:.4g}"


def _limit(study: Study, own: pd.DataFrame) -> str:
    limit, row = study.limits.weight_loss_fraction, _pick(own, "past_weight_limit_rate")
    if row is None:
        return ""
    if limit is None:
        return "no limit of weight loss is stated, so the arm is not flagged"
    count = round(row["value"] * row["n"])
    return f"{count} of {row['n']:.0f} animals past the protocol's {limit:.0%}"


def _score(own: pd.DataFrame, courses: pd.DataFrame) -> str:
    row = _pick(own, "worst_score")
    if row is None or not np.isfinite(row["value"]):
        return ""
    mine = courses[courses["arm"] == row["arm"]]
    worst = mine.loc[mine["worst"].idxmax()]
    said = f"median worst clinical score {row['value']:g}"
    if worst["worst"] == 0:
        return f"{said}, no animal above 0"
    return f"{said}, highest {worst['worst']:g} on day {worst['worst_day']:.4g}"


def _score_limit(study: Study, own: pd.DataFrame) -> str:
    limit, row = study.limits.clinical_score, _pick(own, "past_score_limit_rate")
    if row is None:
        return ""
    if limit is None or row["verdict"] == "missing":
        return "no limit of the clinical score is stated"
    count = round(row["value"] * row["n"])
    return (
        f"{count or 'no'} of {row['n']:.0f} animals at or past the protocol's clinical score of "
        f"{limit:g}"
    )


def _worse(own: pd.DataFrame) -> str:
    """Return whom the combination scores worse than, or better."""
    said: dict[str, list[str]] = {}
    for question, other in AGAINST.items():
        row = _pick(own, "worse_score_probability", question)
        if row is not None and row["verdict"] in SCORE_VERBS:
            said.setdefault(SCORE_VERBS[str(row["verdict"])], []).append(other)
    parts = [f"{verb} {_join(others)}" for verb, others in said.items()]
    row = _pick(own, "worse_score_probability", "Q4")
    if row is not None and row["verdict"] == "harm":
        parts.append("it scores worse than the worse of its agents alone")
    return "; ".join(parts)


def _deaths(own: pd.DataFrame) -> str:
    row = _pick(own, "treatment_death_rate")
    if row is None or row["verdict"] == "missing":
        return "treatment-related deaths are not known, as fates are not stated"
    count, n = round(row["value"] * row["n"]), row["n"]
    return f"{count or 'no'} treatment-related death{'' if count == 1 else 's'} in {n:.0f}"


def _against(own: pd.DataFrame) -> str:
    judged = _judged(own)
    said: dict[str, list[str]] = {}
    for question, other in AGAINST.items():
        row = _pick(judged, "weight_log_ratio", question)
        if row is not None and row["verdict"] in VERBS:
            said.setdefault(VERBS[str(row["verdict"])], []).append(other)
    parts = [f"{verb} {_join(others)}" for verb, others in said.items()]
    row = _pick(judged, "weight_log_ratio", "Q4")
    if row is not None and row["verdict"] == "harm":
        parts.append("it loses more than the two agents explain")
    net = bool(parts) and (judged["endpoint"] == "body_weight_net").all()
    return f"{'net of the tumour ' if net else ''}{'; '.join(parts)}"


def _net(own: pd.DataFrame) -> str:
    """Return how the other weight changes an answer; empty where it does not."""
    asked = own[(own["estimand"] == "weight_log_ratio") & (own["verdict"] != "missing")]
    words = asked.pivot_table(index="question", columns="endpoint", values="verdict",
                              aggfunc="first", observed=True)  # fmt: skip
    if words.shape[1] < 2:
        return ""
    differ = [
        f"{question} {row['body_weight']} as weighed, {row['body_weight_net']} net"
        for question, row in words.iterrows()
        if row["body_weight"] != row["body_weight_net"] and str(question) in (*AGAINST, "Q4")
    ]
    return f"the tumour's mass matters: {', '.join(differ)}" if differ else ""


def _exposure(study: Study, table: pd.DataFrame, combination: Combination) -> str:
    days = table[table["estimand"] == "days_followed"].set_index("arm")["value"]
    singles = [arm for arm in combination.singles.values() if arm and arm in days.index]
    if combination.arm not in days.index or not singles:
        return ""
    mine = float(days[combination.arm])
    shorter = [arm for arm in singles if mine - float(days[arm]) > LONGER_DAYS]
    if not shorter or not np.isfinite(mine):
        return ""
    others = _join([f"{float(days[arm]):.3g} days for {study.label(arm)}" for arm in shorter])
    return (
        f"its animals were followed, and exposed, for {mine:.3g} days against {others}: "
        "compare up to the declared day only"
    )


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
