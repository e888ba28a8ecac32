"""Clinical scores over time, long or wide: 0 is a normal animal, more is worse."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import StudyFile
from smartcombo.study.model import SCORE_COLUMNS, Arm, TumourModel
from smartcombo.study.visits_beside import ReadVisits, VisitKind, read_visits

SCORE = VisitKind(
    noun="clinical score",
    done="scored",
    column="score",
    names=("score", "clinical_score", "clinicalscore", "distress_score", "distress",
           "condition_score", "severity_score", "severity", "health_score", "cs"),
    stranger="unknown-score-animal",
    never="animal-never-scored",
    if_never="it does not count in tolerability; write 0 at the visits at which it was normal",
)  # fmt: skip


def read_scores(
    folder: Path,
    facts: StudyFile,
    arms: tuple[Arm, ...],
    models: tuple[TumourModel, ...],
    animals: pd.DataFrame,
) -> tuple[ReadVisits, list[Finding]]:
    """Return the clinical scores of the animals of a study, with what is wrong."""
    given = facts.tables.scores
    read, findings = read_visits(folder, facts, given, arms, models, animals, SCORE)
    table = read.table.rename(columns={"value": "score"})[list(SCORE_COLUMNS)]
    return ReadVisits(table, read.input), findings
