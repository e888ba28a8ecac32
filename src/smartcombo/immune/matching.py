"""Controls that match: the vehicle arm of the same model, day and tissue, in the same batches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.stats.censored_sample import filled
from smartcombo.study.model import Study

LEAST_CONTROLS = 3
"""Controls below which a predictive bound is so wide that no animal could pass it."""
SIDES = {"below": -1, "": 0, "above": 1}
GROUP = ["model", "day", "tissue", "assay"]


@dataclass(frozen=True)
class MatchedGroup:
    """Animals that may be compared: one model, day, tissue and assay.

    Attributes
    ----------
    values
        Animals by markers, batch effects taken out where batches cross the arms; index ``animal``.
    arm
        Arm of each animal, by ``animal``.
    markers
        ``marker, title, theme, unit, status``, by ``marker``.
    control
        Id of the vehicle arm; empty where it has no animal here.
    batches
        Batches taken out; 1 where there is nothing to take out.
    side
        As ``values``: -1 where the value is an upper bound (below a limit of detection), 1 where
        it is a lower bound, 0 where it was measured.
    batch
        Number of the batch of each animal where batches were taken out, by ``animal``.
    """

    model: str
    day: float
    tissue: str
    assay: str
    values: pd.DataFrame
    arm: pd.Series
    markers: pd.DataFrame
    control: str
    batches: int = 1
    side: pd.DataFrame = field(default_factory=pd.DataFrame)
    batch: pd.Series = field(default_factory=lambda: pd.Series(dtype=int))

    def of(self, arm: str, marker: str) -> np.ndarray:
        """Return the values of an arm's animals that have the marker."""
        return self.named(arm, marker).to_numpy(float)

    def named(self, arm: str, marker: str) -> pd.Series:
        """Return the values of an arm's animals that have the marker, by animal."""
        return self.values.loc[self.arm == arm, marker].dropna()

    def sides(self, arm: str, marker: str) -> np.ndarray:
        """Return for the values of `of` on which side of them the animal lies."""
        there = self.named(arm, marker).index
        return self.side.loc[there, marker].to_numpy(int)

    def spread_out(self, arm: str, marker: str) -> np.ndarray:
        """Return the values of an arm, those beyond a limit spread over what lies beyond it."""
        return filled(self.of(arm, marker), self.sides(arm, marker))

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the arms with animals, in their first order."""
        return tuple(dict.fromkeys(self.arm))


def matched_groups(study: Study, markers: pd.DataFrame) -> tuple[list[MatchedGroup], list[Finding]]:
    """Return the groups whose animals may be compared, and what stands against comparing others.

    A treated arm without vehicle of its own day is named and left without a comparison: a control
    of another day says how the tumour aged, not what the treatment did.
    """
    groups: list[MatchedGroup] = []
    findings: list[Finding] = []
    vehicle = next((arm.id for arm in study.arms if arm.role == "vehicle"), "")
    for (model, day, tissue, assay), own in markers.groupby(GROUP, sort=False, dropna=False):
        group = _group((str(model), float(day), str(tissue), str(assay)), own, vehicle)
        group, more = _without_batches(group, own)
        groups.append(group)
        findings += more
        findings += _missing_controls(study, group, markers, vehicle)
    return groups, findings


def _group(key: tuple[str, float, str, str], own: pd.DataFrame, vehicle: str) -> MatchedGroup:
    order = list(dict.fromkeys(own["marker"]))
    values = own.pivot(index="animal", columns="marker", values="value")[order]
    first = own.drop_duplicates("animal").set_index("animal")
    arm = first["arm"].reindex(values.index)
    facts = own.drop_duplicates("marker").set_index("marker")
    present = vehicle if (arm == vehicle).any() else ""
    sides = own.assign(side=own["censored"].map(SIDES))
    side = sides.pivot(index="animal", columns="marker", values="side")[order].fillna(0).astype(int)
    kept = facts[["title", "theme", "unit", "status"]]
    return MatchedGroup(*key, values, arm, kept, present, side=side)


def _without_batches(group: MatchedGroup, own: pd.DataFrame) -> tuple[MatchedGroup, list[Finding]]:
    """Return the group with batch effects taken out by least squares beside the arms."""
    batch = own.drop_duplicates("animal").set_index("animal")["batch"].reindex(group.values.index)
    codes, names = pd.factorize(batch)
    if len(names) < 2:
        return group, []
    arms = pd.get_dummies(group.arm).to_numpy(float)
    extra = (codes[:, None] == np.arange(1, len(names))).astype(float)
    X = np.column_stack([arms, extra])
    if np.linalg.matrix_rank(X) < X.shape[1]:
        return group, [_confounded(group, list(names))]
    adjusted = group.values.copy()
    for marker in adjusted.columns:
        there = adjusted[marker].notna().to_numpy()
        if np.linalg.matrix_rank(X[there]) < X.shape[1]:
            continue
        effect = np.linalg.lstsq(X[there], adjusted.loc[there, marker], rcond=None)[0]
        shift = extra[there] @ effect[arms.shape[1] :]
        adjusted.loc[there, marker] -= shift - shift.mean()
    numbered = pd.Series(codes, index=group.values.index)
    return replace(group, values=adjusted, batches=len(names), batch=numbered), []


def _confounded(group: MatchedGroup, names: list[str]) -> Finding:
    return Finding(
        code="batch-is-arm",
        severity="warning",
        subject=f"{group.assay} of {group.model}, day {group.day:g}",
        found=f"batches {', '.join(map(str, names[:6]))} that do not cross the arms",
        expected="animals of every arm in each batch",
        action="a difference between arms may be one between batches: it cannot be taken out",
    )


def _missing_controls(
    study: Study, group: MatchedGroup, markers: pd.DataFrame, vehicle: str
) -> list[Finding]:
    treated = [arm for arm in group.arms if arm != vehicle]
    count = int((group.arm == vehicle).sum())
    if not vehicle or not treated or count >= LEAST_CONTROLS:
        return []
    place = f"{group.assay} of {group.model}, day {group.day:g}"
    if count:
        return [
            Finding(
                code="few-controls",
                severity="warning",
                subject=place,
                found=f"{count} animals of {study.label(vehicle)}",
                expected=f"{LEAST_CONTROLS} or more controls of the same day",
                action="shifts are given; whether an animal moved is not",
            )
        ]
    same = markers[(markers["model"] == group.model) & (markers["arm"] == vehicle)]
    days = ", ".join(f"{day:g}" for day in sorted(same["day"].dropna().unique()))
    found = f"no vehicle of day {group.day:g}" + (f"; vehicle of day {days}" if days else "")
    named = ", ".join(study.label(arm) for arm in treated)
    return [
        Finding(
            code="no-matched-control",
            severity="warning",
            subject=place,
            found=found,
            expected="vehicle animals of the same model, day and tissue",
            action=f"{named}: not compared; tumours change with time without any treatment",
        )
    ]
