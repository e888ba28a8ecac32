"""Rank acceptability: the published example, closed forms, brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.smaa import (
    acceptability_analysis,
    fixed_weights,
    ordered_weights,
    overall_values,
    partial_values,
    unknown_weights,
)

DRAWS = 100_000
REFERENCE_DRAWS = 10_000
EVENTS = (((20, 136), (40, 136), (1, 136)), ((8, 129), (32, 129), (5, 129)))
"""Heparin and enoxaparin after trauma: proximal and distal thrombosis, major bleeding (Geerts 1996,
N Engl J Med 335:701); as beta distributions, the measurements of the reference's example."""
ANCHORS = np.array([[0.25, 0.40, 0.10], [0.0, 0.15, 0.0]])


def thrombosis() -> np.ndarray:
    """Return partial values of the two treatments on three criteria, shape (2, 3, draws)."""
    rng = stream(1, "thrombosis")
    x = np.array([[rng.beta(k, n - k, DRAWS) for k, n in treatment] for treatment in EVENTS])
    return partial_values(x, *ANCHORS)


@pytest.mark.realdata
def test_the_published_example_is_reproduced(shared_dir: Path) -> None:
    file = shared_dir / "peers" / "patients" / "smaa_thrombo_reference.json"
    reference = json.loads(file.read_text(encoding="utf-8"))
    partial = thrombosis()
    weights = unknown_weights(3, DRAWS, stream(1, "weights"))
    got = acceptability_analysis(partial, weights)

    def error(share: np.ndarray) -> np.ndarray:
        """Return four Monte Carlo errors of a share in both sets of draws."""
        return 4 * np.sqrt(share * (1 - share) * (1 / DRAWS + 1 / REFERENCE_DRAWS))

    expected = np.array(reference["rank_acceptability"])
    assert (np.abs(got.acceptability - expected) < error(expected)).all()
    expected = np.array(reference["confidence_factor"])
    assert (np.abs(got.confidence - expected) < error(expected)).all()
    # The mean of n weights of the simplex has a standard error of at most 0.24 / sqrt(n).
    firsts = REFERENCE_DRAWS * np.array(reference["rank_acceptability"])[:, :1]
    close = np.abs(got.central_weights - reference["central_weights"]) < 4 * 0.24 / np.sqrt(firsts)
    assert close.all()
    fixed = acceptability_analysis(partial, fixed_weights(np.array([0.5, 0.2, 0.3]), DRAWS))
    expected = np.array(reference["fixed_weight_first_rank"])
    assert (np.abs(fixed.acceptability[:, 0] - expected) < error(expected)).all()


def test_counts_are_those_of_plain_loops() -> None:
    rng = np.random.default_rng(3)
    partial, weights = rng.random((5, 3, 40)), unknown_weights(3, 40, rng)
    got = acceptability_analysis(partial, weights)
    places, above = np.zeros((5, 5)), np.zeros((5, 5))
    won: list[list[np.ndarray]] = [[] for _ in range(5)]
    for d in range(40):
        value = [float(weights[d] @ partial[i, :, d]) for i in range(5)]
        for i in range(5):
            places[i, sum(other > value[i] for other in value)] += 1
            above[i] += [value[i] > other for other in value]
        won[int(np.argmax(value))].append(weights[d])
    np.testing.assert_allclose(got.acceptability, places / 40)
    off = ~np.eye(5, dtype=bool)
    np.testing.assert_allclose(got.pairwise[off], (above / 40)[off])
    for i in range(5):
        if not won[i]:
            assert np.isnan(got.confidence[i])
            continue
        central = np.mean(won[i], axis=0)
        np.testing.assert_allclose(got.central_weights[i], central)
        first = [int(np.argmax(partial[:, :, d] @ central)) == i for d in range(40)]
        assert got.confidence[i] == pytest.approx(np.mean(first))


def test_two_sure_opposites_share_the_weights() -> None:
    partial = np.repeat(np.array([[1.0, 0.0], [0.0, 1.0]])[:, :, None], DRAWS, axis=2)
    got = acceptability_analysis(partial, unknown_weights(2, DRAWS, stream(1, "w")))
    assert got.acceptability == pytest.approx(np.full((2, 2), 0.5), abs=0.01)
    assert got.central_weights == pytest.approx(np.array([[0.75, 0.25], [0.25, 0.75]]), abs=0.01)
    assert got.confidence == pytest.approx(np.ones(2))
    assert got.expected_rank == pytest.approx([1.5, 1.5], abs=0.01)


