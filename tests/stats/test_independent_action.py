"""Independent drug action: its limits, the copula against SciPy, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from smartcombo.stats.independent_action import (
    expected_survival,
    frechet_bounds,
    gaussian_correlation,
    log_survival_excess,
)

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=2)


def _scipy(alone: np.ndarray, rho: float) -> float:
    """Return the expected share by SciPy's multivariate normal distribution."""
    r = gaussian_correlation(rho)
    k = len(alone)
    cov = np.full((k, k), r) + (1 - r) * np.eye(k)
    lost = stats.norm.ppf(1 - alone)
    return 1 - float(stats.multivariate_normal(np.zeros(k), cov).cdf(lost))


def test_without_correlation_it_is_the_sum_less_the_product() -> None:
    a, b = np.array([1.0, 0.8, 0.3, 0.0]), np.array([0.9, 0.5, 0.5, 0.0])
    np.testing.assert_allclose(expected_survival(np.array([a, b])), a + b - a * b, rtol=1e-14)


def test_with_full_correlation_it_is_the_better_of_two_or_three() -> None:
    curves = np.array([[1.0, 0.8, 0.3], [0.9, 0.5, 0.5], [0.7, 0.6, 0.4]])
    np.testing.assert_array_equal(expected_survival(curves, 1.0), curves.max(axis=0))
    np.testing.assert_array_equal(expected_survival(curves[:2], 1.0), curves[:2].max(axis=0))


def test_with_opposite_responses_of_two_it_is_the_sum() -> None:
    curves = np.array([[1.0, 0.6, 0.3], [0.9, 0.5, 0.2]])
    np.testing.assert_allclose(expected_survival(curves, -1.0), [1.0, 1.0, 0.5])


@pytest.mark.parametrize("rho", [-0.95, -0.3, 0.1, 0.6, 0.9])
def test_two_agents_are_those_of_the_bivariate_normal_distribution(rho: float) -> None:
    for alone in ([0.3, 0.6], [0.95, 0.1], [0.5, 0.5], [0.02, 0.97]):
        got = expected_survival(np.array(alone), rho)
        assert got == pytest.approx(_scipy(np.array(alone), rho), abs=1e-7)


@pytest.mark.parametrize("rho", [-0.3, 0.3, 0.6])
def test_three_agents_are_those_of_the_trivariate_normal_distribution(rho: float) -> None:
    for alone in ([0.3, 0.6, 0.5], [0.9, 0.1, 0.4]):
        # SciPy integrates three dimensions by quasi Monte Carlo: 1e-5.
        got = expected_survival(np.array(alone), rho)
        assert got == pytest.approx(_scipy(np.array(alone), rho), abs=3e-5)


def test_the_rank_correlation_of_drawn_responses_is_the_one_asked_for() -> None:
    rng = np.random.default_rng(1)
    r = gaussian_correlation(0.4)
    z = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], 20_000)
    assert stats.spearmanr(z).statistic == pytest.approx(0.4, abs=0.02)


@given(SHARES, st.floats(-0.99, 0.99))
def test_it_lies_between_the_least_and_the_most_and_the_agents_can_swap(
    alone: list[float], rho: float
) -> None:
    curves = np.array(alone)
    got = float(expected_survival(curves, rho))
    least, most = frechet_bounds(curves)
    assert least - 1e-6 <= got <= most + 1e-6
    assert got == pytest.approx(float(expected_survival(curves[::-1], rho)), abs=1e-12)


def test_more_correlation_expects_less() -> None:
    curves = np.array([0.5, 0.4])
    values = [float(expected_survival(curves, rho)) for rho in np.linspace(-0.9, 1, 12)]
    assert all(np.diff(values) < 0)


def test_an_agent_that_does_nothing_at_all_changes_nothing_and_one_that_cures_cures() -> None:
    for rho in (-0.3, 0.0, 0.6):
        assert float(expected_survival(np.array([0.4, 0.0]), rho)) == pytest.approx(0.4, abs=1e-9)
        assert float(expected_survival(np.array([0.4, 1.0]), rho)) == pytest.approx(1.0, abs=1e-9)


def test_three_agents_cannot_all_oppose_each_other() -> None:
    with pytest.raises(ValueError, match=r"above -0\.48 for three"):
        expected_survival(np.array([0.3, 0.4, 0.5]), -0.9)


def test_hazards_that_add_have_no_excess_and_a_curve_at_zero_has_none_to_give() -> None:
    hazard = np.array([0.1, 0.3, 0.2, 0.2])  # combination, vehicle, A, B: 0.3 - 0.1 - 0.1
    value, se = log_survival_excess(np.exp(-5 * hazard), np.full(4, 0.01))
    assert value == pytest.approx(0.0, abs=1e-12)
    assert se == pytest.approx(0.2)
    assert np.isnan(log_survival_excess(np.array([0.5, 0.0, 0.4, 0.3]), np.ones(4))[0])
