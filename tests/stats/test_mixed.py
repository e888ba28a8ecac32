"""The mixed model against its definition, closed forms and brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from designs import dense_covariance, dense_loglik, simulated
from scipy import optimize

from smartcombo.stats.design import LongDesign, VarianceModel
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixed_batch import refit_many, simulate_outcomes
from smartcombo.stats.mixed_origin import OriginSums, fit_origin, fit_origin_many, origin_sums

VARIANCES: tuple[VarianceModel, ...] = ("common", "group", "subject", "power")


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("random", ["both", "slope", "intercept"])
@pytest.mark.parametrize("variance", VARIANCES)
def test_a_fit_has_the_likelihood_and_estimates_of_the_dense_definition(
    variance: VarianceModel, random: str, reml: bool
) -> None:
    design = simulated(random=random)
    fit = fit_mixed(design, variance=variance, reml=reml)
    V = dense_covariance(design, fit.D, fit.residual_sd)
    loglik, beta, cov_beta = dense_loglik(design, V, reml=reml)
    assert fit.loglik == pytest.approx(loglik, abs=1e-8)
    np.testing.assert_allclose(fit.beta, beta, rtol=1e-8)
    np.testing.assert_allclose(fit.cov_beta, cov_beta, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("reml", [True, False])
def test_no_general_optimiser_finds_a_likelier_covariance(reml: bool) -> None:
    design = simulated(3)
    fit = fit_mixed(design, reml=reml)

    def minus(theta: np.ndarray) -> float:
        L = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
        sd = np.full(len(design.y), np.exp(theta[3]))
        return -dense_loglik(design, dense_covariance(design, L @ L.T, sd), reml=reml)[0]

    found = optimize.minimize(
        minus, [0.3, 0.0, 0.03, -1.6], method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000},
    )  # fmt: skip
    assert fit.loglik >= -found.fun - 1e-8
    assert fit.loglik == pytest.approx(-found.fun, abs=1e-4)


@pytest.mark.parametrize("variance", ["group", "subject", "power"])
def test_moving_a_variance_parameter_lowers_the_likelihood(variance: VarianceModel) -> None:
    design = simulated(2)
    fit = fit_mixed(design, variance=variance)
    for step in (-1e-3, 1e-3):
        for stratum in range(3):
            rows = slice(design.start[stratum], design.start[stratum + 1])
            sd = fit.residual_sd.copy()
            if variance == "power":
                sd *= design.time**step
            elif variance == "subject":
                sd[rows] *= np.exp(step)
            else:
                sd[np.repeat(design.group, np.diff(design.start)) == stratum] *= np.exp(step)
            V = dense_covariance(design, fit.D, sd)
            assert dense_loglik(design, V, reml=True)[0] < fit.loglik


def test_balanced_random_intercepts_have_the_closed_form_of_analysis_of_variance() -> None:
    design = simulated(missing=False, random="intercept", arms=1, mice=8)
    X = np.ones((len(design.y), 1))
    fit = fit_mixed(replace(design, X=X))
    table = design.y.reshape(8, 6)
    within = table.var(axis=1, ddof=1).mean()
    between = table.mean(axis=1).var(ddof=1)
    assert fit.sigma2 == pytest.approx(within, rel=1e-9)
    assert fit.D[0, 0] == pytest.approx(between - within / 6, rel=1e-8)
    assert fit.cov_beta[0, 0] == pytest.approx(between / 8, rel=1e-9)


def test_a_zero_variance_between_animals_is_called_a_boundary() -> None:
    design = simulated(4, random="slope", missing=False)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.2, len(design.y))
    centred = noise - np.repeat(noise.reshape(-1, 6).mean(axis=1), 6)
    fit = fit_mixed(replace(design, y=design.X @ np.r_[4, 0.1, 0.1, 0.1, 0.1] + centred * 0.5))
    assert fit.status == "boundary"
    assert fit.D[0, 0] == pytest.approx(0.0, abs=1e-8)


def test_columns_that_cannot_be_told_apart_are_called_singular() -> None:
    design = simulated()
    fit = fit_mixed(replace(design, X=np.column_stack([design.X, design.X[:, 1]])))
    assert fit.status == "singular"
    assert np.isnan(fit.beta).all()


def test_the_unit_of_time_and_of_volume_only_rescales() -> None:
    design = simulated(5)
    fit = fit_mixed(design)
    weeks = np.r_[1.0, np.full(4, 1 / 7)]
    moved = fit_mixed(replace(design, y=design.y + 3.0, X=design.X * weeks, Z=design.Z / [1, 7]))
    np.testing.assert_allclose(moved.beta[1:], fit.beta[1:] * 7, rtol=1e-8)
    assert moved.beta[0] == pytest.approx(fit.beta[0] + 3.0, rel=1e-9)
    assert moved.D[1, 1] == pytest.approx(fit.D[1, 1] * 49, rel=1e-6)


@pytest.mark.parametrize("random", ["both", "slope"])
def test_many_refits_are_the_single_fits(random: str) -> None:
    design = simulated(6, random=random)
    fit = fit_mixed(design)
    Y = simulate_outcomes(fit, design, 25, np.random.default_rng(1))
    many = refit_many(design, Y)
    for k, y in enumerate(Y):
        one = fit_mixed(replace(design, y=y))
        np.testing.assert_allclose(many.beta[k], one.beta, rtol=1e-9)
        np.testing.assert_allclose(many.cov_beta[k], one.cov_beta, rtol=1e-6, atol=1e-14)
        assert many.loglik[k] == pytest.approx(one.loglik, abs=1e-9)


def test_outcomes_simulated_from_a_fit_have_its_mean_and_covariance() -> None:
    design = simulated(7, mice=2, visits=4)
    fit = fit_mixed(design)
    Y = simulate_outcomes(fit, design, 40_000, np.random.default_rng(2))
    V = dense_covariance(design, fit.D, fit.residual_sd)
    error = np.sqrt(np.diag(V) / len(Y))
    assert np.all(np.abs(Y.mean(axis=0) - design.X @ fit.beta) < 5 * error)
    np.testing.assert_allclose(np.cov(Y.T), V, atol=0.03 * V.max())


def _origin(design: LongDesign) -> tuple[np.ndarray, ...]:
    keep = design.time > 1.0
    subject = np.repeat(np.arange(design.n_subjects), np.diff(design.start))
    first = design.y[design.start[:-1]]
    return (design.y - first[subject])[keep], design.time[keep] - 1.0, subject[keep], design.group


def test_slopes_through_the_origin_have_the_likelihood_of_the_definition() -> None:
    y, time, subject, arm = _origin(simulated(8))
    fit = fit_origin(y, time, subject, arm)
    counts = np.bincount(subject)
    own = (arm[subject][:, None] == np.arange(4)) * time[:, None]
    design = LongDesign(
        y, own, time[:, None], np.r_[0, np.cumsum(counts)].astype(np.int64), arm, time
    )
    V = dense_covariance(design, np.array([[fit.slope_sd**2]]), np.full(len(y), fit.residual_sd))
    loglik, beta, cov_beta = dense_loglik(design, V, reml=True)
    assert fit.loglik == pytest.approx(loglik, abs=1e-9)
    np.testing.assert_allclose(fit.beta, beta, rtol=1e-10)
    np.testing.assert_allclose(fit.cov_beta, cov_beta, rtol=1e-9, atol=1e-15)
    assert fit.loglik == pytest.approx(fit_mixed(design).loglik, abs=1e-9)


def test_slopes_that_do_not_differ_between_animals_are_a_boundary() -> None:
    _, time, subject, arm = _origin(simulated(9, slope_sd=0.0))
    rng = np.random.default_rng(3)
    alternating = 0.1 * time + 0.05 * rng.choice([-1, 1], len(time)) / time
    fit = fit_origin(alternating, time, subject, arm)
    assert fit.status == "boundary"
    assert fit.slope_sd == 0.0


def test_many_slopes_through_the_origin_are_the_single_fits() -> None:
    parts = [_origin(simulated(seed)) for seed in range(10, 20)]
    sums = [origin_sums(y, t, s, 20) for y, t, s, _ in parts]
    stacked = OriginSums(
        *(np.array([getattr(one, name) for one in sums]) for name in ("s", "q", "u", "n"))
    )
    many = fit_origin_many(stacked, parts[0][3])
    for k, part in enumerate(parts):
        one = fit_origin(*part)
        np.testing.assert_array_equal(many.beta[k], one.beta)
        assert many.loglik[k] == one.loglik