def test_the_winning_probability_of_two_normals_is_the_closed_form() -> None:
    rng = stream(2, "normals")
    partial = np.array([rng.normal(0.6, 0.2, DRAWS), rng.normal(0.4, 0.3, DRAWS)])[:, None, :]
    got = acceptability_analysis(partial, np.ones((DRAWS, 1)))
    expected = stats.norm.cdf(0.2 / np.hypot(0.2, 0.3))
    assert got.pairwise[0, 1] == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(DRAWS))
    assert got.pairwise[0, 1] + got.pairwise[1, 0] == pytest.approx(1.0)


def test_ties_share_their_places() -> None:
    partial = np.repeat(np.array([0.5, 0.5, 0.2])[:, None, None], 1000, axis=2)
    got = acceptability_analysis(partial, np.ones((1000, 1)))
    assert got.acceptability == pytest.approx(np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]))
    assert got.pairwise[0, 1] == got.pairwise[1, 0] == 0.5
    assert got.rank_high.tolist() == [2, 2, 3]
    assert got.confidence == pytest.approx([0.5, 0.5, np.nan], nan_ok=True)


def test_ordered_weights_keep_the_order_and_average_to_the_centroid() -> None:
    weights = ordered_weights(np.array([2, 1, 3]), DRAWS, stream(1, "ordered"))
    assert (weights[:, 1] >= weights[:, 0]).all()
    assert (weights[:, 0] >= weights[:, 2]).all()
    # Rank-order centroid: (1/3)(1 + 1/2 + 1/3), (1/3)(1/2 + 1/3), (1/3)(1/3).
    assert weights.mean(axis=0) == pytest.approx([5 / 18, 11 / 18, 2 / 18], abs=0.003)
    tied = ordered_weights(np.array([1, 1, 2]), DRAWS, stream(1, "tied"))
    assert (tied[:, :2].min(axis=1) >= tied[:, 2]).all()
    assert tied.mean(axis=0) == pytest.approx([8 / 18, 8 / 18, 2 / 18], abs=0.003)


def test_unknown_weights_have_the_moments_of_the_flat_dirichlet() -> None:
    weights = unknown_weights(4, DRAWS, stream(1, "flat"))
    assert weights.sum(axis=1) == pytest.approx(np.ones(DRAWS))
    assert weights.mean(axis=0) == pytest.approx(np.full(4, 0.25), abs=0.003)
    assert weights.var(axis=0) == pytest.approx(np.full(4, 3 / 80), abs=0.001)


def test_values_lie_on_the_line_between_the_anchors_and_stop_there_if_clipped() -> None:
    x = np.array([[[-1.0, 0.0, 5.0]], [[10.0, 20.0, 2.0]]])
    worst, best = np.array([0.0]), np.array([10.0])
    free = partial_values(x.copy(), worst, best, clip=False)
    assert free.ravel() == pytest.approx([-0.1, 0.0, 0.5, 1.0, 2.0, 0.2])
    assert partial_values(x.copy(), worst, best).ravel() == pytest.approx(
        [0.0, 0.0, 0.5, 1.0, 1.0, 0.2]
    )
    less = partial_values(x.copy(), best, worst)
    assert less.ravel() == pytest.approx([1.0, 1.0, 0.5, 0.0, 0.0, 0.8])


def test_the_geometric_mean_does_not_let_one_criterion_make_up_for_another() -> None:
    partial = np.repeat(np.array([[0.9, 0.02], [0.4, 0.4]])[:, :, None], 100, axis=2)
    weights = fixed_weights(np.array([1.0, 1.0]), 100)
    assert overall_values(partial, weights)[:, 0] == pytest.approx([0.46, 0.4])
    product = overall_values(partial, weights, geometric=True)[:, 0]
    assert product == pytest.approx([np.sqrt(0.018), 0.4])
    assert acceptability_analysis(partial, weights).expected_rank.tolist() == [1, 2]
    assert acceptability_analysis(partial, weights, geometric=True).expected_rank.tolist() == [2, 1]
