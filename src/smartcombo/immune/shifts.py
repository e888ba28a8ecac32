"""How far each marker moved: arms against their matched controls, and the four questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.result import estimates_frame
from smartcombo.core.verdicts import benjamini_hochberg, holm
from smartcombo.immune.matching import MatchedGroup
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import Question, first_of_each, study_questions

WORDS = {"Q4": ("more than additive", "less than additive")}
"""Word of a positive and of a negative contrast; for every other question higher and lower."""
FAMILY = ["model", "day", "question", "contrast", "null_model"]
"""The markers of one comparison are corrected together."""


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of arm means with its own spread in each arm.

    ``df`` is Satterthwaite's; limits and p are missing where an arm has one animal.
    """

    value: float
    low: float
    high: float
    se: float
    df: float
    p: float
    n: int


def arm_contrast(
    values: Mapping[str, np.ndarray], weights: Mapping[str, float], level: float
) -> Contrast:
    """Return a contrast of arm means that trusts no common variance.

    Treated tumours scatter more than their controls, because some respond and some do not: each
    arm keeps its own variance.

    Parameters
    ----------
    values
        Arm id -> values of its animals.
    weights
        Arm id -> weight; sums to zero.

    References
    ----------
    Welch 1947, 10.1093/biomet/34.1-2.28; Satterthwaite 1946, 10.2307/3002019.
    """
    sizes = {arm: len(values[arm]) for arm in weights}
    value = sum(weight * float(np.mean(values[arm])) for arm, weight in weights.items())
    n = sum(sizes.values())
    if min(sizes.values()) < 2:
        nan = float("nan")
        return Contrast(value, nan, nan, nan, nan, nan, n)
    parts = {
        arm: weight**2 * float(np.var(values[arm], ddof=1)) / sizes[arm]
        for arm, weight in weights.items()
    }
    variance = sum(parts.values())
    if variance == 0:
        return Contrast(value, value, value, 0.0, np.inf, float("nan"), n)
    df = variance**2 / sum(part**2 / (sizes[arm] - 1) for arm, part in parts.items())
    se = float(np.sqrt(variance))
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p = float(2 * stats.t.sf(abs(value) / se, df))
    return Contrast(value, value - reach, value + reach, se, df, p, n)


def shift_rows(study: Study, group: MatchedGroup, level: float) -> list[dict[str, Any]]:
    """Return every question about every marker of a group as rows of estimates."""
    if not group.control:
        return []
    asked = study_questions(study, combinations_of(study), group.arms)
    questions = first_of_each([q for q in asked if q.null_model in ("", "bliss")])
    return [
        _row(study, group, question, marker, level)
        for marker in group.markers.index
        for question in questions
    ]


def _row(
    study: Study, group: MatchedGroup, question: Question, marker: str, level: float
) -> dict[str, Any]:
    facts = group.markers.loc[marker]
    base = {
        "study": study.id,
        "model": group.model,
        "analysis": "landscape",
        "endpoint": f"{group.assay}: {marker}",
        "question": question.key,
        "estimand": "shift",
        "contrast": question.label,
        "null_model": "log_additive" if question.null_model else "",
        "arm": question.arm,
        "day": group.day,
        "level": level,
        "unit": facts["unit"],
        "scale": "observed minus additive on this scale; plus is more than additive"
        if question.null_model
        else "arm minus comparator; plus is higher",
        "method": "landscape.shift/1",
        "status": facts["status"],
        "verdict": "missing",
        "n": 0,
    }
    if question.missing:
        return base | {"status": f"missing: {question.missing}"}
    values = {arm: group.of(arm, marker) for arm in question.weights}
    bare = [study.label(arm) for arm, own in values.items() if not len(own)]
    if bare:
        return base | {"status": f"missing: no animal of {', '.join(bare)} has this marker"}
    got = arm_contrast(values, question.weights, level)
    found = {name: getattr(got, name) for name in ("value", "low", "high", "se", "df", "p", "n")}
    return base | found | {"verdict": word(question.key, got)}


def word(key: str, got: Contrast) -> str:
    """Return the word of a contrast: higher, lower, or inconclusive where its interval holds 0."""
    up, down = WORDS.get(key, ("higher", "lower"))
    if not np.isfinite(got.low):
        return "not estimable"
    return up if got.low > 0 else down if got.high < 0 else "inconclusive"


def shift_estimates(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table, p-values corrected over the markers of each comparison."""
    table = estimates_frame(list(rows))
    for _, family in table[table["p"].notna()].groupby(FAMILY, dropna=False):
        p = family["p"].to_numpy(float)
        table.loc[family.index, "p_holm"] = holm(p)
        table.loc[family.index, "p_bh"] = benjamini_hochberg(p)
    return table
