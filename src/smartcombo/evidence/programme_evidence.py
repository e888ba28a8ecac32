"""The one frozen object that holds what a programme knows, and the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.core.result import Result

CLAIM_COLUMNS = (
    "claim", "kind", "candidate", "combination", "context", "study", "model", "subject", "topic",
    "question", "null_model", "estimand", "contrast", "day", "value", "low", "high", "level", "se",
    "unit", "scale", "n", "verdict", "direction", "status", "method", "result", "statement",
    "citation", "doi", "synthetic",
)  # fmt: skip
"""One row a claim. ``kind`` is ``data`` or ``literature``; ``subject`` is ``combination``,
``molecule`` or ``ici`` (whose arm is compared); ``direction`` is ``for``, ``against``,
``neither`` or ``unanswered``; ``result`` is study/analysis."""
POOLED_COLUMNS = (
    "candidate", "combination", "context", "measure", "value", "low", "high", "se", "level",
    "predicted_low", "predicted_high", "tau2", "i2", "studies", "models", "n", "unit", "status",
    "source",
)  # fmt: skip
CRITERIA_COLUMNS = (
    "candidate", "combination", "context", "criterion", "value", "se", "n", "unit", "status",
    "source", "low", "high", "agreed",
)  # fmt: skip
"""One row a candidate and criterion. ``se`` is missing where the value is exact; ``status`` is
``ok``, ``missing`` or ``not estimable``; ``source`` lists claim ids, with ``; `` between them.
``low`` and ``high`` are the interval with the study as the unit; ``agreed`` is ``for`` or
``against`` where each of several studies says so by itself."""
GATE_COLUMNS = ("candidate", "gate", "passed", "severity", "reason")
"""One row a candidate and gate; ``passed`` is ``None`` where it cannot be answered."""
GRADE_COLUMNS = (
    "candidate", "combination", "context", "grade", "letter", "score", "low", "high", "arrive",
    "moves", "gaps",
)  # fmt: skip
MOVE_COLUMNS = ("candidate", "grade", "study", "item", "answer", "move", "reason")
VERDICT_COLUMNS = (
    "candidate", "combination", "context", "word", "answers_for", "answers_against", "stops",
    "cautions", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """What a programme knows of each candidate: a combination in a tumour model or indication.

    Attributes
    ----------
    programme
        Id of the programme.
    claims
        With ``CLAIM_COLUMNS``: every answer of every study, for and against, and what was written
        by hand from the literature.
    pooled
        With ``POOLED_COLUMNS``: each measure over its studies, the study as the unit.
    grades, moves
        Rigour and carry-over of each candidate, with ``GRADE_COLUMNS``, and every answer that made
        them. They are never merged into an effect.
    criteria
        With ``CRITERIA_COLUMNS``: what a ranking draws from.
    gates
        With ``GATE_COLUMNS``.
    verdicts
        With ``VERDICT_COLUMNS``: one word a candidate, with cautions; no ranking.
    anchors
        The criteria as stated beforehand: id, title, unit, worst, best, weight (``None`` where not
        stated), order (1 the weightiest, ``None`` unless ordered), no_effect (``None`` where no
        value means none), arms (whose animals a value stands on: 4 of an interaction, else 2).
    weights
        ``kind`` (``fixed``, ``ordered``, ``unknown``) and ``order``.
    results
        Study id -> the results the claims came from.
    """

    programme: str
    claims: pd.DataFrame
    pooled: pd.DataFrame
    grades: pd.DataFrame
    moves: pd.DataFrame
    criteria: pd.DataFrame
    gates: pd.DataFrame
    verdicts: pd.DataFrame
    anchors: tuple[Mapping[str, Any], ...]
    weights: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()
    synthetic: bool = False
    results: Mapping[str, tuple[Result, ...]] = field(default_factory=dict)

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return the ids of the candidates, in the order of the programme."""
        return tuple(self.verdicts["candidate"])

    @property
    def conflicts(self) -> pd.DataFrame:
        """Return the questions on which claims stand for and against one candidate."""
        keys = ["candidate", "subject", "question", "topic"]
        told = self.claims[self.claims["direction"].isin(["for", "against"])]
        counts = told.groupby(keys)["direction"].nunique()
        both = counts[counts > 1].reset_index()[keys]
        return told.merge(both, on=keys)[list(CLAIM_COLUMNS)]
