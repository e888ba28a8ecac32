"""From the evidence of a programme to a ranking of its combinations."""

from __future__ import annotations

import pandas as pd

from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.evidence.programme_gather import without_each_study
from smartcombo.ranking.criteria import Criterion
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.rank import rank
from smartcombo.ranking.result import Ranking
from smartcombo.study.programme import Programme


def rank_programme(
    programme: Programme, evidence: Evidence, options: RankOptions | None = None
) -> Ranking:
    """Answer which combination, in which tumour, deserves the next experiment.

    Criteria, anchors, weights and gates are those of ``programme.toml``; the order is also told
    without each study.

    Parameters
    ----------
    programme
        As `smartcombo.read_programme` gives it.
    evidence
        As `smartcombo.evidence.gather` gives it for this programme.
    options
        Draws, seed, shrinkage, form of the score. Default: those of `RankOptions` at the level of
        the programme, with the first criterion that measures the molecule alone as the rule to
        beat.

    Returns
    -------
    Ranking
        Places with intervals, reasons for and against, groups that cannot be told apart.

    Raises
    ------
    AnalysisRefused
        If ``programme.toml`` states no criteria, or they cannot be ranked.

    References
    ----------
    Lahdelma and Salminen 2001, 10.1287/opre.49.3.444.11220.
    """
    options = options or default_options(programme)
    return rank(
        [Criterion(**anchor) for anchor in evidence.anchors],
        criteria_at(programme, evidence, options.level),
        evidence.gates,
        weights=evidence.weights["kind"],
        options=options,
        without=without_each_study(programme, evidence),
    )


def criteria_at(programme: Programme, evidence: Evidence, level: float) -> pd.DataFrame:
    """Return the table of criteria; its own intervals only at the level they were made at."""
    if level == programme.facts.level:
        return evidence.criteria
    return evidence.criteria.drop(columns=["low", "high"])


def default_options(programme: Programme) -> RankOptions:
    """Return the options of a programme's ranking where none are given."""
    alone = (one.id for one in programme.criteria if one.measure == "molecule_alone")
    return RankOptions(level=programme.facts.level, baseline=next(alone, None))
