"""Nested random effects: a level without variance changes nothing; brute force; sizes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.stats.design import Floats, LongDesign
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.nested import Level, NestedFit, fit_nested


def design(rng: np.random.Generator, *, cage_sd: float = 0.0, n: int = 24) -> LongDesign:
    time = np.tile(np.arange(5.0), n)
    animal = np.repeat(np.arange(n), 5)
    cage = np.arange(n) // 3
    slope = (
        0.1 + 0.05 * rng.standard_normal(n) + cage_sd * rng.standard_normal(cage.max() + 1)[cage]
    )
    start = 0.3 * rng.standard_normal(n)
    y = start[animal] + slope[animal] * time + 0.1 * rng.standard_normal(len(time))
    arm = (np.arange(n) % 2)[animal]
    X = np.column_stack([np.ones_like(time), time * (arm == 0), time * (arm == 1)])
    Z = np.column_stack([np.ones_like(time), time])
    group = np.zeros(n, dtype=np.int64)
    return LongDesign(y, X, Z, np.arange(n + 1) * 5, group, time)


def cages(n: int = 24) -> np.ndarray:
    return np.arange(n) // 3


def fit(built: LongDesign, columns: tuple[int, ...] = (0, 1)) -> NestedFit:
    animal = np.arange(built.n_subjects)
    return fit_nested(built, [Level(animal, (0, 1)), Level(cages(), columns)])


def brute_force(built: LongDesign, found: NestedFit) -> float:
    """Return the restricted log likelihood from the whole marginal covariance."""
    animal = np.repeat(np.arange(built.n_subjects), 5)
    cage = cages()[animal]
    V = found.sigma2 * np.eye(len(built.y))
    for label, D in ((animal, found.covariances[0]), (cage, found.covariances[1])):
        V += (label[:, None] == label) * (built.Z @ D @ built.Z.T)
    inverse = np.linalg.inv(V)
    XVX = built.X.T @ inverse @ built.X
    beta = np.linalg.solve(XVX, built.X.T @ inverse @ built.y)
    r = built.y - built.X @ beta
    free = len(r) - len(beta)
    logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(XVX)[1]
    return float(-0.5 * (free * np.log(2 * np.pi) + logs + r @ inverse @ r))


def test_the_likelihood_is_that_of_the_whole_covariance_matrix() -> None:
    built = design(np.random.default_rng(1), cage_sd=0.05)
    found = fit(built)
    assert found.loglik == pytest.approx(brute_force(built, found), rel=1e-10)


def test_a_level_of_its_own_for_each_animal_alone_is_the_plain_model() -> None:
    built = design(np.random.default_rng(2))
    alone = fit_nested(built, [Level(np.arange(built.n_subjects), (0, 1))])
    plain = fit_mixed(built)
    assert alone.loglik == pytest.approx(plain.loglik, rel=1e-10)
    np.testing.assert_allclose(alone.beta, plain.beta, rtol=1e-7)
    np.testing.assert_allclose(alone.covariances[0], plain.D, rtol=1e-4)


def test_cages_that_differ_widen_what_is_between_them_and_cost_degrees_of_freedom() -> None:
    built = design(np.random.default_rng(3), cage_sd=0.15)
    mean = np.array([0.0, 0.5, 0.5])
    nested = fit(built).inference.tests(mean)[0]
    plain = fit_nested(built, [Level(np.arange(built.n_subjects), (0, 1))]).inference.tests(mean)[0]
    assert nested.se > 1.3 * plain.se
    assert nested.df < 9 < plain.df


def test_the_outcome_rescales_and_the_cages_relabel() -> None:
    built = design(np.random.default_rng(4), cage_sd=0.1)
    found = fit(built)
    bigger = LongDesign(built.y * 10, built.X, built.Z, built.start, built.group, built.time)
    scaled = fit(bigger)
    np.testing.assert_allclose(scaled.beta, 10 * found.beta, rtol=1e-6)
    np.testing.assert_allclose(scaled.covariances[1], 100 * found.covariances[1], rtol=1e-4)
    other = (7 - cages()).astype(np.int64)
    again = fit_nested(built, [Level(np.arange(24), (0, 1)), Level(other, (0, 1))])
    assert again.loglik == pytest.approx(found.loglik, rel=1e-10)


def test_a_level_that_does_not_fit_the_one_below_is_refused() -> None:
    built = design(np.random.default_rng(5))
    with pytest.raises(ValueError, match="one for each of 24"):
        fit_nested(built, [Level(np.arange(23), (0, 1))])


def test_counting_cages_holds_the_size_that_counting_mice_loses() -> None:
    """Whole cages treated, no drug effect: rejections at 5% in 60 studies."""
    rng = np.random.default_rng(6)
    whole = np.repeat(np.arange(8), 3)
    rejected = np.zeros(2)
    for _ in range(60):
        built = design(rng, cage_sd=0.1)
        arm = np.repeat((whole < 4), 5)
        t = built.time
        X: Floats = np.column_stack([np.ones_like(t), t * arm, t * ~arm])
        built = LongDesign(built.y, X, built.Z, built.start, built.group, t)
        animal = Level(np.arange(24), (0, 1))
        contrast = np.array([0.0, 1.0, -1.0])
        by_cage = fit_nested(built, [animal, Level(whole, (1,))]).inference.tests(contrast)[0]
        by_mouse = model_inference(fit_mixed(built), built).tests(contrast)[0]
        limited = min(by_cage.df, 6.0)
        p = 2 * stats.t.sf(abs(by_cage.statistic), limited)
        rejected += [p < 0.05, by_mouse.p < 0.05]
    assert rejected[0] / 60 < 0.12
    assert rejected[1] / 60 > 0.13
