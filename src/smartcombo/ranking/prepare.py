"""Draw criteria and weights of all candidates together, before any ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.core.random import stream
from smartcombo.ranking.criteria import Criterion, WeightKind, checked
from smartcombo.ranking.draws import Cells, SuppliedDraws, cells_of, drawn
from smartcombo.ranking.gates import gate_words
from smartcombo.ranking.options import RankOptions
from smartcombo.stats.smaa import fixed_weights, ordered_weights, partial_values, unknown_weights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """Everything drawn, before any ranking.

    Attributes
    ----------
    x
        Draws on the scale of the criteria, shape ``(m, n, draws)``.
    partial
        Values between the anchors of the scored criteria, shape ``(m, s, draws)``.
    weights
        Shape ``(draws, s)``.
    scored
        Index of the scored criteria, shape ``(s,)``.
    words
        Gates a candidate, as :func:`smartcombo.ranking.gates.gate_words` gives them.
    everyone
        All candidates, those that are not shown among them; the cells may hold only some.
    """

    cells: Cells
    x: Floats
    partial: Floats
    weights: Floats
    scored: NDArray[np.int64]
    words: pd.DataFrame
    everyone: tuple[str, ...]

    def only(self, shown: Sequence[str]) -> Prepared:
        """Return what was drawn of the candidates shown; all where none are named."""
        if not shown:
            return self
        at = [i for i, name in enumerate(self.everyone) if name in set(shown)]
        return replace(
            self,
            cells=self.cells.only(at),
            x=self.x[at],
            partial=self.partial[at],
            words=self.words.iloc[at],
        )

    @property
    def ranked(self) -> NDArray[np.int64]:
        """Return the index of the candidates that no gate stops."""
        return np.flatnonzero(~self.words["gated"].to_numpy(bool))


def prepared(
    criteria: Sequence[Criterion],
    table: pd.DataFrame,
    gates: pd.DataFrame,
    *,
    weights: WeightKind,
    options: RankOptions,
    draws: SuppliedDraws | None = None,
) -> Prepared:
    """Return everything drawn, after checking what was given.

    Parameters
    ----------
    criteria, table, gates, weights, options, draws
        As :func:`smartcombo.ranking.rank` takes them.

    Raises
    ------
    AnalysisRefused
        With everything that is wrong.
    """
    checked(criteria, table, gates, weights)
    scored = np.array([k for k, one in enumerate(criteria) if one.scored], dtype=np.int64)
    cells = cells_of(criteria, table, shrinking=options.shrinking, population=options.population)
    x = drawn(cells, options.draws, options.seed, draws or {})
    used = [criteria[k] for k in scored]
    partial = partial_values(
        x[:, scored], np.array([c.worst for c in used]), np.array([c.best for c in used]),
        clip=options.clip,
    )  # fmt: skip
    drawn_weights = weight_draws(used, weights, options)
    words = gate_words(gates, list(cells.candidates))
    return Prepared(cells, x, partial, drawn_weights, scored, words, cells.candidates)


def weight_draws(criteria: Sequence[Criterion], kind: WeightKind, options: RankOptions) -> Floats:
    """Return draws of the weights of scored criteria, shape ``(draws, s)``."""
    rng = stream(options.seed, "weights")
    if kind == "fixed":
        return fixed_weights(np.array([c.weight for c in criteria], float), options.draws)
    if kind == "ordered":
        order = np.array([c.order for c in criteria], dtype=np.int64)
        return ordered_weights(order, options.draws, rng)
    return unknown_weights(len(criteria), options.draws, rng)
