"""What a ranking is: frozen tables, each row a number with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

SUMMARY_COLUMNS = (
    "candidate", "combination", "context", "place", "group", "expected_rank", "rank_low",
    "rank_high", "level", "p_first", "p_top_third", "score", "score_low", "score_high",
    "confidence", "missing", "not_separated_from", "gated", "stops", "cautions",
)  # fmt: skip


@dataclass(frozen=True)
class Ranking:
    """Candidates in order, with how sure each place is and why.

    Attributes
    ----------
    summary
        ``SUMMARY_COLUMNS``, one row a candidate, by mean score; gated ones last, without a
        place.
        ``missing`` counts criteria without a value.
    acceptability
        ``candidate, rank, probability``: rank acceptability indices.
    pairwise
        ``above, below, probability``, both ways.
    central_weights
        ``candidate, criterion, weight``: weights under which the candidate comes first.
    criteria
        One row a candidate and criterion: raw and shrunk value with interval, part of the way from
        worst to best, n, light.
    reasons
        ``candidate, side, criterion, words, contribution``; side is ``for``, ``against`` or
        ``unknown``; contribution is in units of the score, against the mean of the ranked.
    groups
        ``group, leader, members, words``: what can and cannot be told apart.
    sensitivity
        ``variant, candidate, place, expected_rank, p_top_third``.
    variants
        ``variant, tau, same_leader, leaders``: each variant against the ranking.
    baseline
        The rule to beat beside the ranking; empty without one.
    gates
        As given.
    formula
        How the score is made, in one line.
    methods, options
        Ids of the methods; every resolved choice.
    """

    summary: pd.DataFrame
    acceptability: pd.DataFrame
    pairwise: pd.DataFrame
    central_weights: pd.DataFrame
    criteria: pd.DataFrame
    reasons: pd.DataFrame
    groups: pd.DataFrame
    sensitivity: pd.DataFrame
    variants: pd.DataFrame
    baseline: pd.DataFrame
    gates: pd.DataFrame
    formula: str
    methods: tuple[str, ...]
    options: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))
