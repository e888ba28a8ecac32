"""Which combination in which tumour next: gates, ranking with uncertainty, what to do next."""

from __future__ import annotations

from smartcombo.ranking.blinding import blinded
from smartcombo.ranking.blinding_key import BlindingKey, blinding_key
from smartcombo.ranking.criteria import CRITERIA_COLUMNS, GATE_COLUMNS, Criterion
from smartcombo.ranking.decisions import (
    DECISION_COLUMNS,
    Decision,
    DecisionRefused,
    append_decision,
    check_decisions,
    read_decisions,
)
from smartcombo.ranking.dossier import Dossier, dossier_of
from smartcombo.ranking.lights import Light, light
from smartcombo.ranking.next_experiments import Experiment, next_experiments
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.programme import rank_programme
from smartcombo.ranking.programme_next import next_for
from smartcombo.ranking.rank import rank
from smartcombo.ranking.result import Ranking
from smartcombo.ranking.reweighting import Reweighting

__all__ = [
    "CRITERIA_COLUMNS",
    "DECISION_COLUMNS",
    "GATE_COLUMNS",
    "BlindingKey",
    "Criterion",
    "Decision",
    "DecisionRefused",
    "Dossier",
    "Experiment",
    "Light",
    "RankOptions",
    "Ranking",
    "Reweighting",
    "append_decision",
    "blinded",
    "blinding_key",
    "check_decisions",
    "dossier_of",
    "light",
    "next_experiments",
    "next_for",
    "rank",
    "rank_programme",
    "read_decisions",
]
