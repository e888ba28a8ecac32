"""Select: the clinical scores of one tumour model, and the course of each animal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.weighings import last_common_day
from smartcombo.study.model import Study

TAKEN = "clinical-score"
"""Fate of an animal that left for its score: it counts as at the limit, whatever was written."""
SCORE_COURSE_COLUMNS = (
    "model", "arm", "animal", "worst", "worst_day", "worst_common", "rank", "time_to_limit",
    "past_limit", "days_followed", "fate",
)  # fmt: skip


@dataclass(frozen=True)
class Scorings:
    """The clinical scores of one tumour model that are analysed.

    Attributes
    ----------
    rows
        Scores of animals that are not excluded, from baseline on.
    counts
        Scores read, left out for each reason, and analysed: they add up.
    day
        Declared day: that of the option or the plan, but no later than the last score of any arm;
        else the last up to which every arm has half of its animals scored.
    courses
        One row an animal scored after baseline. ``worst``, ``worst_day``, ``past_limit`` and
        ``time_to_limit`` take the whole follow-up; ``worst_common`` stops at the declared day, and
        ``rank`` is it with an animal found dead by that day above every score.
    """

    rows: pd.DataFrame
    counts: pd.DataFrame
    day: float
    courses: pd.DataFrame


def select_scores(study: Study, model: str, *, day: float | None) -> Scorings | None:
    """Return the clinical scores of a tumour model; ``None`` where there are none after baseline.

    Scores up to the baseline day are not of the treatment: they stay out of worst scores.
    """
    own = study.scores[study.scores["model"] == model]
    order = {arm.id: k for k, arm in enumerate(study.arms)}
    own = own.assign(_order=own["arm"].map(order))
    own = own.sort_values(["_order", "animal", "day"], kind="stable").drop(columns="_order")
    excluded = own["animal"].map(study.animals.set_index("animal")["excluded"]).astype(bool)
    early = own["day"] <= study.baseline_day
    later = own[~excluded & ~early]
    if later.empty:
        return None
    reasons = {
        "read": len(own),
        "of excluded animals": int(excluded.sum()),
        "up to baseline": int((early & ~excluded).sum()),
        "analysed": len(later),
    }
    counts = pd.DataFrame(
        [(model, reason, number) for reason, number in reasons.items()],
        columns=["model", "scorings", "number"],
    )
    stated = study.plan.day if day is None else day
    declared = last_common_day(later, study.baseline_day, stated)
    shown = own[~excluded & (own["day"] >= study.baseline_day)].drop(columns="row")
    return Scorings(shown, counts, declared, _courses(study, later, declared))


def _courses(study: Study, later: pd.DataFrame, declared: float) -> pd.DataFrame:
    home, limit = study.animals.set_index("animal"), study.limits.clinical_score
    rows = [
        _course(study, str(animal), own, home.loc[animal], limit, declared)
        for animal, own in later.groupby("animal", sort=False)
    ]
    return pd.DataFrame(rows, columns=list(SCORE_COURSE_COLUMNS))


def _course(
    study: Study, animal: str, own: pd.DataFrame, known: Any, limit: float | None, declared: float
) -> tuple[Any, ...]:
    """Return one animal's row; visits are in the order of days."""
    score, day = own["score"].to_numpy(float), own["day"].to_numpy(float)
    fate, left_on = str(known["fate"]), float(known["fate_day"])
    left_on = day[-1] if np.isnan(left_on) else max(left_on, float(day[-1]))
    at_limit = np.flatnonzero(score >= limit) if limit is not None else np.empty(0, dtype=int)
    reached = float(day[at_limit[0]]) if len(at_limit) else np.nan
    if not len(at_limit) and fate == TAKEN and limit is not None:
        reached = left_on
    seen = score[day <= declared]
    common = float(seen.max()) if len(seen) else np.nan
    rank = max(common, limit or 0.0) if fate == TAKEN and left_on <= declared else common
    if fate == "found-dead" and left_on <= declared:
        rank = np.inf
    worst = int(np.argmax(score))
    return (
        own["model"].iloc[0], own["arm"].iloc[0], animal, score[worst], day[worst], common, rank,
        reached - study.baseline_day, bool(np.isfinite(reached)), left_on - study.baseline_day, fate
    )  # fmt: skip
