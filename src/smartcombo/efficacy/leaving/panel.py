"""The answers of one method as estimate rows, and what the method assumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.estimates import Reading, question_rows
from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.frame import MINIMUM_ANIMALS, GrowthFrame, with_rows
from smartcombo.efficacy.mean_curve import MeanCurve
from smartcombo.stats.design import Floats
from smartcombo.stats.inference import TInference
from smartcombo.study.questions import Question

ASKED = ("Q1", "Q2", "Q3", "Q4")
NULLS = ("", "hsa", "bliss")
ESTIMANDS = ("growth_rate_difference", "log_ratio")
MAR = "leaving.mar/1"
LOCF = "leaving.last-observation/1"
COMPLETE = "leaving.complete-cases/1"
LAST_DAY = "leaving.last-day/1"
DELTA = "leaving.delta/1"
JOINT = "leaving.joint/1"
METHOD_WORDS = {
    MAR: "mixed model (reference)",
    DELTA: "leavers imputed, shifted",
    JOINT: "joint model",
    LOCF: "carried forward",
    COMPLETE: "complete cases",
    LAST_DAY: "last-day means, t-test",
}
"""Method -> its words in panel and figure, in their order."""
CONTRASTING = (LOCF, COMPLETE, LAST_DAY)
"""Shown beside the others, and not recommended."""
PRESENT_SHARE = 0.25
"""A day counts as a visit of the study where at least this share of its animals was measured."""


@dataclass(frozen=True)
class Case:
    """One tumour model: its reference fit, its questions, and who left."""

    reference: FittedGrowth
    questions: tuple[Question, ...]
    reading: Reading
    leavers: pd.DataFrame

    @property
    def frame(self) -> GrowthFrame:
        """Return the rows analysed."""
        return self.reference.frame

    @property
    def time(self) -> float:
        """Return the declared day as days since baseline."""
        return self.reading.day - self.frame.baseline_day


def asked(questions: Sequence[Question]) -> tuple[Question, ...]:
    """Return the four questions that the panel repeats."""
    return tuple(q for q in questions if q.key in ASKED and q.null_model in NULLS)


def method_rows(
    case: Case, fitted: FittedGrowth | None, method: str, words: str = "", why_not: str = ""
) -> list[dict[str, Any]]:
    """Return the answers of one method, with what it assumes in ``scale``.

    A question about an arm that the method left without enough animals is not estimable, and says
    so; ``fitted`` is ``None`` where no arms can be compared, or ``why_not`` says why not at all.
    """
    rows = []
    for question in case.questions:
        if question.missing:
            rows += [_labelled(r, method, "") for r in _answers(case, case.reference, question)]
            continue
        if fitted is None or not set(question.arms) <= set(fitted.curve.arms):
            gone = why_not or f"fewer than {MINIMUM_ANIMALS} animals left in an arm"
            rows += [
                _labelled(r, method, words) | _nothing(gone)
                for r in _answers(case, case.reference, question)
            ]
            continue
        rows += [_labelled(r, method, words) for r in _answers(case, fitted, question)]
    if method == LAST_DAY:
        return [row for row in rows if row["estimand"] == "log_ratio" or row["n"] == 0]
    return rows


def _answers(case: Case, fitted: FittedGrowth, question: Question) -> list[dict[str, Any]]:
    rows = question_rows(fitted, [question], case.reading)
    return [row for row in rows if row["estimand"] in ESTIMANDS]


def _labelled(row: dict[str, Any], method: str, words: str) -> dict[str, Any]:
    scale = f"{row['scale']}; {words}" if words and row["scale"] else row["scale"]
    return row | {"analysis": "leaving", "method": method, "scale": scale}


def _nothing(why: str) -> dict[str, Any]:
    blank = dict.fromkeys(("value", "low", "high", "se", "df", "p"), float("nan"))
    return blank | {"status": f"not estimable: {why}", "verdict": "not estimable"}


def visit_days(case: Case) -> Floats:
    """Return the study's visits after baseline up to the declared day, which is one of them."""
    rows = case.frame.rows
    present = rows[rows["time"] > 0].groupby("day")["animal"].nunique()
    often = present.index[present >= PRESENT_SHARE * len(case.frame.animals)].to_numpy(float)
    return np.unique(np.r_[often[often < case.reading.day], case.reading.day])


