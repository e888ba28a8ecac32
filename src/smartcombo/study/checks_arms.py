"""Checks of the arms: did they start alike, did they lose animals alike, are there enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.finding import Finding
from smartcombo.study.clusters import whole_clusters
from smartcombo.study.model import Study

IMBALANCE_LEVEL = 0.05
IMBALANCE_RATIO = 1.5
"""For volumes: arms whose geometric mean baselines differ by half are reported even where the test
is quiet: with five mice an arm it nearly always is."""
TINY_FRACTION = 0.2
"""A baseline below a fifth of the median is mostly measurement error, and a relative volume that
divides by it explodes."""
LOSS_LEVEL = 0.05
FEW_ANIMALS = 5
"""Below five animals an arm, one animal is more than a fifth of the evidence."""


def no_baseline_day(study: Study) -> list[Finding]:
    """Find a stated baseline day on which nobody was measured."""
    if (study.volumes["day"] == study.baseline_day).any():
        return []
    return [
        Finding(
            code="no-baseline-visit",
            severity="error",
            file="study.toml",
            column="study.baseline_day",
            found=f"no measurement on day {study.baseline_day:g}; visits on days "
            + ", ".join(f"{day:g}" for day in sorted(study.volumes["day"].unique())[:12]),
            expected="baseline_day to be a visit",
            action="state the visit before the first dose",
        )
    ]


def baseline_imbalance(study: Study) -> list[Finding]:
    """Find arms that did not start alike: test and size."""
    findings = []
    for model, rows in _baseline(study).groupby("model", sort=False):
        arms = {
            str(arm): np.log(g["shown"].to_numpy(float))
            for arm, g in rows.groupby("arm", sort=False)
        }
        groups = [g for g in arms.values() if len(g) > 1]
        if len(groups) < 2 or np.ptp(np.concatenate(groups)) == 0:
            continue
        p = float(stats.kruskal(*groups).pvalue)
        means = {arm: float(np.exp(g.mean())) for arm, g in arms.items()}
        low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        ratio = means[high] / means[low]
        unlike = study.readout.is_volume and ratio > IMBALANCE_RATIO
        if p < IMBALANCE_LEVEL or unlike:
            findings.append(_imbalance(study, str(model), p, ratio, low, high, means))
    return findings


def _imbalance(
    study: Study, model: str, p: float, ratio: float, low: str, high: str, means: dict[str, float]
) -> Finding:
    unit = study.readout.unit
    return Finding(
        code="baseline-imbalance",
        severity="warning",
        subject=model,
        found=f"geometric mean at baseline {means[low]:.3g} {unit} in {study.label(low)} and "
        f"{means[high]:.3g} {unit} in {study.label(high)} (ratio {ratio:.2f}; Kruskal-Wallis "
        f"p = {p:.2g})",
        expected="arms that start alike, as after randomisation by volume",
        action="compare the baseline rows of the robustness table; raw and relative "
        f"{study.readout.noun}s may disagree",
    )


def tiny_baseline(study: Study) -> list[Finding]:
    """Find animals whose first volume is far below all others'; light varies as much by itself."""
    if not study.readout.is_volume:
        return []
    findings = []
    for model, rows in _baseline(study).groupby("model", sort=False):
        median = float(rows["shown"].median())
        for row in rows[rows["shown"] < TINY_FRACTION * median].itertuples():
            findings.append(
                Finding(
                    code="tiny-baseline",
                    severity="warning",
                    file=study.inputs[1].name,
                    row=int(row.row),
                    column="value",
                    subject=str(row.animal),
                    found=f"animal {row.animal} of {study.label(str(row.arm))} starts at "
                    f"{row.value:g} {study.readout.unit}; the median of {model} is {median:.3g}",
                    expected=f"at least {TINY_FRACTION:.0%} of the median",
                    action="its relative volumes explode; the constrained model bears it",
                )
            )
    return findings


def unequal_loss(study: Study) -> list[Finding]:
    """Find arms that lose animals unequally before the last visit."""
    if study.single_mouse:
        return []
    findings = []
    animals = study.animals[~study.animals["excluded"].astype(bool)]
    last = study.volumes.groupby("animal")["day"].max()
    ends = study.volumes.groupby("model")["day"].max()
    for model, rows in animals.groupby("model", sort=False):
        end = ends[model]
        left = rows["animal"].map(last) < end
        table = pd.crosstab(rows["arm"], left)
        if table.shape != (len(table), 2) or len(table) < 2:
            continue
        p = _independence(table.to_numpy())
        if p < LOSS_LEVEL:
            counts = ", ".join(
                f"{study.label(str(arm))} {int(lost)} of {int(kept + lost)}"
                for arm, (kept, lost) in zip(table.index, table.to_numpy(), strict=True)
            )
            findings.append(
                Finding(
                    code="unequal-loss",
                    severity="warning",
                    subject=str(model),
                    found=f"animals lost before day {end:g}: {counts} (p = {p:.2g})",
                    expected="arms that lose animals alike",
                    action="means of the animals left are biased; the growth model is not where "
                    "leaving depends on measured volume",
                )
            )
    return findings


def _independence(table: np.ndarray) -> float:
    """Return the p-value of no association in an arms x 2 table (Fisher for two arms)."""
    if len(table) == 2:
        return float(stats.fisher_exact(table).pvalue)
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def few_animals(study: Study) -> list[Finding]:
    """Find arms with few animals; of a programme of single mice, say once what it is."""
    if study.single_mouse:
        return [_programme(study)]
    kept = study.animals[~study.animals["excluded"].astype(bool)]
    counts = kept.groupby(["model", "arm"], sort=False).size()
    return [
        Finding(
            code="few-animals",
            severity="warning",
            subject=str(arm),
            found=f"{count} animals in {study.label(str(arm))} of {model}",
            expected=f"at least {FEW_ANIMALS} animals an arm",
            action="intervals are wide and one animal can decide; repeat before deciding",
        )
        for (model, arm), count in counts.items()
        if count < FEW_ANIMALS
    ]


def _programme(study: Study) -> Finding:
    counts = study.animals.groupby(["model", "arm"])["animal"].nunique()
    return Finding(
        code="single-mouse-design",
        severity="note",
        found=f"{len(study.models)} models and {len(counts)} arms of them, "
        f"{int((counts == 1).sum())} of one animal",
        expected="several animals an arm, or many models with one animal an arm",
        action="it is analysed as a programme: treatments are compared across models, and the "
        "model is the unit",
    )


def empty_arms(study: Study) -> list[Finding]:
    """Find declared arms without any measurement."""
    return [
        Finding(
            code="empty-arm",
            severity="warning",
            file="study.toml",
            subject=arm.id,
            found=f"no measurement of arm {arm.id!r}",
            expected="measurements of each declared arm",
            action="check its names; its questions stay missing",
        )
        for arm in study.arms
        if not (study.volumes["arm"] == arm.id).any()
    ]


def _baseline(study: Study) -> pd.DataFrame:
    kept = study.animals.loc[~study.animals["excluded"].astype(bool), "animal"]
    rows = study.volumes[
        (study.volumes["day"] == study.baseline_day) & study.volumes["animal"].isin(kept)
    ]
    return rows.assign(shown=rows["value"].clip(lower=study.readout.limit))


ARM_CHECKS: tuple[Callable[[Study], list[Finding]], ...] = (
    no_baseline_day,
    baseline_imbalance,
    tiny_baseline,
    unequal_loss,
    few_animals,
    empty_arms,
    whole_clusters,
)
