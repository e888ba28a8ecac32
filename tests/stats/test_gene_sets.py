"""Scores of gene sets against their definitions, and against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from smartcombo.stats.gene_sets import ranked_samples, singscore, ssgsea
from smartcombo.stats.least_squares import mixture_fractions

RNG = np.random.default_rng(11)


def with_ties(genes: int = 60, samples: int = 5) -> np.ndarray:
    """Return expression in which a third of the genes are not measured (zero)."""
    values = RNG.gamma(1.0, 50.0, (genes, samples)).round(1)
    values[RNG.random((genes, samples)) < 0.3] = 0.0
    return values


def running_sum(values: np.ndarray, members: np.ndarray) -> float:
    """Return ssGSEA of one sample as Barbie 2009 defines it: walk down the sorted genes."""
    rank = stats.rankdata(values)
    order = np.argsort(-values, kind="stable")
    inside = np.isin(order, members)
    hit = np.where(inside, rank[order] ** 0.25, 0.0)
    miss = np.where(inside, 0.0, 1.0)
    return float(np.sum(np.cumsum(hit) / hit.sum() - np.cumsum(miss) / miss.sum()))


def test_ssgsea_is_the_running_sum_of_its_definition() -> None:
    values = with_ties()
    sets = [np.array([3, 7, 20, 41]), np.arange(12), np.array([5])]
    scores = ssgsea(ranked_samples(values), sets)
    for k, members in enumerate(sets):
        for s in range(values.shape[1]):
            assert scores[k, s] == pytest.approx(running_sum(values[:, s], members), rel=1e-12)


def test_ranks_are_those_of_scipy_for_both_ways_to_take_ties() -> None:
    values = with_ties()
    ranked = ranked_samples(values)
    np.testing.assert_array_equal(ranked.rank, stats.rankdata(values, axis=0))
    np.testing.assert_array_equal(ranked.lowest_rank, stats.rankdata(values, "min", axis=0))


def test_singscore_runs_from_minus_a_half_to_a_half() -> None:
    values = np.arange(10.0)[:, None]
    ranked = ranked_samples(values)
    assert singscore(ranked, np.array([8, 9]))[0] == 0.5
    assert singscore(ranked, np.array([0, 1]))[0] == -0.5
    assert singscore(ranked, np.array([8, 9]), np.array([0, 1]))[0] == 1.0
    assert singscore(ranked, np.array([0, 9]))[0] == 0.0


def test_an_empty_set_has_no_score() -> None:
    ranked = ranked_samples(with_ties())
    none = np.array([], dtype=np.int64)
    assert np.isnan(ssgsea(ranked, [none])).all()
    assert np.isnan(singscore(ranked, none)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_score_moves_when_a_sample_is_removed_or_genes_change_places(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(40, 4))
    members = rng.choice(40, 6, replace=False)
    whole = ssgsea(ranked_samples(values), [members])
    np.testing.assert_array_equal(ssgsea(ranked_samples(values[:, :2]), [members]), whole[:, :2])
    moved = rng.permutation(40)
    places = np.argsort(moved)[members]
    again = ssgsea(ranked_samples(values[moved]), [places])
    np.testing.assert_allclose(again, whole, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_depend_on_order_only(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(40, 3))
    members = rng.choice(40, 5, replace=False)
    raw, bent = ranked_samples(values), ranked_samples(np.exp(3 * values))
    np.testing.assert_array_equal(ssgsea(raw, [members]), ssgsea(bent, [members]))
    np.testing.assert_array_equal(singscore(raw, members), singscore(bent, members))


def test_a_known_mixture_is_recovered_and_the_rest_is_other() -> None:
    A = RNG.gamma(1.0, 10.0, (40, 4))
    truth = np.array([0.3, 0.0, 0.2, 0.1])
    np.testing.assert_allclose(mixture_fractions(A, A @ truth), truth, atol=1e-10)


@pytest.mark.parametrize("seed", range(12))
def test_fractions_meet_the_conditions_of_the_minimum(seed: int) -> None:
    """Karush, Kuhn and Tucker: with a multiplier for the sum, no cell type can lower the loss."""
    rng = np.random.default_rng(seed)
    A, b = rng.gamma(1.0, 10.0, (25, 5)), rng.gamma(1.0, 4.0 + 4.0 * seed, 25)
    x = mixture_fractions(A, b)
    assert (x >= 0).all()
    assert x.sum() <= 1 + 1e-12
    gradient = A.T @ (A @ x - b)
    multiplier = -gradient[x > 0].mean() if x.sum() > 1 - 1e-9 else 0.0
    assert multiplier >= 0
    size = np.abs(A.T @ b).max()
    np.testing.assert_allclose(gradient[x > 0], -multiplier, atol=1e-9 * size)
    assert (gradient[x == 0] + multiplier >= -1e-9 * size).all()
