"""Select: the measurements of one tumour model that enter the growth model, and what stays out."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.random import DEFAULT_SEED
from smartcombo.efficacy.covariates import covariate_columns
from smartcombo.stats.design import Floats, Ints
from smartcombo.study.model import Study

MINIMUM_ANIMALS = 2
"""Animals an arm needs for a between-animal variance to mean anything."""


@dataclass(frozen=True)
class GrowthFrame:
    """Rows of one tumour model, sorted by arm, animal, day; a subject's rows stand together.

    Attributes
    ----------
    rows
        Columns arm, animal, day, time (days since baseline), value, shown_value (floored at the
        detection limit), at_limit, y (natural log of shown_value), cage, batch, and those named in
        ``covariates``.
    arms
        Arm ids with data, in the study's order.
    arm_of
        Arm number of each animal, shape ``(m,)``.
    start
        First row of each animal and, last, the number of rows; shape ``(m + 1,)``.
    seed
        Seed of the plan, or the default: whatever is drawn about these rows starts from it.
    covariates
        Columns of ``rows`` that starts and rates are adjusted for, with mean zero over animals.
    """

    model: str
    rows: pd.DataFrame
    arms: tuple[str, ...]
    animals: tuple[str, ...]
    arm_of: Ints
    start: Ints
    baseline_day: float
    seed: int
    covariates: tuple[str, ...] = ()

    @property
    def time(self) -> Floats:
        """Return days since baseline, shape ``(N,)``."""
        return np.asarray(self.rows["time"], dtype=float)

    @property
    def y(self) -> Floats:
        """Return the natural log of volume, shape ``(N,)``."""
        return np.asarray(self.rows["y"], dtype=float)

    def count(self, arm: str) -> int:
        """Return the number of animals analysed in an arm."""
        return int(np.sum(self.arm_of == self.arms.index(arm)))


def select_growth(
    study: Study, model: str, covariates: Sequence[str] = ()
) -> tuple[GrowthFrame, tuple[Finding, ...]]:
    """Return the measurements of one tumour model that the growth model uses.

    Excluded animals and visits before baseline stay out, each with a finding; values at or below
    the detection limit enter at the limit. Columns of the animals table named in ``covariates``
    come with them, each with mean zero over animals.

    Raises
    ------
    AnalysisRefused
        If fewer than two arms have animals, no visit follows the baseline, or a covariate is not
        there.
    """
    rows, findings = _analysed_rows(study, model)
    columns, more = covariate_columns(study, model, covariates, set(rows["animal"]))
    frame = _frame(study, model, rows, columns)
    if len(frame.arms) < 2:
        raise AnalysisRefused(
            f"growth of {model}: {len(frame.arms)} arm(s) with measured animals; a comparison "
            "needs at least two. Check the arm column and the exclusions."
        )
    if frame.time.max() <= 0:
        raise AnalysisRefused(
            f"growth of {model}: no visit after the baseline day {study.baseline_day:g}. "
            "Check [study] baseline_day against the day column."
        )
    return frame, (*findings, *more, *_limit_findings(study, frame))


def one_arm_frame(study: Study, model: str, arm: str, days: float) -> GrowthFrame:
    """Return the measurements of one arm up to so many days after baseline, for an earlier control.

    Raises
    ------
    LookupError
        If fewer than two animals of the arm were followed beyond baseline.
    """
    rows, _ = _analysed_rows(study, model)
    rows = rows[(rows["arm"] == arm) & (rows["day"] <= study.baseline_day + days)]
    if rows["animal"].nunique() < MINIMUM_ANIMALS or rows["day"].nunique() < MINIMUM_ANIMALS:
        raise LookupError(f"{rows['animal'].nunique()} animals of {model} in arm {arm!r}")
    return _frame(study, model, rows, pd.DataFrame())


def relative_frame(frame: GrowthFrame) -> tuple[GrowthFrame, tuple[str, ...]]:
    """Return the frame as log relative volume without baseline rows, and the animals without one.

    An animal not measured on the baseline day has no relative volume and cannot enter this model.
    """
    baseline = frame.rows[frame.rows["time"] == 0].set_index("animal")["y"]
    lost = tuple(animal for animal in frame.animals if animal not in baseline.index)
    rows = frame.rows[(frame.rows["time"] > 0) & ~frame.rows["animal"].isin(lost)]
    rows = rows.assign(y=rows["y"] - rows["animal"].map(baseline))
    return _regroup(frame, rows), lost


def only_animals(frame: GrowthFrame, animals: Container[str]) -> GrowthFrame:
    """Return the frame with some of its animals only."""
    return _regroup(frame, frame.rows[[animal in animals for animal in frame.rows["animal"]]])


def with_rows(frame: GrowthFrame, rows: pd.DataFrame) -> GrowthFrame:
    """Return the frame with other rows of the same columns, in any order."""
    order = rows["arm"].map({arm: number for number, arm in enumerate(frame.arms)})
    table = rows.assign(_order=order).sort_values(["_order", "animal", "day"], kind="stable")
    return _regroup(frame, table.drop(columns="_order"))


def without_animal(frame: GrowthFrame, animal: str) -> GrowthFrame:
    """Return the frame without one animal."""
    return _regroup(frame, frame.rows[frame.rows["animal"] != animal])


def declared_day(study: Study, frame: GrowthFrame) -> float:
    """Return the plan's day, else the last visit at which every arm keeps half of its animals."""
    if study.plan.day is not None:
        return study.plan.day
    rows = frame.rows[frame.rows["time"] > 0]
    present = rows.groupby(["day", "arm"])["animal"].nunique().unstack(fill_value=0)
    present = present.reindex(columns=list(frame.arms), fill_value=0)
    total = np.array([frame.count(arm) for arm in frame.arms])
    enough = present.index[(present.to_numpy() >= total / 2).all(axis=1)]
    return float(enough.max()) if len(enough) else float(rows["day"].min())


