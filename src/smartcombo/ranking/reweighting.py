"""Rank again under weights that a reader chooses, from the same draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.ranking.criteria import Criterion, WeightKind
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.prepare import prepared
from smartcombo.stats.smaa import acceptability_analysis, fixed_weights

Floats = NDArray[np.float64]
MOST_CELLS = 1_500_000
"""Candidates x criteria x draws kept: 3 MB on a page; beyond it fewer draws are kept."""
STEPS = np.iinfo(np.uint16).max
PLACE_COLUMNS = ["candidate", "place", "expected_rank", "p_first", "p_top_third", "score"]


@dataclass(frozen=True)
class Reweighting:
    """The draws of a ranking, coarse enough for a page and fine enough to rank by.

    Attributes
    ----------
    candidates
        Those that no gate stops, in the order of their places; ``m``.
    criteria, titles
        Ids and titles of the scored criteria; ``n``.
    codes
        Parts of the way from worst to best, ``low + step * code``, shape ``(m, n, draws)``.
    weights
        Mean weights of the ranking, shape ``(n,)``, summing to one: where a reader starts.
    geometric
        Whether the score is a product of part ^ weight.
    """

    candidates: tuple[str, ...]
    criteria: tuple[str, ...]
    titles: tuple[str, ...]
    codes: NDArray[np.uint16]
    low: float
    step: float
    weights: Floats
    geometric: bool

    def places(self, weights: Sequence[float]) -> pd.DataFrame:
        """Return the ranking under fixed weights.

        Parameters
        ----------
        weights
            One a criterion, zero or more, not all zero; they are made to sum to one.

        Returns
        -------
        DataFrame
            ``candidate, place, expected_rank, p_first, p_top_third, score``, the best first; equal
            scores keep the order of ``candidates``.

        Raises
        ------
        ValueError
            If the weights do not fit the criteria.
        """
        given = np.asarray(weights, dtype=float)
        fits = given.shape == (len(self.criteria),) and np.isfinite(given).all()
        if not fits or (given < 0).any() or not given.sum() > 0:
            raise ValueError(f"weights={weights!r}: expected {len(self.criteria)} numbers, zero or "
                             f"more and not all zero, for {self.criteria}")  # fmt: skip
        partial = self.low + self.step * self.codes.astype(float)
        found = acceptability_analysis(
            partial, fixed_weights(given, partial.shape[2]), geometric=self.geometric
        )
        table = pd.DataFrame(
            {
                "candidate": self.candidates,
                "expected_rank": found.expected_rank,
                "p_first": found.acceptability[:, 0],
                "p_top_third": found.top_third,
                "score": found.score,
            }
        ).sort_values("score", ascending=False, kind="stable", ignore_index=True)
        table["place"] = np.arange(1, len(table) + 1)
        return table[PLACE_COLUMNS]


def reweighting(
    criteria: Sequence[Criterion],
    table: pd.DataFrame,
    gates: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    weights: WeightKind,
    options: RankOptions,
) -> Reweighting:
    """Return the draws of a ranking for readers who weigh otherwise.

    Parameters
    ----------
    criteria, table, gates, weights, options
        As :func:`smartcombo.ranking.rank` took them.
    summary
        Of that ranking: which candidates have a place, and their order.
    """
    ready = prepared(criteria, table, gates, weights=weights, options=options)
    names = [str(name) for name in summary.loc[~summary["gated"].astype(bool), "candidate"]]
    at = [ready.cells.candidates.index(name) for name in names]
    kept = max(1, min(options.draws, MOST_CELLS // max(len(at) * len(ready.scored), 1)))
    partial = ready.partial[at][:, :, :kept]
    low = float(partial.min()) if partial.size else 0.0
    reach = (float(partial.max()) if partial.size else 1.0) - low
    step = reach / STEPS if reach > 0 else 1.0
    codes = np.rint((partial - low) / step).astype(np.uint16)
    scored = [ready.cells.criteria[k] for k in ready.scored]
    return Reweighting(
        candidates=tuple(names),
        criteria=tuple(one.id for one in scored),
        titles=tuple(one.title for one in scored),
        codes=codes,
        low=low,
        step=step,
        weights=ready.weights.mean(axis=0),
        geometric=options.geometric,
    )
