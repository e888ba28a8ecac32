"""Constrained least squares: every active set tried, optimality, closed forms."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from smartcombo.stats.design import Floats
from smartcombo.stats.least_squares import mixture_fractions


def by_every_active_set(A: Floats, b: Floats) -> Floats:
    """Return the best feasible point over every set of cell types, with and without a sum of one.

    Each candidate solves its normal equations, bordered by the sum where that is held at one.
    """
    k = A.shape[1]
    best, least = np.zeros(k), float(b @ b)
    for used, at_one in product(product([False, True], repeat=k), [False, True]):
        kept = np.flatnonzero(used)
        if not len(kept):
            continue
        gram, right = A[:, kept].T @ A[:, kept], A[:, kept].T @ b
        if at_one:
            ones = np.ones((len(kept), 1))
            gram, right = np.block([[gram, ones], [ones.T, np.zeros((1, 1))]]), np.r_[right, 1.0]
        x = np.zeros(k)
        x[kept] = np.linalg.solve(gram, right)[: len(kept)]
        squares = float(np.sum((A @ x - b) ** 2))
        if x.min() >= -1e-12 and x.sum() <= 1 + 1e-12 and squares < least:
            best, least = x, squares
    return best


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0, 1e-6])
@pytest.mark.parametrize("seed", range(5))
def test_the_fractions_are_the_best_of_all_active_sets(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    A = rng.gamma(0.5, 60.0, (30, 5))
    b = scale * A @ rng.dirichlet(np.full(5, 0.6)) * rng.gamma(8, 1 / 8, 30)
    np.testing.assert_allclose(mixture_fractions(A, b), by_every_active_set(A, b), atol=1e-10)


def test_a_sample_and_a_matrix_in_another_unit_give_the_same_fractions() -> None:
    rng = np.random.default_rng(9)
    A, b = rng.gamma(0.5, 60.0, (30, 5)), rng.gamma(0.5, 90.0, 30)
    np.testing.assert_allclose(
        mixture_fractions(1e5 * A, 1e5 * b), mixture_fractions(A, b), atol=1e-12
    )


def test_orthogonal_cell_types_have_a_closed_form() -> None:
    """The identity: the nearest point of the simplex shifts all values alike and cuts at zero."""
    identity = np.eye(3)
    inside = mixture_fractions(identity, np.array([0.2, -0.5, 0.3]))
    np.testing.assert_allclose(inside, [0.2, 0.0, 0.3], atol=1e-15)
    outside = mixture_fractions(identity, np.array([0.9, 0.5, 0.1]))
    np.testing.assert_allclose(outside, [0.7, 0.3, 0.0], atol=1e-12)
