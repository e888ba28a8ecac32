"""Select: the body weights of one tumour model that enter tolerability, and what stays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.efficacy.frame import GrowthFrame, frame_of
from smartcombo.stats.weight_loss import weight_course
from smartcombo.study.model import Study

GRAMS = {"mm3": 1e-3, "cm3": 1.0}
"""Mass of a tumour per unit of volume, its density taken as that of water, 1 g/cm3."""
TOXIC = ("weight-loss", "clinical-score", "found-dead")
"""Fates that count as treatment-related deaths."""


@dataclass(frozen=True)
class Weighings:
    """The weighings of one tumour model that are analysed.

    Attributes
    ----------
    frame
        Rows as the growth model takes them; ``value`` in grams, ``y`` its natural log.
    counts
        Weighings read, left out for each reason, and analysed: they add up.
    day
        Declared day: that of the option or the plan, but no later than the last weighing of any
        arm; else the last at which every arm still has half of its animals weighed.
    """

    frame: GrowthFrame
    counts: pd.DataFrame
    findings: tuple[Finding, ...]
    day: float

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the arms with weighings."""
        return self.frame.arms


def select_weights(study: Study, model: str, *, net: bool, day: float | None) -> Weighings | None:
    """Return the weighings of a tumour model from baseline on; ``None`` where there are none.

    Excluded animals and weighings before baseline stay out. ``net`` takes off the tumour: its
    volume at the same visit, or interpolated between two visits.
    """
    own = study.weights[study.weights["model"] == model]
    excluded = own["animal"].map(study.animals.set_index("animal")["excluded"]).astype(bool)
    early = own["day"] < study.baseline_day
    kept = own[~excluded & ~early]
    grams = kept["weight_g"].to_numpy(float)
    if net:
        grams = grams - _tumour_grams(study, kept)
    measured = np.isfinite(grams) & (grams > 0)
    if not (kept.loc[measured, "day"] > study.baseline_day).any():
        return None
    kept, grams = kept[measured], grams[measured]
    arms = tuple(arm.id for arm in study.arms if (kept["arm"] == arm.id).any())
    rows = kept.assign(
        time=kept["day"] - study.baseline_day, value=grams, shown_value=grams, at_limit=False,
        y=np.log(grams), _order=kept["arm"].map({arm: k for k, arm in enumerate(arms)}),
    ).sort_values(["_order", "animal", "day"], kind="stable")  # fmt: skip
    columns = ["arm", "animal", "day", "time", "value", "shown_value", "at_limit", "y"]
    frame = frame_of(study, model, rows[columns], arms)
    reasons = {
        "read": len(own),
        "of excluded animals": int(excluded.sum()),
        "before baseline": int((early & ~excluded).sum()),
        "without the tumour's volume": int((~measured).sum()),
        "analysed": len(kept),
    }
    counts = pd.DataFrame(
        [(model, net, reason, number) for reason, number in reasons.items()],
        columns=["model", "net", "weighings", "number"],
    )
    found = () if net else _early(study, own[early & ~excluded], model)
    return Weighings(frame, counts, found, _day(study, frame, day))


def _tumour_grams(study: Study, weighed: pd.DataFrame) -> np.ndarray:
    """Return the tumour's mass at each weighing, missing outside the animal's volume visits."""
    factor = GRAMS[study.readout.unit]
    volumes = dict(list(study.volumes.groupby("animal", sort=False)))
    grams = np.full(len(weighed), np.nan)
    place = pd.Series(np.arange(len(weighed)), index=weighed.index)
    for animal, rows in weighed.groupby("animal", sort=False):
        own = volumes[animal].sort_values("day", kind="stable")
        at = np.interp(rows["day"], own["day"], own["value"], left=np.nan, right=np.nan)
        grams[place[rows.index]] = factor * at
    return grams


def _early(study: Study, early: pd.DataFrame, model: str) -> tuple[Finding, ...]:
    if early.empty:
        return ()
    return (
        Finding(
            code="weights-before-baseline",
            severity="note",
            subject=model,
            found=f"{len(early)} weights of {early['animal'].nunique()} animals before day "
            f"{study.baseline_day:g}",
            expected="loss is counted from the baseline day",
            action="they stay out of the analysis of tolerability; none is needed",
        ),
    )


def _day(study: Study, frame: GrowthFrame, asked: float | None) -> float:
    stated = study.plan.day if asked is None else asked
    return last_common_day(frame.rows, frame.baseline_day, stated)


def last_common_day(rows: pd.DataFrame, baseline_day: float, stated: float | None) -> float:
    """Return a stated day, no later than the last visit of any arm; else :func:`common_day`.

    ``rows`` has arm, animal and day.
    """
    last = float(rows.groupby("arm", sort=False)["day"].max().min())
    if stated is not None and baseline_day < min(stated, last):
        return min(stated, last)
    return common_day(rows, baseline_day)


def common_day(rows: pd.DataFrame, baseline_day: float) -> float:
    """Return the last day up to which every arm has half of its animals weighed (or scored).

    It asks how long animals were followed, not who was seen that day: animals need not be
    weighed on the same days.
    """
    last = rows.groupby(["arm", "animal"], sort=False)["day"].max()
    halves = [
        np.sort(days.to_numpy(float))[::-1][(len(days) + 1) // 2 - 1]
        for _, days in last.groupby("arm", sort=False)
    ]
    after = rows.loc[rows["day"] > baseline_day, "day"]
    return max(float(min(halves)), float(after.min()))


def courses_table(study: Study, weighings: Weighings) -> pd.DataFrame:
    """Return one row an animal: nadir, area, day of the limit, fate, days followed.

    ``nadir``, ``nadir_day`` and ``past_limit`` take the whole follow-up; ``nadir_common``,
    ``area`` and ``average_loss`` stop at the declared day, so that arms compare.
    """
    frame, limit = weighings.frame, study.limits.weight_loss_fraction
    until = weighings.day - frame.baseline_day
    home = study.animals.set_index("animal")
    rows = []
    for animal, own in frame.rows.groupby("animal", sort=False):
        weight, time = own["value"].to_numpy(float), own["time"].to_numpy(float)
        fate, fate_day = str(home.loc[animal, "fate"]), float(home.loc[animal, "fate_day"])
        followed = max(fate_day - frame.baseline_day, float(time[-1]))
        based = time[0] == 0
        whole = weight_course(weight, time, limit) if based else weight_course(weight[:1], time)
        seen = time <= until
        part = weight_course(weight[seen], time[seen]) if based else whole
        left = fate == "weight-loss"
        crossing = whole.crossing if np.isfinite(whole.crossing) or not left else followed
        rows.append(
            (frame.model, own["arm"].iloc[0], animal, based, weight[0] if based else np.nan,
             whole.nadir, whole.nadir_time + frame.baseline_day, part.nadir, part.area,
             part.area / part.span if part.span > 0 else np.nan, crossing,
             bool(np.isfinite(crossing)), followed, fate, fate in TOXIC)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COURSE_COLUMNS))


COURSE_COLUMNS = (
    "model", "arm", "animal", "has_baseline", "baseline_g", "nadir", "nadir_day", "nadir_common",
    "area", "average_loss", "time_to_limit", "past_limit", "days_followed", "fate",
    "treatment_death",
)  # fmt: skip
