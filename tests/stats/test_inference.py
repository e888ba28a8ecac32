"""Degrees of freedom, CR2, bootstrap and bands against closed forms and simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from designs import dense_covariance, simulated
from scipy import stats

from smartcombo.stats.bands import simultaneous_critical
from smartcombo.stats.bootstrap import bootstrap_inference
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.residuals import random_effects, residuals_of
from smartcombo.stats.robust import cr2_inference

BLISS = np.array([0.0, 1.0, -1.0, -1.0, 1.0])


@pytest.mark.parametrize("df", ["kenward-roger", "satterthwaite"])
def test_balanced_slopes_through_the_origin_give_the_t_test_of_the_animals_slopes(df: str) -> None:
    design = simulated(missing=False, random="slope")
    design = replace(design, X=design.X[:, 1:], y=design.y - 4.5)
    slopes = np.array(
        [
            np.dot(design.Z[a:b, 0], design.y[a:b]) / np.sum(design.Z[a:b, 0] ** 2)
            for a, b in zip(design.start[:-1], design.start[1:], strict=True)
        ]
    ).reshape(4, 5)
    expected = stats.ttest_ind(slopes[3], slopes[1])
    pooled = slopes.var(axis=1, ddof=1).mean()
    inference = model_inference(fit_mixed(design), design, df)  # type: ignore[arg-type]
    test = inference.tests(np.array([0.0, -1.0, 0.0, 1.0]))[0]
    assert test.value == pytest.approx(slopes[3].mean() - slopes[1].mean(), rel=1e-9)
    assert test.se == pytest.approx(np.sqrt(pooled * 2 / 5), rel=1e-7)
    assert test.df == pytest.approx(16.0, rel=1e-6)
    assert np.sign(test.statistic) == np.sign(expected.statistic)


def test_the_interval_and_the_p_value_agree() -> None:
    design = simulated()
    fit = fit_mixed(design)
    for inference in (model_inference(fit, design), cr2_inference(fit, design)):
        test = inference.tests(BLISS, 0.95)[0]
        at_p = inference.tests(BLISS, 1 - test.p)[0]
        assert min(abs(at_p.low), abs(at_p.high)) == pytest.approx(0.0, abs=1e-9)


def test_kenward_roger_widens_the_model_covariance() -> None:
    design = simulated(mice=3)
    fit = fit_mixed(design)
    plain = model_inference(fit, design, "satterthwaite").tests(BLISS)[0]
    adjusted = model_inference(fit, design).tests(BLISS)[0]
    assert adjusted.se > plain.se
    assert adjusted.value == plain.value


def test_cr2_is_unbiased_when_the_working_covariance_is_the_truth() -> None:
    design = simulated(mice=3)
    fit = fit_mixed(design)
    V = dense_covariance(design, fit.D, fit.residual_sd)
    M = V - design.X @ fit.cov_beta @ design.X.T
    values, vectors = np.linalg.eigh(M)
    total = np.zeros((5, 5))
    for value, vector in zip(values, vectors.T, strict=True):
        drawn = replace(design, y=design.X @ fit.beta + np.sqrt(max(value, 0.0)) * vector)
        total += cr2_inference(fit, drawn).covariance
    np.testing.assert_allclose(total, fit.cov_beta, rtol=1e-6, atol=1e-10)


def test_cr2_degrees_of_freedom_are_those_of_its_own_quadratic_form() -> None:
    design = simulated(mice=4)
    fit = fit_mixed(design)
    V = dense_covariance(design, fit.D, fit.residual_sd)
    root = np.linalg.cholesky(V - design.X @ fit.cov_beta @ design.X.T + 1e-13 * np.eye(len(V)))
    rng = np.random.default_rng(5)
    draws = rng.standard_normal((4000, len(V))) @ root.T
    values = [
        BLISS @ cr2_inference(fit, replace(design, y=design.X @ fit.beta + e)).covariance @ BLISS
        for e in draws
    ]
    simulated_df = 2 * np.mean(values) ** 2 / np.var(values)
    test = cr2_inference(fit, design).tests(BLISS)[0]
    assert test.df == pytest.approx(simulated_df, rel=0.12)


def test_the_bootstrap_agrees_with_kenward_roger_in_a_balanced_study() -> None:
    design = simulated(2, missing=False, mice=6)
    fit = fit_mixed(design)
    assert fit.status == "ok"
    t = model_inference(fit, design).tests(BLISS)[0]
    b = bootstrap_inference(fit, design, np.random.default_rng(6)).tests(BLISS)[0]
    assert b.value == t.value
    assert b.high - b.low == pytest.approx(t.high - t.low, rel=0.06)
    assert b.p == pytest.approx(t.p, abs=0.03)
    assert np.isnan(b.df)


def test_the_bootstrap_is_the_same_for_the_same_stream_and_holds_a_family_wider() -> None:
    design = simulated()
    fit = fit_mixed(design)
    C = np.array([BLISS, [0.0, 0, 0, -1, 1], [0.0, 0, -1, 0, 1]])
    first, again = (
        bootstrap_inference(fit, design, np.random.default_rng(7), 199) for _ in range(2)
    )
    assert first.tests(C) == again.tests(C)
    family = first.critical(C, 0.95, np.random.default_rng(0))
    alone = max(first.critical(c[None], 0.95, np.random.default_rng(0)) for c in C)
    assert family > alone


@pytest.mark.parametrize("variance", ["group", "power"])
def test_the_bootstrap_refits_unequal_variances(variance: str) -> None:
    design = simulated()
    fit = fit_mixed(design, variance=variance)  # type: ignore[arg-type]
    b = bootstrap_inference(fit, design, np.random.default_rng(8), 99)
    assert len(b.errors) > 90
    assert np.abs(b.errors.mean(axis=0) / np.sqrt(np.diag(fit.cov_beta))).max() < 0.5


@pytest.mark.parametrize("rank", [2, 3, 5])
@pytest.mark.parametrize("df", [6.0, 30.0, np.inf])
def test_simultaneous_critical_values_hold_the_family_in_simulation(rank: int, df: float) -> None:
    rng = np.random.default_rng(rank)
    C = rng.standard_normal((8, rank))
    covariance = np.diag(np.arange(1.0, rank + 1))
    critical = simultaneous_critical(C, covariance, df, 0.95, np.random.default_rng(0))
    draws = rng.standard_normal((400_000, rank)) @ np.sqrt(covariance)
    T = np.abs(draws @ C.T) / np.sqrt(np.einsum("ka,ab,kb->k", C, covariance, C))
    if np.isfinite(df):
        T /= np.sqrt(rng.chisquare(df, len(T)) / df)[:, None]
    assert np.mean(T.max(axis=1) <= critical) == pytest.approx(0.95, abs=0.002)


def test_one_contrast_has_the_plain_t_quantile_and_more_never_narrow_it() -> None:
    covariance, rng = np.eye(3), np.random.default_rng(0)
    one = simultaneous_critical(np.eye(3)[:1], covariance, 12, 0.95, rng)
    three = simultaneous_critical(np.eye(3), covariance, 12, 0.95, rng)
    assert one == pytest.approx(stats.t.ppf(0.975, 12), rel=1e-9)
    assert one < three < stats.t.ppf(1 - 0.05 / 6, 12) * 1.001


def test_random_effects_are_the_conditional_mean_and_residuals_add_up() -> None:
    design = simulated()
    fit = fit_mixed(design)
    V = dense_covariance(design, fit.D, fit.residual_sd)
    weighted = np.linalg.solve(V, design.y - design.X @ fit.beta)
    effects = random_effects(fit, design)
    for i, (a, b) in enumerate(zip(design.start[:-1], design.start[1:], strict=True)):
        expected = fit.D @ design.Z[a:b].T @ weighted[a:b]
        np.testing.assert_allclose(effects[i], expected, rtol=1e-8)
    parts = residuals_of(fit, design)
    spread = np.repeat(effects, np.diff(design.start), axis=0)
    rebuilt = parts.conditional + np.sum(design.Z * spread, axis=1)
    np.testing.assert_allclose(parts.marginal, rebuilt, atol=1e-12)


def test_a_failed_fit_gives_no_interval() -> None:
    design = simulated()
    broken = replace(design, X=np.column_stack([design.X, design.X[:, 1]]))
    fit = fit_mixed(broken)
    for inference in (model_inference(fit, broken), cr2_inference(fit, broken)):
        test = inference.tests(np.r_[BLISS, 0.0])[0]
        assert np.isnan([test.low, test.high, test.p]).all()
