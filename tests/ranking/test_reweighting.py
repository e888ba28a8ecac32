"""Ranking again under a reader's weights: the same order as a ranking with those weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from programmes import CRITERIA, gate, table

import smartcombo as sc
from smartcombo.ranking import Criterion, RankOptions
from smartcombo.ranking.reweighting import MOST_CELLS, Reweighting, reweighting

VALUES = {
    "lead@x": (0.9, 1.2, 5.0),
    "next@x": (0.5, 1.6, 9.0),
    "third@x": (0.6, 0.4, 2.0),
    "stopped@x": (0.9, 1.9, 1.0),
}
GATES = pd.DataFrame([gate("stopped@x", "arms", False, "stop", "no molecule-alone arm")])


def _weighed(weights: tuple[float, ...]) -> list[Criterion]:
    from dataclasses import replace

    return [replace(one, weight=w) for one, w in zip(CRITERIA, weights, strict=True)]


def _reweighting(options: RankOptions, weights: tuple[float, ...] = (3, 2, 1)) -> Reweighting:
    criteria = _weighed(weights)
    ranked = sc.ranking.rank(criteria, table(VALUES), GATES, weights="fixed", options=options)
    return reweighting(criteria, table(VALUES), GATES, ranked.summary, weights="fixed",
                       options=options)  # fmt: skip


@pytest.mark.parametrize("geometric", [False, True])
@pytest.mark.parametrize("weights", [(3, 2, 1), (1, 5, 1), (0.2, 0.1, 4)])
def test_new_weights_rank_as_a_ranking_that_states_them(
    weights: tuple[float, ...], geometric: bool
) -> None:
    options = RankOptions(draws=4000, geometric=geometric, sensitivity=False)
    again = _reweighting(options).places(weights)
    stated = sc.ranking.rank(
        _weighed(weights), table(VALUES), GATES, weights="fixed", options=options
    ).summary.head(3)
    assert list(again["candidate"]) == list(stated["candidate"])
    for column, tolerance in (("score", 1e-5), ("expected_rank", 2e-3), ("p_first", 1e-3)):
        # The draws are kept to 1 in 65,535: a near tie may fall the other way in one draw.
        assert again[column].to_numpy() == pytest.approx(stated[column].to_numpy(), abs=tolerance)


def test_it_starts_from_the_weights_of_the_ranking_and_leaves_out_what_is_gated() -> None:
    found = _reweighting(RankOptions(draws=1000))
    assert found.weights == pytest.approx(np.array([3, 2, 1]) / 6)
    assert "stopped@x" not in found.candidates
    assert found.criteria == tuple(one.id for one in CRITERIA)


def test_many_candidates_keep_fewer_draws() -> None:
    many = {f"c{i}@x": (0.01 * i, 1.0, 5.0) for i in range(60)}
    options = RankOptions(draws=10_000, sensitivity=False)
    criteria = _weighed((3, 2, 1))
    ranked = sc.ranking.rank(criteria, table(many), weights="fixed", options=options)
    found = reweighting(criteria, table(many), ranked.gates, ranked.summary, weights="fixed",
                        options=options)  # fmt: skip
    assert found.codes.shape == (60, 3, MOST_CELLS // 180)


@pytest.mark.parametrize("wrong", [(1.0, 2.0), (1, 1, -1), (0, 0, 0), (1, 1, float("nan"))])
def test_weights_that_cannot_be_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected 3 numbers, zero or more"):
        _reweighting(RankOptions(draws=1000)).places(wrong)
