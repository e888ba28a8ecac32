"""Body weights over time, long or wide, from their own file or from that of the volumes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import StudyFile
from smartcombo.study.model import WEIGHT_COLUMNS, Arm, TumourModel
from smartcombo.study.visits_beside import ReadVisits, VisitKind, read_visits

WEIGHT = VisitKind(
    noun="weight",
    done="weighed",
    column="weight_g",
    names=("weight_g", "weight", "bodyweight_g", "body_weight", "bodyweight", "bw", "bw_g",
           "mass_g", "weight_mg", "weight_kg"),
    stranger="unknown-weight-animal",
    never="animal-never-weighed",
    if_never="it does not count in tolerability; check its id",
)  # fmt: skip
GRAMS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}


def read_weights(
    folder: Path,
    facts: StudyFile,
    arms: tuple[Arm, ...],
    models: tuple[TumourModel, ...],
    animals: pd.DataFrame,
) -> tuple[ReadVisits, list[Finding]]:
    """Return the weighings of the animals of a study in grams, with what is wrong."""
    given = facts.tables.weights
    read, findings = read_visits(folder, facts, given, arms, models, animals, WEIGHT)
    factor = 1.0 if given is None else GRAMS[given.unit]
    table = read.table.assign(weight_g=read.table["value"] * factor)[list(WEIGHT_COLUMNS)]
    return ReadVisits(table, read.input), findings
