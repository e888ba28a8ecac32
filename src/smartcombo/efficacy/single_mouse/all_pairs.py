"""Every pair of treatments, matched by model: one row a pair."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from smartcombo.core.verdicts import benjamini_hochberg
from smartcombo.efficacy.single_mouse.curves import Programme
from smartcombo.stats.odds import paired_difference, paired_odds_ratio
from smartcombo.stats.paired import mean_shift

COLUMNS = (
    "arm", "comparator", "models", "only_arm", "only_comparator", "both", "difference", "low",
    "high", "odds_ratio", "odds_low", "odds_high", "p", "rate_models", "rate_difference",
    "rate_low", "rate_high", "rate_p",
)  # fmt: skip


def all_pairs(programme: Programme, level: float, minimum_models: int) -> pd.DataFrame:
    """Return response and growth rate of every pair of treatments that share enough models.

    Exploratory: ``p_bh`` and ``rate_p_bh`` correct over all pairs. Response: difference in rate,
    arm minus comparator, plus is benefit, with Tango's interval; conditional odds ratio with mid-p.
    Growth rate: minus is benefit.
    """
    rows = [
        _pair(programme, i, j, level)
        for i, j in combinations(range(len(programme.arms)), 2)
        if np.isfinite(programme.responded[:, [i, j]]).all(axis=1).sum() >= minimum_models
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for p in ("p", "rate_p"):
        known = table[p].notna()
        table.loc[known, f"{p}_bh"] = benjamini_hochberg(table.loc[known, p].to_numpy(float))
    return table


def _pair(programme: Programme, i: int, j: int, level: float) -> tuple[object, ...]:
    response = programme.responded[:, [i, j]]
    a, b = response[np.isfinite(response).all(axis=1)].T > 0
    one, other, n = int(np.sum(a & ~b)), int(np.sum(~a & b)), len(a)
    gap, odds = paired_difference(one, other, n, level), paired_odds_ratio(one, other, level)
    rates = programme.rate[:, i] - programme.rate[:, j]
    shift = mean_shift(rates[np.isfinite(rates)], level)
    return (
        programme.arms[i], programme.arms[j], n, one, other, int(np.sum(a & b)), gap.value, gap.low,
        gap.high, odds.value, odds.low, odds.high, gap.p, int(np.isfinite(rates).sum()),
        shift.value, shift.low, shift.high, shift.p,
    )  # fmt: skip
