"""Cages and batches: how animals are grouped, and whether whole groups got one treatment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from smartcombo.core.finding import Finding
from smartcombo.study.model import Study

ClusterName = Literal["cage", "batch"]
CLUSTERS: tuple[ClusterName, ...] = ("cage", "batch")
CODES = {"cage": "cage-confounded", "batch": "batch-confounded"}
ENOUGH_PER_ARM = 3
"""With fewer clusters an arm than this, differences between clusters cannot be told from drugs."""
ASSUMED_CORRELATION = 0.2
"""Correlation of animals of one cage where none is measured: cages explained 23% of the variation
of growth rates within arms of the cage-allocated study of Pietrocola 2016."""


@dataclass(frozen=True)
class Clustering:
    """How the animals of one tumour model are spread over cages (or batches) and arms.

    Attributes
    ----------
    name
        ``cage`` or ``batch``.
    per_arm
        Clusters of each arm id, in the study's order.
    animals
        Animals of each arm id.
    whole
        True where every cluster holds one arm, and some cluster more than one animal.
    """

    name: ClusterName
    per_arm: dict[str, int]
    animals: dict[str, int]
    whole: bool

    def effective(self, arm: str, correlation: float) -> float:
        """Return the independent animals that an arm's animals amount to.

        n / (1 + (m - 1) r), m animals a cluster on average and r their correlation
        (Kish 1965; Hurlbert 1984, 10.2307/1942661, on what a replicate is).
        """
        return self.animals[arm] / self.design_effect(arm, correlation)

    def design_effect(self, arm: str, correlation: float) -> float:
        """Return how many times clusters inflate the variance of an arm's mean."""
        return 1 + (self.animals[arm] / self.per_arm[arm] - 1) * correlation


def clustering(study: Study, model: str, name: ClusterName) -> Clustering | None:
    """Return how cages or batches hold the arms; ``None`` where the animals table is silent."""
    rows = study.animals[~study.animals["excluded"].astype(bool)]
    rows = rows[(rows["model"] == model) & (rows[name].fillna("") != "")]
    kept = study.animals[
        ~study.animals["excluded"].astype(bool) & (study.animals["model"] == model)
    ]
    if len(rows) < len(kept) or rows.empty:
        return None
    arms = [arm.id for arm in study.arms if (rows["arm"] == arm.id).any()]
    groups = rows.groupby(name)["arm"]
    whole = bool((groups.nunique() == 1).all() and groups.size().max() > 1 and len(arms) > 1)
    of = rows.groupby("arm")
    return Clustering(
        name=name,
        per_arm={arm: int(of.get_group(arm)[name].nunique()) for arm in arms},
        animals={arm: len(of.get_group(arm)) for arm in arms},
        whole=whole,
    )


def whole_clusters(study: Study) -> list[Finding]:
    """Find cages or batches that each hold one arm: the cage was treated, not the animal."""
    found = [
        (model.id, clustering(study, model.id, name)) for model in study.models for name in CLUSTERS
    ]
    return [_finding(study, model, c) for model, c in found if c is not None and c.whole]


def _finding(study: Study, model: str, c: Clustering) -> Finding:
    few = [study.label(arm) for arm, count in c.per_arm.items() if count < ENOUGH_PER_ARM]
    said = ", ".join(
        f"{study.label(arm)} {c.animals[arm]} animals in {count} "
        f"(counts as {c.effective(arm, ASSUMED_CORRELATION):.1f})"
        for arm, count in c.per_arm.items()
    )
    hint = f"; fewer than {ENOUGH_PER_ARM} in {', '.join(few)}" if few else ""
    action = (
        f"read the answers by {c.name} in the report; effective numbers assume a correlation of "
        f"{ASSUMED_CORRELATION:g} within a {c.name}, the report measures it"
    )
    return Finding(
        code=CODES[c.name],
        severity="warning",
        subject=model,
        column=c.name,
        found=f"every {c.name} of {model} holds one arm: {said}{hint}",
        expected=f"animals of several arms in each {c.name}; else the {c.name} is the unit treated",
        action=action,
    )
