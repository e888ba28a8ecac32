"""The censored mixed model against its definition, against REML, and against known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from designs import dense_covariance, simulated
from scipy import stats

from smartcombo.stats.censored import _Problem, fit_censored
from smartcombo.stats.censored_kernel import log_normal_cdf
from smartcombo.stats.design import Floats, LongDesign
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed

BLISS = np.array([0.0, 1.0, -1.0, -1.0, 1.0])
LIMIT = 4.6


def _cut(design: LongDesign, limit: float) -> tuple[LongDesign, np.ndarray]:
    below = design.y < limit
    return replace(design, y=np.where(below, limit, design.y)), below


def _problem(design: LongDesign, below: np.ndarray) -> _Problem:
    return _Problem(design.y, below, np.ascontiguousarray(design.X), design.Z.copy(), design)


def _parameters(design: LongDesign) -> Floats:
    q = design.Z.shape[1]
    lower = np.array([0.3, 0.005, 0.03]) if q == 2 else np.array([0.03])
    return np.r_[4.5, 0.1, 0.08, 0.07, 0.05, lower, np.log(0.2)]


@pytest.mark.parametrize("random", ["both", "slope"])
def test_the_likelihood_is_the_normal_density_times_the_normal_distribution(random: str) -> None:
    design, below = _cut(simulated(2, mice=2, random=random), LIMIT)
    parameters = _parameters(design)
    value = _problem(design, below).terms(parameters)[0]
    q = design.Z.shape[1]
    L = np.zeros((q, q))
    L[np.tril_indices(q)] = parameters[5:-1]
    V = dense_covariance(design, L @ L.T, np.full(len(design.y), 0.2))
    mean = design.X @ parameters[:5]
    expected = 0.0
    for a, b in zip(design.start[:-1], design.start[1:], strict=True):
        own = np.arange(a, b)
        seen, cut = own[~below[own]], own[below[own]]
        shift, spread = mean[cut], V[np.ix_(cut, cut)]
        if len(seen):
            W = np.linalg.inv(V[np.ix_(seen, seen)])
            expected += stats.multivariate_normal.logpdf(
                design.y[seen], mean[seen], V[np.ix_(seen, seen)]
            )
            across = V[np.ix_(cut, seen)] @ W
            shift = shift + across @ (design.y[seen] - mean[seen])
            spread = spread - across @ V[np.ix_(seen, cut)]
        if len(cut):
            rng = np.random.default_rng(0)
            inside = stats.multivariate_normal.cdf(
                design.y[cut], shift, spread, maxpts=400_000, abseps=1e-9, releps=1e-7, rng=rng
            )
            expected += np.log(inside)
    assert value == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("random", ["both", "slope"])
def test_score_and_information_are_the_derivatives_of_the_likelihood(random: str) -> None:
    design, below = _cut(simulated(3, random=random), LIMIT)
    problem, x = _problem(design, below), _parameters(design)
    _, score, information = problem.terms(x)
    moves = 1e-5 * np.eye(len(x))
    values = [(problem.terms(x + e)[0] - problem.terms(x - e)[0]) / 2e-5 for e in moves]
    scores = [(problem.score(x - e)[1] - problem.score(x + e)[1]) / 2e-5 for e in moves]
    np.testing.assert_allclose(score, values, rtol=1e-4, atol=2e-3)
    scale = np.sqrt(np.outer(np.diag(information), np.diag(information)))
    assert np.abs((np.array(scores)[:5, :5] - information) / scale).max() < 1e-4


@pytest.mark.parametrize("random", ["both", "slope", "intercept"])
def test_without_censoring_it_is_restricted_maximum_likelihood(random: str) -> None:
    design = simulated(2, mice=8, random=random)
    got, plain = fit_censored(design, np.zeros(len(design.y), dtype=bool)), fit_mixed(design)
    assert got.fit.loglik == pytest.approx(plain.loglik, abs=1e-6)
    np.testing.assert_allclose(got.fit.beta, plain.beta, rtol=1e-6)
    np.testing.assert_allclose(got.fit.D, plain.D, rtol=1e-3, atol=1e-9)
    ours, theirs = got.inference.tests(BLISS)[0], model_inference(plain, design).tests(BLISS)[0]
    assert ours.se == pytest.approx(theirs.se, rel=0.05)


def test_it_tends_to_the_uncensored_fit_as_the_limit_falls() -> None:
    design = simulated(2, mice=8)
    plain = fit_mixed(design).beta
    gaps = []
    for limit in (4.8, 4.4, 4.0, 3.0):
        cut, below = _cut(design, limit)
        gaps.append(float(np.abs(fit_censored(cut, below).fit.beta[1:] - plain[1:]).max()))
    assert gaps[0] > gaps[2] > gaps[3]
    assert gaps[3] < 1e-6


def test_known_rates_come_back_where_half_an_arm_is_below_the_limit() -> None:
    design = simulated(5, mice=60, visits=8, missing=False)
    shrinking = np.repeat(design.group == 3, 8)
    design = replace(design, y=design.y - 0.12 * shrinking * (design.time - 1.0))
    full = fit_mixed(design)
    cut, below = _cut(design, 4.2)
    assert 0.4 < below[shrinking].mean() < 0.8
    censored, at_limit = fit_censored(cut, below), fit_mixed(cut)
    se = np.sqrt(full.cov_beta[4, 4])
    assert abs(censored.fit.beta[4] - full.beta[4]) < 2 * se
    assert abs(at_limit.beta[4] - full.beta[4]) > 5 * se


def test_intervals_cover_the_truth_with_a_third_of_an_arm_censored() -> None:
    covered, size = 0, 120
    for seed in range(size):
        design = simulated(100 + seed, mice=8, visits=7)
        cut, below = _cut(design, 4.4)
        test = fit_censored(cut, below).inference.tests(np.array([0.0, -1.0, 0, 0, 1.0]))[0]
        covered += test.low <= -0.06 <= test.high
    low, high = stats.binom.interval(0.999, size, 0.95)
    assert low <= covered <= high


def test_an_animal_and_a_whole_arm_below_the_limit_do_not_break_the_fit() -> None:
    design = simulated(6, mice=6)
    row_arm = np.repeat(design.group, np.diff(design.start))
    below = (row_arm == 3) & (design.time > 4)
    cut = replace(design, y=np.where(below, 3.0, design.y))
    got = fit_censored(cut, below)
    assert got.fit.status in ("ok", "boundary")
    assert np.isfinite(got.fit.beta).all()
    assert got.fit.beta[4] < got.fit.beta[1:4].min()


def test_the_log_of_the_normal_distribution_is_exact_in_both_tails() -> None:
    for a in (-60.0, -30.0, -25.0001, -24.9999, -8.0, 0.0, 5.0, 40.0):
        assert log_normal_cdf(a) == pytest.approx(stats.norm.logcdf(a), rel=1e-9, abs=1e-15)


def test_a_study_that_is_nearly_all_below_the_limit_is_a_status_and_no_crash() -> None:
    design = simulated(7, mice=6)
    for limit in (5.5, 6.5, 9.0):
        cut, below = _cut(design, limit)
        got = fit_censored(cut, below)
        assert got.fit.status in ("ok", "boundary", "not_converged")
        if got.fit.status == "not_converged":
            assert np.isnan(got.inference.tests(BLISS)[0].low)
            assert np.isnan(got.inference.critical(BLISS[None], 0.95, np.random.default_rng(0)))
