"""Variances that borrow from each other: limits, size and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.stats.moderated import linear_fits, moderated_tests, variance_prior

X = np.column_stack([np.ones(10), np.repeat([0.0, 1.0], 5)])
DIFFERENCE = np.array([0.0, 1.0])


def test_a_gene_tested_alone_with_the_prior_of_all_is_as_tested_among_them() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(size=(30, 10)) * rng.gamma(0.2, 5, (30, 1))
    fits = linear_fits(y, X)
    prior, together = variance_prior(fits.variance, fits.df), moderated_tests(fits, DIFFERENCE)
    alone = moderated_tests(linear_fits(y[4:5], X), DIFFERENCE, prior=prior)
    assert alone.se[0] == pytest.approx(together.se[4])
    student = stats.ttest_ind(y[:, 5:], y[:, :5], axis=1)
    plain = together.value / np.sqrt(fits.variance * 0.4)
    np.testing.assert_allclose(plain, student.statistic, rtol=1e-10)


def test_equal_variances_give_a_prior_without_end_and_pool_completely() -> None:
    y = np.tile(np.array([1.0, -1, 1, -1, 0, 2, 0, 2, 0, 1]), (40, 1)) + np.arange(40)[:, None]
    got = moderated_tests(linear_fits(y, X), DIFFERENCE)
    assert np.ptp(got.t) == pytest.approx(0.0, abs=1e-9)
    assert got.df == 40 * 8


def test_moderated_tests_hold_their_size_at_five_animals_an_arm() -> None:
    """At 5% over 8,000 null genes: within 4 Monte Carlo standard errors."""
    rng = np.random.default_rng(8)
    sd = np.sqrt(4.0 / rng.chisquare(4.0, (8000, 1)))
    got = moderated_tests(linear_fits(rng.normal(size=(8000, 10)) * sd, X), DIFFERENCE)
    assert np.mean(got.p < 0.05) == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 8000))
    covered = (got.low < 0) & (got.high > 0)
    assert np.mean(covered) == pytest.approx(0.95, abs=4 * np.sqrt(0.05 * 0.95 / 8000))


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="2 samples for 2 coefficients"):
        linear_fits(np.ones((3, 2)), X[[0, 9]])
