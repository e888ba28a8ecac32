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
from smartcombo.stats.censored_sample import SampleMean, sample_mean
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
    values: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    level: float,
    *,
    sides: Mapping[str, np.ndarray] | None = None,
    inflation: float = 1.0,
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
    sides
        Arm id -> for each value -1 where it is an upper bound, 1 a lower bound, 0 measured. Means
        and spreads are then those of the censored normal values; an arm with fewer than two
        measured ones gives a bound of the contrast in place of an interval.
    inflation
        Factor of the variance for batches that were taken out; degrees of freedom are divided
        by it.

    References
    ----------
    Welch 1947, 10.1093/biomet/34.1-2.28; Satterthwaite 1946, 10.2307/3002019;
    Tobin 1958, 10.2307/1907382.
    """
    sizes = {arm: len(values[arm]) for arm in weights}
    n = sum(sizes.values())
    nan = float("nan")
    if min(sizes.values()) < 2:
        value = sum(weight * float(np.mean(values[arm])) for arm, weight in weights.items())
        return Contrast(value, nan, nan, nan, nan, nan, n)
    beyond = {arm: np.zeros(sizes[arm], dtype=int) if sides is None else sides[arm]
              for arm in weights}  # fmt: skip
    means = {arm: sample_mean(values[arm], beyond[arm]) for arm in weights}
    if any(mean is None for mean in means.values()):
        return _bounded(values, beyond, weights, means, level)
    known = {arm: mean for arm, mean in means.items() if mean is not None}
    value = sum(weight * known[arm].mean for arm, weight in weights.items())
    parts = {arm: inflation * weight**2 * known[arm].variance for arm, weight in weights.items()}
    variance = sum(parts.values())
    if variance == 0:
        return Contrast(value, value, value, 0.0, np.inf, nan, n)
    df = variance**2 / sum(part**2 / known[arm].df for arm, part in parts.items()) / inflation
    se = float(np.sqrt(variance))
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p = float(2 * stats.t.sf(abs(value) / se, df))
    return Contrast(value, value - reach, value + reach, se, df, p, n)


def _bounded(
    values: Mapping[str, np.ndarray],
    beyond: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    means: Mapping[str, SampleMean | None],
    level: float,
) -> Contrast:
    """Return one limit of a contrast in which an arm lies beyond its limit of detection.

    The mean of such an arm is at most its highest value (at least its lowest). Where all such arms
    push the same way the contrast has one limit; where not, none.
    """
    nan, n = float("nan"), sum(len(values[arm]) for arm in weights)
    value, parts, ways = 0.0, {}, set()
    for arm, weight in weights.items():
        mean = means[arm]
        if mean is not None:
            value += weight * mean.mean
            parts[arm] = (weight**2 * mean.variance, mean.df)
            continue
        below, above = (beyond[arm] < 0).any(), (beyond[arm] > 0).any()
        value += weight * float(values[arm].max() if below else values[arm].min())
        ways.add(0.0 if below == above else np.sign(weight) * (-1.0 if below else 1.0))
    variance = sum(part for part, _ in parts.values())
    if len(ways) != 1 or ways == {0.0}:
        return Contrast(nan, nan, nan, nan, nan, nan, n)
    df = variance**2 / sum(part**2 / df for part, df in parts.values()) if variance else np.inf
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * float(np.sqrt(variance))
    if not parts:
        return Contrast(nan, nan, nan, nan, nan, nan, n)
    upward = ways == {1.0}
    low, high = (value - reach, nan) if upward else (nan, value + reach)
    return Contrast(value, low, high, nan, df, nan, n)


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
    sides = {arm: group.sides(arm, marker) for arm in question.weights}
    inflation = batch_inflation(group, question.weights, marker)
    got = arm_contrast(values, question.weights, level, sides=sides, inflation=inflation)
    found = {name: getattr(got, name) for name in ("value", "low", "high", "se", "df", "p", "n")}
    beyond = sum(int((side != 0).sum()) for side in sides.values())
    status = base["status"]
    if beyond:
        status = f"caution: {beyond} of {got.n} beyond a limit of detection"
    if beyond and np.isfinite(got.value) and not np.isfinite(got.se):
        status += f"; {'at least' if np.isfinite(got.low) else 'at most'} this"
    return base | found | {"verdict": word(question.key, got), "status": status}


def batch_inflation(group: MatchedGroup, weights: Mapping[str, float], marker: str) -> float:
    """Return by how much taking out batches widens the variance of a contrast; 1 without batches.

    Batches are fixed effects: of two to four batches no variance can be estimated, and where every
    batch has animals of every arm the contrast is the same. The factor is that of ordinary least
    squares (design with batches over design without), times the degrees of freedom they took.
    """
    there = group.values[marker].notna().to_numpy()
    if group.batches < 2 or not there.any():
        return 1.0
    arms = pd.get_dummies(group.arm[there])
    codes = pd.factorize(group.batch[there])[0]
    batches = (codes[:, None] == np.arange(1, codes.max() + 1)).astype(float)
    plain = arms.to_numpy(float)
    whole = np.column_stack([plain, batches])
    rank, spare = np.linalg.matrix_rank(whole), len(whole)
    if rank < whole.shape[1] or spare <= rank:
        return 1.0
    c = np.array([weights.get(arm, 0.0) for arm in arms.columns])
    without = c @ np.linalg.inv(plain.T @ plain) @ c
    c = np.append(c, np.zeros(batches.shape[1]))
    with_them = c @ np.linalg.inv(whole.T @ whole) @ c
    return float(with_them / without * (spare - plain.shape[1]) / (spare - rank))


def word(key: str, got: Contrast) -> str:
    """Return the word of a contrast: higher, lower, or inconclusive where its interval holds 0."""
    up, down = WORDS.get(key, ("higher", "lower"))
    if np.isnan(got.low) and np.isnan(got.high):
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
