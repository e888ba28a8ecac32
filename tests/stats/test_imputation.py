"""Multiple imputation and Rubin's rules against hand computation and the analytic answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.design import LongDesign
from smartcombo.stats.imputation import (
    BELOW,
    MEASURED,
    MISSING,
    ParameterDraws,
    PooledInference,
    completed_outcomes,
    drawn_parameters,
    rubin,
    shifted_inference,
)
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed

VISITS, ANIMALS = 7, 20


def design_of(y: np.ndarray, keep: np.ndarray) -> LongDesign:
    """Return two arms with a common intercept, a slope each; rows that are kept, by animal."""
    time = np.broadcast_to(3.0 * np.arange(VISITS), y.shape)
    arm = np.repeat([0, 1], len(y) // 2)
    own = (np.repeat(arm, keep.sum(axis=1))[:, None] == np.arange(2)) * time[keep][:, None]
    return LongDesign(
        y=y[keep],
        X=np.column_stack([np.ones(len(own)), own]),
        Z=np.column_stack([np.ones(len(own)), time[keep]]),
        start=np.r_[0, np.cumsum(keep.sum(axis=1))].astype(np.int64),
        group=arm.astype(np.int64),
        time=time[keep] + 1.0,
    )


@pytest.fixture(scope="module")
def study() -> tuple[np.ndarray, np.ndarray]:
    """Return log volumes and which were measured: six animals leave early."""
    rng = stream(7, "imputation")
    time = 3.0 * np.arange(VISITS)
    slope = np.repeat([0.15, 0.08], ANIMALS // 2) + rng.normal(0, 0.03, ANIMALS)
    level = 4.4 + rng.normal(0, 0.3, ANIMALS)
    y = level[:, None] + slope[:, None] * time + rng.normal(0, 0.2, (ANIMALS, VISITS))
    keep = np.ones_like(y, dtype=bool)
    for animal, visits in ((0, 3), (4, 4), (9, 5), (12, 2), (15, 3), (18, 4)):
        keep[animal, visits:] = False
    return y, keep


def test_rubins_rules_are_those_computed_by_hand() -> None:
    value, se, df = rubin(np.array([1.0, 2.0, 3.0]), np.array([0.4, 0.5, 0.6]), math.inf)
    total = 0.5 + (1 + 1 / 3) * 1.0
    share = (1 + 1 / 3) / total
    assert (value, se) == pytest.approx((2.0, math.sqrt(total)))
    assert df == pytest.approx(2 / share**2)
    seen = 21 / 23 * 20 * (1 - share)
    assert rubin(np.array([1.0, 2.0, 3.0]), np.array([0.4, 0.5, 0.6]), 20.0)[2] == pytest.approx(
        1 / (share**2 / 2 + 1 / seen)
    )


def test_without_anything_missing_pooling_changes_nothing_but_barnard_and_rubins_factor() -> None:
    value, se, df = rubin(np.full(5, 0.3), np.full(5, 0.04), 30.0)
    assert (value, se) == pytest.approx((0.3, 0.2))
    assert df == pytest.approx(31 / 33 * 30)


def test_without_shift_imputation_gives_the_answer_of_the_likelihood(
    study: tuple[np.ndarray, np.ndarray],
) -> None:
    y, keep = study
    seen, full = design_of(y, keep), design_of(y, np.ones_like(keep))
    fit = fit_mixed(seen)
    rng, M = stream(7, "draws"), 2000
    kinds = np.where(keep.ravel(), MEASURED, MISSING).astype(np.int8)
    Y = completed_outcomes(drawn_parameters(fit, seen, M, rng), full, kinds, rng)
    assert (Y[:, keep.ravel()] == y[keep]).all()
    reference = model_inference(fit, seen)
    pooled = shifted_inference(full, Y, np.zeros(y.size), reference.degrees)
    C = np.array([[0.0, 1.0, 0.0], [0.0, -1.0, 1.0]])
    for got, want in zip(pooled.tests(C), reference.tests(C), strict=True):
        # Monte Carlo error of a mean of 2,000 draws whose SD is below the standard error; the
        # restricted variances of completed and incomplete data differ by a few per cent.
        assert got.value == pytest.approx(want.value, abs=0.1 * want.se)
        assert got.se == pytest.approx(want.se, rel=0.1)


def test_a_shift_moves_the_answer_towards_it(
    study: tuple[np.ndarray, np.ndarray],
) -> None:
    y, keep = study
    seen, full = design_of(y, keep), design_of(y, np.ones_like(keep))
    fit, rng = fit_mixed(seen), stream(7, "shift")
    kinds = np.where(keep.ravel(), MEASURED, MISSING).astype(np.int8)
    Y = completed_outcomes(drawn_parameters(fit, seen, 50, rng), full, kinds, rng)
    time = np.broadcast_to(3.0 * np.arange(VISITS), y.shape)
    last = np.where(keep, time, 0.0).max(axis=1, keepdims=True)
    since = np.clip(time - last, 0.0, None)
    since[: ANIMALS // 2] = 0.0
    values = [
        shifted_inference(full, Y, delta * since.ravel(), lambda _: 20.0)
        .tests(np.array([0.0, -1.0, 1.0]))[0]
        .value
        for delta in (-0.1, 0.0, 0.1)
    ]
    assert values[0] < values[1] < values[2]


def test_values_below_the_limit_are_drawn_from_the_truncated_posterior() -> None:
    """One animal, two rows, one below the limit: against brute-force integration."""
    y = np.array([[1.0, 0.5]])
    X, Z = np.ones((2, 1)), np.ones((2, 1))
    design = LongDesign(y.ravel(), X, Z, np.array([0, 2]), np.zeros(1, np.int64), np.ones(2))
    M, tau, sigma = 40_000, 0.8, 0.6
    draws = ParameterDraws(np.full((M, 1), 0.7), np.full((M, 1, 1), tau), np.full(M, sigma))
    kinds = np.array([MEASURED, BELOW], dtype=np.int8)
    got = completed_outcomes(draws, design, kinds, stream(3, "below"))[:, 1]
    assert (got <= 0.5).all()
    covariance = tau**2 * np.ones((2, 2)) + sigma**2 * np.eye(2)
    mean = 0.7 + covariance[1, 0] / covariance[0, 0] * (1.0 - 0.7)
    sd = math.sqrt(covariance[1, 1] - covariance[1, 0] ** 2 / covariance[0, 0])
    want = stats.truncnorm(-np.inf, (0.5 - mean) / sd, loc=mean, scale=sd)
    # Four Monte Carlo standard errors of 40,000 draws, and the chain's short memory.
    assert got.mean() == pytest.approx(want.mean(), abs=0.012)
    assert got.std() == pytest.approx(want.std(), abs=0.012)
    assert np.mean(got < -0.5) == pytest.approx(want.cdf(-0.5), abs=0.01)


def test_a_simultaneous_critical_value_is_larger_than_that_of_one_test() -> None:
    rng = stream(5, "critical")
    beta = rng.normal(0, 0.1, (30, 2))
    pooled = PooledInference(beta, np.repeat(np.eye(2)[None] * 0.04, 30, axis=0), lambda _: 25.0)
    one = pooled.tests(np.array([1.0, 0.0]))[0]
    assert pooled.critical(np.eye(2), 0.95, rng) > stats.t.ppf(0.975, one.df)
