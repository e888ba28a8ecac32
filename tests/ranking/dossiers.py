"""A dossier for tests that need one quickly: a ranking of made tables, words of made verdicts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from programmes import CRITERIA, gate, table

from smartcombo.evidence.programme_evidence import (
    CLAIM_COLUMNS,
    GRADE_COLUMNS,
    MOVE_COLUMNS,
    POOLED_COLUMNS,
    VERDICT_COLUMNS,
    Evidence,
)
from smartcombo.ranking import Dossier, RankOptions, rank
from smartcombo.ranking.dossier import AGENT_COLUMNS, INPUT_COLUMNS, STUDY_COLUMNS
from smartcombo.ranking.reweighting import reweighting

GOOD, FAIR, TOXIC = "A + ICI@MEL", "B + ICI@MEL", "C + ICI@CRC"
OPTIONS = RankOptions(draws=1000)


def made(*, synthetic: bool = False, decisions: pd.DataFrame | None = None) -> Dossier:
    """Return a dossier of three candidates, the last of which a gate stops."""
    values = table({GOOD: (0.9, 1.5, 2.0), FAIR: (0.4, 1.0, 5.0), TOXIC: (0.8, 1.0, 19.0)})
    gates = pd.DataFrame([
        gate(TOXIC, "toxicity", False, "stop", "5 of 9 animals past the weight limit"),
        gate(FAIR, "one_model", False, "caution", "studied in MEL"),
    ])  # fmt: skip
    ranking = rank(CRITERIA, values, gates, weights="fixed", options=OPTIONS)
    again = reweighting(CRITERIA, values, gates, ranking.summary, weights="fixed", options=OPTIONS)
    return Dossier(
        programme="MADE", title="Made", contact="", context="model", synthetic=synthetic,
        agents=_empty(AGENT_COLUMNS), combinations=_empty(["combination", "title", "agents"]),
        studies=_empty(STUDY_COLUMNS),
        inputs=pd.DataFrame([("", "programme.toml", "ab" * 32, 9)], columns=list(INPUT_COLUMNS)),
        criteria=pd.DataFrame(), mice=pd.DataFrame(),
        evidence=_evidence(values, gates), ranking=ranking, reweighting=again,
        experiments=pd.DataFrame(), findings=pd.DataFrame(),
        decisions=pd.DataFrame() if decisions is None else decisions,
    )  # fmt: skip


def _evidence(values: pd.DataFrame, gates: pd.DataFrame) -> Evidence:
    words = [
        (GOOD, "promising", "", ""),
        (FAIR, "promising, with cautions", "", "one_model"),
        (TOXIC, "stopped", "toxicity", ""),
    ]
    verdicts = pd.DataFrame([
        {"candidate": name, "combination": name.split("@")[0], "context": name.split("@")[1],
         "word": word, "answers_for": 4, "answers_against": 1, "stops": stops,
         "cautions": cautions, "reason": "a reason"}
        for name, word, stops, cautions in words
    ])  # fmt: skip
    return Evidence(
        programme="MADE", claims=_empty(CLAIM_COLUMNS), pooled=_empty(POOLED_COLUMNS),
        grades=_empty(GRADE_COLUMNS), moves=_empty(MOVE_COLUMNS), criteria=values, gates=gates,
        verdicts=verdicts[list(VERDICT_COLUMNS)],
        anchors=(), weights={"kind": "fixed", "order": ()},
    )  # fmt: skip


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))
