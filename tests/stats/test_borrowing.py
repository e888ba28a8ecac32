"""Borrowing: closed forms, conflict, and what drift does to the error rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from smartcombo.stats.borrowing import NormalMixture, conflict, map_prior, robust, updated

EARLIER, ERRORS = np.array([0.15, 0.17, 0.16, 0.18]), np.array([0.008, 0.01, 0.007, 0.009])


def one(mean: float, variance: float) -> NormalMixture:
    return NormalMixture(np.ones(1), np.array([mean]), np.array([variance]))


def test_one_normal_is_updated_by_precision() -> None:
    got = updated(one(1.0, 4.0), 3.0, 1.0)
    assert got.mean == pytest.approx((1.0 / 4 + 3.0) / (1 / 4 + 1))
    assert got.variance == pytest.approx(1 / (1 / 4 + 1))


def test_the_predictive_prior_is_its_integral_over_the_variation_between_studies() -> None:
    prior = map_prior(EARLIER, ERRORS, 0.02)

    def weight(tau: float) -> float:
        total = ERRORS**2 + tau**2
        precision = np.sum(1 / total)
        centre = np.sum(EARLIER / total) / precision
        logs = -0.5 * (np.sum(np.log(total)) + np.log(precision))
        spread = -0.5 * np.sum((EARLIER - centre) ** 2 / total)
        return float(np.exp(logs + spread - 20) * stats.halfnorm.pdf(tau, scale=0.02))

    def below(tau: float) -> float:
        total = ERRORS**2 + tau**2
        precision = np.sum(1 / total)
        centre = np.sum(EARLIER / total) / precision
        return weight(tau) * float(stats.norm.cdf(0.14, centre, np.sqrt(1 / precision + tau**2)))

    want = integrate.quad(below, 0, 0.1)[0] / integrate.quad(weight, 0, 0.1)[0]
    assert prior.cdf(0.14) == pytest.approx(want, rel=2e-3)


def test_agreement_narrows_and_conflict_does_not() -> None:
    prior = robust(map_prior(EARLIER, ERRORS, 0.02), 0.5, 0.165, 0.05**2)
    agrees, clashes = updated(prior, 0.165, 0.02), updated(prior, 0.32, 0.02)
    assert agrees.variance < 0.8 * 0.02**2
    assert clashes.weights[-1] > 0.95
    assert abs(clashes.mean - 0.32) < 0.03
    assert conflict(prior, 0.165, 0.02) > 0.5
    assert conflict(map_prior(EARLIER, ERRORS, 0.02), 0.32, 0.02) < 0.01


@given(st.floats(-1, 1), st.floats(0.01, 1), st.floats(0.01, 0.99))
def test_quantiles_invert_the_distribution_and_a_shift_moves_it(
    mean: float, sd: float, p: float
) -> None:
    mixture = NormalMixture(
        np.array([0.3, 0.7]), np.array([mean, mean + 1]), np.array([sd**2, 2 * sd**2])
    )
    assert mixture.cdf(mixture.quantile(p)) == pytest.approx(p, abs=1e-9)
    assert mixture.shifted(2.0, 1.0, 0.0).quantile(p) == pytest.approx(2 + mixture.quantile(p))


def test_shares_and_scales_outside_their_range_are_refused() -> None:
    with pytest.raises(ValueError, match="not percent"):
        robust(one(0, 1), 50, 0, 1)
    with pytest.raises(ValueError, match="all above zero"):
        map_prior(EARLIER, ERRORS, 0.0)


@pytest.mark.parametrize(("drift", "most"), [(0.0, 0.05), (2.0, 0.085), (5.0, 0.085)])
def test_drifted_history_costs_little_error(drift: float, most: float) -> None:
    """No effect of the drug; earlier vehicles grow faster by so many errors (1,500 studies).

    In 4,000 studies each: 3.6, 4.4, 6.5, 7.4 and 6.6% at 0, 1, 2, 3 and 5 errors of drift; without
    the vague part 3.2, 4.8, 10.6, 15.1 and 14.1%.
    """
    rng, se, truth = np.random.default_rng(8), 0.02, 0.16
    sd = se * np.sqrt(8)
    earlier = truth + drift * se + 0.004 * rng.standard_normal(4)
    prior = map_prior(earlier, np.full(4, se), 0.5 * sd)
    mixed = robust(prior, 0.5, prior.mean, prior.variance + sd**2)
    rejected = 0
    for vehicle, arm in truth + se * rng.standard_normal((1500, 2)):
        difference = updated(mixed, vehicle, se).shifted(arm, -1.0, se**2)
        below = difference.cdf(0.0)
        rejected += 2 * min(below, 1 - below) < 0.05
    assert rejected / 1500 < most