def require_animals(study: Study, frame: GrowthFrame, analysis: str) -> None:
    """Refuse where an arm has a single animal, and say which.

    Raises
    ------
    AnalysisRefused
        If an arm has fewer than two animals.
    """
    few = [arm for arm in frame.arms if frame.count(arm) < MINIMUM_ANIMALS]
    if few:
        named = ", ".join(study.label(arm) for arm in few)
        raise AnalysisRefused(
            f"{analysis} of {frame.model}: one animal in {named}; an arm needs at least "
            f"{MINIMUM_ANIMALS} for a difference between arms to have an interval. Remove the arm "
            "or pool studies of the same design; with one animal an arm in each of several models, "
            "`single_mouse` compares the arms across models."
        )


def _analysed_rows(study: Study, model: str) -> tuple[pd.DataFrame, list[Finding]]:
    volumes = study.volumes[study.volumes["model"] == model]
    animals = study.animals.set_index("animal")
    excluded = volumes["animal"].map(animals["excluded"]).astype(bool)
    early = volumes["day"] < study.baseline_day
    findings = []
    if (early & ~excluded).any():
        findings.append(_early_finding(study, model, volumes[early & ~excluded]))
    return volumes[~excluded & ~early], findings


def _early_finding(study: Study, model: str, early: pd.DataFrame) -> Finding:
    return Finding(
        code="visits-before-baseline",
        severity="note",
        subject=model,
        found=f"{len(early)} measurements of {early['animal'].nunique()} animals before day "
        f"{study.baseline_day:g}",
        expected="the growth model starts at the baseline day",
        action="they are shown in the curves and stay out of the model; none is needed",
    )


def _limit_findings(study: Study, frame: GrowthFrame) -> tuple[Finding, ...]:
    at_limit = frame.rows[frame.rows["at_limit"]]
    if at_limit.empty:
        return ()
    return (
        Finding(
            code="values-at-limit",
            severity="warning",
            subject=frame.model,
            found=f"{len(at_limit)} measurements of {at_limit['animal'].nunique()} animals at or "
            f"below {study.readout.limit:g} {study.readout.unit}",
            expected="a regressed tumour is a measurement below the limit, never a missing one",
            action="the growth model takes them as lying below the limit (censored); "
            "specifications that cannot do so take them at the limit, which understates the "
            "effect. Where cured animals make an arm a mixture, do not lead with its growth rate",
        ),
    )


def _frame(study: Study, model: str, rows: pd.DataFrame, covariates: pd.DataFrame) -> GrowthFrame:
    arms = tuple(arm.id for arm in study.arms if (rows["arm"] == arm.id).any())
    shown = rows["value"].clip(lower=study.readout.limit)
    table = rows.assign(
        time=rows["day"] - study.baseline_day, shown_value=shown, y=np.log(shown.astype(float))
    )
    order = {arm: number for number, arm in enumerate(arms)}
    table = table.assign(_order=table["arm"].map(order))
    table = table.sort_values(["_order", "animal", "day"], kind="stable").drop(columns="_order")
    columns = ["arm", "animal", "day", "time", "value", "shown_value", "at_limit", "y"]
    animals = study.animals.set_index("animal")
    for name in ("cage", "batch"):
        table[name] = table["animal"].map(animals[name])
    for name in covariates.columns:
        table[name] = table["animal"].map(covariates[name])
    columns += ["cage", "batch", *covariates.columns]
    seed = DEFAULT_SEED if study.plan.seed is None else study.plan.seed
    return _grouped(
        model, table[columns], arms, study.baseline_day, seed, tuple(covariates.columns)
    )


def _regroup(frame: GrowthFrame, rows: pd.DataFrame) -> GrowthFrame:
    arms = tuple(arm for arm in frame.arms if (rows["arm"] == arm).any())
    return _grouped(frame.model, rows, arms, frame.baseline_day, frame.seed, frame.covariates)


def _grouped(
    model: str,
    rows: pd.DataFrame,
    arms: tuple[str, ...],
    baseline_day: float,
    seed: int,
    covariates: tuple[str, ...],
) -> GrowthFrame:
    rows = rows.reset_index(drop=True)
    ids = rows["animal"].to_numpy()
    first = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]) if len(ids) else np.array([], int)
    return GrowthFrame(
        model=model,
        rows=rows,
        arms=arms,
        animals=tuple(str(animal) for animal in ids[first]),
        arm_of=np.array([arms.index(arm) for arm in rows["arm"].to_numpy()[first]], dtype=np.int64),
        start=np.r_[first, len(ids)].astype(np.int64),
        baseline_day=baseline_day,
        seed=seed,
        covariates=covariates,
    )


def frame_of(study: Study, model: str, rows: pd.DataFrame, arms: tuple[str, ...]) -> GrowthFrame:
    """Return the frame of another outcome: rows as `GrowthFrame` has them, with their ``y``."""
    seed = DEFAULT_SEED if study.plan.seed is None else study.plan.seed
    return _grouped(model, rows, arms, study.baseline_day, seed, ())
