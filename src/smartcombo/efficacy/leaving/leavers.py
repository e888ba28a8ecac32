"""Who left the study, when and why, by arm; and whether arms differ in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.efficacy.estimates import Reading
from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.stats.proportions import Proportion, clopper_pearson, difference
from smartcombo.stats.time_to_event import logrank
from smartcombo.study.model import Study
from smartcombo.study.questions import Question

KIND_OF_FATE = {
    "size-limit": "size",
    "ulceration": "other",
    "weight-loss": "other",
    "clinical-score": "other",
    "found-dead": "other",
    "other": "other",
    "unknown": "unknown",
    "planned-cull": "planned",
    "tumour-free": "stayed",
    "alive-at-end": "stayed",
}
"""Leaving at the size limit is explained by the measured volume; a planned cull by the plan."""
SHIFTED = ("other", "unknown")
"""Kinds whose volumes after leaving are not explained by what was measured; unknown may be one."""
KIND_WORDS = {
    "size": "at the size limit",
    "other": "for other reasons",
    "unknown": "for an unstated reason",
    "planned": "as planned",
}
TEST_COLUMNS = ["model", "leaving", "chi2", "df", "p", "events", "animals"]


def leavers_table(study: Study, frame: GrowthFrame, day: float) -> pd.DataFrame:
    """Return one row an animal analysed.

    Columns: model, arm, animal, last_day (last measured), day (left, or last seen), reason, kind,
    left, before (left without a measurement at or after the declared day), derived.
    """
    rows = frame.rows.groupby("animal", sort=False).agg(arm=("arm", "first"), last=("day", "max"))
    fates = study.animals.set_index("animal").loc[rows.index]
    kind = fates["fate"].map(KIND_OF_FATE).fillna("unknown")
    left = kind != "stayed"
    when = fates["fate_day"].astype(float)
    return pd.DataFrame(
        {
            "model": frame.model,
            "arm": rows["arm"].to_numpy(),
            "animal": rows.index,
            "last_day": rows["last"].to_numpy(float),
            "day": when.where(when.notna(), rows["last"]).to_numpy(float),
            "reason": fates["fate"].to_numpy(),
            "kind": kind.to_numpy(),
            "left": left.to_numpy(bool),
            "before": (left & (rows["last"] < day)).to_numpy(bool),
            "derived": fates["fate_derived"].to_numpy(bool),
        }
    )


def by_arm_table(study: Study, leavers: pd.DataFrame) -> pd.DataFrame:
    """Return animals, those that left by reason, and their median day, by arm and reason."""
    rows = []
    for arm, own in leavers.groupby("arm", sort=False):
        for reason, some in own[own["left"]].groupby("reason", sort=True):
            rows.append(
                {
                    "model": leavers["model"].iloc[0],
                    "arm": arm,
                    "label": study.label(str(arm)),
                    "animals": len(own),
                    "reason": str(reason),
                    "left": len(some),
                    "before": int(some["before"].sum()),
                    "first_day": float(some["day"].min()),
                    "median_day": float(some["day"].median()),
                    "last_day": float(some["day"].max()),
                }
            )
    columns = ["model", "arm", "label", "animals", "reason", "left", "before", "first_day",
               "median_day", "last_day"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def leaving_tests(frame: GrowthFrame, leavers: pd.DataFrame) -> pd.DataFrame:
    """Return the log-rank test of leaving over all arms: for any reason, for other than size."""
    rows = []
    codes, arms = pd.factorize(leavers["arm"])
    time = (leavers["day"] - frame.baseline_day).to_numpy(float)
    events = {
        "for any reason": leavers["left"].to_numpy(bool),
        "for reasons other than size or plan, unstated ones among them": leavers["kind"]
        .isin(SHIFTED)
        .to_numpy(bool),
    }
    both = list(events.values())
    for name, event in events.items():
        if event is both[1] and (both[0] == both[1]).all():
            continue
        if len(arms) > 1 and event.any():
            got = logrank(time, event, codes.astype(np.int64))
            rows.append((frame.model, name, got.chi2, got.df, got.p, int(event.sum()), len(time)))
    return pd.DataFrame(rows, columns=TEST_COLUMNS)


def leaving_rows(
    leavers: pd.DataFrame, questions: list[Question], reading: Reading
) -> list[dict[str, Any]]:
    """Return the share of animals that left before the declared day, by arm and by question."""
    before = leavers["before"]
    chosen = {
        "left_fraction": before,
        "left_other_fraction": before & leavers["kind"].isin(SHIFTED),
    }
    rows = []
    for estimand, gone in chosen.items():
        counts = {arm: (int(own.sum()), len(own)) for arm, own in gone.groupby(leavers["arm"])}
        for arm in dict.fromkeys(leavers["arm"]):
            share = clopper_pearson(*counts[arm], reading.level)
            rows.append(_row(leavers, reading, estimand, share, str(arm), counts[arm][1]))
        for question in questions:
            if question.missing or question.null_model:
                continue
            a, b = question.arm, next(arm for arm in question.weights if arm != question.arm)
            gap = difference(*counts[a], *counts[b], reading.level)
            asked = {"question": question.key, "contrast": question.label}
            n = counts[a][1] + counts[b][1]
            rows.append(_row(leavers, reading, f"{estimand}_difference", gap, a, n) | asked)
    return rows


def _row(
    leavers: pd.DataFrame, reading: Reading, estimand: str, got: Proportion, arm: str, n: int
) -> dict[str, Any]:
    why = "for reasons other than size or plan" if "other" in estimand else "for any reason"
    scale = f"animals not measured at the declared day because they left, {why}"
    if estimand.endswith("difference"):
        scale += "; arm minus comparator: plus is more leaving"
    return {
        "study": reading.study.id,
        "model": leavers["model"].iloc[0],
        "analysis": "leaving",
        "endpoint": "leaving",
        "question": "",
        "estimand": estimand,
        "contrast": "",
        "null_model": "",
        "arm": arm,
        "day": reading.day,
        "value": got.value,
        "low": got.low,
        "high": got.high,
        "level": reading.level,
        "p": got.p,
        "unit": "fraction of animals",
        "scale": scale,
        "n": n,
        "method": "leaving.who/1",
        "status": "ok",
        "verdict": "",
    }


def unknown_finding(leavers: pd.DataFrame) -> tuple[Finding, ...]:
    """Return the finding about animals whose reason for leaving nobody stated."""
    unknown = leavers[leavers["kind"] == "unknown"]
    if unknown.empty:
        return ()
    return (
        Finding(
            code="left-for-unknown-reason",
            severity="warning",
            subject=str(leavers["model"].iloc[0]),
            found=f"{len(unknown)} of {len(leavers)} animals left for a reason that is not stated",
            expected="the reason each animal left: column fate of the animals table",
            action="state it; until then they count among those that may have left for reasons "
            "other than size, and no reason is guessed",
        ),
    )