def later_rows(case: Case, animals: pd.Series) -> pd.DataFrame:
    """Return the last row of each of these animals, repeated at every later visit.

    Columns of the frame, and ``since``: days since the animal was last measured.
    """
    rows = case.frame.rows
    last = rows[rows["animal"].isin(animals)].groupby("animal", sort=False).tail(1)
    grid = last.merge(pd.DataFrame({"visit": visit_days(case)}), how="cross")
    grid = grid[grid["visit"] > grid["day"]]
    since = grid["visit"] - grid["day"]
    time = grid["visit"] - case.frame.baseline_day
    moved = grid.assign(day=grid["visit"], time=time, since=since)
    return moved[[*rows.columns, "since"]].reset_index(drop=True)


def carried_forward(case: Case) -> FittedGrowth | None:
    """Return the growth model with the last observation of each leaver carried forward."""
    gone = case.leavers.loc[case.leavers["before"], "animal"]
    more = later_rows(case, gone).drop(columns="since")
    rows = pd.concat([case.frame.rows, more], ignore_index=True)
    return _refitted(case, with_rows(case.frame, rows))


def complete_cases(case: Case) -> FittedGrowth | None:
    """Return the growth model of the animals measured at or after the declared day."""
    last = case.frame.rows.groupby("animal")["day"].max()
    keep = last.index[last >= case.reading.day]
    rows = case.frame.rows[case.frame.rows["animal"].isin(keep)]
    return _refitted(case, with_rows(case.frame, _large_arms(rows)))


def last_day_means(case: Case) -> FittedGrowth | None:
    """Return means of log volume of those measured at the last visit up to the declared day.

    Arms are compared by Welch's t-test: every arm has its own variance.
    """
    rows = case.frame.rows
    day = rows.loc[rows["day"] <= case.reading.day, "day"].max()
    frame = with_rows(case.frame, _large_arms(rows[rows["day"] == day]))
    if len(frame.arms) < 2:
        return None
    groups = [frame.y[frame.arm_of == g] for g in range(len(frame.arms))]
    count = np.array([len(group) for group in groups])
    mean = np.array([group.mean() for group in groups])
    square = np.array([group.var(ddof=1) for group in groups]) / count
    curve = MeanCurve(frame.arms, "by-arm", "exponential", "day")
    arms = len(groups)
    beta = np.r_[np.zeros(arms), mean / case.time]
    covariance = np.diag(np.r_[np.zeros(arms), square / case.time**2])

    def degrees(c: Floats) -> float:
        """Return Welch's degrees of freedom of a contrast of means."""
        part = c[arms:] ** 2 * square
        spread = float(np.sum(part**2 / (count - 1)))
        return float(part.sum()) ** 2 / spread if spread > 0 else float("nan")

    fit = replace(case.reference.fit, beta=beta, cov_beta=covariance, status="ok")
    return replace(
        case.reference, frame=frame, curve=curve, fit=fit,
        inference=TInference(beta, covariance, degrees),
    )  # fmt: skip


def _large_arms(rows: pd.DataFrame) -> pd.DataFrame:
    animals = rows.groupby("arm")["animal"].nunique()
    return rows[rows["arm"].isin(animals.index[animals >= MINIMUM_ANIMALS])]


def _refitted(case: Case, frame: GrowthFrame) -> FittedGrowth | None:
    if len(frame.arms) < 2:
        return None
    return fit_growth(frame, case.reference.specification, case.reading.level)
