"""A SYNTHETIC study with clinical scores whose worst values are set by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from studies import FOUR, written

from smartcombo.study.model import Limits, Study

PEAKS = {
    "vehicle": (0, 0, 0, 0, 0, 0, 1, 1),
    "ici": (0, 0, 0, 0, 0, 1, 1, 2),
    "molecule": (0, 0, 1, 1, 1, 1, 2, 2),
    "both": (0, 1, 1, 2, 2, 2, 3, 3),
}
"""Worst score of each animal of an arm: reached on the third visit and kept."""


def scores_of(study: Study, peaks: dict[str, tuple[int, ...]] = PEAKS) -> pd.DataFrame:
    """Return scores at every visit: 0 at baseline, half the worst at the next, then the worst."""
    rows = study.volumes[["model", "arm", "animal", "day", "row"]].copy()
    visit = rows.groupby("animal").cumcount()
    mouse = rows["animal"].str[-2:].astype(int) - 1
    peak = [peaks[arm][k] for arm, k in zip(rows["arm"], mouse, strict=True)]
    worst = pd.Series(peak, index=rows.index)
    score = worst.where(visit >= 2, worst // 2).where(visit > 0, 0).astype(float)
    return rows.assign(score=score)[["model", "arm", "animal", "day", "score", "row"]]


def scored_study(folder: Path, *, limit: float | None = 3.0) -> Study:
    """Return four arms of eight mice, scored at each visit."""
    study = written(folder, arms=FOUR)
    return replace(study, scores=scores_of(study), limits=Limits(clinical_score=limit))
