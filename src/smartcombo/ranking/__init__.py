"""Which combination in which tumour next: gates, ranking with uncertainty, what to do next."""

from __future__ import annotations

from smartcombo.ranking.criteria import CRITERIA_COLUMNS, GATE_COLUMNS, Criterion
from smartcombo.ranking.lights import Light, light
from smartcombo.ranking.next_experiments import Experiment, next_experiments
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.programme import rank_programme
from smartcombo.ranking.rank import rank
from smartcombo.ranking.result import Ranking

__all__ = [
    "CRITERIA_COLUMNS",
    "GATE_COLUMNS",
    "Criterion",
    "Experiment",
    "Light",
    "RankOptions",
    "Ranking",
    "light",
    "next_experiments",
    "rank",
    "rank_programme",
]
